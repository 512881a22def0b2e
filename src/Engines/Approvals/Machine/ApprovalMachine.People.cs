using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Machine;

public static partial class ApprovalMachine
{
    private const string AdminRole = "admin";

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

    /// <summary>Lets another act for the caller at the open level; the caller still may, until one of them has.</summary>
    public static ApprovalOutcome Delegate(ApprovalState state, DelegateCommand command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (events, current) = Past(state, now);
        var to = PersonRef.Of(command.To);
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

        var seat = level.Seats[right.Seat];
        if (right.ActsFor is not null || seat.Person is null)
        {
            return ApprovalOutcome.Refuse(RefusalKind.NotYours, right.ActsFor is not null ? "You act for somebody else; only they can hand their vote on." : "You are asked because of your role, which cannot be handed on.", events: events);
        }

        if (seat.StandIns.Any(there => there.Person.MayBe(to.UserId, to.Email)))
        {
            return new() { Events = events, IsRepeat = true };
        }

        if (seat.StandIns.Count >= DelegationRules.MaxPerPerson)
        {
            return ApprovalOutcome.Refuse(RefusalKind.Invalid, $"{DelegationRules.MaxPerPerson} may act for you already, and no more can.", "to", events);
        }

        var fault = !command.To.IsActive ? "has left"
            : command.Actor.MayBe(to.UserId, to.Email) ? "is yourself"
            : to.MayBe(current.Request.Requester.UserId, current.Request.Requester.Email) ? "asked for this"
            : level.Seats.Any(other => other.Person?.MayBe(to.UserId, to.Email) == true) ? "is asked already"
            : Used(current, to.UserId, to.Email) is not null ? "voted already"
            : null;
        return fault is null
            ? ApprovalOutcome.Of([
                .. events,
                new ApprovalDelegated
                {
                    At = now,
                    Level = level.Number,
                    Seat = right.Seat,
                    To = to,
                    Actor = command.Actor.UserId,
                    ActorEmail = command.Actor.Email,
                    ActorName = command.Actor.Name,
                    Channel = command.Channel,
                    Reason = command.Reason,
                },
            ])
            : ApprovalOutcome.Refuse(RefusalKind.Invalid, $"{to.Email} {fault}; name somebody else who works here.", "to", events);
    }

    /// <summary>Adds a comment, also when it is over.</summary>
    public static ApprovalOutcome Comment(ApprovalState state, CommentCommand command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (events, current) = Past(state, now);
        return command.OperationId is not null && current.Comments.Any(known => known.OperationId == command.OperationId && command.Actor.MayBe(known.By, known.Email))
            ? new() { Events = events, IsRepeat = true }
            : ApprovalOutcome.Of([
                .. events,
                new ApprovalCommented
                {
                    At = now,
                    Text = command.Text,
                    OperationId = command.OperationId,
                    Actor = command.Actor.UserId,
                    ActorEmail = command.Actor.Email,
                    ActorName = command.Actor.Name,
                    Channel = command.Channel,
                },
            ]);
    }

    /// <summary>Withdraws the request: whoever asked, an admin or the platform may. Nothing happens when it is over.</summary>
    public static ApprovalOutcome Cancel(ApprovalState state, CancelCommand command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (events, current) = Past(state, now);
        if (current.IsOver)
        {
            return new() { Events = events, IsRepeat = true };
        }

        return command.Actor is { } actor && !MayManage(current, actor)
            ? ApprovalOutcome.Refuse(RefusalKind.NotYours, "Only whoever asked, or an admin, can withdraw a request.", events: events)
            : ApprovalOutcome.Of([
                .. events,
                new ApprovalCancelled
                {
                    At = now,
                    Actor = command.Actor?.UserId,
                    ActorEmail = command.Actor?.Email,
                    ActorName = command.Actor?.Name,
                    Channel = command.Channel,
                    Reason = command.Reason,
                },
            ]);
    }

    /// <summary>Uses an approval up: once, for what was approved, while it is valid. The same operation may ask again.</summary>
    public static ApprovalOutcome Consume(ApprovalState state, ConsumeCommand command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (events, current) = Past(state, now);
        if (command.Actor is { } actor && !MayManage(current, actor))
        {
            return ApprovalOutcome.Refuse(RefusalKind.NotYours, "Only whoever asked, or an admin, can use an approval up.", events: events);
        }

        if (command.SubjectHash != current.Request.SubjectHash)
        {
            return ApprovalOutcome.Refuse(RefusalKind.StaleHash, "This is not what was asked for.", "subjectHash", events);
        }

        if (current.ConsumedBy is { } by)
        {
            return by == command.OperationId
                ? new() { Events = events, IsRepeat = true }
                : ApprovalOutcome.Refuse(RefusalKind.NotUsable, "The approval was used up by another operation.", events: events);
        }

        var fault = current switch
        {
            { Status: not ApprovalStatus.Approved } => current.IsOver ? OverText(current) : "It is not approved yet.",
            { End.NotBefore: { } notBefore } when now < notBefore => $"Changes are frozen until {notBefore:u}.",
            { End.ValidUntil: { } until } when now >= until => $"The approval was valid until {until:u}.",
            _ => null,
        };
        return fault is null
            ? ApprovalOutcome.Of([
                .. events,
                new ApprovalConsumed
                {
                    At = now,
                    OperationId = command.OperationId,
                    Actor = command.Actor?.UserId,
                    ActorEmail = command.Actor?.Email,
                    ActorName = command.Actor?.Name,
                },
            ])
            : ApprovalOutcome.Refuse(RefusalKind.NotUsable, fault, events: events);
    }

    /// <summary>Whether somebody asked for it or is an admin: they may withdraw it and use it up.</summary>
    public static bool MayManage(ApprovalState state, ApprovalActor actor)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(actor);
        return state.Request.Requester.UserId == actor.UserId || actor.Roles.Contains(AdminRole, StringComparer.Ordinal);
    }

    /// <summary>Whether somebody may know of the request: whoever asked, admins, and all who are or were asked.</summary>
    public static bool MaySee(ApprovalState state, ApprovalActor actor) =>
        MayManage(state, actor)
        || state.Votes.Any(known => actor.MayBe(known.Vote.By, known.Vote.Email))
        || state.Levels.Any(level => level.Seats.Any(seat => SeatIsFor(seat, actor)));

    /// <summary>What somebody could do at the open level now.</summary>
    public static VotingRight RightOf(ApprovalState state, ApprovalActor actor)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(actor);
        if (state.IsOver)
        {
            return VotingRight.None(RefusalKind.Over, OverText(state));
        }

        if (state.OpenLevel is not { } level)
        {
            return VotingRight.None(RefusalKind.NotOpen, "Whom to ask is being looked up. Try again in a moment.");
        }

        if (actor.MayBe(state.Request.Requester.UserId, state.Request.Requester.Email))
        {
            return VotingRight.None(RefusalKind.OwnRequest, "You asked for this yourself; somebody else has to decide.");
        }

        if (Used(state, actor.UserId, actor.Email) is { } used)
        {
            return used.ByThemselves
                ? used.Level.Number == level.Number
                    ? VotingRight.None(RefusalKind.VotedOtherwise, $"You {Verb(used.Vote.Decision)} this at {used.Vote.At:u}; a vote cannot be changed.")
                    : VotingRight.None(RefusalKind.FourEyes, $"You voted at level {used.Level.Number} ({used.Level.Name}); nobody votes at two levels.")
                : VotingRight.None(RefusalKind.SeatTaken, $"{used.Vote.Label} {Verb(used.Vote.Decision)} this for you at {used.Vote.At:u}.");
        }

        return SeatOf(state, level, actor);
    }

    private static VotingRight SeatOf(ApprovalState state, LevelState level, ApprovalActor actor)
    {
        VotingRight? taken = null;
        for (var i = 0; i < level.Seats.Count; i++)
        {
            if (level.Seats[i].Person?.IsSurely(actor) == true)
            {
                return new() { Seat = i };
            }
        }

        for (var i = 0; i < level.Seats.Count; i++)
        {
            var seat = level.Seats[i];
            if (seat.Person is { } person && seat.StandIns.Any(standIn => standIn.Person.IsSurely(actor)))
            {
                if (Used(state, person.UserId, person.Email) is not { } used)
                {
                    return new() { Seat = i, ActsFor = person.Key };
                }

                taken ??= VotingRight.None(RefusalKind.SeatTaken, $"{used.Vote.Label} {Verb(used.Vote.Decision)} this for {person.Name} at {used.Vote.At:u}.");
            }
        }

        for (var i = 0; i < level.Seats.Count; i++)
        {
            if (level.Seats[i].Role is { } role && actor.Roles.Contains(role, StringComparer.Ordinal))
            {
                return new() { Seat = i };
            }
        }

        return taken ?? VotingRight.None(RefusalKind.NotYours, "You are not among those who are asked.");
    }

    /// <summary>
    /// The vote that was given by somebody, or for them, and bars them from another one: at the open level, and at every level where the chain wants four eyes.
    /// </summary>
    private static (LevelState Level, VoteState Vote, bool ByThemselves)? Used(ApprovalState state, string? userId, string? email)
    {
        var fourEyes = state.Route?.Chain.FourEyes ?? true;
        foreach (var level in state.Levels)
        {
            if (!fourEyes && level.Number != state.OpenLevel?.Number)
            {
                continue;
            }

            foreach (var vote in level.Votes)
            {
                if (new ApprovalActor { UserId = userId, Email = email }.MayBe(vote.By, vote.Email))
                {
                    return (level, vote, true);
                }

                if (vote.For is not null && level.Seats[vote.Seat].Person?.MayBe(userId, email) == true)
                {
                    return (level, vote, false);
                }
            }
        }

        return null;
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

    private static bool SeatIsFor(Chains.Seat seat, ApprovalActor actor) =>
        seat.Person?.IsSurely(actor) == true
        || seat.StandIns.Any(standIn => standIn.Person.IsSurely(actor))
        || (seat.Role is not null && actor.Roles.Contains(seat.Role, StringComparer.Ordinal));

    private static string OverText(ApprovalState state)
    {
        var end = state.End!;
        var how = state.Status switch
        {
            ApprovalStatus.Approved => "approved",
            ApprovalStatus.Rejected => "rejected",
            ApprovalStatus.Expired => "over, because nobody decided in time,",
            _ => "withdrawn",
        };
        var who = end.Label is null ? "" : $" by {end.Label}" + (end.For is null ? "" : $" for {end.For}") + (end.Channel is null ? "" : $" ({end.Channel})");
        return $"It was already {how}{who} at {end.At:u}." + (end.Reason is null ? "" : $" Reason: {end.Reason}");
    }

    private static string Verb(VoteDecision decision) => decision == VoteDecision.Approve ? "approved" : "rejected";
}

/// <summary>What somebody could do at the open level.</summary>
public sealed record VotingRight
{
    /// <summary>The seat that their vote would fill, from 0; -1 for none.</summary>
    public required int Seat { get; init; }

    /// <summary>For whom they would act, by mail address; null for themselves.</summary>
    public string? ActsFor { get; init; }

    /// <summary>Why they cannot; null when they can.</summary>
    public ApprovalRefusal? Refusal { get; init; }

    /// <summary>Whether they can vote.</summary>
    public bool CanVote => Refusal is null;

    internal static VotingRight None(RefusalKind kind, string message) => new() { Seat = -1, Refusal = new(kind, message) };
}
