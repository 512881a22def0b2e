using System.Text.Json;

namespace Steward.Engines.Orchestration;

/// <summary>What a run used of models.</summary>
public sealed record RunUsageTotals
{
    /// <summary>Model calls that have ended.</summary>
    public int ModelCalls { get; init; }

    /// <summary>Tokens read.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens written.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Cost in US dollars; null when the price of a model, or the tokens of a call, are not known. Zero without model calls.</summary>
    public decimal? CostUsd { get; init; } = 0m;

    internal RunUsageTotals Add(ModelCalled call) => new()
    {
        ModelCalls = ModelCalls + 1,
        InputTokens = InputTokens + (call.InputTokens ?? 0),
        OutputTokens = OutputTokens + (call.OutputTokens ?? 0),
        CostUsd = CostUsd + call.CostUsd,
    };

    // A call that failed when it had begun to answer has used something, and is none that has ended.
    internal RunUsageTotals Add(ModelFailed failed) => this with
    {
        InputTokens = InputTokens + (failed.InputTokens ?? 0),
        OutputTokens = OutputTokens + (failed.OutputTokens ?? 0),
        CostUsd = CostUsd + failed.CostUsd,
    };
}

/// <summary>Where a step is.</summary>
public enum StepStatus
{
    /// <summary>Being worked on.</summary>
    Running,

    /// <summary>Done.</summary>
    Done,

    /// <summary>Not needed.</summary>
    Skipped,

    /// <summary>Came to nothing.</summary>
    Failed,

    /// <summary>Began early and was not needed; nothing of it counts.</summary>
    Dropped,
}

/// <summary>One step of a run.</summary>
public sealed record StepState
{
    /// <summary>Its id.</summary>
    public required string StepId { get; init; }

    /// <summary>What it does, for people.</summary>
    public required string Title { get; init; }

    /// <summary>Its place in the order of first starts, from 0.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Where it is.</summary>
    public StepStatus Status { get; init; }

    /// <summary>The operation that it calls.</summary>
    public string? OperationId { get; init; }

    /// <summary>The arguments of a call that only reads.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>Whether it began before it was known to be needed.</summary>
    public bool Speculative { get; init; }

    /// <summary>What came out.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Whether the result was cut to size.</summary>
    public bool Truncated { get; init; }

    /// <summary>The hash under which the whole result is stored, when <see cref="Result"/> is only a summary of it.</summary>
    public string? ResultHash { get; init; }

    /// <summary>The length of the whole result, in characters of JSON, when it is stored apart.</summary>
    public int? ResultLength { get; init; }

    /// <summary>The earlier step that made the same call, whose result this is.</summary>
    public string? SameAs { get; init; }

    /// <summary>What came out, for people.</summary>
    public string? Summary { get; init; }

    /// <summary>A stable code when it failed.</summary>
    public string? Code { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Message { get; init; }

    /// <summary>Whether the same may succeed later.</summary>
    public bool Retryable { get; init; }

    /// <summary>The argument that was rejected, if it was one.</summary>
    public string? Field { get; init; }

    /// <summary>When it was first started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How long the run had waited for people when it was first started.</summary>
    public TimeSpan WaitedBefore { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether it is over.</summary>
    public bool HasEnded => Status is not StepStatus.Running;
}

/// <summary>Where an action is in the ledger.</summary>
public enum ActionStatus
{
    /// <summary>Allowed, not sent.</summary>
    Planned,

    /// <summary>Sent, no outcome yet.</summary>
    Sent,

    /// <summary>Done.</summary>
    Confirmed,

    /// <summary>Not done: the target system refused.</summary>
    Failed,

    /// <summary>Nobody knows.</summary>
    Unknown,

    /// <summary>Not done: looked up in the target system.</summary>
    NotDone,
}

/// <summary>One action of a run.</summary>
public sealed record ActionState
{
    /// <summary>Its id.</summary>
    public required string ActionId { get; init; }

    /// <summary>The step.</summary>
    public required string StepId { get; init; }

    /// <summary>The operation.</summary>
    public required string OperationId { get; init; }

    /// <summary>What it does, for people.</summary>
    public required string Summary { get; init; }

    /// <summary>The exact arguments.</summary>
    public required JsonElement Arguments { get; init; }

    /// <summary>Its place in the order of planning, from 0.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Where it is.</summary>
    public ActionStatus Status { get; init; }

    /// <summary>How often it was sent.</summary>
    public int Attempts { get; init; }

    /// <summary>When it was first sent.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>The result, when done.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Whether <see cref="Result"/> was cut to size.</summary>
    public bool Truncated { get; init; }

    /// <summary>The hash under which the whole result is stored, when <see cref="Result"/> is only a summary of it.</summary>
    public string? ResultHash { get; init; }

    /// <summary>The length of the whole result, in characters of JSON, when it is stored apart.</summary>
    public int? ResultLength { get; init; }

    /// <summary>A stable code when it failed.</summary>
    public string? Code { get; init; }

    /// <summary>Why it failed or is unknown.</summary>
    public string? Message { get; init; }

    /// <summary>The argument that was rejected, if it was one.</summary>
    public string? Field { get; init; }

    /// <summary>Whether a failed action will be sent again.</summary>
    public bool WillRetry { get; init; }

    /// <summary>How often it was sent before the run was replayed last; 0 when it never was.</summary>
    public int AttemptsBefore { get; init; }

    /// <summary>The approval that it has used up; null when it has used none.</summary>
    public string? ApprovedBy { get; init; }
}

/// <summary>A decision that a person has to make, or has made.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="RequestedAt">When.</param>
/// <param name="Made">The decision; null while it is open.</param>
/// <param name="MadeAt">When it was made.</param>
public sealed record DecisionState(DecisionRequested Request, DateTimeOffset RequestedAt, DecisionMade? Made = null, DateTimeOffset? MadeAt = null)
{
    /// <summary>Its place in the order of asking, from 0.</summary>
    public int Ordinal { get; init; }

    /// <summary>In which attempt of the run it was asked, from 1.</summary>
    public int RunAttempt { get; init; } = 1;

    /// <summary>How often the action had been sent when it was asked.</summary>
    public int ActionAttempts { get; init; }

    /// <summary>The action that has used it up; null while it is unused. An approval is used at most once.</summary>
    public string? UsedBy { get; init; }

    /// <summary>Whether nobody has decided yet.</summary>
    public bool IsOpen => Made is null;
}
