namespace Steward.Engines.Orchestration.Limits;

/// <summary>
/// The budgets of a run and of the hand-offs in it. A call counts for its hand-off, for those around it and for the run; every one of them has to have enough. What is used
/// follows from the journal, so that a resumed run has what was left.
/// </summary>
internal sealed class RunBudget : IRunBudget
{
    private readonly Lock _gate = new();
    private readonly RunContext _run;
    private readonly DateTimeOffset _begun;
    private readonly BudgetAccount _all;
    private readonly Dictionary<string, BudgetAccount> _scopes = new(StringComparer.Ordinal);
    private RunLimits? _inBackground;

    /// <param name="run">The run.</param>
    /// <param name="limits">What it may use.</param>
    /// <param name="inBackground">What it may use once nobody waits for it any more; null is the same.</param>
    public RunBudget(RunContext run, RunLimits limits, RunLimits? inBackground = null)
    {
        _inBackground = inBackground;
        _run = run;
        _begun = run.Snapshot.BegunAt ?? run.Time.GetUtcNow();
        _all = Account(limits, null);
    }

    /// <summary>The lowest of each limit.</summary>
    public static RunLimits Lowest(params IReadOnlyList<RunLimits?> limits) => new()
    {
        Steps = limits.Min(limit => limit?.Steps),
        ModelCalls = limits.Min(limit => limit?.ModelCalls),
        Tokens = limits.Min(limit => limit?.Tokens),
        CostUsd = limits.Min(limit => limit?.CostUsd),
        Seconds = limits.Min(limit => limit?.Seconds),
    };

    /// <summary>Whether money is limited somewhere around a scope.</summary>
    public bool LimitsMoney(string? scope)
    {
        lock (_gate)
        {
            return Around(scope).Any(account => account.Limits.CostUsd is not null);
        }
    }

    /// <summary>A hand-off begins, or goes on, with limits of its own.</summary>
    public void Enter(string scope, RunLimits limits)
    {
        lock (_gate)
        {
            _scopes.TryAdd(scope, Account(limits, scope));
        }
    }

    /// <inheritdoc/>
    public BudgetExhausted? TryTakeStep(string? scope)
    {
        lock (_gate)
        {
            foreach (var account in Around(scope))
            {
                if ((account.CheckStep() ?? account.CheckTime(Worked(account.Scope), isLast: false)) is { } exhausted)
                {
                    return exhausted;
                }
            }

            foreach (var account in Around(scope))
            {
                account.CountStep();
            }

            return null;
        }
    }

    /// <summary>Reserves a call of a model.</summary>
    /// <param name="scope">The hand-off inside which it is made; null for the run itself.</param>
    /// <param name="need">What it is expected to use.</param>
    /// <param name="wanted">The most tokens that it should write.</param>
    /// <returns>Either the reservation, or what is used up.</returns>
    public (CallReservation? Reservation, BudgetExhausted? Exhausted) TryReserve(string? scope, CallNeed need, int wanted)
    {
        lock (_gate)
        {
            var output = wanted;
            foreach (var account in Around(scope))
            {
                // The last answer of a hand-off is not the last one of what is around it.
                var own = need with { IsLast = need.IsLast && account.Scope == scope };
                if (account.CheckTime(Worked(account.Scope), own.IsLast) is { } late)
                {
                    return (null, late);
                }

                var (granted, exhausted) = account.Grant(own, output);
                if (exhausted is not null)
                {
                    return (null, exhausted);
                }

                output = granted;
            }

            var reservation = new CallReservation(scope, need.InputTokens, output, (need.InputTokens * (need.InputPrice ?? 0)) + (output * (need.OutputPrice ?? 0)));
            foreach (var account in Around(scope))
            {
                account.Reserve(reservation);
            }

            return (reservation, null);
        }
    }

    /// <summary>The call has ended: what it used takes the place of what was reserved. What the provider does not say is taken as reserved.</summary>
    public void Settle(CallReservation reservation, ModelCalled called)
    {
        lock (_gate)
        {
            foreach (var account in Around(reservation.Scope))
            {
                account.Release(reservation);
                account.CountCall((called.InputTokens ?? reservation.InputTokens) + (called.OutputTokens ?? reservation.OutputTokens), called.CostUsd ?? reservation.CostUsd);
            }
        }
    }

    /// <summary>The call failed when the model had begun to answer: what it used takes the place of what was reserved. It is none of the calls that the run may make.</summary>
    public void Settle(CallReservation reservation, ModelFailed failed)
    {
        lock (_gate)
        {
            foreach (var account in Around(reservation.Scope))
            {
                account.Release(reservation);
                account.CountBroken((failed.InputTokens ?? 0) + (failed.OutputTokens ?? 0), failed.CostUsd ?? 0);
            }
        }
    }

    /// <summary>The call came to nothing.</summary>
    public void Release(CallReservation reservation)
    {
        lock (_gate)
        {
            foreach (var account in Around(reservation.Scope))
            {
                account.Release(reservation);
            }
        }
    }

    /// <summary>How long work inside a scope may still go on; null without a limit.</summary>
    public TimeSpan? TimeLeft(string? scope)
    {
        lock (_gate)
        {
            return Around(scope).Where(account => account.Limits.Seconds is not null).Select(account => (TimeSpan?)(TimeSpan.FromSeconds(account.Limits.Seconds!.Value) - Worked(account.Scope))).Min();
        }
    }

    /// <summary>The fact that the time of a scope, or of one around it, is used up.</summary>
    public BudgetExhausted TimeExhausted(string? scope)
    {
        lock (_gate)
        {
            var account = Around(scope).Where(account => account.Limits.Seconds is not null).MinBy(account => account.Limits.Seconds!.Value - Worked(account.Scope).TotalSeconds)!;
            return new BudgetExhausted { Budget = "time", Limit = (decimal)account.Limits.Seconds!.Value, Used = Math.Round((decimal)Worked(account.Scope).TotalSeconds, 1), Scope = account.Scope };
        }
    }

    /// <summary>Whether a scope is <paramref name="outer"/> or lies inside it.</summary>
    public static bool IsWithin(string? scope, string? outer) =>
        outer is null || (scope is not null && scope.StartsWith(outer, StringComparison.Ordinal) && (scope.Length == outer.Length || scope[outer.Length] == '/'));

    private BudgetAccount Account(RunLimits limits, string? scope)
    {
        var account = new BudgetAccount(limits, scope);
        foreach (var call in _run.Snapshot.ModelCalls.Where(call => IsWithin(call.Scope, scope)))
        {
            account.CountCall((call.InputTokens ?? 0) + (call.OutputTokens ?? 0), call.CostUsd ?? 0);
        }

        foreach (var failed in _run.Snapshot.BrokenCalls.Where(failed => IsWithin(failed.Scope, scope)))
        {
            account.CountBroken((failed.InputTokens ?? 0) + (failed.OutputTokens ?? 0), failed.CostUsd ?? 0);
        }

        foreach (var _ in _run.Snapshot.Steps.Where(step => step.Status != StepStatus.Skipped && step.StartedAt is not null && step.StepId != scope && IsWithin(step.StepId, scope)))
        {
            account.CountStep();
        }

        return account;
    }

    private IEnumerable<BudgetAccount> Around(string? scope)
    {
        if (_inBackground is { } wider && _run.IsInBackground)
        {
            (_all.Limits, _inBackground) = (wider, null);
        }

        yield return _all;
        for (var end = scope is null ? -1 : scope.IndexOf('/', StringComparison.Ordinal); scope is not null; end = scope.IndexOf('/', end + 1))
        {
            if (_scopes.TryGetValue(end < 0 ? scope : scope[..end], out var account))
            {
                yield return account;
            }

            if (end < 0)
            {
                yield break;
            }
        }
    }

    // Waiting for people is no work.
    private TimeSpan Worked(string? scope)
    {
        var snapshot = _run.Snapshot;
        var step = scope is null ? null : snapshot.FindStep(scope);
        var begun = scope is null ? snapshot.BegunAt ?? _begun : step?.StartedAt ?? _run.Time.GetUtcNow();
        var worked = _run.Time.GetUtcNow() - begun - (snapshot.WaitedFor - (step?.WaitedBefore ?? TimeSpan.Zero));
        return worked > TimeSpan.Zero ? worked : TimeSpan.Zero;
    }
}
