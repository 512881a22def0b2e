using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Chains;

/// <summary>Which of a tenant's delegations concern the people of a level. Pure.</summary>
public static class LevelDelegations
{
    /// <summary>The delegations that hold now, by id, and when that changes by itself.</summary>
    /// <param name="seats">The level's seats.</param>
    /// <param name="delegations">The tenant's delegations.</param>
    /// <param name="type">The kind of request.</param>
    /// <param name="now">The time.</param>
    public static (IReadOnlyList<string> Ids, DateTimeOffset? ChangeAt) Of(IReadOnlyList<Seat> seats, IReadOnlyList<Delegation> delegations, string type, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(seats);
        ArgumentNullException.ThrowIfNull(delegations);
        if (delegations.Count == 0)
        {
            return ([], null);
        }

        var people = seats.Select(seat => seat.Person).OfType<PersonRef>().Where(person => person.Email.Length > 0).ToLookup(person => person.Email, StringComparer.OrdinalIgnoreCase);
        List<string> ids = [];
        DateTimeOffset? changeAt = null;
        foreach (var delegation in delegations.Where(delegation => now < delegation.Ends && delegation.IsFor(type) && people[delegation.From].Any(delegation.IsBy)))
        {
            var holds = delegation.Begins <= now;
            var next = holds ? delegation.Ends : delegation.Begins;
            changeAt = changeAt is null || next < changeAt ? next : changeAt;
            if (holds)
            {
                ids.Add(delegation.DelegationId);
            }
        }

        ids.Sort(StringComparer.Ordinal);
        return (ids, changeAt);
    }

    /// <summary>Whether other delegations hold for the open level than when its people were last looked up.</summary>
    public static bool HaveChanged(ApprovalState state, IReadOnlyList<Delegation> delegations, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.OpenLevel is not { } level)
        {
            return false;
        }

        var (ids, changeAt) = Of(level.Seats, delegations, state.Request.Type, now);
        return changeAt != level.DelegationsAt || !ids.SequenceEqual(level.Delegations, StringComparer.Ordinal);
    }
}
