using Steward.Engines.Approvals.Calendars;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Rules;

namespace Steward.Engines.Approvals.Machine;

/// <summary>
/// Decides what a command does to an approval: pure functions from a state and a command to events or a refusal. The events are appended by the owner, which makes the next state of them with
/// <see cref="ApprovalState.Apply"/>. Whatever time has ended by then is ended first, so that no vote slips in after the end because nobody looked at the clock.
/// </summary>
/// <remarks>
/// Statuses change along these lines only: submitted → pending, expired, cancelled; pending → pending (next level), escalated, approved, rejected, expired, cancelled; escalated → pending (next level), approved,
/// rejected, expired, cancelled; nothing after the last four.
/// </remarks>
public static partial class ApprovalMachine
{
    /// <summary>The longest wait before rules or people are looked up again.</summary>
    public static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(30);

    /// <summary>How long after a request's end a record in another system is still looked at when it changes.</summary>
    public static readonly TimeSpan WatchedFor = TimeSpan.FromDays(7);

    /// <summary>Takes a request, or finds it taken.</summary>
    /// <param name="state">What is there under the request's id; null for nothing.</param>
    /// <param name="request">The request, checked.</param>
    /// <param name="now">The time.</param>
    public static ApprovalOutcome Submit(ApprovalState? state, ApprovalRequest request, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (state is null)
        {
            return ApprovalOutcome.Of(new ApprovalSubmitted
            {
                At = now,
                Request = request,
                Actor = request.Requester.UserId,
                ActorEmail = request.Requester.Email,
                ActorName = request.Requester.Name,
                Reason = request.Reason,
            });
        }

        return state.Request.SubjectHash == request.SubjectHash && state.Request.Requester.UserId == request.Requester.UserId
            ? ApprovalOutcome.Repeated
            : ApprovalOutcome.Refuse(RefusalKind.StaleHash, $"{request.ApprovalId} is already a request for something else, or of somebody else.", "subjectHash");
    }

    /// <summary>The rules answered. Nothing happens when the request is routed or over.</summary>
    public static ApprovalOutcome Route(ApprovalState state, RuleVerdict verdict, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        var (events, current) = Past(state, now);
        if (current.IsOver || current.Route is not null)
        {
            return new() { Events = events, IsRepeat = events.Count == 0 };
        }

        var expires = Later(current.Request.RequestedAt, verdict.Chain.ExpiresAfter);
        return ApprovalOutcome.Of([
            .. events,
            new ApprovalRouted
            {
                At = now,
                Route = RouteState.Of(verdict),
                ExpiresAt = current.Request.ExpiresAt is { } latest && latest < expires ? latest : expires,
                Reason = verdict.Explanation,
            },
        ]);
    }

    /// <summary>Rules or people could not be looked up: it is tried again after a minute, then after twice as long each time, to <see cref="LongestRetry"/>.</summary>
    /// <param name="state">The state.</param>
    /// <param name="reason">Why, safe to show.</param>
    /// <param name="now">The time.</param>
    public static ApprovalOutcome Unavailable(ApprovalState state, string reason, DateTimeOffset now)
    {
        var (events, current) = Past(state, now);
        if (current.IsOver || Due(current with { RetryAt = null }, now).Kind is not (DueKind.FindRoute or DueKind.OpenLevel or DueKind.Escalate or DueKind.ChangeDelegations))
        {
            return ApprovalOutcome.Of(events);
        }

        var wait = TimeSpan.FromMinutes(Math.Pow(2, Math.Min(current.Failures, 10)));
        return ApprovalOutcome.Of([.. events, new PeopleUnavailable { At = now, RetryAt = now + (wait < LongestRetry ? wait : LongestRetry), Reason = reason }]);
    }

    /// <summary>Other delegations hold for the open level, and who may act by them could not be looked up: it is tried again, and nobody acts for another meanwhile.</summary>
    /// <param name="state">The state.</param>
    /// <param name="reason">Why, safe to show.</param>
    /// <param name="now">The time.</param>
    public static ApprovalOutcome DelegationsUnavailable(ApprovalState state, string reason, DateTimeOffset now)
    {
        var (events, current) = Past(state, now);
        if (current.OpenLevel is not { } level || current.RetryAt > now)
        {
            return ApprovalOutcome.Of(events);
        }

        IReadOnlyList<ApprovalEvent> changed =
            level.DelegationsAt <= now ? [] : [new DelegationsChanged { At = now, Level = level.Number, Added = [], Removed = [], Delegations = level.Delegations, DelegationsAt = now }];
        return ApprovalOutcome.Of([.. events, .. changed, .. Unavailable(Fold(current, changed), reason, now).Events]);
    }

    /// <summary>The people of the next level are known: it begins, and its times count from now, in the hours of the chain's calendar. Nothing happens when no level is to be opened.</summary>
    public static ApprovalOutcome OpenLevel(ApprovalState state, ResolvedLevel people, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(people);
        var (events, current) = Past(state, now);
        if (current.IsOver || current.Route is not { } route || current.OpenLevel is not null)
        {
            return ApprovalOutcome.Of(events);
        }

        var hours = route.Calendar?.ToWorkingTime() ?? EveryHour.Instance;
        var definition = route.Chain.Levels[current.Levels.Count];
        return ApprovalOutcome.Of([
            .. events,
            new LevelOpened
            {
                At = now,
                Level = current.Levels.Count + 1,
                Name = definition.Name,
                Seats = people.Seats,
                Required = people.Required,
                Warnings = people.Warnings,
                RemindAt = [.. (definition.Sla?.RemindAfter ?? []).Select(after => hours.Add(now, after))],
                EscalateAt = definition.Sla?.EscalateAfter is { } escalate ? hours.Add(now, escalate) : null,
                EndsAt = definition.Sla?.EndsAfter is { } end ? hours.Add(now, end) : null,
                Delegations = people.Delegations,
                DelegationsAt = people.DelegationsAt,
            },
        ]);
    }

    /// <summary>Those who are asked in addition are known. People who have a seat already get no second one. Nothing happens when the level needs no help any more.</summary>
    public static ApprovalOutcome Escalate(ApprovalState state, ResolvedLevel people, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(people);
        var (events, current) = Past(state, now);
        if (current.OpenLevel is not { IsEscalated: false } level)
        {
            return ApprovalOutcome.Of(events);
        }

        var added = people.Seats
            .Where(seat => !level.Seats.Any(there => seat.Person is { } person ? there.Person?.MayBe(person.UserId, person.Email) == true : there.Role == seat.Role && there.Role is not null))
            .Select(seat => seat with { IsEscalated = true });
        return ApprovalOutcome.Of([
            .. events,
            new ApprovalEscalated
            {
                At = now,
                Level = level.Number,
                Seats = [.. added],
                Warnings = people.Warnings,

                // Those of the others are as old as the level.
                DelegationsAt = people is { Delegations.Count: 0, DelegationsAt: null } ? level.DelegationsAt : now,
                Reason = "Nobody decided in time.",
            },
        ]);
    }

    private static DateTimeOffset Later(DateTimeOffset from, TimeSpan time) => EveryHour.Instance.Add(from, time);
}
