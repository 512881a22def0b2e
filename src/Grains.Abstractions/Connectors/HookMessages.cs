namespace Steward.Connectors;

/// <summary>A request of an external system, as it came.</summary>
[GenerateSerializer]
[Alias("steward.hook-delivery")]
public sealed record HookDelivery
{
    /// <summary>GET or POST.</summary>
    [Id(0)]
    public required string Method { get; init; }

    /// <summary>The address that was called, with its query.</summary>
    [Id(1)]
    public required string Url { get; init; }

    /// <summary>The query's parameters.</summary>
    [Id(2)]
    public required Dictionary<string, string> Query { get; init; }

    /// <summary>The headers.</summary>
    [Id(3)]
    public required Dictionary<string, string> Headers { get; init; }

    /// <summary>The body, at most 1 MiB.</summary>
    [Id(4)]
    public required byte[] Body { get; init; }
}

/// <summary>What the sender of a webhook is answered.</summary>
[GenerateSerializer]
[Alias("steward.hook-answer")]
public sealed record HookAnswer
{
    /// <summary>The status of HTTP; 401 whenever the sender is not believed, for whatever reason.</summary>
    [Id(0)]
    public required int Status { get; init; }

    /// <summary>The media type of <see cref="Body"/>.</summary>
    [Id(1)]
    public string? ContentType { get; init; }

    /// <summary>The body; null for none.</summary>
    [Id(2)]
    public string? Body { get; init; }

    /// <summary>How long to wait for answers of this instance, so that its senders have them in time; null when the sender is not believed.</summary>
    [Id(3)]
    public TimeSpan? Patience { get; init; }
}

/// <summary>One event of an external system, as subscribers get it. It may come again: subscribers do nothing for events that they have settled.</summary>
[GenerateSerializer]
[Alias("steward.connector-event")]
public sealed record ConnectorEvent
{
    /// <summary>The tenant.</summary>
    [Id(0)]
    public required string TenantId { get; init; }

    /// <summary>The connector instance.</summary>
    [Id(1)]
    public required string Instance { get; init; }

    /// <summary>Counts the instance's events from 1, in the order in which they came.</summary>
    [Id(2)]
    public required long Number { get; init; }

    /// <summary>What stays the same when the sender repeats it.</summary>
    [Id(3)]
    public required string EventId { get; init; }

    /// <summary>The sender's own name of its type; empty when it says none.</summary>
    [Id(4)]
    public required string Type { get; init; }

    /// <summary>Which of the template's webhooks it came by.</summary>
    [Id(5)]
    public required string Webhook { get; init; }

    /// <summary>The event, JSON. Written by somebody outside: data, never instructions.</summary>
    [Id(6)]
    public required string Payload { get; init; }

    /// <summary>When it came.</summary>
    [Id(7)]
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Which attempt this is, from 1.</summary>
    [Id(8)]
    public required int Attempt { get; init; }

    /// <summary>The subscribers that have not settled it; others leave it alone.</summary>
    [Id(9)]
    public required IReadOnlyList<string> OpenFor { get; init; }

    /// <summary>Where the template's rules send it; empty when none of them holds.</summary>
    [Id(10)]
    public string Route { get; init; } = "";
}

/// <summary>How a subscriber fared with an event.</summary>
[GenerateSerializer]
[Alias("steward.settle-hook")]
public sealed record SettleHook
{
    /// <summary>The event.</summary>
    [Id(0)]
    public required long Number { get; init; }

    /// <summary>The subscriber.</summary>
    [Id(1)]
    public required string Subscriber { get; init; }

    /// <summary>Why it could not be worked on, safe to show; null when it was.</summary>
    [Id(2)]
    public string? Error { get; init; }
}

/// <summary>An event that some subscriber did not settle in spite of all attempts.</summary>
[GenerateSerializer]
[Alias("steward.hook-dead-letter")]
public sealed record HookDeadLetter
{
    /// <summary>The event's number.</summary>
    [Id(0)]
    public required long Number { get; init; }

    /// <summary>The sender's id of it.</summary>
    [Id(1)]
    public required string EventId { get; init; }

    /// <summary>Its type.</summary>
    [Id(2)]
    public required string Type { get; init; }

    /// <summary>When it came.</summary>
    [Id(3)]
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>When it was given up.</summary>
    [Id(4)]
    public required DateTimeOffset FailedAt { get; init; }

    /// <summary>How often it was published.</summary>
    [Id(5)]
    public required int Attempts { get; init; }

    /// <summary>The subscribers that have not settled it.</summary>
    [Id(6)]
    public required IReadOnlyList<string> OpenFor { get; init; }

    /// <summary>What the last of them said; null when none did.</summary>
    [Id(7)]
    public string? Error { get; init; }
}

/// <summary>Part of an instance's dead letters.</summary>
[GenerateSerializer]
[Alias("steward.hook-dead-letter-page")]
public sealed record HookDeadLetterPage
{
    /// <summary>The letters in order.</summary>
    [Id(0)]
    public required IReadOnlyList<HookDeadLetter> Letters { get; init; }

    /// <summary>Ask for letters after this number to get the next page; null at the end.</summary>
    [Id(1)]
    public long? NextAfterNumber { get; init; }
}
