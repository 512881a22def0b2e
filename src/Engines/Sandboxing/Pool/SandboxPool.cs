using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Sandboxing;

/// <summary>The sandboxes of one silo: validates, lets jobs wait fairly, and keeps as many sandboxes warm as the load needs.</summary>
public sealed partial class SandboxPool : ISandboxPool, IAsyncDisposable
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);
    private readonly SandboxOptions _options;
    private readonly ICodeValidator _validator;
    private readonly TimeProvider _clock;
    private readonly ICodeReviewer? _reviewer;
    private readonly ILogger _logger;
    private readonly FairQueue<Waiter> _queue;
    private readonly Dictionary<SandboxProfile, WarmEstimate> _estimates;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private int _running;

    /// <summary>A pool over these providers, in order of preference; with a reviewer, code that the validator allows is read a second time.</summary>
    public SandboxPool(
        IEnumerable<ISandboxProvider> providers, ICodeValidator validator, IOptions<SandboxOptions> options, TimeProvider clock, ILogger<SandboxPool> logger, ICodeReviewer? reviewer = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        (Providers, _validator, _options, _clock, _logger, _reviewer) = ([.. providers], validator, options.Value, clock, logger, reviewer);
        _queue = new FairQueue<Waiter>(_options.CapacityPerTenant ?? Math.Max(1, _options.Capacity / 2));
        _estimates = Enum.GetValues<SandboxProfile>().ToDictionary(profile => profile, _ => new WarmEstimate(_options.MinimumWarm, _options.MaximumWarm, clock));
        _timer = clock.CreateTimer(_ => KeepWarm(), null, Round, Round);
        Diagnostics.Watch(this);
    }

    /// <inheritdoc />
    public IReadOnlyList<ISandboxProvider> Providers { get; }

    /// <inheritdoc />
    public SandboxPoolLoad Load
    {
        get
        {
            var warm = Providers.Sum(provider => _estimates.Keys.Sum(provider.Warm));
            lock (_lock)
            {
                return new SandboxPoolLoad(_running, _queue.Count, warm, _options.Capacity);
            }
        }
    }

    /// <inheritdoc />
    public async Task<SandboxOutcome> ExecuteAsync(SandboxJob job, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(data);
        var outcome = await DecideAsync(job, new GuardedOutput(output, job.ExecutionId, _logger), data, cancellationToken);
        Diagnostics.Ended(job, outcome);
        return outcome;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Diagnostics.Forget(this);
        await _timer.DisposeAsync();
    }

    private async Task<SandboxOutcome> DecideAsync(SandboxJob job, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken)
    {
        if (SandboxJobRules.Problem(job) is { } problem)
        {
            return Refused(SandboxCodes.InvalidJob, problem);
        }

        _estimates[job.Profile].Arrived();
        KeepWarm(job.Profile);
        var began = _clock.GetTimestamp();
        try
        {
            var tier = TierRules.For(job, _options, isReviewed: null);
            if (await FindAsync(tier, cancellationToken) is not { } provider)
            {
                return Refused(SandboxCodes.NotAvailable, Unavailable(tier));
            }

            if (job.Validate)
            {
                var (findings, isReviewed) = await ReadAsync(job, cancellationToken);
                if (findings.Count > 0)
                {
                    return Refused(SandboxCodes.Refused, "The code uses what is not allowed; the findings say what.") with
                    {
                        Findings = findings,
                        Durations = new SandboxDurations { Validating = _clock.GetElapsedTime(began) },
                    };
                }

                if (TierRules.For(job, _options, isReviewed) is var known && known != tier)
                {
                    if (await FindAsync(known, cancellationToken) is not { } stronger)
                    {
                        return Refused(SandboxCodes.NotAvailable, Unavailable(known));
                    }

                    provider = stronger;
                }
            }

            var validating = _clock.GetElapsedTime(began);
            var waited = _clock.GetTimestamp();
            var waiter = new Waiter(job.Tenant, output);
            if (!Enter(waiter, job))
            {
                return Refused(SandboxCodes.Busy, "Too many executions are waiting; try again later.");
            }

            await WaitAsync(waiter, cancellationToken);
            var queued = _clock.GetElapsedTime(waited);
            try
            {
                var outcome = await provider.RunAsync(job, output, data, cancellationToken);
                return outcome with { Durations = outcome.Durations with { Validating = validating, Queued = queued } };
            }
            finally
            {
                Leave(job.Tenant);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new SandboxOutcome { Status = SandboxStatus.Cancelled, Code = SandboxCodes.Cancelled, Reason = "The execution was cancelled before it began." };
        }
    }

    // Without findings it may run.
    private async Task<(IReadOnlyList<CodeFinding> Findings, bool IsReviewed)> ReadAsync(SandboxJob job, CancellationToken cancellationToken)
    {
        var verdict = await _validator.ValidateAsync(job.Profile, job.Code, cancellationToken);
        if (!verdict.Allowed || _reviewer is null)
        {
            return (verdict.Allowed ? [] : verdict.Findings, false);
        }

        try
        {
            return await _reviewer.ReviewAsync(job, cancellationToken) is { } findings ? (findings, true) : ([], false);
        }
#pragma warning disable CA1031 // An opinion that cannot be had is none.
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogUnreviewed(exception, job.ExecutionId);
            return ([], false);
        }
    }

    private async Task<ISandboxProvider?> FindAsync(SandboxTier? tier, CancellationToken cancellationToken)
    {
        foreach (var provider in Providers.Where(provider => tier is null || provider.Tier == tier))
        {
            if (!provider.Availability.IsAvailable)
            {
                await provider.StartAsync(cancellationToken);
            }

            if (provider.Availability is { IsAvailable: true, MultiTenant: true })
            {
                return provider;
            }
        }

        return null;
    }

    private string Unavailable(SandboxTier? tier)
    {
        var reasons = Providers.Where(provider => tier is null || provider.Tier == tier)
            .Select(provider => provider.Availability.Remedy ?? $"{provider.Name} separates too weakly for several tenants.").ToList();
        return reasons.Count > 0 ? string.Join(" ", reasons) : $"No provider of the tier {tier} is configured.";
    }

    private bool Enter(Waiter waiter, SandboxJob job)
    {
        lock (_lock)
        {
            var waits = _running >= _options.Capacity || _queue.Count > 0;
            if (waits && (_queue.Count >= _options.QueueLength || _queue.CountOf(waiter.Tenant) >= _options.QueueLengthPerTenant))
            {
                return false;
            }

            _queue.Add(waiter.Tenant, job.Priority, waiter, job.Weight);
        }

        Admit();
        return true;
    }

    private async Task WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Turn.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            bool waiting;
            lock (_lock)
            {
                waiting = _queue.Remove(waiter.Tenant, waiter);
            }

            if (waiting)
            {
                Admit();
            }
            else
            {
                // It got its turn at the same moment: hand it on.
                Leave(waiter.Tenant);
            }

            throw;
        }
    }

    private void Leave(string tenant)
    {
        lock (_lock)
        {
            _running--;
            _queue.Finished(tenant);
        }

        Admit();
    }

    private void Admit()
    {
        List<(Waiter Waiter, int Position)> moved = [];
        lock (_lock)
        {
            while (_running < _options.Capacity && _queue.Next() is { } next)
            {
                _running++;
                next.Turn.TrySetResult();
            }

            foreach (var (waiter, position) in _queue.Positions())
            {
                if (waiter.Position != position)
                {
                    waiter.Position = position;
                    moved.Add((waiter, position));
                }
            }

            // Within the lock, so that positions of one waiter arrive in order; sinks return at once.
            foreach (var (waiter, position) in moved)
            {
                waiter.Output.Queued(position);
            }
        }
    }

    private void KeepWarm()
    {
        foreach (var profile in _estimates.Keys)
        {
            KeepWarm(profile);
        }
    }

    private void KeepWarm(SandboxProfile profile)
    {
        var target = _estimates[profile].Target();
        foreach (var provider in Providers)
        {
            provider.KeepWarm(profile, target);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "There is no second opinion on the code of {Execution}; the validator's word stands")]
    private partial void LogUnreviewed(Exception exception, string execution);

    private static SandboxOutcome Refused(string code, string reason) => new() { Status = SandboxStatus.Refused, Code = code, Reason = reason };

    private sealed class Waiter(string tenant, ISandboxOutputSink output)
    {
        public string Tenant { get; } = tenant;

        public ISandboxOutputSink Output { get; } = output;

        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Position { get; set; }
    }
}
