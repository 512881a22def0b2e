using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;

namespace Steward.Engines.Approvals.Tests.Machine;

/// <summary>
/// What an approval does, told as simply as possible and apart from the machine: people are numbers, a level is a list of seats, a vote is a triple. Is told who was looked up, and foretells all else.
/// </summary>
internal sealed class ApprovalModel(ApprovalScenario scenario)
{
    private const int Requester = 0;

    private readonly List<Level> _levels = [];
    private DateTimeOffset _expiresAt = scenario.Request.ExpiresAt ?? ApprovalScenario.Begin.AddDays(7);
    private DateTimeOffset? _approvedAt;
    private string? _consumedBy;

    public ApprovalStatus Status { get; private set; } = ApprovalStatus.Submitted;

    public bool IsOver => Status >= ApprovalStatus.Approved;

    public int Votes => _levels.Sum(level => level.Votes.Count);

    private Level? Open => _levels.Count > 0 && _levels[^1].IsOpen && !IsOver ? _levels[^1] : null;

    /// <summary>What the machine looked up, or was told to note.</summary>
    public void Observe(ApprovalEvent happened)
    {
        switch (happened)
        {
            case ApprovalRouted:
                var expires = ApprovalScenario.Begin + scenario.Chain.ExpiresAfter;
                _expiresAt = scenario.Request.ExpiresAt is { } latest && latest < expires ? latest : expires;
                break;
            case LevelOpened opened:
                Check(Open is null && !IsOver, "a level is opened while another is open, or after the end");
                Check(opened.Level == _levels.Count + 1, "levels are opened out of order");
                CheckSeats(opened.Seats);
                Check(opened.Seats.All(seat => seat.Person is not { UserId: null } person || !scenario.Shared.Contains(ApprovalScenario.NumberOf(null, person.Email))), "somebody is asked by an address that is nobody's");
                Check(opened.Required == RequiredOf(scenario.Chain.Levels[opened.Level - 1].Quorum, opened.Seats.Sum(seat => seat.Size)), "another quorum than the rules say");
                var sla = scenario.Chain.Levels[opened.Level - 1].Sla;
                _levels.Add(new()
                {
                    Seats = [.. opened.Seats.Select(Of)],
                    Required = opened.Required,
                    EndsAt = opened.At + sla?.EndsAfter,
                    EscalateAt = opened.At + sla?.EscalateAfter,
                    RemindAt = [.. (sla?.RemindAfter ?? []).Select(after => opened.At + after)],
                    End = sla?.End ?? SlaEnd.Expire,
                    DelegationsAt = opened.DelegationsAt,
                });
                Status = ApprovalStatus.Pending;
                break;
            case ApprovalEscalated escalated:
                Check(Open is { IsEscalated: false, EscalateAt: { } at } && at <= escalated.At, "escalated twice, too early or not at all at this level");
                Check(escalated.Seats.Count == 0 || escalated.Seats.All(seat => seat.IsEscalated), "a seat does not say that it was added");
                Check(escalated.Seats.All(seat => seat.Person is null || Open!.Seats.All(there => there.Person != NumberOf(seat) || seat.Person.Email == "")), "a second seat for one person");
                Open!.IsEscalated = true;
                Open.Seats.AddRange(escalated.Seats.Select(Of));
                Open.DelegationsAt = escalated.DelegationsAt;
                Status = ApprovalStatus.Escalated;
                break;
            case ApprovalDelegated delegated:
                Open!.Seats[delegated.Seat].StandIns.Add(Of(new StandIn(delegated.To, "handed on")));
                break;
            case DelegationsChanged changed:
                foreach (var (seat, gone) in changed.Removed)
                {
                    Check(gone.DelegationId is not null && Open!.Seats[seat].StandIns.Remove(Of(gone)), "somebody is taken away who was not there, or by no delegation");
                }

                foreach (var (seat, come) in changed.Added)
                {
                    Check(!Open!.Seats[seat].StandIns.Exists(there => there.Person == Of(come).Person), "somebody acts twice for one person");
                    Open.Seats[seat].StandIns.Add(Of(come));
                }

                foreach (var number in changed.Added.Select(come => Of(come.StandIn).Person))
                {
                    Check(number != Requester && !Counted().Contains(number), "somebody may act who asked for this, or voted before");
                    Check(scenario.Directory.People[FakeDirectory.Mail(ApprovalScenario.Name(number))].IsActive, "somebody who left may act");
                }

                Open!.DelegationsAt = changed.DelegationsAt;
                break;
        }
    }

    /// <summary>What time has ended by now.</summary>
    public void Pass(DateTimeOffset now)
    {
        while (!IsOver)
        {
            if (Open is { EndsAt: { } ends } level && ends <= now && ends <= _expiresAt)
            {
                if (level.End == SlaEnd.Approve)
                {
                    EndLevel(level, true, now);
                }
                else
                {
                    Status = level.End == SlaEnd.Reject ? ApprovalStatus.Rejected : ApprovalStatus.Expired;
                }
            }
            else if (_expiresAt <= now)
            {
                Status = ApprovalStatus.Expired;
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>How many reminders are past at the open level, and whether it is escalated by now.</summary>
    public (int Reminders, bool IsEscalated)? AtOpenLevel(DateTimeOffset now) =>
        Open is { } level ? (level.RemindAt.Count(at => at <= now), level.IsEscalated || level.EscalateAt <= now) : null;

    /// <summary>Whether those may act, and only those, who may by the delegations of now.</summary>
    public void CheckDelegations(DateTimeOffset now)
    {
        foreach (var seat in Open?.Seats ?? [])
        {
            if (seat.Person is not { } person || seat.IsStranger)
            {
                continue;
            }

            var holding = scenario.Delegations.FindAll(delegation => delegation.From == FakeDirectory.Mail(ApprovalScenario.Name(person)) && delegation.Begins <= now && now < delegation.Ends && delegation.Types.Count == 0);
            Check(seat.StandIns.TrueForAll(standIn => standIn.Delegation is null || holding.Exists(delegation => delegation.DelegationId == standIn.Delegation)), "somebody acts by a delegation that is over");
            foreach (var to in holding.Select(delegation => ApprovalScenario.NumberOf(null, delegation.To)))
            {
                var isFit = to != person && to != Requester && !scenario.Shared.Contains(to) && scenario.Directory.People[FakeDirectory.Mail(ApprovalScenario.Name(to))].IsActive
                    && !Counted().Contains(to) && !Open!.Seats.Exists(other => other.Person == to);
                Check(!isFit || seat.StandIns.Exists(standIn => standIn.Person == to), "a delegate is not asked");
            }
        }
    }

    public string Vote(int person, bool approves, string? click, bool isStale, DateTimeOffset now)
    {
        Pass(now);
        if (isStale)
        {
            return "refused";
        }

        var before = _levels.SelectMany(level => level.Votes.Select(vote => (Level: level, vote.Approves, vote.Click, vote.By))).Where(vote => vote.By == person).ToList();
        if (before.Count > 0)
        {
            var sameClick = before.FindAll(vote => click is not null && vote.Click == click);
            var known = sameClick.Count > 0 ? sameClick[0] : before[^1];
            var isAtEarlierLevel = Open is not null && known.Level != Open;
            var isNewClick = sameClick.Count == 0 && isAtEarlierLevel && (scenario.Chain.FourEyes ? known.Approves != approves : click is not null);
            if (!isNewClick)
            {
                return known.Approves == approves ? "repeat" : "refused";
            }
        }

        if (Open is not { } open || SeatFor(open, person) is not { } seat || (open.DelegationsAt <= now && seat.Person is { } absent && absent != person))
        {
            return "refused";
        }

        open.Votes.Add((person, seat.Person is { } owner && owner != person ? owner : null, approves, click));
        if (!approves && scenario.Chain.Veto)
        {
            Status = ApprovalStatus.Rejected;
        }
        else if (open.Votes.Count(vote => vote.Approves) >= open.Required)
        {
            EndLevel(open, true, now);
        }
        else if (Math.Max(open.Seats.Sum(known => known.Size), open.Required) - open.Votes.Count(vote => !vote.Approves) < open.Required)
        {
            Status = ApprovalStatus.Rejected;
        }

        return "accepted";
    }

    public string Delegate(int person, int to, DateTimeOffset now)
    {
        Pass(now);
        if (Open is not { } open || SeatFor(open, person) is not { } seat || seat.Person != person)
        {
            return "refused";
        }

        return seat.StandIns.Exists(standIn => standIn.Person == to) ? "repeat"
            : scenario.Shared.Contains(to) ? "refused"
            : to == person || to == Requester || open.Seats.Exists(known => known.Person == to) || Counted().Contains(to) || !scenario.Directory.People[FakeDirectory.Mail(ApprovalScenario.Name(to))].IsActive ? "refused"
            : "accepted";
    }

    public string Cancel(int person, DateTimeOffset now)
    {
        Pass(now);
        if (IsOver)
        {
            return "repeat";
        }

        if (person != Requester && !scenario.RolesOf[person].Contains("admin"))
        {
            return "refused";
        }

        Status = ApprovalStatus.Cancelled;
        return "accepted";
    }

    public string Consume(string operation, bool isStale, DateTimeOffset now)
    {
        Pass(now);
        if (isStale)
        {
            return "refused";
        }

        if (_consumedBy is not null)
        {
            return _consumedBy == operation ? "repeat" : "refused";
        }

        var begins = scenario.Verdict.Freeze?.Until > _approvedAt ? scenario.Verdict.Freeze.Until : _approvedAt;
        if (Status != ApprovalStatus.Approved || now < begins || now >= begins + scenario.Chain.ValidFor)
        {
            return "refused";
        }

        _consumedBy = operation;
        return "accepted";
    }

    public static void Check(bool holds, string fault)
    {
        if (!holds)
        {
            throw new InvalidOperationException(fault);
        }
    }

    private void EndLevel(Level level, bool isApproved, DateTimeOffset now)
    {
        level.IsOpen = false;
        var isDone = isApproved && _levels.Count == scenario.Chain.Levels.Count;
        (Status, _approvedAt) = (isDone ? ApprovalStatus.Approved : ApprovalStatus.Pending, isDone ? now : null);
    }

    /// <summary>The seat that somebody's vote would fill; null when there is none.</summary>
    private Place? SeatFor(Level level, int person)
    {
        var counted = Counted();
        return person == Requester || counted.Contains(person) ? null
            : level.Seats.Find(seat => seat.Person == person && IsSure(seat.IsByAddress))
            ?? level.Seats.Find(seat => seat.Person is { } owner && seat.StandIns.Exists(standIn => standIn.Person == person && IsSure(standIn.IsByAddress)) && !counted.Contains(owner))
            ?? level.Seats.Find(seat => seat.Role is not null && scenario.RolesOf[person].Contains(seat.Role));

        bool IsSure(bool byAddress) => !byAddress || !scenario.Shared.Contains(person);
    }

    /// <summary>Who voted, or was acted for, where that keeps them from voting again.</summary>
    private HashSet<int> Counted() =>
        [.. _levels.Where(level => scenario.Chain.FourEyes || level == Open).SelectMany(level => level.Votes).SelectMany<(int By, int? For, bool Approves, string? Click), int>(vote => vote.For is { } owner ? [vote.By, owner] : [vote.By])];

    private void CheckSeats(IReadOnlyList<Seat> seats)
    {
        Check(seats.Count > 0, "a level without anybody");
        foreach (var seat in seats)
        {
            Check(seat.Via.Count > 0, "nobody knows why somebody is asked");
            var people = seat.StandIns.Select(standIn => standIn.Person).Concat(seat.Holders).ToList();
            if (seat.Person is not null)
            {
                people.Add(seat.Person);
            }

            foreach (var number in people.Select(person => ApprovalScenario.NumberOf(person.UserId, person.Email)))
            {
                Check(number != Requester, "the requester is asked");
                Check(seat.Person?.Email == "" || scenario.Directory.People[FakeDirectory.Mail(ApprovalScenario.Name(number))].IsActive, "somebody who left is asked");
                Check(!scenario.Chain.FourEyes || seat.Person?.Email == "" || !Counted().Contains(number), "somebody who voted before is asked again");
            }
        }

        var named = seats.Where(seat => seat.Person is { Email: not "" }).Select(NumberOf).ToList();
        Check(named.Count == named.Distinct().Count(), "two seats for one person");
    }

    private static int RequiredOf(Quorum quorum, int size) => quorum.Kind switch
    {
        QuorumKind.Any => 1,
        QuorumKind.All => size,
        QuorumKind.Count => quorum.Value,
        _ => (size * quorum.Value + 99) / 100,
    };

    private static int? NumberOf(Seat seat) => seat.Person is { } person ? ApprovalScenario.NumberOf(person.UserId, person.Email) : null;

    private static Place Of(Seat seat) => new(NumberOf(seat), seat.Person is { UserId: null }, seat.Person?.Email == "", seat.Role, [.. seat.StandIns.Select(Of)], seat.Size);

    private static Acting Of(StandIn standIn) => new(ApprovalScenario.NumberOf(standIn.Person.UserId, standIn.Person.Email), standIn.Person.UserId is null, standIn.DelegationId);

    private sealed record Place(int? Person, bool IsByAddress, bool IsStranger, string? Role, List<Acting> StandIns, int Size);

    private sealed record Acting(int Person, bool IsByAddress, string? Delegation);

    private sealed class Level
    {
        public required List<Place> Seats { get; init; }

        public required int Required { get; init; }

        public required DateTimeOffset? EndsAt { get; init; }

        public required DateTimeOffset? EscalateAt { get; init; }

        public required List<DateTimeOffset> RemindAt { get; init; }

        public required SlaEnd End { get; init; }

        public bool IsEscalated { get; set; }

        public DateTimeOffset? DelegationsAt { get; set; }

        public bool IsOpen { get; set; } = true;

        public List<(int By, int? For, bool Approves, string? Click)> Votes { get; } = [];
    }
}
