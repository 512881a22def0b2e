using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Steward.Engines.Orchestration.Tracing;

/// <summary>
/// The execution tree of one run, made from its journal alone: what was done in which order, how long it took, what it cost, and why it was decided so.
/// docs/api/trace.md describes it for readers of the API.
/// </summary>
public sealed record RunTrace
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The tenant; null when the journal does not say any more.</summary>
    public string? TenantId { get; init; }

    /// <summary>The session; null when the journal does not say.</summary>
    public string? SessionId { get; init; }

    /// <summary>The W3C trace id under which collectors find the same as spans; null when the request carried none.</summary>
    public string? TraceId { get; init; }

    /// <summary><c>queued</c>, <c>requested</c>, <c>running</c>, <c>waiting</c>, <c>completed</c>, <c>partial</c>, <c>failed</c>, <c>cancelled</c> or <c>retired</c> (retention has removed the details).</summary>
    public required string State { get; init; }

    /// <summary>The last event that is in here.</summary>
    public required long LastSequence { get; init; }

    /// <summary>When this was made: what has not ended is measured up to here.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The sums.</summary>
    public required TraceTotals Totals { get; init; }

    /// <summary>The tree; its root is the run.</summary>
    public required TraceNode Root { get; init; }

    /// <summary>The prompts of the model calls; only when they were asked for.</summary>
    public TracePrompts? Prompts { get; init; }

    /// <summary>The trace as JSON.</summary>
    public byte[] ToUtf8Json() => JsonSerializer.SerializeToUtf8Bytes(this, RunTraceJson.Default.RunTrace);
}

/// <summary>The sums of a run. Times are wall-clock time: what happened at the same time counts once within a kind.</summary>
public sealed record TraceTotals
{
    /// <summary>From acceptance to the end, or to now; in milliseconds.</summary>
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

    /// <summary>From acceptance to the first text of the answer; null before it.</summary>
    public double? FirstAnswerMs { get; init; }

    /// <summary>Model calls that have ended.</summary>
    public required int ModelCalls { get; init; }

    /// <summary>Tokens read.</summary>
    public required long InputTokens { get; init; }

    /// <summary>Tokens of these that came from the provider's cache.</summary>
    public required long CachedInputTokens { get; init; }

    /// <summary>Tokens written.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>US dollars; null when the price of a call is not known.</summary>
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
public sealed record TraceNode
{
    /// <summary>Unique in the trace and stable: the same thing has the same id in every later trace of the run.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// <c>run</c>, <c>queue</c>, <c>context</c>, <c>memory</c>, <c>strategy</c>, <c>playbook</c>, <c>plan</c>, <c>model</c>, <c>step</c>, <c>action</c>, <c>attempt</c>, <c>reconcile</c>,
    /// <c>decision</c>, <c>wait</c>, <c>guard</c>, <c>budget</c>, <c>deadline</c>, <c>cancel</c>, <c>dead_letter</c>, <c>replay</c> or <c>event</c>.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>What it is, for people.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// <c>ok</c>, <c>running</c>, <c>waiting</c>, <c>failed</c>, <c>unknown</c>, <c>rejected</c>, <c>skipped</c>, <c>dropped</c>, <c>superseded</c>, <c>planned</c>, <c>proposed</c>,
    /// <c>partial</c>, <c>cancelled</c> or <c>unfinished</c> (the run ended before it did).
    /// </summary>
    public required string Status { get; init; }

    /// <summary>Why: the rule, the person or the finding that decided it.</summary>
    public string? Reason { get; init; }

    /// <summary>A stable code when it failed.</summary>
    public string? Code { get; init; }

    /// <summary>What went wrong, safe to show.</summary>
    public string? Message { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How long it took, or takes until now; in milliseconds.</summary>
    public required double DurationMs { get; init; }

    /// <summary>The part of it that is covered by nothing inside of it.</summary>
    public required double SelfMs { get; init; }

    /// <summary>Tokens and cost, for model calls.</summary>
    public TraceUsage? Usage { get; init; }

    /// <summary>What went in, secrets masked.</summary>
    public JsonNode? Input { get; init; }

    /// <summary>What came out, secrets masked.</summary>
    public JsonNode? Output { get; init; }

    /// <summary>What else is known; the names depend on the kind.</summary>
    public JsonObject? Attributes { get; init; }

    /// <summary>The sequence numbers of the events that it was made from.</summary>
    public required IReadOnlyList<long> Events { get; init; }

    /// <summary>What happened inside of it, by beginning.</summary>
    public required IReadOnlyList<TraceNode> Children { get; init; }
}

/// <summary>What one model call used.</summary>
public sealed record TraceUsage
{
    /// <summary>Tokens read; null when the provider did not say.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Tokens of these that came from the provider's cache.</summary>
    public long? CachedInputTokens { get; init; }

    /// <summary>Tokens written; null when the provider did not say.</summary>
    public long? OutputTokens { get; init; }

    /// <summary>US dollars; null when the price is not known.</summary>
    public decimal? CostUsd { get; init; }

    /// <summary>Milliseconds until the first token.</summary>
    public double? FirstTokenMs { get; init; }
}

/// <summary>One message of a prompt.</summary>
public sealed record TracePromptMessage
{
    /// <summary><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Its text, secrets masked; cut when it is long.</summary>
    public required string Text { get; init; }

    /// <summary>Its length before it was cut, in UTF-16 units.</summary>
    public required int Length { get; init; }

    /// <summary>The tools that it calls, secrets masked.</summary>
    public JsonNode? ToolCalls { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 512)]
[JsonSerializable(typeof(RunTrace))]
internal sealed partial class RunTraceJson : JsonSerializerContext;
