namespace Steward.Engines.Approvals.Machine;

/// <summary>
/// What a command leads to. <see cref="Events"/> are to be appended in one append whatever else it says: a command that comes too late may find that time has ended the request.
/// </summary>
public sealed record ApprovalOutcome
{
    /// <summary>Nothing to do, nothing wrong: it was done before.</summary>
    public static ApprovalOutcome Repeated { get; } = new() { IsRepeat = true };

    /// <summary>What happens, in order; empty for nothing.</summary>
    public IReadOnlyList<ApprovalEvent> Events { get; init; } = [];

    /// <summary>Why the command is not carried out; null when it is, or was before.</summary>
    public ApprovalRefusal? Refusal { get; init; }

    /// <summary>Whether the same was done before: the answer is the one that it was then.</summary>
    public bool IsRepeat { get; init; }

    internal static ApprovalOutcome Of(params IReadOnlyList<ApprovalEvent> events) => new() { Events = events };

    internal static ApprovalOutcome Refuse(RefusalKind kind, string message, string? field = null, IReadOnlyList<ApprovalEvent>? events = null) =>
        new() { Events = events ?? [], Refusal = new(kind, message, field) };
}

/// <summary>Why a command is not carried out.</summary>
/// <param name="Kind">What kind of reason.</param>
/// <param name="Message">For people, safe to show to whoever may see the request.</param>
/// <param name="Field">The field of the command that is wrong; null for none in particular.</param>
public sealed record ApprovalRefusal(RefusalKind Kind, string Message, string? Field = null);

/// <summary>Kinds of refusals, and what each is over the API.</summary>
public enum RefusalKind
{
    /// <summary>It is over: decided, lapsed or withdrawn. <c>conflict</c>.</summary>
    Over,

    /// <summary>The actor is not asked. <c>forbidden</c>.</summary>
    NotYours,

    /// <summary>The actor asked for it, or does so through somebody. <c>forbidden</c>.</summary>
    OwnRequest,

    /// <summary>The actor voted at another level. <c>forbidden</c>.</summary>
    FourEyes,

    /// <summary>What was shown is not what is asked for. <c>conflict</c>.</summary>
    StaleHash,

    /// <summary>The actor voted otherwise before. <c>conflict</c>.</summary>
    VotedOtherwise,

    /// <summary>Somebody else filled the actor's seat. <c>conflict</c>.</summary>
    SeatTaken,

    /// <summary>Nobody is asked at this moment: people are being looked up. <c>conflict</c>, may be tried again.</summary>
    NotOpen,

    /// <summary>A field is wrong. <c>invalid_argument</c>.</summary>
    Invalid,

    /// <summary>It is not approved, or was used up, or is not valid now. <c>conflict</c>.</summary>
    NotUsable,
}

/// <summary>What is due.</summary>
/// <param name="Kind">What.</param>
/// <param name="Level">At which level, from 1; 0 for none.</param>
public readonly record struct ApprovalDue(DueKind Kind, int Level = 0);

/// <summary>Kinds of due work.</summary>
public enum DueKind
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Ask the rules, then <see cref="ApprovalMachine.Route"/>.</summary>
    FindRoute,

    /// <summary>Look people up, then <see cref="ApprovalMachine.OpenLevel"/>.</summary>
    OpenLevel,

    /// <summary>Look others up, then <see cref="ApprovalMachine.Escalate"/>.</summary>
    Escalate,

    /// <summary>A delegation begins or ends: look up who may act, then <see cref="ApprovalMachine.ChangeDelegations"/>.</summary>
    ChangeDelegations,

    /// <summary><see cref="ApprovalMachine.Advance"/> reminds.</summary>
    Remind,

    /// <summary><see cref="ApprovalMachine.Advance"/> ends the level.</summary>
    EndLevel,

    /// <summary><see cref="ApprovalMachine.Advance"/> lets the request lapse.</summary>
    Expire,
}
