using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Limits;

/// <summary>
/// What the owner of an instance knows about its traffic: windows, calls under way, retry budget, breaker and health. Not safe for concurrent use: its owner takes one turn at a time. Time is
/// the monotonic one of the provider; steps of the wall clock change nothing.
/// </summary>
/// <param name="template">The template, with limits and breaker.</param>
/// <param name="time">The time.</param>
/// <param name="random">Draws jitter.</param>
/// <param name="share">Its part of limits that the tenant's instances of the template have in common; null when it has them alone.</param>
public sealed class InstanceState(ConnectorTemplate template, TimeProvider time, Random random, TenantShare? share = null)
{
    /// <summary>The most calls under way, whatever the template says; what is beyond is refused.</summary>
    public const int MaxUnderWay = 1024;

    /// <summary>How reports name a call that went well.</summary>
    internal const string Succeeded = "succeeded";

    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(250);

    private readonly long _origin = time.GetTimestamp();
    private readonly InstanceLimits _limits = new(template, share);
    private readonly CircuitBreaker _breaker = new(template.Breaker);
    private readonly InstanceHealth _health = new(template.Breaker.FailureRatio);
    private readonly RetryBudget _retries = new();
    private readonly Dictionary<long, UnderWay> _underWay = [];

    // Not from zero: a report of a call that an owner before this one let through must not be taken for one of this one's.
    private long _lastId = time.GetUtcNow().Ticks;
    private TimeSpan _sweepAt;

    /// <summary>What the breaker does now.</summary>
    public BreakerPhase Breaker => _breaker.Phase;

    /// <summary>When the breaker lets calls through again, while it is open.</summary>
    public TimeSpan? BreakerOpenFor => _breaker.Phase == BreakerPhase.Open ? Max(TimeSpan.Zero, _breaker.OpenUntil - Now) : null;

    /// <summary>From 0, nothing works, to 1, all is well.</summary>
    public double Health => _breaker.Phase == BreakerPhase.Open ? 0 : _health.Score;

    /// <summary>When the breaker will open if errors go on to grow as they do; null when nothing points to it.</summary>
    public TimeSpan? Forecast => _health.Forecast;

    /// <summary>Whether there are limits that all instances of the template in a tenant have in common.</summary>
    public bool HasTenantLimits { get; } = template.Limits.Any(limit => limit.Scope == LimitScope.Tenant);

    /// <summary>What was seen of the other instances, oldest first, each with its age; empty without limits in common.</summary>
    public IReadOnlyList<(int Count, int Rank, TimeSpan Age)> Shares => share?.Seen(Now) ?? [];

    /// <summary>Calls under way.</summary>
    public int CallsUnderWay => _underWay.Count;

    private TimeSpan Now => time.GetElapsedTime(_origin);

    /// <summary>Goes on with what an owner before this one had seen of the other instances.</summary>
    public void RestoreShares(IEnumerable<(int Count, int Rank, TimeSpan Age)> seen) => share?.Restore(seen, Now);

    /// <summary>Takes over how many instances of the template the tenant has, and how many of them come before this one; true when that is news.</summary>
    public bool Share(int count, int rank) => share?.See(count, rank, Now) == true;

    /// <summary>Multiplies all limits of the template from now on, for a plan that allows more than it says. What was used counts on.</summary>
    public void Scale(double factor) => _limits.Scale(factor);

    /// <summary>Decides about one call, and counts it when it is let through. The permit holds no credential: whoever owns those adds it.</summary>
    public CallPermit Enter(CallIntent intent)
    {
        ArgumentNullException.ThrowIfNull(intent);
        var now = Now;
        Sweep(now);
        if (_breaker.WaitFor(now) is not { } closed)
        {
            return Refuse(FailureCodes.Unavailable, $"{template.Name} failed before; a few calls are under way to see whether it works again.", AskAgain);
        }

        if (closed > TimeSpan.Zero)
        {
            return Refuse(FailureCodes.Unavailable, $"{template.Name} failed too often; calls are stopped for now.", closed);
        }

        if (_underWay.Count >= MaxUnderWay)
        {
            return Refuse(FailureCodes.RateLimited, $"More than {MaxUnderWay} calls to {template.Name} are under way.", AskAgain);
        }

        if (intent.IsRetry && !_retries.HasRoom(now))
        {
            return Refuse(FailureCodes.RateLimited, $"Too many calls to {template.Name} were repeated of late.", null);
        }

        var units = Math.Max(1, intent.Cost);
        var states = _limits.Find(intent, now);
        if (_limits.WaitFor(states, units, now) is not { } wait)
        {
            return Refuse(FailureCodes.RateLimited, $"As many calls to {template.Name} as it takes are under way.", AskAgain);
        }

        if (wait > TimeSpan.Zero)
        {
            return Refuse(FailureCodes.RateLimited, $"{template.Name} takes no more calls of this kind for now.", wait) with { IsOfResource = _limits.IsFreeForOthers(states, units, now) };
        }

        var counted = _limits.Enter(states, units, now);
        if (intent.IsRetry)
        {
            _retries.Spend();
        }
        else
        {
            _retries.Earn();
        }

        _breaker.Enter();
        _underWay[++_lastId] = new UnderWay(states, counted, _breaker.Epoch, now + LimitOf(intent.OperationId) + Grace);
        return new CallPermit { Id = _lastId };
    }

    /// <summary>Takes over how a call ended. A report for a permit that has lapsed or was reported before still teaches the system's own numbers.</summary>
    public void Leave(CallReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var now = Now;
        var isKnown = _underWay.Remove(report.PermitId, out var call);
        if (isKnown)
        {
            call.Leave(now);
        }

        _limits.Learn(report, now, random.NextDouble());
        if (!isKnown)
        {
            return;
        }

        // Refusals for too many calls, and calls that never reached the system, show nothing about it. What succeeded did reach it, also where answers have no status, as those of mail servers.
        bool? failed = report.IsFailure ? true : report.Outcome == FailureCodes.RateLimited ? null : report.Status is not null || report.Outcome == Succeeded ? false : null;
        _breaker.Leave(call.BreakerEpoch, failed, now);
        if (failed is { } isFailure)
        {
            _health.Observe(isFailure, report.Duration, now);
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static CallPermit Refuse(string code, string message, TimeSpan? retryAfter) => new() { Refusal = code, Message = message, RetryAfter = retryAfter };

    private TimeSpan LimitOf(string operationId)
    {
        foreach (var operation in template.Operations)
        {
            if (operation.Id == operationId)
            {
                return operation.Timeout ?? LongestCall;
            }
        }

        return LongestCall;
    }

    // Callers that died never report; what they held comes back when their time is over.
    private void Sweep(TimeSpan now)
    {
        if (now < _sweepAt)
        {
            return;
        }

        _sweepAt = now + SweepEvery;
        foreach (var (id, call) in _underWay)
        {
            if (call.LapsesAt <= now)
            {
                _underWay.Remove(id);
                call.Leave(now);
                _breaker.Leave(call.BreakerEpoch, failed: null, now);
            }
        }
    }

    private readonly record struct UnderWay(LimitState[] States, int[] Units, int BreakerEpoch, TimeSpan LapsesAt)
    {
        public void Leave(TimeSpan now)
        {
            for (var i = 0; i < States.Length; i++)
            {
                States[i].Leave(Units[i], now);
            }
        }
    }
}
