using Steward.Engines.Memory.Patterns;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>What the person asks for again and again, and what was left open. The tenant's patterns get numbers only, and only of who has switched that on; who switches it off is taken out at once, or as soon as they can be reached.</summary>
internal sealed partial class UserMemoryGrain
{
    private bool Shares => State.Settings.SharePatterns && State.Keeps(MemoryKind.Pattern) && !State.IsErasing;

    private bool MustUnshare => State.Asked.IsShared && !Shares;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MemoryProposal>> ListProposals(CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken);
        await TrailAsync("proposals");
        return [.. State.Asked.Proposals];
    }

    /// <inheritdoc/>
    public async Task<MemoryProposal> DecideProposal(DecideMemoryProposal command, CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken);
        var status = command.IsAccepted ? MemoryProposalStatus.Accepted : MemoryProposalStatus.Dismissed;
        var proposal = Find(command.ProposalId);
        if (proposal.Status == MemoryProposalStatus.Open)
        {
            await TrailAsync(command.IsAccepted ? "accept" : "dismiss");
            var decided = new MemoryProposalDecided { Id = command.ProposalId, IsAccepted = command.IsAccepted };
            await _journal!.AppendAsync(MemoryRecordTypes.ProposalDecided, decided, MemoryJson.Default.MemoryProposalDecided, () => Wake(State.ConsolidatesAt));
            proposal = Find(command.ProposalId);
        }

        return proposal.Status == status ? proposal : throw new StewardException(ErrorCodes.Conflict, $"It is {proposal.Status.ToString().ToLowerInvariant()} already.");
    }

    /// <inheritdoc/>
    public async Task<bool> CountsRequests(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        await OpenAsync(cancellationToken);
        return State.Keeps(MemoryKind.Pattern) || State.Asked.Open.Count > 0;
    }

    private MemoryProposal Find(long id) => State.Asked.Proposals.Find(proposal => proposal.Id == id) ?? throw StewardException.NotFound("The proposal");

    private async Task NoteRequestAsync(NoteStatements command)
    {
        if (command.Request is not { } request || (State.Erasure is { } erasure && command.SaidAt <= erasure.RequestedAt))
        {
            return;
        }

        // Nothing is written that is not to be kept; and what is open may be closed by it.
        var keepsOpen = State.Takes(MemoryKind.Interaction, command.SaidAt) && request.Open.Count > 0;
        var closes = request.Open.Count == 0 && State.Asked.Open.Exists(matter => matter.RunId == request.RunId || (request.Topic is not null && matter.Topic == request.Topic));
        if (keepsOpen || closes || (State.Keeps(MemoryKind.Pattern) && request.Topic is not null))
        {
            var requested = new MemoryRequested { RunId = request.RunId, Topic = request.Topic, Open = keepsOpen ? request.Open : [] };
            await _journal!.AppendAsync(
                MemoryRecordTypes.Requested, requested, MemoryJson.Default.MemoryRequested, () => Wake(State.ConsolidatesAt is { } at && at < UserMemoryState.NextNight(Now) ? at : UserMemoryState.NextNight(Now)), "request:" + command.MessageId);
        }
    }

    /// <summary>Tells the tenant's patterns what counts, or that nothing does any more. Tried again when it cannot.</summary>
    private async Task ShareAsync()
    {
        if (!Shares && !State.Asked.IsShared)
        {
            return;
        }

        try
        {
            var counts = Shares ? RequestPatterns.Counts(State.Asked.Requests, Now) : new Dictionary<string, int>();
            if (counts.Count > 0 && !State.Asked.IsShared)
            {
                // Before it is told: a loss in between must not leave it there.
                await _journal!.AppendAsync(MemoryRecordTypes.Shared, new MemoryShared { IsShared = true }, MemoryJson.Default.MemoryShared, () => Wake(Now));
            }

            if (State.Asked.IsShared)
            {
                _platform.Assume(TenantId);
                await GrainFactory.GetGrain<IMemoryPatternsGrain>(GrainKeys.MemoryPatterns(TenantId)).Report(new SharedPatterns { UserId = GrainKeys.LastPart(Key), Counts = counts });
            }

            if (State.Asked.IsShared && counts.Count == 0)
            {
                await _journal!.AppendAsync(MemoryRecordTypes.Shared, new MemoryShared { IsShared = false }, MemoryJson.Default.MemoryShared, () => Wake(Now));
            }
        }
        catch (Exception exception) when (exception is StewardException or StorageException or TimeoutException)
        {
            MemoryLog.NotShared(_logger, exception, Key);
        }
    }
}
