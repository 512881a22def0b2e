using System.Text.Json.Serialization;

namespace Steward.Webhooks;

/// <summary>The record types in a webhook's journal.</summary>
internal static class WebhookRecordTypes
{
    public const string Created = "webhook.created";
    public const string Enabled = "webhook.enabled";
    public const string Disabled = "webhook.disabled";
    public const string Rotated = "webhook.rotated";
    public const string Accepted = "webhook.accepted";
    public const string Dropped = "webhook.dropped";
    public const string Attempted = "webhook.attempted";
    public const string Requeued = "webhook.requeued";
    public const string Deleted = "webhook.deleted";
}

/// <summary>The webhook was created.</summary>
internal sealed record WebhookCreated
{
    public required CreateWebhook Spec { get; init; }

    /// <summary>The first secret, sealed.</summary>
    public required string Secret { get; init; }

    public required string By { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>A secret at rest.</summary>
internal sealed record SealedWebhookSecret
{
    public required string Sealed { get; init; }

    /// <summary>When it stops to sign; null never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>There is a new secret.</summary>
internal sealed record WebhookRotated
{
    public required string Secret { get; init; }

    public required DateTimeOffset OldExpiresAt { get; init; }
}

/// <summary>Nothing is sent any more.</summary>
internal sealed record WebhookDisabled
{
    public required string Reason { get; init; }
}

/// <summary>A message is to be sent.</summary>
internal sealed record WebhookAccepted
{
    public required string DeliveryId { get; init; }

    public required string Type { get; init; }

    /// <summary>What it tells of.</summary>
    public string? Subject { get; init; }

    /// <summary>What it tells of, in entries of the time when that was always a run.</summary>
    public string? RunId { get; init; }

    /// <summary>The message, byte for byte the same with each attempt.</summary>
    public required string Body { get; init; }
}

/// <summary>A message is not taken over.</summary>
internal sealed record WebhookDropped
{
    public required string DeliveryId { get; init; }

    public required string Type { get; init; }

    /// <summary>What it tells of.</summary>
    public string? Subject { get; init; }

    /// <summary>What it tells of, in entries of the time when that was always a run.</summary>
    public string? RunId { get; init; }

    public required string Reason { get; init; }
}

/// <summary>A message was sent.</summary>
internal sealed record WebhookAttempted
{
    public required string DeliveryId { get; init; }

    public required DateTimeOffset At { get; init; }

    public required WebhookDeliveryState State { get; init; }

    public int? Status { get; init; }

    public string? Error { get; init; }

    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Why the webhook is disabled after it.</summary>
    public string? Disables { get; init; }
}

/// <summary>A message is to be sent again.</summary>
internal sealed record WebhookRequeued
{
    public required string DeliveryId { get; init; }
}

/// <summary>A record without content.</summary>
internal sealed record WebhookNote;

/// <summary>JSON of the webhook's journal.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(WebhookState))]
[JsonSerializable(typeof(WebhookCreated))]
[JsonSerializable(typeof(WebhookDisabled))]
[JsonSerializable(typeof(WebhookRotated))]
[JsonSerializable(typeof(WebhookAccepted))]
[JsonSerializable(typeof(WebhookDropped))]
[JsonSerializable(typeof(WebhookAttempted))]
[JsonSerializable(typeof(WebhookRequeued))]
[JsonSerializable(typeof(WebhookNote))]
internal sealed partial class WebhookJson : JsonSerializerContext;
