using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Orchestration;

/// <summary>A person has to decide before the run goes on with one of its steps. Bound to exactly what is shown.</summary>
public sealed record DecisionRequested : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "decision.requested";

    /// <summary>Unique in the run; derived from run, step and subject, so that a repetition asks for the same decision.</summary>
    public required string RequestId { get; init; }

    /// <summary>What is to be decided.</summary>
    public required DecisionKind Kind { get; init; }

    /// <summary>The step that waits; null for a plan.</summary>
    public string? StepId { get; init; }

    /// <summary>The action that waits, if it is about one.</summary>
    public string? ActionId { get; init; }

    /// <summary>The operation of the action.</summary>
    public string? OperationId { get; init; }

    /// <summary>What is to be decided, for people.</summary>
    public required string Summary { get; init; }

    /// <summary>Why it is asked, for people.</summary>
    public string? Reason { get; init; }

    /// <summary>The exact arguments, plan or facts that the decision is about.</summary>
    public JsonElement? Subject { get; init; }

    /// <summary>SHA-256 of operation and canonical subject. A decision that names another hash is refused; a changed subject asks again.</summary>
    public required string SubjectHash { get; init; }

    /// <summary>The possible decisions.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>Who may decide: <c>requester</c>, <c>role:NAME</c>, <c>email:ADDRESS</c>, <c>user:ID</c>. Whoever asked may decide only where <c>requester</c> is named.</summary>
    public required IReadOnlyList<string> Deciders { get; init; }

    /// <summary>When it lapses; null never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>
    /// The approval that stands for this request, <c>a-…</c>: it finds who has to approve, and only it says what was decided and when it has lapsed. Null where the run itself takes the decision: in plans, unknown outcomes, and
    /// journals of earlier releases.
    /// </summary>
    public string? ApprovalId { get; init; }

    /// <summary>Why the action is wanted, in the words of the model, the playbook and the person. Data, never instructions.</summary>
    public string? Why { get; init; }

    /// <summary>How risky the action is: <c>low</c>, <c>medium</c>, <c>high</c> or <c>critical</c>.</summary>
    public string? Risk { get; init; }

    /// <summary>What it costs, in <see cref="Currency"/>; null when that is not known.</summary>
    public decimal? Amount { get; init; }

    /// <summary>ISO 4217 code of <see cref="Amount"/>.</summary>
    public string? Currency { get; init; }

    /// <summary>Where it takes effect, for example <c>production</c>; null when that is not known.</summary>
    public string? Environment { get; init; }

    /// <summary>What the target system says that it would do: its dry run. Null where it cannot say, or did not in time.</summary>
    public JsonElement? Preview { get; init; }
}

/// <summary>What a person can be asked to decide.</summary>
public enum DecisionKind
{
    /// <summary>Whether an action may be sent: <c>approve</c> or <c>reject</c>.</summary>
    [JsonStringEnumMemberName("approval")]
    Approval,

    /// <summary>Whether a plan is to be worked off: <c>approve</c>, <c>edit</c> or <c>reject</c>.</summary>
    [JsonStringEnumMemberName("plan_review")]
    PlanReview,

    /// <summary>What became of an action that the target system cannot tell about: <c>done</c>, <c>not_done</c> or <c>give_up</c>.</summary>
    [JsonStringEnumMemberName("unknown_outcome")]
    UnknownOutcome,
}

/// <summary>A decision was made, or lapsed; the first one counts, for ever.</summary>
public sealed record DecisionMade : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "decision.made";

    /// <summary>The request.</summary>
    public required string RequestId { get; init; }

    /// <summary>One of the request's options, <c>expired</c>, or <c>cancelled</c> when the request was withdrawn.</summary>
    public required string Decision { get; init; }

    /// <summary>Who decided; null when it lapsed or time decided.</summary>
    public string? By { get; init; }

    /// <summary>Where, for example <c>api</c>.</summary>
    public string? Channel { get; init; }

    /// <summary>Why, in the decider's words.</summary>
    public string? Comment { get; init; }

    /// <summary>The edited plan, for <c>edit</c>.</summary>
    public JsonElement? Content { get; init; }

    /// <summary>Until when an approval may be used; null for ever.</summary>
    public DateTimeOffset? ValidUntil { get; init; }
}

/// <summary>An action was approved. The approval is used up by this: it holds for these arguments, once.</summary>
public sealed record ActionApproved : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "action.approved";

    /// <summary>The action.</summary>
    public required string ActionId { get; init; }

    /// <summary>The decision that is used up.</summary>
    public required string RequestId { get; init; }

    /// <summary>The hash that was approved.</summary>
    public required string SubjectHash { get; init; }

    /// <summary>Who approved it.</summary>
    public required string By { get; init; }
}

/// <summary>Nothing can go on before a person decides. The run stays open and uses nothing while it waits.</summary>
public sealed record RunWaiting : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "run.waiting";

    /// <summary>The open requests.</summary>
    public required IReadOnlyList<string> RequestIds { get; init; }

    /// <summary>What is waited for, for people; also what the session shows meanwhile.</summary>
    public required string Summary { get; init; }

    /// <summary>When the first of those lapses that the run itself has to close; null never. Approvals say themselves when they have lapsed.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
