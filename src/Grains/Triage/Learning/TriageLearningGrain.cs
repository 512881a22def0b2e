using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>
/// Owns the making of a tenant's heads. Persists: its journal, which it shortens by itself. Woken by: admins, its timer while it is in memory, and the tenant's watchdog when a night, a look at a trial, or work that was lost is
/// due, which is the journal's wake time. Computes nothing itself: <see cref="TrainingRoom"/> does.
/// </summary>
internal sealed partial class TriageLearningGrain : StewardGrain, ITriageLearningGrain, IDisposable
{
    private static readonly TimeSpan StaysFor = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(20);

    private readonly TimeProvider _time;
    private readonly ILogger<TriageLearningGrain> _logger;
    private readonly FoldedJournal<TriageLearningState> _journal;
    private readonly TriageLearner _learner;
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private IGrainTimer? _timer;
    private int _failures;
    private DateTimeOffset _retryAt;

    public TriageLearningGrain(IJournalStore journals, LearnerParts parts, TimeProvider time, ILogger<TriageLearningGrain> logger)
    {
        var key = this.GetPrimaryKeyString();
        (_time, _logger) = (time, logger);
        _journal = new FoldedJournal<TriageLearningState>(journals, key, TriageLearningJson.Default.TriageLearningState, time, DeactivateOnIdle);
        _learner = new TriageLearner(parts, GrainKeys.TenantOf(key), _journal);
    }

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        if (this.GetPrimaryKeyString() != GrainKeys.TriageLearning(GrainKeys.TenantOf(this.GetPrimaryKeyString())))
        {
            throw StewardException.NotFound("What was asked for");
        }

        await _journal.LoadAsync(cancellationToken);

        // Interleaves, since a training takes minutes: what it changes, it changes through the journal, whose appends queue up.
        _timer = this.RegisterGrainTimer(_ => WorkAsync(), new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        await _learner.NoteInterruptionAsync();
        Arm();
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _work.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async Task<TriageTraining> Start(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var training = await _learner.BeginAsync(isAsked: true);
        Arm();
        return training;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TriageTraining>> List(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        return Task.FromResult<IReadOnlyList<TriageTraining>>([.. _journal.State.Trainings.AsEnumerable().Reverse()]);
    }

    /// <inheritdoc/>
    public Task<TriageHealth> GetHealth(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();

        // Earlier releases wrote no groups.
        return Task.FromResult(_journal.State.Stand.Health is { } health ? health with { MisroutedGroups = health.MisroutedGroups ?? [] } : new TriageHealth());
    }

    /// <inheritdoc/>
    public async Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        await _learner.PlanAsync(cancellationToken);
        Arm();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _learner.Dispose();
        _journal.Dispose();
        _stop.Dispose();
    }

    private Task WorkAsync()
    {
        if (_work.IsCompleted)
        {
            _work = WorkOnceAsync();
        }

        return _work;
    }

    private async Task WorkOnceAsync()
    {
        // Whoever starts it may look at the task before anything is done.
        await Task.Yield();
        try
        {
            while (!_stop.IsCancellationRequested && await _learner.StepAsync(_stop.Token))
            {
                // A training may last longer than a grain without calls stays in memory.
                DelayDeactivation(TimeSpan.FromHours(1));
                _failures = 0;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
#pragma warning disable CA1031 // What is to be done stands in the journal: it is tried again, here or elsewhere.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _retryAt = _time.GetUtcNow() + (FirstRetry * Math.Pow(2, Math.Min(_failures++, 6)));
            LogInterrupted(_logger, exception, this.GetPrimaryKeyString());
            await NoteFailureAsync();
        }

        _work = Task.CompletedTask;
        Arm();
    }

    private async Task NoteFailureAsync()
    {
        try
        {
            await _learner.NoteInterruptionAsync();
        }
        catch (StewardException)
        {
            // The journal cannot be written: the activation ends, and the next one notes it.
        }
    }

    /// <summary>Sets the timer to what is due next, unless somebody is at work and will. What is far away is left to the watchdog, and the memory to others.</summary>
    private void Arm()
    {
        if (!_work.IsCompleted || _stop.IsCancellationRequested)
        {
            return;
        }

        var next = _learner.NextAt is { } due && _failures > 0 && due < _retryAt ? _retryAt : _learner.NextAt;
        var wait = next - _time.GetUtcNow() is { } until ? until > TimeSpan.Zero ? until : TimeSpan.Zero : Timeout.InfiniteTimeSpan;
        if (wait != Timeout.InfiniteTimeSpan && wait <= TimeSpan.FromHours(1))
        {
            DelayDeactivation(wait + StaysFor);
        }

        _timer!.Change(wait > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : wait, Timeout.InfiniteTimeSpan);
    }

    [LoggerMessage(EventId = 2302, Level = LogLevel.Warning, Message = "The learning {Learning} was interrupted; it will be tried again")]
    private static partial void LogInterrupted(ILogger logger, Exception exception, string learning);
}
