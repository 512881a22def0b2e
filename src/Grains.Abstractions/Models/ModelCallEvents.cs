using Orleans.Concurrency;

namespace Steward.Models;

/// <summary>What an event of a model call says.</summary>
[GenerateSerializer]
[Alias("steward.model-call-event-kind")]
public enum ModelCallEventKind
{
    /// <summary>The first: how it is answered.</summary>
    Begun,

    /// <summary>Text of the answer.</summary>
    Text,

    /// <summary>A whole call of a tool.</summary>
    ToolCall,

    /// <summary>The vectors that were asked for.</summary>
    Vectors,

    /// <summary>The last: it has ended well.</summary>
    Finished,

    /// <summary>The last: it has failed; what came before is not the whole answer.</summary>
    Failed,
}

/// <summary>An event of a model call.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-call-event")]
public sealed record ModelCallEvent
{
    /// <summary>Its place, from 1, without gaps.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary>What it says.</summary>
    [Id(1)]
    public required ModelCallEventKind Kind { get; init; }

    /// <summary>The text.</summary>
    [Id(2)]
    public string? Text { get; init; }

    /// <summary>The call of a tool.</summary>
    [Id(3)]
    public ModelToolCall? ToolCall { get; init; }

    /// <summary>How it is answered.</summary>
    [Id(4)]
    public ModelCallRoute? Route { get; init; }

    /// <summary>How it ended.</summary>
    [Id(5)]
    public ModelCallEnd? End { get; init; }

    /// <summary>Why it failed.</summary>
    [Id(6)]
    public ModelCallFailure? Failure { get; init; }

    /// <summary>The vectors, in the order of the texts.</summary>
    [Id(7)]
    public IReadOnlyList<float[]> Vectors { get; init; } = [];

    /// <summary>Whether nothing follows.</summary>
    public bool EndsCall => Kind is ModelCallEventKind.Finished or ModelCallEventKind.Failed;
}

/// <summary>Events of a model call that follow each other.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-call-batch")]
public sealed record ModelCallBatch
{
    /// <summary>The most events in one batch.</summary>
    public const int MaxEvents = 100;

    /// <summary>The events, at least one, in order and without gaps.</summary>
    [Id(0)]
    public required IReadOnlyList<ModelCallEvent> Events { get; init; }
}

/// <summary>How a call is answered.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-call-route")]
public sealed record ModelCallRoute
{
    /// <summary><c>small</c>, <c>standard</c> or <c>large</c>; null when a model was asked for by name.</summary>
    [Id(0)]
    public string? Tier { get; init; }

    /// <summary>Where the answer came from when no model was asked: <c>exact</c>, <c>semantic</c> or <c>shared</c>; null otherwise.</summary>
    [Id(1)]
    public string? Cache { get; init; }

    /// <summary>The step of the degradation ladder: <c>full</c>, <c>reduced</c>, <c>cached</c> or <c>queue</c>.</summary>
    [Id(2)]
    public string Degradation { get; init; } = "full";

    /// <summary>The variants of experiments, as <c>experiment=variant</c>.</summary>
    [Id(3)]
    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary>The run that answers, where an agent was asked.</summary>
    [Id(4)]
    public string? RunId { get; init; }
}

/// <summary>How a call ended.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-call-end")]
public sealed record ModelCallEnd
{
    /// <summary><c>stop</c>, <c>tool_calls</c>, <c>length</c> or <c>content_filter</c>.</summary>
    [Id(0)]
    public required string Reason { get; init; }

    /// <summary>The model as the provider named it.</summary>
    [Id(1)]
    public required string Model { get; init; }

    /// <summary>The provider by its name in the configuration.</summary>
    [Id(2)]
    public string? Provider { get; init; }

    /// <summary>Tokens read; null when the provider did not say.</summary>
    [Id(3)]
    public long? InputTokens { get; init; }

    /// <summary>Tokens of these that came from the provider's cache.</summary>
    [Id(4)]
    public long CachedInputTokens { get; init; }

    /// <summary>Tokens written.</summary>
    [Id(5)]
    public long OutputTokens { get; init; }

    /// <summary>Cost in US dollars; null when the price of the model is not known.</summary>
    [Id(6)]
    public decimal? CostUsd { get; init; }

    /// <summary>How many attempts it took.</summary>
    [Id(7)]
    public int Attempts { get; init; } = 1;

    /// <summary>The step of the degradation ladder where it is known at the end only, for an agent's run; null where <see cref="ModelCallRoute.Degradation"/> says it.</summary>
    [Id(8)]
    public string? Degradation { get; init; }
}

/// <summary>Why a call failed.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-call-failure")]
public sealed record ModelCallFailure
{
    /// <summary>A stable code: those of models (<c>model_unavailable</c> …), <c>cancelled</c>, <c>internal</c>, or one of <see cref="Errors.ErrorCodes"/>.</summary>
    [Id(0)]
    public required string Code { get; init; }

    /// <summary>Safe to show.</summary>
    [Id(1)]
    public required string Message { get; init; }

    /// <summary>Whether the same call may succeed later.</summary>
    [Id(2)]
    public bool IsRetryable { get; init; }

    /// <summary>How long to wait before it.</summary>
    [Id(3)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The field that was refused.</summary>
    [Id(4)]
    public string? Field { get; init; }
}
