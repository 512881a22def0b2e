using Steward.Engines.Approvals.Machine;

namespace Steward.Approvals;

/// <summary>Keeps records in other systems in step with approvals: closing either closes the other. Safe for concurrent use.</summary>
internal interface IApprovalMirrors
{
    /// <summary>
    /// Brings the record of an approval in step: makes it, takes what was decided there, says there what was decided here. May be called again after anything; what the other system does not take is noted with the approval and
    /// is no exception.
    /// </summary>
    /// <exception cref="Errors.StewardException">The approval's own journal could not be written.</exception>
    Task SyncAsync(IMirroredApproval approval, CancellationToken cancellationToken);
}

/// <summary>The approval that a record goes along with, as its owner lets others work on it.</summary>
internal interface IMirroredApproval
{
    /// <summary>How it stands now.</summary>
    ApprovalState State { get; }

    /// <summary>Notes what is known of the record; durable when this returns.</summary>
    /// <param name="mirror">All that is known.</param>
    /// <param name="reason">What happened, for the history; null for nothing worth telling.</param>
    Task NoteAsync(MirrorState mirror, string? reason);

    /// <summary>Votes: the approval decides, as for every other channel, and its first decision counts.</summary>
    Task<ApprovalOutcome> VoteAsync(VoteCommand command);

    /// <summary>Withdraws it: the approval decides who may.</summary>
    Task<ApprovalOutcome> CancelAsync(CancelCommand command);
}
