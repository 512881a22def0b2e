using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Machine;

public static partial class ApprovalMachine
{
    private const string AdminRole = "admin";

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
        || state.Votes.Any(known => new PersonRef { Email = known.Vote.Email ?? "", Name = "", UserId = known.Vote.By }.IsSurely(actor))
        || state.Levels.Any(level => level.Seats.Any(seat => SeatIsFor(seat, actor)));

    /// <summary>Whether nothing but a mail address would give somebody a right: whose it is then has to be known before they act.</summary>
    public static bool IsByAddressAlone(ApprovalState state, ApprovalActor actor)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Levels.Any(level => level.Seats.Any(seat => seat.Person?.IsByAddressAlone(actor) == true || seat.StandIns.Any(standIn => standIn.Person.IsByAddressAlone(actor))));
    }

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

    private static bool SeatIsFor(Chains.Seat seat, ApprovalActor actor) =>
        seat.Person?.IsSurely(actor) == true
        || seat.StandIns.Any(standIn => standIn.Person.IsSurely(actor))
        || (seat.Role is not null && actor.Roles.Contains(seat.Role, StringComparer.Ordinal));
}
