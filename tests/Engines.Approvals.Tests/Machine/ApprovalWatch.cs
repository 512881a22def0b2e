using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Tests.Machine;

/// <summary>Reads a journal as it grows and refuses what must never stand in one; says which notices must have gone out.</summary>
internal sealed class ApprovalWatch(ApprovalScenario scenario)
{
    private static readonly Dictionary<ApprovalStatus, ApprovalStatus[]> Graph = new()
    {
        [ApprovalStatus.Submitted] = [ApprovalStatus.Pending, ApprovalStatus.Expired, ApprovalStatus.Cancelled],
        [ApprovalStatus.Pending] = [ApprovalStatus.Escalated, ApprovalStatus.Approved, ApprovalStatus.Rejected, ApprovalStatus.Expired, ApprovalStatus.Cancelled],
        [ApprovalStatus.Escalated] = [ApprovalStatus.Pending, ApprovalStatus.Approved, ApprovalStatus.Rejected, ApprovalStatus.Expired, ApprovalStatus.Cancelled],
    };

    private readonly List<List<Seat>> _levels = [];
    private readonly List<(int Level, int Seat, string? By, string? Email)> _votes = [];
    private ApprovalStatus _status = ApprovalStatus.Submitted;
    private int _consumed;
    private bool _isLevelOpen;

    public int Ends { get; private set; }

    /// <summary>Who must have been told what.</summary>
    public HashSet<(long Sequence, string Kind, string Recipient)> Notices { get; } = [];

    public void Observe(ApprovalEvent happened, long sequence, ApprovalState after)
    {
        ApprovalModel.Check(Ends == 0 || happened is ApprovalCommented or ApprovalConsumed or ApprovalHandedOver, $"{happened.Type} after the end");
        ApprovalModel.Check(after.Status == _status || Graph[_status].Contains(after.Status), $"{_status} becomes {after.Status}");
        _status = after.Status;
        switch (happened)
        {
            case LevelOpened opened:
                _isLevelOpen = true;
                _levels.Add([.. opened.Seats]);
                Tell(sequence, "approval.requested", _levels[^1]);
                break;
            case ApprovalVoted voted:
                ApprovalModel.Check(_isLevelOpen && voted.Level == _levels.Count, "a vote at a level that is not open");
                CheckSeat(voted);
                ApprovalModel.Check(voted.SubjectHash == scenario.Request.SubjectHash, "a vote on something else");
                ApprovalModel.Check(voted.Channel is not null, "a vote from nowhere");
                _votes.Add((voted.Level, voted.Seat, voted.Actor, voted.ActorEmail));
                break;
            case ApprovalDelegated delegated:
                var seat = _levels[^1][delegated.Seat];
                _levels[^1][delegated.Seat] = seat with { StandIns = [.. seat.StandIns, new(delegated.To, "")] };
                Notices.Add((sequence, "approval.requested", delegated.To.Key));
                break;
            case DelegationsChanged changed:
                foreach (var (index, gone) in changed.Removed)
                {
                    _levels[^1][index] = _levels[^1][index] with { StandIns = [.. _levels[^1][index].StandIns.Where(there => there != gone)] };
                }

                foreach (var (index, come) in changed.Added)
                {
                    _levels[^1][index] = _levels[^1][index] with { StandIns = [.. _levels[^1][index].StandIns, come] };
                    if (!_votes.Exists(vote => vote.Level == _levels.Count && vote.Seat == index))
                    {
                        Notices.Add((sequence, "approval.requested", come.Person.Key));
                    }
                }

                foreach (var (_, gone) in changed.Removed.Where(gone => !_levels[^1].Exists(there => People(there).Any(person => person.Key == gone.StandIn.Person.Key))))
                {
                    Notices.Add((sequence, "approval.closed", gone.Person.Key));
                }

                break;
            case ApprovalReminded:
                var free = _levels[^1].Where((known, index) => known.Role is not null || !_votes.Exists(vote => vote.Level == _levels.Count && vote.Seat == index));
                Tell(sequence, "approval.reminder", free, person => _votes.Exists(vote => vote.Level == _levels.Count && person.MayBe(vote.By, vote.Email)));
                break;
            case ApprovalEscalated escalated:
                _levels[^1].AddRange(escalated.Seats);
                Tell(sequence, "approval.escalated", escalated.Seats);
                break;
            case LevelEnded ended:
                ApprovalModel.Check(_isLevelOpen, "a level ends twice");
                _isLevelOpen = false;
                if (ended.Outcome == LevelStatus.Approved && ended.Level < scenario.Chain.Levels.Count)
                {
                    Tell(sequence, "approval.closed", _levels[^1]);
                }

                break;
            case ApprovalApproved or ApprovalRejected or ApprovalExpired or ApprovalCancelled:
                Ends++;
                ApprovalModel.Check(happened is not ApprovalApproved || (!_isLevelOpen && _levels.Count == scenario.Chain.Levels.Count), "approved before all levels were");
                Tell(sequence, "approval.closed", _levels.SelectMany(level => level));
                Notices.Add((sequence, "approval.result", scenario.Request.Requester.Email!));
                break;
            case ApprovalCommented commented:
                if (commented.ActorEmail != scenario.Request.Requester.Email)
                {
                    Notices.Add((sequence, "approval.comment", scenario.Request.Requester.Email!));
                }

                Tell(sequence, "approval.comment", _isLevelOpen && Ends == 0 ? _levels[^1] : [], person => person.MayBe(commented.Actor, commented.ActorEmail));
                break;
            case ApprovalConsumed consumed:
                ApprovalModel.Check(++_consumed == 1 && _status == ApprovalStatus.Approved, "used twice, or without being approved");
                ApprovalModel.Check(consumed.At < after.End!.ValidUntil && !(consumed.At < after.End.NotBefore), "used when it was not valid");
                break;
        }
    }

    private void CheckSeat(ApprovalVoted voted)
    {
        var seat = _levels[^1][voted.Seat];
        var number = ApprovalScenario.NumberOf(voted.Actor, voted.ActorEmail);
        var actor = scenario.Actor(number);
        ApprovalModel.Check(number != 0, "the requester votes");
        ApprovalModel.Check(
            seat.Role is { } role ? actor.Roles.Contains(role)
            : voted.ActedFor is null ? seat.Person!.IsSurely(actor)
            : voted.ActedFor == seat.Person!.Key && seat.StandIns.Any(standIn => standIn.Person.IsSurely(actor)),
            "a vote by somebody without a seat");
        ApprovalModel.Check(seat.Role is not null || !_votes.Exists(vote => vote.Level == voted.Level && vote.Seat == voted.Seat), "two votes in one seat");
        ApprovalModel.Check(
            !_votes.Exists(vote => (scenario.Chain.FourEyes || vote.Level == voted.Level) && ApprovalScenario.NumberOf(vote.By, vote.Email) == number),
            "somebody votes twice");
    }

    private static IEnumerable<PersonRef> People(Seat seat) => seat.StandIns.Select(standIn => standIn.Person).Concat(seat.Person is null ? [] : [seat.Person]);

    private void Tell(long sequence, string kind, IEnumerable<Seat> seats, Func<PersonRef, bool>? except = null)
    {
        foreach (var seat in seats)
        {
            PersonRef[] people = [.. seat.Person is null ? [] : new[] { seat.Person }, .. seat.StandIns.Select(standIn => standIn.Person), .. seat.Holders];
            foreach (var person in people.Where(person => except?.Invoke(person) != true))
            {
                Notices.Add((sequence, kind, person.Key));
            }

            if (seat is { Role: { } role, Holders.Count: 0 })
            {
                Notices.Add((sequence, kind, "role:" + role));
            }
        }
    }
}
