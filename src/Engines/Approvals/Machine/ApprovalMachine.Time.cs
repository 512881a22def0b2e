using Steward.Engines.Approvals.Chains;

namespace Steward.Engines.Approvals.Machine;

public static partial class ApprovalMachine
{
    /// <summary>What is due now, the most pressing first: ends before escalation before reminders. Handing over is not among it, see <see cref="ApprovalState.IsHandedOver"/>.</summary>
    public static ApprovalDue Due(ApprovalState state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.IsOver)
        {
            return default;
        }

        if (EndsLevel(state, now) is { } ending)
        {
            return new(DueKind.EndLevel, ending.Number);
        }

        if (state.ExpiresAt <= now)
        {
            return new(DueKind.Expire);
        }

        var mayLookUp = state.RetryAt is not { } retry || retry <= now;
        if (state.Route is null)
        {
            return mayLookUp ? new(DueKind.FindRoute) : default;
        }

        if (state.OpenLevel is not { } level)
        {
            return mayLookUp ? new(DueKind.OpenLevel, state.Levels.Count + 1) : default;
        }

        if (!level.IsEscalated && level.EscalateAt <= now && mayLookUp)
        {
            return new(DueKind.Escalate, level.Number);
        }

        if (level.DelegationsAt <= now && mayLookUp)
        {
            return new(DueKind.ChangeDelegations, level.Number);
        }

        return level.Reminded < level.RemindAt.Count && level.RemindAt[level.Reminded] <= now ? new(DueKind.Remind, level.Number) : default;
    }

    /// <summary>When something is due next, the past when it is already; null when only people can move it. An approval that has something to hand over is always due.</summary>
    public static DateTimeOffset? NextAt(ApprovalState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!state.IsHandedOver)
        {
            return state.ChangedAt;
        }

        var mirror = state.Mirror is { IsClosed: false, NextAt: var next } ? next : null;
        if (state.IsOver)
        {
            return mirror;
        }

        var level = state.OpenLevel;
        return Earliest(
            state.ExpiresAt,
            mirror,
            level?.EndsAt,
            level is { IsEscalated: false, EscalateAt: { } escalate } ? Latest(escalate, state.RetryAt) : null,
            level?.DelegationsAt is { } changes ? Latest(changes, state.RetryAt) : null,
            level is not null && level.Reminded < level.RemindAt.Count ? level.RemindAt[level.Reminded] : null,
            level is null ? state.RetryAt ?? state.ChangedAt : null);
    }

    /// <summary>Somebody says that the record in another system has changed: it is looked at soon, also when the request ended not long ago, so that whoever decides there afterwards gets an answer.</summary>
    public static ApprovalOutcome LookAtMirror(ApprovalState state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Mirror is not { RecordId: not null } mirror || mirror.NextAt <= now || mirror.Failures > 0 || (mirror.IsClosed && now - state.End?.At > WatchedFor)
            ? new() { IsRepeat = true }
            : ApprovalOutcome.Of(new ApprovalMirrored { At = now, Mirror = mirror with { NextAt = now, IsClosed = false } });
    }

    /// <summary>What time alone does: ends the level, lets the request lapse, reminds. Reminders that were missed are one.</summary>
    public static ApprovalOutcome Advance(ApprovalState state, DateTimeOffset now)
    {
        var (events, current) = Past(state, now);
        if (!current.IsOver && current.OpenLevel is { } level)
        {
            var through = level.RemindAt.Count(at => at <= now);
            if (through > level.Reminded)
            {
                return ApprovalOutcome.Of([.. events, new ApprovalReminded { At = now, Level = level.Number, Through = through }]);
            }
        }

        return ApprovalOutcome.Of(events);
    }

    /// <summary>The ends that time has brought by now, and the state after them.</summary>
    private static (IReadOnlyList<ApprovalEvent> Events, ApprovalState State) Past(ApprovalState state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.IsOver)
        {
            return ([], state);
        }

        List<ApprovalEvent> events = EndsLevel(state, now) is { } level
            ? EndByTime(state, level, now)
            : state.ExpiresAt <= now
                ? [new ApprovalExpired { At = now, Reason = Undecided(state) }]
                : [];
        if (events.Count == 0)
        {
            return ([], state);
        }

        var (more, last) = Past(Fold(state, events), now);
        return ([.. events, .. more], last);
    }

    private static LevelState? EndsLevel(ApprovalState state, DateTimeOffset now) =>
        state.OpenLevel is { EndsAt: { } ends } level && ends <= now && ends <= state.ExpiresAt ? level : null;

    private static List<ApprovalEvent> EndByTime(ApprovalState state, LevelState level, DateTimeOffset now)
    {
        var end = state.Route!.Chain.Levels[level.Number - 1].Sla?.End ?? SlaEnd.Expire;
        var reason = $"Nobody decided at level {level.Number} ({level.Name}) in time.";
        switch (end)
        {
            case SlaEnd.Approve:
                var ended = new LevelEnded { At = now, Level = level.Number, Outcome = LevelStatus.Approved, ByTime = true, Reason = reason + " The rules take that as approved." };
                return IsLast(state, level) ? [ended, Approved(state, now, ended)] : [ended];
            case SlaEnd.Reject:
                return
                [
                    new LevelEnded { At = now, Level = level.Number, Outcome = LevelStatus.Rejected, ByTime = true, Reason = reason },
                    new ApprovalRejected { At = now, Reason = reason + " The rules take that as rejected." },
                ];
            default:
                return [new ApprovalExpired { At = now, Reason = reason }];
        }
    }

    private static string Undecided(ApprovalState state) => state switch
    {
        { Failures: > 0, OpenLevel: null } => "Whom to ask could not be found out in time.",
        { OpenLevel: { } level } => $"Nobody decided at level {level.Number} ({level.Name}) before the request lapsed.",
        _ => "Nobody decided before the request lapsed.",
    };

    private static bool IsLast(ApprovalState state, LevelState level) => level.Number >= state.Route!.Chain.Levels.Count;

    /// <summary>The approval that follows from a level's end, in the name of whoever brought that about.</summary>
    private static ApprovalApproved Approved(ApprovalState state, DateTimeOffset now, ApprovalEvent cause)
    {
        var frozenUntil = state.Route!.Freeze is { } freeze && freeze.Until > now ? freeze.Until : (DateTimeOffset?)null;
        return new()
        {
            At = now,
            Actor = cause.Actor,
            ActorEmail = cause.ActorEmail,
            ActorName = cause.ActorName,
            ActedFor = cause.ActedFor,
            Channel = cause.Channel,
            Reason = cause.Reason,
            NotBefore = frozenUntil,
            ValidUntil = Later(frozenUntil ?? now, state.Route.Chain.ValidFor),
        };
    }

    private static ApprovalState Fold(ApprovalState state, IEnumerable<ApprovalEvent> events) =>
        events.Aggregate(state, (current, happened) => ApprovalState.Apply(current, happened, current.Version + 1));

    private static DateTimeOffset Latest(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    private static DateTimeOffset? Earliest(params ReadOnlySpan<DateTimeOffset?> times)
    {
        DateTimeOffset? earliest = null;
        foreach (var time in times)
        {
            if (time is not null && (earliest is null || time < earliest))
            {
                earliest = time;
            }
        }

        return earliest;
    }
}
