using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Mirroring;

/// <summary>What a record in another system should say of a request. Pure.</summary>
public static class MirrorPlan
{
    /// <summary>The most people for whom a record has an approval of their own.</summary>
    public const int MaxPeople = 50;

    /// <summary>
    /// Everybody with an address who is or was asked, each once, with what their own approval should say: what they voted, that they are asked now, or that they are not (any more). Those who are asked now come first.
    /// </summary>
    public static IReadOnlyList<MirrorSeat> SeatsOf(ApprovalState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var seats = new Dictionary<string, MirrorSeat>(StringComparer.OrdinalIgnoreCase);
        foreach (var level in state.Levels)
        {
            for (var i = 0; i < level.Seats.Count; i++)
            {
                var seat = level.Seats[i];
                foreach (var person in seat.StandIns.Select(standIn => standIn.Person).Concat(seat.Holders).Prepend(seat.Person).OfType<PersonRef>().Where(person => person.Email.Length > 0))
                {
                    var wanted = WantedOf(state, level, i, person);
                    if (!seats.TryGetValue(person.Email, out var known) || RankOf(wanted) >= RankOf(known.Wanted))
                    {
                        seats[person.Email] = new(person.Email, person.Name, wanted);
                    }
                }
            }
        }

        return [.. seats.Values.OrderBy(seat => seat.Wanted == NativeDecision.Requested ? 0 : 1).ThenBy(seat => seat.Email, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>What an approval of somebody who is not among those who are asked should say.</summary>
    public static NativeDecision WantedOfOthers(ApprovalState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Status is ApprovalStatus.Expired or ApprovalStatus.Cancelled ? NativeDecision.Withdrawn : NativeDecision.NotNeeded;
    }

    /// <summary>How a whole record should stand.</summary>
    public static NativeDecision WantedOf(ApprovalState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Status switch
        {
            ApprovalStatus.Approved => NativeDecision.Approved,
            ApprovalStatus.Rejected => NativeDecision.Rejected,
            ApprovalStatus.Expired or ApprovalStatus.Cancelled => NativeDecision.Withdrawn,
            _ => NativeDecision.Requested,
        };
    }

    private static NativeDecision WantedOf(ApprovalState state, LevelState level, int seat, PersonRef person)
    {
        if (level.Votes.FirstOrDefault(vote => person.MayBe(vote.By, vote.Email)) is { } own)
        {
            return own.Decision == VoteDecision.Approve ? NativeDecision.Approved : NativeDecision.Rejected;
        }

        return level.Status == LevelStatus.Open && !state.IsOver && !level.Votes.Any(vote => vote.Seat == seat && level.Seats[seat].Role is null)
            ? NativeDecision.Requested
            : WantedOfOthers(state);
    }

    // Somebody who is asked again at a later level is asked, whatever they said before.
    private static int RankOf(NativeDecision wanted) => wanted switch
    {
        NativeDecision.Requested => 2,
        NativeDecision.Approved or NativeDecision.Rejected => 1,
        _ => 0,
    };
}

/// <summary>Somebody who is or was asked.</summary>
/// <param name="Email">Their address.</param>
/// <param name="Name">Their name.</param>
/// <param name="Wanted">What their own approval should say.</param>
public sealed record MirrorSeat(string Email, string Name, NativeDecision Wanted);

/// <summary>What a record in another system says.</summary>
public enum NativeDecision
{
    /// <summary>It waits.</summary>
    Requested,

    /// <summary>Somebody approved it there.</summary>
    Approved,

    /// <summary>Somebody rejected it there.</summary>
    Rejected,

    /// <summary>It was withdrawn or has lapsed.</summary>
    Withdrawn,

    /// <summary>It is not needed (any more).</summary>
    NotNeeded,

    /// <summary>Something else.</summary>
    Other,
}
