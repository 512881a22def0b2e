using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Approvals;

/// <summary>
/// Owns one request for a human decision. Persists: its journal, nothing else; it is the outbox as well. Woken by: whoever decides, its timer while it is in memory, and the tenant's watchdog at the journal's wake time, which is
/// that of the next reminder, escalation or lapse, or the past while somebody has to be told something. A request that waits is not in memory.
/// </summary>
[CollectionAgeLimit(Minutes = 2)]
internal sealed partial class ApprovalGrain : StewardGrain, IApprovalGrain, IDisposable
{
    private readonly ApprovalParts _parts;
    private readonly TimeProvider _time;
    private readonly ILogger<ApprovalGrain> _logger;
    private readonly ApprovalJournal _journal;
    private readonly CancellationTokenSource _stop = new();
    private int _commands;
    private bool _gaveWay;
    private IGrainTimer? _timer;

    public ApprovalGrain(ApprovalParts parts, ILogger<ApprovalGrain> logger)
    {
        (_parts, _time, _logger) = (parts, parts.Time, logger);
        _journal = new ApprovalJournal(parts.Journals, this.GetPrimaryKeyString(), parts.Time, GiveWay);
    }

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        await _journal.LoadAsync(cancellationToken);

        // Interleaves, since those who are told may be waiting for this grain: what it changes, it changes through the journal, whose appends queue up.
        _timer = this.RegisterGrainTimer(OnTimerAsync, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        Arm();
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_work, _mirroring).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        if (!_gaveWay && _journal.State is { } state && ApprovalWake.Of(state) <= _time.GetUtcNow())
        {
            HandOn();
        }
    }

    /// <inheritdoc/>
    public async Task<ApprovalView> Submit(SubmitApproval command, CancellationToken cancellationToken = default)
    {
        using var busy = new Busy(this);
        Caller.RequireSystem();
        if (_journal.Retired is not null)
        {
            throw new StewardException(ErrorCodes.Conflict, "The request is over, and retention has removed it.");
        }

        var now = _time.GetUtcNow();
        var request = ApprovalInputs.ToRequest(Key, command, now);
        var outcome = await _journal.DecideAsync(state => ApprovalMachine.Submit(state, request, now));
        ApprovalRefusals.Check(outcome);
        if (outcome is { IsRepeat: false })
        {
            ApprovalDiagnostics.Submitted.Add(1);
        }
        else if (_journal.State is { IsOver: true, Request.RunId: not null } over && !ApprovalWake.IsHeldBack(over, now))
        {
            // A run that asks for what is over has not heard of its end.
            _tellRunAgain = true;
        }

        Arm();
        return View(ApprovalViews.ActorOf(Caller.Required));
    }

    /// <inheritdoc/>
    public async Task<ApprovalView?> Get(CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        var isSystem = Caller.IsSystem;
        if (_journal.State is { OpenLevel: not null })
        {
            await CurrentAsync(cancellationToken);
        }

        var actor = await ActorAsync(caller);
        if (_journal.State is not { } state || !MaySee(state, actor, isSystem))
        {
            return null;
        }

        var view = View(actor);
        if (!view.CanDecide && !isSystem && !ApprovalMachine.MayManage(state, actor))
        {
            return view;
        }

        // Whoever asks chooses the operation: what others asked for of it is for those alone who decide.
        var maySeeOthers = view.CanDecide || isSystem || caller.Roles.Contains(WellKnownRoles.Admin);
        var similar = maySeeOthers ? await _parts.Similar.FindAsync(state, cancellationToken) : [];
        var forecast = state.IsOver || _parts.Forecasts is not { } forecasts ? null : await forecasts.ForecastAsync(state, _time.GetUtcNow(), cancellationToken);
        return view with { Similar = [.. similar.Select(past => past.Approval)], Forecast = forecast };
    }

    /// <inheritdoc/>
    public async Task<ApprovalView> Decide(DecideApproval command, CancellationToken cancellationToken = default)
    {
        using var busy = new Busy(this);
        var caller = Caller.Required;
        var (actor, isCurrent) = await Visible(caller);
        var vote = new VoteCommand
        {
            Actor = actor,
            Decision = command.Decision switch
            {
                "approve" => VoteDecision.Approve,
                "reject" => VoteDecision.Reject,
                _ => throw StewardException.Invalid("decision", "must be one of: approve, reject."),
            },
            SubjectHash = ApprovalInputs.Text(command.SubjectHash, "subjectHash"),
            Channel = ApprovalInputs.Channel(command.Channel),
            Comment = ApprovalInputs.Optional(command.Comment, "comment"),
            OperationId = ApprovalInputs.OperationId(command.OperationId),
        };
        return await Carry(actor, state => isCurrent || ApprovalMachine.RightOf(state, actor).ActsFor is null
            ? ApprovalMachine.Vote(state, vote, _time.GetUtcNow())
            : throw new StewardException(ErrorCodes.Unavailable, "Who may act for whom cannot be looked up now.") { IsRetryable = true });
    }

    /// <inheritdoc/>
    public async Task<ApprovalView> Delegate(DelegateApproval command, CancellationToken cancellationToken = default)
    {
        using var busy = new Busy(this);
        var caller = Caller.Required;
        var (actor, _) = await Visible(caller);
        var reason = ApprovalInputs.Optional(command.Reason, "reason");
        if (_journal.State is { OpenLevel: not null } open && ApprovalMachine.RightOf(open, actor).Refusal is { } refusal)
        {
            // Before the directory is asked: whoever has no vote learns from it whom it knows.
            ApprovalRefusals.Check(new ApprovalOutcome { Refusal = refusal });
        }

        var to = await Person(ApprovalInputs.Text(command.To, "to"));
        var handing = new DelegateCommand { Actor = actor, To = to, Channel = "api", Reason = reason };
        return await Carry(actor, state => ApprovalMachine.Delegate(state, handing, _time.GetUtcNow()));
    }

    /// <inheritdoc/>
    public async Task<ApprovalView> Comment(CommentApproval command, CancellationToken cancellationToken = default)
    {
        using var busy = new Busy(this);
        var caller = Caller.Required;
        var (actor, _) = await Visible(caller);
        var comment = new CommentCommand
        {
            Actor = actor,
            Text = ApprovalInputs.Text(command.Text, "text"),
            Channel = "api",
            OperationId = ApprovalInputs.OperationId(command.OperationId),
        };
        return await Carry(actor, state => state.Comments.Count < MaxComments || state.Comments.Any(known => known.OperationId is not null && known.OperationId == comment.OperationId)
            ? ApprovalMachine.Comment(state, comment, _time.GetUtcNow())
            : throw new StewardException(ErrorCodes.LimitReached, $"A request has at most {MaxComments} comments."));
    }

    /// <inheritdoc/>
    public async Task<ApprovalView?> Cancel(CancelApproval command, CancellationToken cancellationToken = default)
    {
        using var busy = new Busy(this);
        var caller = Caller.Required;
        var isSystem = Caller.IsSystem;
        var actor = await ActorAsync(caller);
        if (_journal.State is not { } state || !MaySee(state, actor, isSystem))
        {
            return null;
        }

        var cancel = new CancelCommand
        {
            Actor = isSystem ? null : actor,
            Channel = isSystem ? null : "api",
            Reason = ApprovalInputs.Optional(command.Reason, "reason"),
        };
        return await Carry(actor, current => ApprovalMachine.Cancel(current, cancel, _time.GetUtcNow()));
    }

    /// <inheritdoc/>
    public async Task<bool> Consume(ConsumeApproval command, CancellationToken cancellationToken = default)
    {
        using var busy = new Busy(this);
        var isSystem = Caller.IsSystem;
        var (actor, _) = await Visible(Caller.Required);
        if (_journal.State is { Request.RunId: not null })
        {
            // Its ledger does, once: used here, too, the approval would be good for two actions.
            throw new StewardException(ErrorCodes.Conflict, "The run that asked for the approval uses it up itself.");
        }

        var consume = new ConsumeCommand
        {
            Actor = isSystem ? null : actor,
            SubjectHash = ApprovalInputs.Text(command.SubjectHash, "subjectHash"),
            OperationId = ApprovalInputs.Text(command.OperationId, "operationId", 200),
        };
        var outcome = await _journal.DecideAsync(state => ApprovalMachine.Consume(state!, consume, _time.GetUtcNow()));
        Arm();
        if (outcome.Refusal is { Kind: not (RefusalKind.NotUsable or RefusalKind.StaleHash) })
        {
            ApprovalRefusals.Check(outcome);
        }

        return outcome.Refusal is null;
    }

    /// <inheritdoc/>
    public async Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        await WorkAsync();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApprovalHistoryEntry>> GetHistory(CancellationToken cancellationToken = default)
    {
        var isSystem = Caller.IsSystem;
        var actor = await ActorAsync(Caller.Required);
        return _journal.State is { } state && MaySee(state, actor, isSystem)
            ? await ApprovalHistory.ReadAsync(_parts.Journals, Key, cancellationToken)
            : throw StewardException.NotFound("The approval");
    }

    /// <inheritdoc/>
    public async Task<bool> Retire(DateTimeOffset endedBefore, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (_journal.Retired is not null)
        {
            return true;
        }

        return _journal.State is { End: { } end } state
            && end.At <= endedBefore
            && ApprovalWake.Of(state) is null
            && _work.IsCompleted
            && _mirroring.IsCompleted
            && await _journal.RetireAsync(ApprovalRetired.Of(state), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _stop.Dispose();
        _journal.Dispose();
    }

    /// <summary>What is in memory may not be what stands: the activation ends, and the next one looks.</summary>
    private void GiveWay()
    {
        _gaveWay = true;
        DeactivateOnIdle();
    }

    /// <summary>A command came in while this activation was about to leave, or the silo stops: the next activation does what is due, wherever that is. Nobody waits for that here, since it begins when this one has left.</summary>
    private void HandOn()
    {
        var next = GrainFactory.GetGrain<IApprovalGrain>(Key);
        var tenantId = TenantId;
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    _parts.Platform.Assume(tenantId);
                    await next.Resume(CancellationToken.None);
                }
#pragma warning disable CA1031 // Its journal says that it is due: the watchdog comes.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    LogInterrupted(_logger, exception, tenantId);
                }
            });
        }
    }

    /// <summary>Looks people up first if that is due, then refuses whoever may not know of the request.</summary>
    /// <returns>The caller, and whether the delegations are those of now.</returns>
    private async Task<(ApprovalActor Actor, bool IsCurrent)> Visible(CallerIdentity caller)
    {
        var isSystem = Caller.IsSystem;
        var isCurrent = await CurrentAsync(_stop.Token);
        var actor = await ActorAsync(caller);
        return _journal.State is { } state && MaySee(state, actor, isSystem) ? (actor, isCurrent) : throw StewardException.NotFound("The approval");
    }

    private async Task<ApprovalView> Carry(ApprovalActor actor, Func<ApprovalState, ApprovalOutcome> command)
    {
        var outcome = await Note(state => command(state!));
        Arm();
        ApprovalRefusals.Check(outcome);
        return View(actor);
    }

    /// <summary>Appends what a command leads to, and counts an end.</summary>
    private async Task<ApprovalOutcome> Note(Func<ApprovalState?, ApprovalOutcome> decide)
    {
        var wasOver = _journal.State is { IsOver: true };
        var outcome = await _journal.DecideAsync(decide);
        if (!wasOver && outcome.Events.Count > 0 && _journal.State is { End: { } end } ended && outcome.Events.Any(happened => happened.At == end.At && happened is ApprovalApproved or ApprovalRejected or ApprovalExpired or ApprovalCancelled))
        {
            ApprovalDiagnostics.Ended.Add(1, new KeyValuePair<string, object?>("status", ApprovalViews.StatusOf(ended.Status)));
            ApprovalDiagnostics.Open.Record(Math.Max(0, (end.At - ended.Request.RequestedAt).TotalSeconds));
        }

        return outcome;
    }

    private async Task<Person> Person(string email)
    {
        try
        {
            _parts.Platform.Assume(TenantId);
            return await _parts.Directories.ForTenant(TenantId).FindAsync(email, _stop.Token) ?? throw StewardException.Invalid("to", "must be the mail address of somebody whom the directory knows.");
        }
        catch (DirectoryUnavailableException exception)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The directory cannot be asked now.", exception) { IsRetryable = true };
        }
    }

    private static bool MaySee(ApprovalState state, ApprovalActor actor, bool isSystem) => isSystem || ApprovalMachine.MaySee(state, actor);

    private async Task<ApprovalActor> ActorAsync(CallerIdentity caller) => await _parts.Actors.OfAsync(caller, _journal.State, _stop.Token);

    private ApprovalView View(ApprovalActor actor) => ApprovalViews.Of(_journal.State!, actor);

    /// <summary>A command is being carried out: what it leads to is handed over by this activation, which therefore stays.</summary>
    private readonly struct Busy : IDisposable
    {
        private readonly ApprovalGrain _grain;

        public Busy(ApprovalGrain grain)
        {
            _grain = grain;
            grain._commands++;
        }

        public void Dispose() => _grain._commands--;
    }
}
