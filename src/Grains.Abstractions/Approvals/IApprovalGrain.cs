using Orleans.Concurrency;

namespace Steward.Approvals;

/// <summary>
/// One request for a human decision. Key: <c>t-acme/a-…</c>. Owns the request, its chain and its votes, and decides every race: the first decision that completes the chain counts, for ever, from whatever
/// channel it comes.
/// </summary>
[Alias("steward.approval")]
public interface IApprovalGrain : IGrainWithStringKey
{
    /// <summary>Takes the request; durable when this returns. Its chain is found afterwards. Idempotent; a request with the same id but other arguments is refused. The platform only.</summary>
    /// <exception cref="Errors.StewardException"><c>conflict</c>: there is another request with this id; <c>invalid_argument</c>.</exception>
    [Alias("submit")]
    Task<ApprovalView> Submit(SubmitApproval command, CancellationToken cancellationToken = default);

    /// <summary>The request as the caller may see it, or null when there is none or they may not know of it: the requester, those who are or were asked, and admins may.</summary>
    [Alias("get")]
    Task<ApprovalView?> Get(CancellationToken cancellationToken = default);

    /// <summary>Votes as the caller, for themselves or for somebody who delegated to them. Durable when this returns. Idempotent by <see cref="DecideApproval.OperationId"/>, and for the same person and vote.</summary>
    /// <exception cref="Errors.StewardException">
    /// <c>not_found</c> no such request or none of the caller's business; <c>forbidden</c> the caller may know of it but not decide; <c>conflict</c> it is over, the caller voted otherwise before, or the hash is that
    /// of something else: the message says which; <c>invalid_argument</c>.
    /// </exception>
    [Alias("decide")]
    Task<ApprovalView> Decide(DecideApproval command, CancellationToken cancellationToken = default);

    /// <summary>Hands the caller's own vote at the current level to somebody else, who then acts for the caller. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>forbidden</c>; <c>conflict</c> it is over; <c>invalid_argument</c> the requester, or a loop.</exception>
    [Alias("delegate")]
    Task<ApprovalView> Delegate(DelegateApproval command, CancellationToken cancellationToken = default);

    /// <summary>Adds a comment. Idempotent by its operation id.</summary>
    [Alias("comment")]
    Task<ApprovalView> Comment(CommentApproval command, CancellationToken cancellationToken = default);

    /// <summary>Withdraws the request: by whoever asked, an admin, or the platform because the run ended. Idempotent; does nothing when it is over.</summary>
    [Alias("cancel")]
    Task<ApprovalView?> Cancel(CancelApproval command, CancellationToken cancellationToken = default);

    /// <summary>Uses the approval up, for requests that came over the API: true once, for the hash that was approved, while it is valid. The requester, admins and the platform.</summary>
    /// <returns>Whether this call, or an earlier one with the same operation id, is the one that may act.</returns>
    [Alias("consume")]
    Task<bool> Consume(ConsumeApproval command, CancellationToken cancellationToken = default);

    /// <summary>Goes on with what is due: looking people up, reminding, escalating, lapsing, telling. Harmless when nothing is. The platform only.</summary>
    [Alias("resume")]
    [AlwaysInterleave] // Safe: does what the grain's own timer does, one at a time; all that it changes goes through the journal, one append after the other. A run that waits for this grain may be told meanwhile.
    Task Resume(CancellationToken cancellationToken = default);

    /// <summary>
    /// Somebody says that the record in another system that goes along has changed: it is looked at soon. Harmless when there is none, or when it is in step. The platform only.
    /// </summary>
    /// <param name="instance">The connector instance that says so.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("look-at-mirror")]
    Task LookAtMirror(string instance, CancellationToken cancellationToken = default);

    /// <summary>Everything that happened, oldest first: each with actor, channel and reason. Those who may see the request.</summary>
    [Alias("get-history")]
    [AlwaysInterleave] // Safe: reads what is durable.
    Task<IReadOnlyList<ApprovalHistoryEntry>> GetHistory(CancellationToken cancellationToken = default);

    /// <summary>Removes the request's texts and leaves a receipt, if it ended at or before <paramref name="endedBefore"/> and everyone knows. The platform only.</summary>
    /// <returns>Whether nothing but the receipt is left.</returns>
    [Alias("retire")]
    Task<bool> Retire(DateTimeOffset endedBefore, CancellationToken cancellationToken = default);
}
