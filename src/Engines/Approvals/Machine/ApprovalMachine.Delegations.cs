using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Machine;

public static partial class ApprovalMachine
{
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
            : command.To is { IsAddressShared: true, UserId: null } ? "has an address with which several people sign in"
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

    /// <summary>
    /// Other delegations hold than when the open level's people were looked up: whoever may act by them is asked, and whose delegation is over, or was taken back, is not any more. Votes that were given stay. Nothing happens when
    /// that level is not open any more.
    /// </summary>
    public static ApprovalOutcome ChangeDelegations(ApprovalState state, ResolvedDelegations people, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(people);
        var (events, current) = Past(state, now);
        if (current.OpenLevel is not { } level || level.Number != people.Level)
        {
            return ApprovalOutcome.Of(events);
        }

        var (added, removed) = (new List<SeatStandIn>(), new List<SeatStandIn>());
        for (var i = 0; i < level.Seats.Count; i++)
        {
            var there = level.Seats[i].StandIns;
            var wanted = people.StandIns.GetValueOrDefault(i) ?? [];
            removed.AddRange(there.Where(standIn => standIn.DelegationId is not null && !wanted.Any(other => Same(other, standIn))).Select(standIn => new SeatStandIn(i, standIn)));
            added.AddRange(wanted
                .Where(standIn => !there.Any(other => Same(other, standIn) || (other.DelegationId is null && other.Person.MayBe(standIn.Person.UserId, standIn.Person.Email))))
                .Select(standIn => new SeatStandIn(i, standIn)));
        }

        return added.Count == 0 && removed.Count == 0 && level.DelegationsAt == people.DelegationsAt && level.Delegations.SequenceEqual(people.Delegations, StringComparer.Ordinal)
            ? ApprovalOutcome.Of(events)
            : ApprovalOutcome.Of([
                .. events,
                new DelegationsChanged
                {
                    At = now,
                    Level = level.Number,
                    Added = added,
                    Removed = removed,
                    Warnings = people.Warnings,
                    Delegations = people.Delegations,
                    DelegationsAt = people.DelegationsAt,
                },
            ]);
    }

    private static bool Same(StandIn one, StandIn other) => one.DelegationId == other.DelegationId && one.Person.Key == other.Person.Key && one.Person.UserId == other.Person.UserId;
}
