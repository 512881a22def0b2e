namespace Steward.Engines.Approvals.Machine;

public static partial class ApprovalMachine
{
    /// <summary>Votes. Whoever votes again in the same way gets the answer of the first time, whatever has happened since.</summary>
    public static ApprovalOutcome Vote(ApprovalState state, VoteCommand command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (events, current) = Past(state, now);
        if (command.SubjectHash != current.Request.SubjectHash)
        {
            return ApprovalOutcome.Refuse(RefusalKind.StaleHash, "What you were shown is not what is asked for now. Nothing was decided; look at the request again.", "subjectHash", events);
        }

        if (RepeatOf(current, command) is { } known)
        {
            return known with { Events = events };
        }

        if (current.IsOver)
        {
            return ApprovalOutcome.Refuse(RefusalKind.Over, OverText(current), events: events);
        }

        if (current.OpenLevel is not { } level)
        {
            return ApprovalOutcome.Refuse(RefusalKind.NotOpen, "Whom to ask is being looked up. Try again in a moment.", events: events);
        }

        var right = RightOf(current, command.Actor);
        if (right.Refusal is { } refusal)
        {
            return new() { Events = events, Refusal = refusal };
        }

        if (right.ActsFor is not null && level.DelegationsAt <= now)
        {
            // A delegation has begun or ended since: whether this one still holds is looked up first.
            return ApprovalOutcome.Refuse(RefusalKind.NotOpen, "Who may act for whom is being looked up. Try again in a moment.", events: events);
        }

        var vote = new ApprovalVoted
        {
            At = now,
            Level = level.Number,
            Seat = right.Seat,
            Decision = command.Decision,
            SubjectHash = command.SubjectHash,
            OperationId = command.OperationId,
            Actor = command.Actor.UserId,
            ActorEmail = command.Actor.Email,
            ActorName = command.Actor.Name,
            ActedFor = right.ActsFor,
            Channel = command.Channel,
            Reason = command.Comment,
        };
        return ApprovalOutcome.Of([.. events, vote, .. Consequences(Fold(current, [vote]), vote)]);
    }

    /// <summary>The answer to a click that came before; null when this one is new.</summary>
    private static ApprovalOutcome? RepeatOf(ApprovalState state, VoteCommand command)
    {
        var own = state.Votes.Where(known => command.Actor.MayBe(known.Vote.By, known.Vote.Email)).ToList();
        if (own.Count == 0)
        {
            return null;
        }

        var isKnownClick = command.OperationId is not null && own.Exists(known => known.Vote.OperationId == command.OperationId);
        var (level, vote) = isKnownClick ? own.Find(known => known.Vote.OperationId == command.OperationId) : own[^1];
        if (!isKnownClick && state.OpenLevel is { } open && open.Number != level.Number)
        {
            // Where a person may vote at several levels, only the click's own id tells a new click from an old one.
            var isNew = state.Route?.Chain.FourEyes ?? true ? vote.Decision != command.Decision : command.OperationId is not null;
            if (isNew)
            {
                return null;
            }
        }

        return vote.Decision == command.Decision
            ? ApprovalOutcome.Repeated
            : ApprovalOutcome.Refuse(RefusalKind.VotedOtherwise, $"You {Verb(vote.Decision)} this at {vote.At:u}; a vote cannot be changed.");
    }

    private static List<ApprovalEvent> Consequences(ApprovalState state, ApprovalVoted vote)
    {
        var level = state.OpenLevel!;
        var isVeto = vote.Decision == VoteDecision.Reject && state.Route!.Chain.Veto;
        if (isVeto || level.IsOutOfReach)
        {
            var reason = vote.Reason ?? (isVeto ? null : "Too few are left to approve.");
            return
            [
                new LevelEnded { At = vote.At, Level = level.Number, Outcome = LevelStatus.Rejected, Actor = vote.Actor, ActorEmail = vote.ActorEmail, ActorName = vote.ActorName, ActedFor = vote.ActedFor, Channel = vote.Channel, Reason = reason },
                new ApprovalRejected { At = vote.At, Actor = vote.Actor, ActorEmail = vote.ActorEmail, ActorName = vote.ActorName, ActedFor = vote.ActedFor, Channel = vote.Channel, Reason = reason },
            ];
        }

        if (level.Approvals < level.Required)
        {
            return [];
        }

        var ended = new LevelEnded { At = vote.At, Level = level.Number, Outcome = LevelStatus.Approved, Actor = vote.Actor, ActorEmail = vote.ActorEmail, ActorName = vote.ActorName, ActedFor = vote.ActedFor, Channel = vote.Channel, Reason = vote.Reason };
        return IsLast(state, level) ? [ended, Approved(state, vote.At, ended)] : [ended];
    }
}
