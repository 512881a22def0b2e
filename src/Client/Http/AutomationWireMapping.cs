using Steward.Errors;
using Steward.Identity;
using Steward.Schedules;
using Steward.Webhooks;

namespace Steward.Client.Http;

/// <summary>Schedules and webhooks as resources of the HTTP API, and back.</summary>
public static class AutomationWireMapping
{
    /// <summary>What a request wants to have created.</summary>
    public static CreateSchedule ToContract(CreateScheduleRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new CreateSchedule
        {
            Name = request.Name,
            Cron = request.Cron,
            TimeZone = request.TimeZone ?? "UTC",
            Text = request.Text,
            CatchUp = (ScheduleCatchUp)(request.CatchUp ?? ScheduleCatchUpResource.Last),
            Overlap = (ScheduleOverlap)(request.Overlap ?? ScheduleOverlapResource.Skip),
            WebhookId = request.WebhookId,
            Agent = request.Agent,
        };
    }

    /// <summary>What a request wants to have created.</summary>
    public static CreateWebhook ToContract(CreateWebhookRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new CreateWebhook { Url = request.Url, Events = request.Events ?? [], Description = request.Description, IncludeAnswer = request.IncludeAnswer ?? false };
    }

    /// <summary>Whether a request means one of the tenant's own schedules; its id, if it has one, must say the same.</summary>
    /// <exception cref="StewardException">Id and scope contradict each other.</exception>
    public static bool IsTenantWide(CreateScheduleRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.ScheduleId is not { } id || !id.StartsWith("j-", StringComparison.Ordinal))
        {
            return request.Scope == ScheduleScope.Tenant;
        }

        var byId = GrainKeys.IsTenantSchedule(id);
        return request.Scope is null || byId == (request.Scope == ScheduleScope.Tenant)
            ? byId
            : throw StewardException.Invalid("scheduleId", $"must begin with {GrainKeys.TenantSchedulePrefix} when scope is tenant, and must not otherwise.");
    }

    /// <summary>A schedule as a resource.</summary>
    public static ScheduleResource ToResource(ScheduleInfo schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return new ScheduleResource
        {
            ScheduleId = schedule.ScheduleId,
            Scope = GrainKeys.IsTenantSchedule(schedule.ScheduleId) ? ScheduleScope.Tenant : ScheduleScope.User,
            Name = schedule.Spec.Name,
            Cron = schedule.Spec.Cron,
            TimeZone = schedule.Spec.TimeZone,
            Text = schedule.Spec.Text,
            CatchUp = (ScheduleCatchUpResource)schedule.Spec.CatchUp,
            Overlap = (ScheduleOverlapResource)schedule.Spec.Overlap,
            WebhookId = schedule.Spec.WebhookId,
            Agent = schedule.Spec.Agent,
            RunsAs = schedule.RunsAs,
            SessionId = schedule.SessionId,
            CreatedAt = schedule.CreatedAt,
            Paused = schedule.Paused,
            NextAt = schedule.NextAt,
            Fires = [.. schedule.Fires.Select(ToResource)],
        };
    }

    /// <summary>A time of a schedule as a resource.</summary>
    public static ScheduleFireResource ToResource(ScheduleFire fire)
    {
        ArgumentNullException.ThrowIfNull(fire);
        return new ScheduleFireResource { At = fire.At, Outcome = (ScheduleOutcomeResource)fire.Outcome, RunId = fire.RunId, Manual = fire.Manual, ErrorCode = fire.ErrorCode };
    }

    /// <summary>A webhook as a resource.</summary>
    /// <param name="webhook">The webhook.</param>
    /// <param name="secret">Its new secret, in the one answer that shows it.</param>
    public static WebhookResource ToResource(WebhookInfo webhook, string? secret = null)
    {
        ArgumentNullException.ThrowIfNull(webhook);
        return new WebhookResource
        {
            WebhookId = webhook.WebhookId,
            Url = webhook.Spec.Url,
            Events = webhook.Spec.Events,
            Description = webhook.Spec.Description,
            IncludeAnswer = webhook.Spec.IncludeAnswer,
            Enabled = webhook.Enabled,
            DisabledReason = webhook.DisabledReason,
            CreatedAt = webhook.CreatedAt,
            FailingSince = webhook.FailingSince,
            DeliveredAt = webhook.DeliveredAt,
            Waiting = webhook.Waiting,
            Secret = secret,
        };
    }

    /// <summary>A message to a webhook as a resource.</summary>
    public static WebhookDeliveryResource ToResource(WebhookDelivery delivery)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        return new WebhookDeliveryResource
        {
            DeliveryId = delivery.DeliveryId,
            Type = delivery.Type,
            RunId = delivery.RunId,
            Subject = delivery.Subject,
            State = (WebhookDeliveryResourceState)delivery.State,
            CreatedAt = delivery.CreatedAt,
            Attempts = delivery.Attempts,
            NextAt = delivery.NextAt,
            LastAt = delivery.LastAt,
            LastStatus = delivery.LastStatus,
            LastError = delivery.LastError,
        };
    }

    internal static CreateScheduleRequest ToRequest(CreateSchedule spec, string scheduleId) => new()
    {
        ScheduleId = scheduleId,
        Name = spec.Name,
        Cron = spec.Cron,
        TimeZone = spec.TimeZone,
        Text = spec.Text,
        CatchUp = (ScheduleCatchUpResource)spec.CatchUp,
        Overlap = (ScheduleOverlapResource)spec.Overlap,
        WebhookId = spec.WebhookId,
        Agent = spec.Agent,
    };

    internal static ScheduleInfo ToContract(ScheduleResource schedule) => new()
    {
        ScheduleId = schedule.ScheduleId,
        Spec = new CreateSchedule
        {
            Name = schedule.Name,
            Cron = schedule.Cron,
            TimeZone = schedule.TimeZone,
            Text = schedule.Text,
            CatchUp = (ScheduleCatchUp)schedule.CatchUp,
            Overlap = (ScheduleOverlap)schedule.Overlap,
            WebhookId = schedule.WebhookId,
            Agent = schedule.Agent,
        },
        RunsAs = schedule.RunsAs,
        SessionId = schedule.SessionId,
        CreatedAt = schedule.CreatedAt,
        Paused = schedule.Paused,
        NextAt = schedule.NextAt,
        Fires = [.. schedule.Fires.Select(ToContract)],
    };

    internal static ScheduleFire ToContract(ScheduleFireResource fire) =>
        new() { At = fire.At, Outcome = (ScheduleOutcome)fire.Outcome, RunId = fire.RunId, Manual = fire.Manual, ErrorCode = fire.ErrorCode };

    internal static WebhookInfo ToContract(WebhookResource webhook) => new()
    {
        WebhookId = webhook.WebhookId,
        Spec = new CreateWebhook { Url = webhook.Url, Events = webhook.Events, Description = webhook.Description, IncludeAnswer = webhook.IncludeAnswer },
        Enabled = webhook.Enabled,
        DisabledReason = webhook.DisabledReason,
        CreatedAt = webhook.CreatedAt,
        FailingSince = webhook.FailingSince,
        DeliveredAt = webhook.DeliveredAt,
        Waiting = webhook.Waiting,
    };

    internal static WebhookDelivery ToContract(WebhookDeliveryResource delivery) => new()
    {
        DeliveryId = delivery.DeliveryId,
        Type = delivery.Type,
        RunId = delivery.RunId,
        Subject = delivery.Subject,
        State = (WebhookDeliveryState)delivery.State,
        CreatedAt = delivery.CreatedAt,
        Attempts = delivery.Attempts,
        NextAt = delivery.NextAt,
        LastAt = delivery.LastAt,
        LastStatus = delivery.LastStatus,
        LastError = delivery.LastError,
    };
}
