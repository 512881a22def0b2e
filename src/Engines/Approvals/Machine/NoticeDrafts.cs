using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Machine;

/// <summary>Which notices follow from an event. Pure: the same event in the same state always leads to the same notices with the same ids.</summary>
public static class NoticeDrafts
{
    /// <summary>The notices.</summary>
    /// <param name="after">The state after the event, without its notices.</param>
    /// <param name="happened">The event.</param>
    /// <param name="sequence">Its place in the journal.</param>
    public static IReadOnlyList<NoticeDraft> Of(ApprovalState after, ApprovalEvent happened, long sequence)
    {
        ArgumentNullException.ThrowIfNull(after);
        ArgumentNullException.ThrowIfNull(happened);
        var drafts = new Collector(after.Request.ApprovalId, happened, sequence);
        switch (happened)
        {
            case LevelOpened opened:
                drafts.AddSeats("approval.requested", opened.Seats, opened.Level, isActionable: true);
                break;
            case ApprovalDelegated delegated:
                drafts.Add("approval.requested", delegated.To, "delegate", delegated.Level, isActionable: true, after.Levels[delegated.Level - 1].Seats[delegated.Seat].Person?.Key);
                break;
            case DelegationsChanged changed:
                AddDelegations(drafts, after.Levels[changed.Level - 1], changed);
                break;
            case ApprovalReminded reminded:
                var level = after.Levels[reminded.Level - 1];
                drafts.AddSeats("approval.reminder", [.. level.Seats.Where((_, index) => IsFree(level, index))], reminded.Level, isActionable: true, except: level);
                break;
            case ApprovalEscalated escalated:
                drafts.AddSeats("approval.escalated", escalated.Seats, escalated.Level, isActionable: true);
                break;
            case LevelEnded { Outcome: LevelStatus.Approved } ended when ended.Level < after.Route!.Chain.Levels.Count:
                drafts.AddSeats("approval.closed", after.Levels[ended.Level - 1].Seats, ended.Level, isActionable: false);
                break;
            case ApprovalApproved or ApprovalRejected or ApprovalExpired or ApprovalCancelled:
                drafts.Add("approval.result", Requester(after), "requester", null, isActionable: false);
                drafts.AddSeats("approval.closed", [.. after.Levels.SelectMany(known => known.Seats)], null, isActionable: false);
                break;
            case ApprovalCommented commented:
                drafts.Except(commented.Actor, commented.ActorEmail);
                drafts.Add("approval.comment", Requester(after), "requester", null, isActionable: false);
                if (after.OpenLevel is { } open)
                {
                    drafts.AddSeats("approval.comment", open.Seats, open.Number, isActionable: false);
                }

                break;
        }

        return drafts.All;
    }

    /// <summary>The id of a notice: follows from the approval, the event and whom it is for.</summary>
    public static string IdOf(string approvalId, long sequence, string kind, string recipient) =>
        "n-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{approvalId}\n{sequence}\n{kind}\n{recipient}")))[..32];

    private static void AddDelegations(Collector drafts, LevelState level, DelegationsChanged changed)
    {
        foreach (var (seat, standIn) in changed.Added.Where(added => IsFree(level, added.Seat)))
        {
            drafts.Add("approval.requested", standIn.Person, standIn.Via, level.Number, isActionable: true, level.Seats[seat].Person?.Key);
        }

        foreach (var (_, standIn) in changed.Removed.Where(removed => !level.Seats.Any(seat => IsOf(seat, removed.StandIn.Person))))
        {
            drafts.Add("approval.closed", standIn.Person, standIn.Via, level.Number, isActionable: false);
        }
    }

    private static bool IsOf(Seat seat, PersonRef person) =>
        seat.Person?.MayBe(person.UserId, person.Email) == true || seat.StandIns.Any(standIn => standIn.Person.MayBe(person.UserId, person.Email));

    private static bool IsFree(LevelState level, int seat) => level.Seats[seat].Role is not null || level.Votes.All(vote => vote.Seat != seat);

    private static PersonRef Requester(ApprovalState state) => new()
    {
        Email = state.Request.Requester.Email?.ToLowerInvariant() ?? "",
        Name = state.Request.Requester.Name ?? state.Request.Requester.Email ?? state.Request.Requester.UserId,
        UserId = state.Request.Requester.UserId,
    };

    /// <summary>Collects the notices of one event; tells nobody the same thing twice.</summary>
    private sealed class Collector(string approvalId, ApprovalEvent happened, long sequence)
    {
        private readonly List<NoticeDraft> _drafts = [];
        private readonly HashSet<(string Kind, string Recipient)> _told = [];
        private (string? UserId, string? Email) _except;

        public IReadOnlyList<NoticeDraft> All => _drafts;

        public void Except(string? userId, string? email) => _except = (userId, email);

        public void AddSeats(string kind, IReadOnlyList<Seat> seats, int? level, bool isActionable, LevelState? except = null)
        {
            // Their own seats first: whoever also acts for somebody is told about their own.
            foreach (var seat in seats)
            {
                if (seat.Person is { } person)
                {
                    Add(kind, person, seat.Via[0], level, isActionable, except: except);
                }
            }

            foreach (var seat in seats)
            {
                foreach (var standIn in seat.StandIns)
                {
                    Add(kind, standIn.Person, standIn.Via, level, isActionable, seat.Person?.Key, except);
                }

                foreach (var holder in seat.Holders)
                {
                    Add(kind, holder, seat.Via[0], level, isActionable, except: except);
                }

                if (seat is { Role: { } role, Holders.Count: 0 } && _told.Add((kind, "role:" + role)))
                {
                    _drafts.Add(Draft(kind, "role:" + role, level, isActionable) with { Role = role, Via = seat.Via[0] });
                }
            }
        }

        public void Add(string kind, PersonRef to, string via, int? level, bool isActionable, string? actsFor = null, LevelState? except = null)
        {
            var hasVoted = except?.Votes.Any(vote => to.MayBe(vote.By, vote.Email)) == true;
            var recipient = to.Key;
            if (!hasVoted && !to.MayBe(_except.UserId, _except.Email) && _told.Add((kind, recipient)))
            {
                _drafts.Add(Draft(kind, recipient, level, isActionable) with { To = to, ActsFor = actsFor, Via = via });
            }
        }

        private NoticeDraft Draft(string kind, string recipient, int? level, bool isActionable) => new()
        {
            NoticeId = IdOf(approvalId, sequence, kind, recipient),
            Sequence = sequence,
            Kind = kind,
            Level = level,
            IsActionable = isActionable,
            At = happened.At,
            Text = happened is ApprovalCommented commented ? commented.Text : happened.Reason,
        };
    }
}
