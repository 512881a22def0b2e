using System.Text.Json.Serialization;

namespace Steward.Engines.Orchestration;

/// <summary>The deadline has passed; the person has been told what is known and what still runs, and the work goes on in the background.</summary>
public sealed record DeadlineReached : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "run.deadline_reached";

    /// <summary>What still runs, for people.</summary>
    public required IReadOnlyList<string> Open { get; init; }

    /// <summary>Until when it may go on.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Where the text that tells of it begins in the answer, in UTF-16 units. The rest of the answer takes its place.</summary>
    public int? AnswerFrom { get; init; }
}

/// <summary>A budget of the run is used up: no further call is made that needs it.</summary>
public sealed record BudgetExhausted : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "budget.exhausted";

    /// <summary><c>steps</c>, <c>model_calls</c>, <c>tokens</c>, <c>money</c> or <c>time</c>.</summary>
    public required string Budget { get; init; }

    /// <summary>The limit, in the budget's unit (steps, calls, tokens, US dollars, seconds).</summary>
    public required decimal Limit { get; init; }

    /// <summary>What is used.</summary>
    public required decimal Used { get; init; }

    /// <summary>What the next call would have reserved.</summary>
    public decimal Needed { get; init; }

    /// <summary>The hand-off inside which it happened; null for the run itself.</summary>
    public string? Scope { get; init; }
}

/// <summary>A guard stepped in.</summary>
public sealed record GuardTripped : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "guard.tripped";

    /// <summary><c>repeated_call</c>, <c>no_new_information</c>, <c>callback_loop</c>, <c>handoff_depth</c>.</summary>
    public required string Guard { get; init; }

    /// <summary>The step, if it is about one.</summary>
    public string? StepId { get; init; }

    /// <summary>What was seen and what follows, for people.</summary>
    public required string Message { get; init; }

    /// <summary>The hand-off inside which it happened; null for the run itself.</summary>
    public string? Scope { get; init; }
}
