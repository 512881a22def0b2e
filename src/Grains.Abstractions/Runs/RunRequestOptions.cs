namespace Steward.Runs;

/// <summary>How a message is to be worked off. Everything is optional; what is left out is decided by policy.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.run-request-options")]
public sealed record RunRequestOptions
{
    /// <summary>The agent that answers; null is the default one.</summary>
    [Id(0)]
    public string? Agent { get; init; }

    /// <summary>The strategy that the caller demands, if the policy lets callers choose; null lets the policy choose.</summary>
    [Id(1)]
    public string? Strategy { get; init; }

    /// <summary>Whether nobody waits for the answer: the run neither blocks the session nor waits for others of it; more steps, lower priority.</summary>
    [Id(2)]
    public bool Background { get; init; }

    /// <summary>Whether the work goes on in the background after the deadline; else it stops there.</summary>
    [Id(3)]
    public bool ContinueAfterDeadline { get; init; }

    /// <summary>Whether a person wants to see a plan before it is worked off.</summary>
    [Id(4)]
    public bool ReviewPlan { get; init; }

    /// <summary>The most steps; null is no limit of the caller's own.</summary>
    [Id(5)]
    public int? MaxSteps { get; init; }

    /// <summary>The most model calls.</summary>
    [Id(6)]
    public int? MaxModelCalls { get; init; }

    /// <summary>The most tokens read and written.</summary>
    [Id(7)]
    public long? MaxTokens { get; init; }

    /// <summary>The most US dollars.</summary>
    [Id(8)]
    public decimal? MaxCostUsd { get; init; }

    /// <summary>The webhook that is told of the end; null is none but the tenant's own.</summary>
    [Id(9)]
    public string? WebhookId { get; init; }

    /// <summary>The W3C trace context of the request, so that the run stays in the same trace.</summary>
    [Id(10)]
    public string? TraceParent { get; init; }

    /// <summary>The most seconds of work; waiting for people does not count.</summary>
    [Id(11)]
    public double? MaxSeconds { get; init; }

    /// <summary>What of the platform asks, by which budgets and costs of models are counted: 1 to 64 of a-z, 0-9, dot, underscore and hyphen. Null is <c>chat</c>; schedules say <c>schedule</c>, the endpoint for OpenAI's clients <c>api</c>. The HTTP API has no field for it, nor for the two that follow.</summary>
    [Id(12)]
    public string? Feature { get; init; }

    /// <summary>Which of the requester's teams (roles <c>team-…</c>) it is for, without the prefix; null is the first. A team that they are not in counts for nothing.</summary>
    [Id(13)]
    public string? Team { get; init; }

    /// <summary>Tags of its model calls, for chargeback: at most 32, names of 1 to 64 and values of up to 512 characters. Null is none.</summary>
    [Id(14)]
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Whether it came by the endpoint for OpenAI's clients, so that its model calls have to carry the tags which the tenant demands there.</summary>
    [Id(15)]
    public bool IsExternal { get; init; }
}
