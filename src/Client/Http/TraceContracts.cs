using System.Text.Json;

namespace Steward.Client.Http;

/// <summary>The execution tree of a run; docs/api/trace.md explains it.</summary>
public sealed record RunTraceResource
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The tenant; absent when the journal does not say any more.</summary>
    public string? TenantId { get; init; }

    /// <summary>The session; absent when the journal does not say.</summary>
    public string? SessionId { get; init; }

    /// <summary>The W3C trace id under which collectors find the same as spans.</summary>
    public string? TraceId { get; init; }

    /// <summary>Where the run is, or <c>retired</c> when retention has removed the details.</summary>
    public required string State { get; init; }

    /// <summary>The last event that is in here.</summary>
    public required long LastSequence { get; init; }

    /// <summary>When this was made: what has not ended is measured up to here.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The sums.</summary>
    public required TraceTotalsResource Totals { get; init; }

    /// <summary>The tree; its root is the run.</summary>
    public required TraceNodeResource Root { get; init; }

    /// <summary>The prompts of the model calls; only when they were asked for.</summary>
    public TracePromptsResource? Prompts { get; init; }
}

/// <summary>The prompts of a run's model calls: each message once, each prompt as the numbers of its messages.</summary>
public sealed record TracePromptsResource
{
    /// <summary>The messages in the order in which they first appeared; the first one is number 1.</summary>
    public required IReadOnlyList<PromptMessageResource> Messages { get; init; }

    /// <summary>The prompts by the hash that <c>prompt</c> of a model call names.</summary>
    public required IReadOnlyDictionary<string, PromptResource> Prompts { get; init; }
}

/// <summary>One prompt.</summary>
public sealed record PromptResource
{
    /// <summary>The numbers of its messages, oldest first.</summary>
    public required IReadOnlyList<int> Messages { get; init; }

    /// <summary>Why it cannot be shown; absent when it can.</summary>
    public string? Problem { get; init; }
}

/// <summary>The sums of a run. Times are wall-clock milliseconds: what happened at the same time counts once within a kind.</summary>
public sealed record TraceTotalsResource
{
    /// <summary>From acceptance to the end, or to now.</summary>
    public required double DurationMs { get; init; }

    /// <summary>Waiting behind other work before it began.</summary>
    public required double QueueMs { get; init; }

    /// <summary>Calls of models.</summary>
    public required double ModelMs { get; init; }

    /// <summary>Calls of external systems.</summary>
    public required double ToolMs { get; init; }

    /// <summary>Nothing could go on before a person decided.</summary>
    public required double HumanMs { get; init; }

    /// <summary>Between an end and its replay.</summary>
    public required double IdleMs { get; init; }

    /// <summary>None of these: the platform itself.</summary>
    public required double OtherMs { get; init; }

    /// <summary>From acceptance to the first text of the answer.</summary>
    public double? FirstAnswerMs { get; init; }

    /// <summary>Model calls that have ended.</summary>
    public required int ModelCalls { get; init; }

    /// <summary>Tokens read.</summary>
    public required long InputTokens { get; init; }

    /// <summary>Tokens of these that came from the provider's cache.</summary>
    public required long CachedInputTokens { get; init; }

    /// <summary>Tokens written.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>US dollars; absent when the price of a call is not known.</summary>
    public decimal? CostUsd { get; init; }

    /// <summary>Steps, those of hand-offs too.</summary>
    public required int Steps { get; init; }

    /// <summary>Actions that change something.</summary>
    public required int Actions { get; init; }

    /// <summary>Attempts beyond the first, of actions and of model calls.</summary>
    public required int Retries { get; init; }

    /// <summary>How often steps began anew after a loss.</summary>
    public required int Restarts { get; init; }

    /// <summary>How often the run was replayed.</summary>
    public required int Replays { get; init; }
}

/// <summary>One thing that happened, with what happened inside of it.</summary>
public sealed record TraceNodeResource
{
    /// <summary>Unique in the trace; the same thing has the same id in every later trace of the run.</summary>
    public required string Id { get; init; }

    /// <summary>For example <c>model</c>, <c>step</c>, <c>action</c> or <c>decision</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What it is, for people.</summary>
    public required string Name { get; init; }

    /// <summary>How it stands or ended.</summary>
    public required string Status { get; init; }

    /// <summary>Why: the rule, the person or the finding that decided it.</summary>
    public string? Reason { get; init; }

    /// <summary>A stable code when it failed.</summary>
    public string? Code { get; init; }

    /// <summary>What went wrong.</summary>
    public string? Message { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; absent while it has not.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How long it took, or takes until now.</summary>
    public required double DurationMs { get; init; }

    /// <summary>The part of it that is covered by nothing inside of it.</summary>
    public required double SelfMs { get; init; }

    /// <summary>Tokens and cost, for model calls.</summary>
    public TraceUsageResource? Usage { get; init; }

    /// <summary>What went in, secrets masked.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>What came out, secrets masked.</summary>
    public JsonElement? Output { get; init; }

    /// <summary>What else is known; the names depend on the kind.</summary>
    public JsonElement? Attributes { get; init; }

    /// <summary>The sequence numbers of the events that it was made from.</summary>
    public required IReadOnlyList<long> Events { get; init; }

    /// <summary>What happened inside of it, by beginning.</summary>
    public required IReadOnlyList<TraceNodeResource> Children { get; init; }
}

/// <summary>What one model call used.</summary>
public sealed record TraceUsageResource
{
    /// <summary>Tokens read.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Tokens of these that came from the provider's cache.</summary>
    public long? CachedInputTokens { get; init; }

    /// <summary>Tokens written.</summary>
    public long? OutputTokens { get; init; }

    /// <summary>US dollars; absent when the price is not known.</summary>
    public decimal? CostUsd { get; init; }

    /// <summary>Milliseconds until the first token.</summary>
    public double? FirstTokenMs { get; init; }
}

/// <summary>One message of a prompt.</summary>
public sealed record PromptMessageResource
{
    /// <summary><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Its text, secrets masked; cut when it is long.</summary>
    public required string Text { get; init; }

    /// <summary>Its length before it was cut.</summary>
    public required int Length { get; init; }

    /// <summary>The tools that it calls, secrets masked.</summary>
    public JsonElement? ToolCalls { get; init; }
}
