using System.Text.Json;
using Steward.Approvals;
using Steward.Errors;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.Client.Http;

/// <summary>Approvals and notifications as resources of the HTTP API, and back.</summary>
public static class ApprovalWireMapping
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}");

    /// <summary>What a request asks for. Who asks and when is said by whoever hands it in.</summary>
    public static SubmitApproval ToContract(SubmitApprovalRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new SubmitApproval
        {
            Type = request.Type ?? SubmitApproval.UnknownType,
            Action = request.Action,
            Arguments = request.Arguments?.GetRawText() ?? "{}",
            Summary = request.Summary,
            Reason = request.Reason,
            Requester = new CallerIdentity { TenantId = "", UserId = "" },
            Risk = request.Risk ?? "medium",
            Amount = request.Amount,
            Currency = request.Currency,
            Environment = request.Environment,
            Preview = request.Preview?.GetRawText(),
            Attributes = request.Attributes?.GetRawText(),
            RequestedAt = default,
            ExpiresAt = request.ExpiresAt,
        };
    }

    /// <summary>A request as it is sent.</summary>
    public static SubmitApprovalRequest ToRequest(SubmitApproval request, string operationId)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new SubmitApprovalRequest
        {
            Type = request.Type,
            Action = request.Action,
            Arguments = JsonElement.Parse(request.Arguments),
            Summary = request.Summary,
            Reason = request.Reason,
            Risk = request.Risk,
            Amount = request.Amount,
            Currency = request.Currency,
            Environment = request.Environment,
            Preview = Json(request.Preview),
            Attributes = Json(request.Attributes),
            ExpiresAt = request.ExpiresAt,
            OperationId = operationId,
        };
    }

    /// <summary>A vote.</summary>
    /// <exception cref="StewardException">The channel is none that may be named over HTTP.</exception>
    public static DecideApproval ToContract(DecideApprovalRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new DecideApproval
        {
            Decision = request.Decision,
            SubjectHash = request.SubjectHash,
            Comment = request.Comment,
            OperationId = request.OperationId,
            Channel = Channel(request.Channel),
        };
    }

    /// <summary>One of several votes.</summary>
    /// <exception cref="StewardException">The channel is none that may be named over HTTP.</exception>
    public static ApprovalDecision ToContract(ApprovalDecisionRequest request)
    {
        if (request is null)
        {
            throw StewardException.Invalid("decisions", "must hold no null.");
        }

        return new ApprovalDecision(request.ApprovalId, new DecideApproval
        {
            Decision = request.Decision,
            SubjectHash = request.SubjectHash,
            Comment = request.Comment,
            OperationId = request.OperationId,
            Channel = Channel(request.Channel),
        });
    }

    /// <summary>A request for a decision as a resource.</summary>
    /// <param name="view">The request.</param>
    /// <param name="withDeliveries">Whether what was sent to whom was asked for.</param>
    /// <param name="history">What happened, where that was asked for.</param>
    public static ApprovalResource ToResource(ApprovalView view, bool withDeliveries = false, IReadOnlyList<ApprovalHistoryEntry>? history = null)
    {
        ArgumentNullException.ThrowIfNull(view);
        var request = view.Request;
        return new ApprovalResource
        {
            ApprovalId = view.ApprovalId,
            Status = view.Status,
            Type = request.Type,
            Action = request.Action,
            Arguments = Json(request.Arguments) ?? Nothing,
            SubjectHash = view.SubjectHash,
            Summary = request.Summary,
            Reason = request.Reason,
            Requester = new RequesterResource { UserId = request.Requester.UserId, Name = request.Requester.Name, Email = request.Requester.Email },
            Risk = request.Risk,
            Amount = request.Amount,
            Currency = request.Currency,
            Environment = request.Environment,
            Preview = Json(request.Preview),
            Attributes = Json(request.Attributes),
            RunId = request.RunId,
            RequestedAt = request.RequestedAt,
            ExpiresAt = view.ExpiresAt,
            Route = view.Route,
            Levels = view.Levels,
            Comments = view.Comments,
            EndedAt = view.EndedAt,
            EndReason = view.EndReason,
            ValidUntil = view.ValidUntil,
            CanDecide = view.CanDecide,
            ActsFor = view.ActsFor,
            Version = view.Version,
            Deliveries = withDeliveries ? view.Deliveries : null,
            Similar = view.Similar,
            MirrorReference = view.MirrorReference,
            Mirror = view.Mirror,
            Forecast = view.Forecast,
            History = history,
        };
    }

    /// <summary>A request for a decision, from a resource. The requester's roles and tenant (the caller's own) are not among what is told.</summary>
    public static ApprovalView ToContract(ApprovalResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ApprovalView
        {
            ApprovalId = resource.ApprovalId,
            Status = resource.Status,
            Request = new SubmitApproval
            {
                Type = resource.Type,
                Action = resource.Action,
                Arguments = resource.Arguments.GetRawText(),
                Summary = resource.Summary,
                Reason = resource.Reason,
                Requester = new CallerIdentity { TenantId = "", UserId = resource.Requester.UserId, Name = resource.Requester.Name, Email = resource.Requester.Email },
                Risk = resource.Risk,
                Amount = resource.Amount,
                Currency = resource.Currency,
                Environment = resource.Environment,
                Preview = resource.Preview?.GetRawText(),
                Attributes = resource.Attributes?.GetRawText(),
                RunId = resource.RunId,
                RequestedAt = resource.RequestedAt,
            },
            SubjectHash = resource.SubjectHash,
            Route = resource.Route,
            Levels = resource.Levels,
            Comments = resource.Comments,
            EndedAt = resource.EndedAt,
            EndReason = resource.EndReason,
            ValidUntil = resource.ValidUntil,
            ExpiresAt = resource.ExpiresAt,
            CanDecide = resource.CanDecide,
            ActsFor = resource.ActsFor,
            Version = resource.Version,
            Deliveries = resource.Deliveries ?? [],
            Similar = resource.Similar,
            MirrorReference = resource.MirrorReference,
            Mirror = resource.Mirror,
            Forecast = resource.Forecast,
        };
    }

    /// <summary>An inbox item as a resource.</summary>
    public static InboxItemResource ToResource(InboxItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return new InboxItemResource
        {
            Sequence = item.Sequence,
            NoticeId = item.NoticeId,
            Kind = item.Kind,
            SubjectId = item.SubjectId,
            Title = item.Title,
            Text = item.Text,
            Data = Json(item.Data) ?? Nothing,
            At = item.At,
            Engagement = item.Engagement,
        };
    }

    /// <summary>An inbox item, from a resource.</summary>
    public static InboxItem ToContract(InboxItemResource item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return new InboxItem
        {
            Sequence = item.Sequence,
            NoticeId = item.NoticeId,
            Kind = item.Kind,
            SubjectId = item.SubjectId,
            Title = item.Title,
            Text = item.Text,
            Data = item.Data.GetRawText(),
            At = item.At,
            Engagement = item.Engagement,
        };
    }

    /// <summary>Preferences.</summary>
    public static NotificationPreferences ToContract(SetPreferencesRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new NotificationPreferences
        {
            Channels = request.Channels ?? [],
            ByKind = (request.ByKind ?? new Dictionary<string, IReadOnlyList<string>>()).ToDictionary(kind => kind.Key, kind => kind.Value.ToList(), StringComparer.Ordinal),
            QuietFrom = request.QuietFrom,
            QuietUntil = request.QuietUntil,
            TimeZone = request.TimeZone,
            Locale = request.Locale,
        };
    }

    /// <summary>Preferences as they are sent.</summary>
    public static SetPreferencesRequest ToRequest(NotificationPreferences preferences)
    {
        ArgumentNullException.ThrowIfNull(preferences);
        return new SetPreferencesRequest
        {
            Channels = preferences.Channels,
            ByKind = preferences.ByKind.ToDictionary(kind => kind.Key, kind => (IReadOnlyList<string>)kind.Value, StringComparer.Ordinal),
            QuietFrom = preferences.QuietFrom,
            QuietUntil = preferences.QuietUntil,
            TimeZone = preferences.TimeZone,
            Locale = preferences.Locale,
        };
    }

    /// <summary>Settings.</summary>
    public static NotificationSettings ToContract(SetNotificationSettingsRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new NotificationSettings
        {
            Channels =
            [
                .. (request.Channels ?? []).Select(channel => new NotificationChannel
                {
                    Channel = channel.Channel,
                    Instance = channel.Instance,
                    PerSecond = channel.PerSecond ?? 10,
                    Settings = new Dictionary<string, string>(channel.Settings ?? new Dictionary<string, string>(), StringComparer.Ordinal),
                }),
            ],
            Locale = request.Locale ?? "en",
            TimeZone = request.TimeZone ?? "UTC",
            Templates = new Dictionary<string, string>(request.Templates ?? new Dictionary<string, string>(), StringComparer.Ordinal),
            Revision = request.Revision,
        };
    }

    /// <summary>Settings as they are sent.</summary>
    public static SetNotificationSettingsRequest ToRequest(NotificationSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new SetNotificationSettingsRequest
        {
            Channels =
            [
                .. settings.Channels.Select(channel => new NotificationChannelRequest { Channel = channel.Channel, Instance = channel.Instance, PerSecond = channel.PerSecond, Settings = channel.Settings }),
            ],
            Locale = settings.Locale,
            TimeZone = settings.TimeZone,
            Templates = settings.Templates,
            Revision = settings.Revision,
        };
    }

    // The other channels are those of the platform's own senders, which prove themselves in another way.
    private static string Channel(string? channel) => channel switch
    {
        null or "api" => "api",
        "console" => "console",
        _ => throw StewardException.Invalid("channel", "must be api or console."),
    };

    private static JsonElement? Json(string? text) => string.IsNullOrEmpty(text) ? null : JsonElement.Parse(text);
}
