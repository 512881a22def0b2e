using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace Steward.Client.Http;

/// <summary>A decision that a run asked a person for.</summary>
public sealed record DecisionResource
{
    /// <summary>Unique in the run.</summary>
    public required string RequestId { get; init; }

    /// <summary><c>approval</c>, <c>plan_review</c> or <c>unknown_outcome</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The step that waits; absent for a plan.</summary>
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

    /// <summary>A hash of operation and subject; whoever decides sends it back, and so decides on what was shown.</summary>
    public required string SubjectHash { get; init; }

    /// <summary>The possible decisions.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>Who may decide.</summary>
    public required IReadOnlyList<string> Deciders { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it lapses; absent when never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The approval that stands for it; absent where the run itself takes the decision.</summary>
    public string? ApprovalId { get; init; }

    /// <summary>One of the options, <c>expired</c>, or <c>cancelled</c> for an approval that was withdrawn; absent while it is open.</summary>
    public string? Decision { get; init; }

    /// <summary>Who decided; absent while it is open, and when it lapsed.</summary>
    public string? By { get; init; }

    /// <summary>When it was decided or lapsed.</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>Where it was decided, for example <c>api</c>.</summary>
    public string? Channel { get; init; }

    /// <summary>Why, in the decider's words.</summary>
    public string? Comment { get; init; }
}

/// <summary>The decisions of a run.</summary>
public sealed record DecisionListResource
{
    /// <summary>Oldest first: the owner sees all, others those that they may make.</summary>
    public required IReadOnlyList<DecisionResource> Decisions { get; init; }
}

/// <summary>Makes a decision.</summary>
public sealed record DecideRequest
{
    /// <summary>One of the request's options.</summary>
    /// <remarks>Not init-only: the generated reader would set it to null when it is left out.</remarks>
    [Required]
    [Length(1, 64)]
    public string Decision { get; set; } = "";

    /// <summary>The <c>subjectHash</c> of what was shown; another one than the request's is refused.</summary>
    [Required]
    [Length(1, 128)]
    public string SubjectHash { get; set; } = "";

    /// <summary>Why.</summary>
    [MaxLength(2000)]
    public string? Comment { get; init; }

    /// <summary>The edited plan, for <c>edit</c>.</summary>
    public JsonElement? Plan { get; init; }
}

/// <summary>Copies a session up to one of its messages.</summary>
public sealed record ForkSessionRequest
{
    /// <summary>The sequence number of the last message to copy.</summary>
    [Required]
    [Range(1, long.MaxValue)]
    public long ThroughSequence { get; set; }

    /// <summary>A title for the copy.</summary>
    [MaxLength(200)]
    public string? Title { get; init; }

    /// <summary>The copy's id, as for a new session. Without it one is made; with it, repeating the request makes no second copy.</summary>
    [MaxLength(96)]
    [RegularExpression("^s-[a-z0-9._-]+$")]
    public string? SessionId { get; init; }
}

/// <summary>A run that failed for technical reasons after its retries.</summary>
public sealed record DeadLetterResource
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>Which attempt failed, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Whose run it is.</summary>
    public required string UserId { get; init; }

    /// <summary>The code of its end.</summary>
    public required string Code { get; init; }

    /// <summary>The step that failed; absent when it was none.</summary>
    public string? StepId { get; init; }

    /// <summary>The cause, for people; holds nothing of the conversation.</summary>
    public string? Cause { get; init; }

    /// <summary>When the run was requested.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it failed.</summary>
    public required DateTimeOffset FailedAt { get; init; }

    /// <summary>Its place in the list, growing.</summary>
    public required long Sequence { get; init; }
}

/// <summary>A page of the dead-letter list, oldest first.</summary>
public sealed record DeadLetterPageResource
{
    /// <summary>The letters.</summary>
    public required IReadOnlyList<DeadLetterResource> DeadLetters { get; init; }

    /// <summary>Pass this as <c>after</c> to get the next page; absent on the last one.</summary>
    public long? NextAfter { get; init; }

    /// <summary>How many letters are open in all.</summary>
    public required int Depth { get; init; }
}

/// <summary>Works a failed run on from its failed step.</summary>
public sealed record ReplayRequest
{
    /// <summary>The attempt to repeat, as the list shows it; without it the last one. Another than the last is refused, so that a double click replays once.</summary>
    [Range(1, int.MaxValue)]
    public int? Attempt { get; init; }
}

/// <summary>Takes a failed run off the list for good.</summary>
public sealed record CloseDeadLetterRequest
{
    /// <summary>Why.</summary>
    [MaxLength(2000)]
    public string? Reason { get; init; }
}
