using System.Text.Json.Serialization;

namespace Steward.Connectors;

/// <summary>The record types in the journal of an instance's events.</summary>
internal static class HookRecordTypes
{
    public const string Received = "hook.received";
    public const string Published = "hook.published";
    public const string Settled = "hook.settled";
    public const string GivenUp = "hook.given-up";
    public const string Replayed = "hook.replayed";
    public const string Closed = "hook.closed";
    public const string Subscribed = "hook.subscribed";
    public const string Unsubscribed = "hook.unsubscribed";
    public const string Removed = "hook.removed";
}

/// <summary>Events came, all in one request.</summary>
internal sealed record HookReceived
{
    public required string Webhook { get; init; }

    public required IReadOnlyList<HookReceivedEvent> Events { get; init; }
}

/// <summary>One of them.</summary>
internal sealed record HookReceivedEvent
{
    public required string Id { get; init; }

    /// <summary>A hash of what is signed, where the id is not.</summary>
    public string? SignedId { get; init; }

    public required string Type { get; init; }

    /// <summary>Null when it has none.</summary>
    public string? Route { get; init; }

    /// <summary>As it was sent.</summary>
    public required string Payload { get; init; }
}

/// <summary>An event was published.</summary>
internal sealed record HookPublished
{
    public required long Number { get; init; }

    /// <summary>For whom; empty when nobody settles it, which ends it.</summary>
    public required IReadOnlyList<string> OpenFor { get; init; }

    public DateTimeOffset? NextAt { get; init; }
}

/// <summary>Something about one event.</summary>
internal sealed record HookNote
{
    public required long Number { get; init; }

    public string? Subscriber { get; init; }

    public string? Error { get; init; }
}

/// <summary>Something about a subscriber.</summary>
internal sealed record HookSubscriber
{
    public required string Name { get; init; }

    /// <summary>The routes that it wants; null for all.</summary>
    public IReadOnlyList<string>? Routes { get; init; }
}

/// <summary>JSON of the journal.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HookState))]
[JsonSerializable(typeof(HookReceived))]
[JsonSerializable(typeof(HookPublished))]
[JsonSerializable(typeof(HookNote))]
[JsonSerializable(typeof(HookSubscriber))]
internal sealed partial class HookJson : JsonSerializerContext;
