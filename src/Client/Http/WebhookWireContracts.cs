using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Client.Http;

/// <summary>Creates a webhook.</summary>
public sealed record CreateWebhookRequest
{
    /// <summary>Where messages are sent to: an https address that leads to public addresses only, unless the operator allows more.</summary>
    /// <remarks>Not init-only: the generated reader would set it to null when it is left out.</remarks>
    [Required]
    [Length(1, 2000)]
    public string Url { get; set; } = "";

    /// <summary>
    /// What it is told of wherever it happens in the tenant: some of <c>run.ended</c>, <c>run.waiting</c>, <c>run.dead_lettered</c>, <c>connector.sign_in_expiring</c>,
    /// <c>connector.sign_in_broken</c>, <c>connector.sign_in_restored</c>, <c>approval.submitted</c>, <c>approval.pending</c>, <c>approval.escalated</c>, <c>approval.approved</c>, <c>approval.rejected</c>,
    /// <c>approval.expired</c>, <c>approval.cancelled</c>. Without it, of runs that name it only.
    /// </summary>
    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>What it is for.</summary>
    [MaxLength(200)]
    public string? Description { get; init; }

    /// <summary>Whether messages carry the answer's text; they do not by default.</summary>
    public bool? IncludeAnswer { get; init; }
}

/// <summary>The tenant's webhooks.</summary>
public sealed record WebhookListResource
{
    /// <summary>The webhooks, by id.</summary>
    public required IReadOnlyList<WebhookResource> Webhooks { get; init; }
}

/// <summary>A webhook.</summary>
public sealed record WebhookResource
{
    /// <summary>The webhook's id.</summary>
    public required string WebhookId { get; init; }

    /// <summary>Where messages are sent to.</summary>
    public required string Url { get; init; }

    /// <summary>What it is told of wherever it happens in the tenant.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>Whether messages carry the answer's text.</summary>
    public required bool IncludeAnswer { get; init; }

    /// <summary>Whether messages are sent.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Why not: <c>by_admin</c>, <c>gone</c> (the receiver answered 410) or <c>failing</c> (for days).</summary>
    public string? DisabledReason { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when every attempt has failed.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>When a message last arrived.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>How many messages wait.</summary>
    public required int Waiting { get; init; }

    /// <summary>The secret, <c>whsec_…</c>: in the answers to creating and rotating, and never again.</summary>
    public string? Secret { get; init; }

    /// <summary>Never shows the secret.</summary>
    public override string ToString() => $"{nameof(WebhookResource)} {WebhookId}";
}

/// <summary>Messages to a webhook.</summary>
public sealed record WebhookDeliveryListResource
{
    /// <summary>Those that wait, and the last 100 others, newest first.</summary>
    public required IReadOnlyList<WebhookDeliveryResource> Deliveries { get; init; }
}

/// <summary>One message to a webhook.</summary>
public sealed record WebhookDeliveryResource
{
    /// <summary>The message's id, also the header <c>webhook-id</c>.</summary>
    public required string DeliveryId { get; init; }

    /// <summary>Its type.</summary>
    public required string Type { get; init; }

    /// <summary>The run that it tells of, if it does.</summary>
    public string? RunId { get; init; }

    /// <summary>What it tells of, such as a run's id or <c>connectors/jira</c>.</summary>
    public string? Subject { get; init; }

    /// <summary>Where it is.</summary>
    public required WebhookDeliveryResourceState State { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How often it was sent.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it is sent next.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>When it was last sent.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>The last answer's HTTP status.</summary>
    public int? LastStatus { get; init; }

    /// <summary>What went wrong last.</summary>
    public string? LastError { get; init; }
}

/// <summary>Where a message is.</summary>
[JsonConverter(typeof(WireEnumConverter<WebhookDeliveryResourceState>))]
public enum WebhookDeliveryResourceState
{
    /// <summary>It is being sent, or will be again.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>The receiver took it.</summary>
    [JsonStringEnumMemberName("delivered")]
    Delivered,

    /// <summary>It will not be sent again by itself.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>JSON of schedules and webhooks as a server reads and writes it: unknown and repeated members are refused, absent values are not written.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    PropertyNameCaseInsensitive = false,
    NumberHandling = JsonNumberHandling.Strict,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateScheduleRequest))]
[JsonSerializable(typeof(RunScheduleRequest))]
[JsonSerializable(typeof(ScheduleListResource))]
[JsonSerializable(typeof(ScheduleResource))]
[JsonSerializable(typeof(ScheduleFireResource))]
[JsonSerializable(typeof(CreateWebhookRequest))]
[JsonSerializable(typeof(WebhookListResource))]
[JsonSerializable(typeof(WebhookResource))]
[JsonSerializable(typeof(WebhookDeliveryListResource))]
[JsonSerializable(typeof(WebhookDeliveryResource))]
public sealed partial class AutomationWireJson : JsonSerializerContext;

/// <summary>JSON of schedules and webhooks as a client reads it: members of later versions are passed over.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateScheduleRequest))]
[JsonSerializable(typeof(RunScheduleRequest))]
[JsonSerializable(typeof(ScheduleListResource))]
[JsonSerializable(typeof(ScheduleResource))]
[JsonSerializable(typeof(ScheduleFireResource))]
[JsonSerializable(typeof(CreateWebhookRequest))]
[JsonSerializable(typeof(WebhookListResource))]
[JsonSerializable(typeof(WebhookResource))]
[JsonSerializable(typeof(WebhookDeliveryListResource))]
[JsonSerializable(typeof(WebhookDeliveryResource))]
internal sealed partial class ClientAutomationWireJson : JsonSerializerContext;
