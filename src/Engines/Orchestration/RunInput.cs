using System.Text.Json.Serialization;

namespace Steward.Engines.Orchestration;

/// <summary>Everything that a run starts from. It is the content of <c>run.requested</c>, so that resuming needs nothing else.</summary>
public sealed record RunInput
{
    /// <summary>The run's id, <c>r-…</c>.</summary>
    public required string RunId { get; init; }

    /// <summary>The tenant, <c>t-…</c>.</summary>
    public required string TenantId { get; init; }

    /// <summary>In whose name the run acts.</summary>
    public required Requester Requester { get; init; }

    /// <summary>The message.</summary>
    public required string Text { get; init; }

    /// <summary>The conversation it belongs to: experiments on models and versions of prompts stay the same within it. Null is the run itself.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ConversationId { get; init; }

    /// <summary>When the answer is due; null never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The conversation before this message, oldest first.</summary>
    public IReadOnlyList<ConversationMessage> History { get; init; } = [];

    /// <summary>What was said before <see cref="History"/>, summed up; null when nothing was.</summary>
    [JsonIgnore]
    public string? Summary { get; init; }

    /// <summary>Slots that earlier runs of the session left behind.</summary>
    public IReadOnlyDictionary<string, string> WorkingMemory { get; init; } = new Dictionary<string, string>();

    /// <summary>The agent that answers; null is the default one.</summary>
    public string? Agent { get; init; }

    /// <summary>The strategy that the caller demands, if the policy lets callers choose; null lets the policy choose.</summary>
    public string? Strategy { get; init; }

    /// <summary>Whether nobody waits for the answer: more steps, more time, lower priority.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Background { get; init; }

    /// <summary>Whether the work goes on in the background after the deadline; else it stops there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ContinueAfterDeadline { get; init; }

    /// <summary>Whether a person wants to see a plan before it is worked off.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReviewPlan { get; init; }

    /// <summary>Limits that the caller sets; those of the agent hold as well.</summary>
    public RunLimits? Limits { get; init; }

    /// <summary>What of the platform asks, by which budgets and costs of models are counted; null is <c>chat</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Feature { get; init; }

    /// <summary>The team that its model calls count for; null is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Team { get; init; }

    /// <summary>The tags of its model calls, for chargeback; null is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Whether it came by the endpoint for OpenAI's clients: its model calls have to carry the tags which the tenant demands.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsExternal { get; init; }

    /// <summary>The W3C trace context of the request, so that a run that is resumed elsewhere stays in the same trace.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>What a run may use at most. Null means no limit of its own; the lowest of caller, agent and platform holds.</summary>
public sealed record RunLimits
{
    /// <summary>Steps: calls of tools and hand-offs.</summary>
    public int? Steps { get; init; }

    /// <summary>Calls of models.</summary>
    public int? ModelCalls { get; init; }

    /// <summary>Tokens read and written.</summary>
    public long? Tokens { get; init; }

    /// <summary>US dollars. Calls of models whose price is not known are refused when this is set.</summary>
    public decimal? CostUsd { get; init; }

    /// <summary>Seconds of work; waiting for people does not count.</summary>
    public double? Seconds { get; init; }
}

/// <summary>The person in whose name a run acts.</summary>
public sealed record Requester
{
    /// <summary>The person's id, <c>u-…</c>.</summary>
    public required string UserId { get; init; }

    /// <summary>Mail address: how external systems know this person. Without it nothing can be done "for me".</summary>
    public string? Email { get; init; }

    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>Roles in the tenant, for example <c>helpdesk</c>.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
}

/// <summary>One earlier message of the conversation.</summary>
public sealed record ConversationMessage
{
    /// <summary><c>user</c> or <c>assistant</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The text.</summary>
    public required string Text { get; init; }
}
