using System.Text.Json;
using Steward.Engines.Orchestration;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Runs;

/// <summary>What people other than the requester, too, may do with a run: decide what it asks for, replay it, close it.</summary>
internal sealed partial class RunGrain
{
    private const int MaxCommentLength = 2000;
    private const int MaxContentLength = 256 * 1024;

    /// <inheritdoc/>
    public async Task<RunStatus?> Decide(MakeDecision command, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        await LoadedAsync();
        if (StatusFor(caller) is null || _journal.Life.Retired is not null)
        {
            return null;
        }

        CheckComment(command.Comment);
        if (_journal.Snapshot.FindDecision(command.RequestId) is { Request.ApprovalId: not null } decision && IsForApproval(decision))
        {
            await DecideApproval(decision, command, caller, cancellationToken);
            return StatusFor(caller);
        }

        var made = new DecisionMade
        {
            RequestId = command.RequestId,
            Decision = command.Decision,
            By = caller.UserId,
            Channel = command.Channel is { Length: > 64 } ? throw StewardException.Invalid("channel", "must have at most 64 characters.") : command.Channel,
            Comment = command.Comment,
            Content = Content(command.Content),
        };
        await Journaling(() => _journal.DecideAsync(snapshot => Check(snapshot, command, caller) ? [made] : []));
        Continue();
        return StatusFor(caller);
    }

    /// <inheritdoc/>
    public async Task SettleApproval(ApprovalSettled command, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (command.Decision is not ("approve" or "reject" or DecisionRules.Expired or DecisionRules.Cancelled))
        {
            throw StewardException.Invalid("decision", "must be approve, reject, expired or cancelled.");
        }

        await LoadedAsync();
        if (_journal.Origin is null || _journal.Life.Retired is not null)
        {
            return;
        }

        await Journaling(() => _journal.DecideAsync(snapshot => RunDecisions.Settle(snapshot, command)));
        Continue();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunDecision>> GetDecisions(CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        await LoadedAsync();
        return StatusFor(caller) is null
            ? throw StewardException.NotFound("The run")
            : [.. _journal.Snapshot.Decisions.Where(decision => IsOwner(caller) || MayDecide(caller, decision)).Select(RunDecisions.ToContract)];
    }

    /// <inheritdoc/>
    public async Task<RunStatus?> Replay(ReplayRun command, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        await LoadedAsync();
        if (StatusFor(caller) is null)
        {
            return null;
        }

        Caller.RequireAdmin();
        var life = _journal.Life;
        var attempt = life.Attempt;
        if (command.Attempt is { } wanted && wanted != attempt)
        {
            throw new StewardException(ErrorCodes.Conflict, $"The run is at attempt {attempt} already.") { Field = "attempt" };
        }

        if (!life.IsTechnical || !RunReplay.CanReplay(_journal.Snapshot) || (await _outbox.FindLetterAsync(Key))?.Attempt != attempt)
        {
            throw new StewardException(ErrorCodes.Conflict, "Only a run that stands on the dead-letter list can be replayed.");
        }

        await Journaling(() => _journal.DecideAsync(snapshot => RunReplay.CanReplay(snapshot) ? RunReplay.Begin(snapshot, caller.UserId) : []));
        _counted = false;
        if (_userCancel.IsCancellationRequested)
        {
            // Whoever replays it wants it to go on.
            _userCancel.Dispose();
            _userCancel = new CancellationTokenSource();
        }

        LogReplayed(_logger, Key, _journal.Life.Attempt);
        try
        {
            await _outbox.SettleLetterAsync(Key, attempt, "replayed", caller.UserId);
        }
        finally
        {
            // The letter goes at the end of this attempt otherwise.
            Continue();
        }

        return StatusFor(caller);
    }

    /// <inheritdoc/>
    public async Task<RunStatus?> CloseDeadLetter(CloseDeadLetter command, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        await LoadedAsync();
        if (StatusFor(caller) is not { } status)
        {
            return null;
        }

        Caller.RequireAdmin();
        CheckComment(command.Comment);
        await _outbox.SettleLetterAsync(Key, status.Attempt, "closed", caller.UserId, command.Comment);
        return status;
    }

    /// <summary>The status as the caller may see it; null when they may not know of the run.</summary>
    private RunStatus? StatusFor(CallerIdentity caller)
    {
        if (_journal.Status(RunId) is not { } status || IsOwner(caller))
        {
            return _journal.Status(RunId);
        }

        var decisions = _journal.Snapshot.Decisions.Where(decision => MayDecide(caller, decision)).ToList();
        var isDeadLetter = _journal.Life.Attempt > 1 || _journal.Life.IsTechnical;
        if (decisions.Count == 0 && !(isDeadLetter && caller.Roles.Contains(WellKnownRoles.Admin)))
        {
            return null;
        }

        // The conversation is the owner's alone, and so is what is remembered of them.
        return status with
        {
            Answer = "",
            WaitsFor = null,
            Memories = [],
            Waiting = status.HasEnded ? [] : [.. decisions.Where(decision => decision.IsOpen).Select(RunDecisions.ToPending)],
        };
    }

    /// <summary>Whether the approval says what a decision is worth: not once the run itself has closed the request, or is about to.</summary>
    private bool IsForApproval(DecisionState decision) => decision.IsOpen
        ? !_journal.HasEnded && !_journal.Snapshot.CancelRequested
        : decision.Made!.Decision is not (DecisionRules.Expired or DecisionRules.Cancelled);

    /// <summary>Hands a decision to the approval, in the person's own name. It never waits for this run in that call, and tells it the end afterwards.</summary>
    private async Task DecideApproval(DecisionState decision, MakeDecision command, CallerIdentity caller, CancellationToken cancellationToken)
    {
        try
        {
            await _approvals.DecideAsync(Key, _journal.Snapshot, decision, command, caller, cancellationToken);
        }
        catch (StewardException exception) when (exception.Code == ErrorCodes.NotFound)
        {
            // Whoever may know of the run, but is not asked.
            throw StewardException.Forbidden("Only those whom its approval names may decide it.");
        }
    }

    private bool MayDecide(CallerIdentity caller, DecisionState decision) => DecisionRules.MayDecide(decision.Request, ToDecider(caller), _journal.Origin!.UserId);

    /// <summary>Whether a decision is to be recorded; not when the same was recorded before.</summary>
    private bool Check(RunSnapshot snapshot, MakeDecision command, CallerIdentity caller)
    {
        if (snapshot.FindDecision(command.RequestId) is not { } decision)
        {
            throw StewardException.NotFound("The request");
        }

        switch (DecisionRules.Check(decision, ToDecider(caller), _journal.Origin!.UserId, command.Decision, command.SubjectHash, _time.GetUtcNow()))
        {
            // What has an approval is decided there alone, whatever became of the run since that was looked at.
            case DecisionCheck.Ok when !snapshot.HasEnded && !snapshot.CancelRequested && decision.Request.ApprovalId is null:
                return true;
            case DecisionCheck.Ok:
                throw new StewardException(ErrorCodes.Conflict, "The run is over or about to stop; nothing is to be decided any more.");
            case DecisionCheck.AlreadyDecided:
                return false;
            case DecisionCheck.Forbidden:
                throw StewardException.Forbidden($"Only these may decide it: {string.Join(", ", decision.Request.Deciders)}. Whoever asked may decide only where 'requester' is named.");
            case DecisionCheck.StaleSubject:
                throw new StewardException(ErrorCodes.Conflict, "subjectHash: the decision is about something else than what is asked now. Look at it again.") { Field = "subjectHash" };
            case DecisionCheck.UnknownOption:
                throw StewardException.Invalid("decision", $"must be one of: {string.Join(", ", decision.Request.Options)}.");
            case DecisionCheck.Expired:
                throw new StewardException(ErrorCodes.Conflict, "The request has lapsed; nothing was done.");
            default:
                throw new StewardException(ErrorCodes.Conflict, $"It was decided already: {decision.Made?.Decision}.");
        }
    }

    private static Decider ToDecider(CallerIdentity caller) => new() { UserId = caller.UserId, Email = caller.Email, Roles = [.. caller.Roles] };

    private static JsonElement? Content(string? content)
    {
        if (content is { Length: > MaxContentLength })
        {
            throw StewardException.Invalid("content", $"must have at most {MaxContentLength} characters.");
        }

        try
        {
            return RunDecisions.ParseContent(content);
        }
        catch (JsonException)
        {
            throw StewardException.Invalid("content", "must be JSON.");
        }
    }

    private static void CheckComment(string? comment)
    {
        if (comment is { Length: > MaxCommentLength })
        {
            throw StewardException.Invalid("comment", $"must have at most {MaxCommentLength} characters.");
        }
    }

    [Microsoft.Extensions.Logging.LoggerMessage(EventId = 1405, Level = Microsoft.Extensions.Logging.LogLevel.Information, Message = "Run {Run} is replayed; attempt {Attempt} begins")]
    private static partial void LogReplayed(Microsoft.Extensions.Logging.ILogger logger, string run, int attempt);
}
