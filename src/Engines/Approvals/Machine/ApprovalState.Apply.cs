using Steward.Engines.Approvals.Chains;

namespace Steward.Engines.Approvals.Machine;

public sealed partial record ApprovalState
{
    /// <summary>How long a request is kept open while neither it nor a chain says when it lapses.</summary>
    public static readonly TimeSpan UnroutedFor = TimeSpan.FromDays(7);

    /// <summary>The state after an event.</summary>
    /// <param name="state">The state before; null for the first event.</param>
    /// <param name="happened">What happened.</param>
    /// <param name="sequence">Its place in the journal, from 1.</param>
    /// <exception cref="InvalidOperationException">The first event is not <see cref="ApprovalSubmitted"/>.</exception>
    public static ApprovalState Apply(ApprovalState? state, ApprovalEvent happened, long sequence)
    {
        ArgumentNullException.ThrowIfNull(happened);
        if (state is null)
        {
            return happened is ApprovalSubmitted { Request: var request } submitted
                ? new()
                {
                    Version = sequence,
                    ChangedAt = submitted.At,
                    Request = request,
                    ExpiresAt = request.ExpiresAt ?? submitted.At + UnroutedFor,
                    ListVersion = sequence,
                }
                : throw new InvalidOperationException($"An approval begins with approval.submitted, not with {happened.Type}.");
        }

        var next = state.After(happened) with { Version = sequence, ChangedAt = happened.At };
        if (MovesMirror(happened) && next.Mirror is { IsClosed: false } mirror)
        {
            // The record in the other system does not say so yet.
            next = next with { Mirror = mirror with { NextAt = happened.At, Failures = 0 } };
        }

        if (happened is not (ApprovalHandedOver or PeopleUnavailable or ApprovalMirrored or UnknownApprovalEvent))
        {
            next = next with { ListVersion = sequence };
        }

        var drafts = NoticeDrafts.Of(next, happened, sequence);
        return drafts.Count == 0 ? next : next with { Outbox = [.. next.Outbox, .. drafts] };
    }

    private ApprovalState After(ApprovalEvent happened) => happened switch
    {
        ApprovalRouted routed => this with { Route = routed.Route, ExpiresAt = routed.ExpiresAt, Failures = 0, RetryAt = null },
        PeopleUnavailable unavailable => this with { Failures = Failures + 1, RetryAt = unavailable.RetryAt },
        LevelOpened opened => this with
        {
            Status = ApprovalStatus.Pending,
            Failures = 0,
            RetryAt = null,
            Levels =
            [
                .. Levels,
                new()
                {
                    Number = opened.Level,
                    Name = opened.Name,
                    Required = opened.Required,
                    Seats = opened.Seats,
                    Warnings = opened.Warnings,
                    OpenedAt = opened.At,
                    RemindAt = opened.RemindAt,
                    EscalateAt = opened.EscalateAt,
                    EndsAt = opened.EndsAt,
                    Delegations = opened.Delegations,
                    DelegationsAt = opened.DelegationsAt,
                },
            ],
        },
        ApprovalVoted voted => Change(voted.Level, level => level with { Votes = [.. level.Votes, VoteOf(voted)] }),
        ApprovalDelegated delegated => Change(delegated.Level, level => level with { Seats = [.. level.Seats.Select((seat, index) => index == delegated.Seat ? Delegate(seat, delegated) : seat)] }),
        DelegationsChanged changed => Change(changed.Level, level => AfterDelegations(level, changed)) with { Failures = 0, RetryAt = null },
        ApprovalReminded reminded => Change(reminded.Level, level => level with { Reminded = reminded.Through }),
        ApprovalEscalated escalated => Change(
            escalated.Level,
            level => level with { Seats = [.. level.Seats, .. escalated.Seats], Warnings = [.. level.Warnings, .. escalated.Warnings], IsEscalated = true, DelegationsAt = escalated.DelegationsAt }) with
        {
            Status = ApprovalStatus.Escalated,
            Failures = 0,
            RetryAt = null,
        },

        // A level that is done leaves nothing to look up for it any more.
        LevelEnded ended => Change(ended.Level, level => level with { Status = ended.Outcome }) with { Failures = 0, RetryAt = null, Status = ApprovalStatus.Pending },
        ApprovalApproved approved => Ended(ApprovalStatus.Approved, approved, approved.ValidUntil, approved.NotBefore),
        ApprovalRejected => Ended(ApprovalStatus.Rejected, happened),
        ApprovalExpired => Ended(ApprovalStatus.Expired, happened),
        ApprovalCancelled => Ended(ApprovalStatus.Cancelled, happened),
        ApprovalConsumed consumed => this with { ConsumedBy = consumed.OperationId },
        ApprovalCommented commented => this with { Comments = [.. Comments, CommentOf(commented)] },
        ApprovalHandedOver handed => this with
        {
            Outbox = handed.NoticesThrough is { } through ? [.. Outbox.Where(draft => draft.Sequence > through)] : Outbox,
            ListedThrough = Math.Max(ListedThrough, handed.ListedThrough ?? 0),
            RunTold = RunTold || handed.RunTold,
        },
        ApprovalMirrored mirrored => this with { Mirror = mirrored.Mirror },
        _ => this,
    };

    private static bool MovesMirror(ApprovalEvent happened) =>
        happened is LevelOpened or ApprovalVoted or ApprovalDelegated or ApprovalEscalated or LevelEnded or ApprovalApproved or ApprovalRejected or ApprovalExpired or ApprovalCancelled;

    private ApprovalState Change(int number, Func<LevelState, LevelState> change) =>
        this with { Levels = [.. Levels.Select(level => level.Number == number ? change(level) : level)] };

    private ApprovalState Ended(ApprovalStatus status, ApprovalEvent happened, DateTimeOffset? validUntil = null, DateTimeOffset? notBefore = null) => this with
    {
        Status = status,
        Failures = 0,
        RetryAt = null,
        Levels = [.. Levels.Select(level => level.Status == LevelStatus.Open ? level with { Status = LevelStatus.Over } : level)],
        End = new()
        {
            At = happened.At,
            By = happened.Actor,
            Label = happened.ActorLabel,
            For = happened.ActedFor,
            Channel = happened.Channel,
            Reason = happened.Reason,
            ValidUntil = validUntil,
            NotBefore = notBefore,
        },
    };

    private static Seat Delegate(Seat seat, ApprovalDelegated delegated) =>
        seat with { StandIns = [.. seat.StandIns, new(delegated.To, "delegate of " + seat.Label)] };

    private static LevelState AfterDelegations(LevelState level, DelegationsChanged changed) => level with
    {
        Seats =
        [
            .. level.Seats.Select((seat, index) => seat with
            {
                StandIns =
                [
                    .. seat.StandIns.Where(standIn => !changed.Removed.Any(gone => gone.Seat == index && gone.StandIn == standIn)),
                    .. changed.Added.Where(come => come.Seat == index).Select(come => come.StandIn),
                ],
            }),
        ],
        Warnings = [.. level.Warnings.Union(changed.Warnings, StringComparer.Ordinal)],
        Delegations = changed.Delegations,
        DelegationsAt = changed.DelegationsAt,
    };

    private static VoteState VoteOf(ApprovalVoted voted) => new()
    {
        Seat = voted.Seat,
        By = voted.Actor,
        Email = voted.ActorEmail,
        Name = voted.ActorName,
        For = voted.ActedFor,
        Decision = voted.Decision,
        At = voted.At,
        Channel = voted.Channel,
        Comment = voted.Reason,
        OperationId = voted.OperationId,
    };

    private static CommentState CommentOf(ApprovalCommented commented) => new()
    {
        By = commented.Actor,
        Email = commented.ActorEmail,
        Name = commented.ActorName,
        At = commented.At,
        Text = commented.Text,
        OperationId = commented.OperationId,
    };
}
