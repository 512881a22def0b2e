using Steward.Engines.Approvals.Machine;

namespace Steward.Approvals;

/// <summary>When somebody has to look at an approval again, and what its owner has to do for others. Pure.</summary>
internal static class ApprovalWake
{
    /// <summary>When something is due, the past when it is already; null when only people can move it, or nothing ever will again.</summary>
    /// <param name="state">The state.</param>
    /// <param name="withMirror">Whether the record in another system counts; it does not for whoever is at work on it.</param>
    public static DateTimeOffset? Of(ApprovalState state, bool withMirror = true)
    {
        if (!withMirror)
        {
            // As if nothing were ever to be done about it again.
            state = state with { Mirror = (state.Mirror ?? new()) with { IsClosed = true } };
        }

        var next = ApprovalMachine.NextAt(MustTellRun(state) ? state with { RunTold = true } : state);
        if (MustTellRun(state))
        {
            // The run would only find that changes are frozen.
            next = Earlier(next, state.End!.NotBefore ?? state.ChangedAt);
        }

        return MustBeginMirror(state) ? Earlier(next, state.ChangedAt) : next;
    }

    /// <summary>Whether a run waits to hear how it ended.</summary>
    public static bool MustTellRun(ApprovalState state) => state is { IsOver: true, RunTold: false, Request.RunId: not null };

    /// <summary>Whether the run can be told now.</summary>
    public static bool CanTellRun(ApprovalState state, DateTimeOffset now) => MustTellRun(state) && !IsHeldBack(state, now);

    /// <summary>Whether it is approved, but changes are frozen: a run that is told acts, so that it must not hear of it before the freeze ends.</summary>
    public static bool IsHeldBack(ApprovalState state, DateTimeOffset now) => state.End?.NotBefore > now;

    /// <summary>Whether a record in another system is to go along and has not been begun.</summary>
    public static bool MustBeginMirror(ApprovalState state) => state is { IsOver: false, Mirror: null, OpenLevel: not null, Route.Chain.Mirror: not null };

    /// <summary>Whether the record in another system is to be looked at now.</summary>
    public static bool MirrorIsDue(ApprovalState state, DateTimeOffset now) =>
        MustBeginMirror(state) || (state.Mirror is { IsClosed: false } mirror && mirror.NextAt <= now);

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset other) => one < other ? one : other;
}
