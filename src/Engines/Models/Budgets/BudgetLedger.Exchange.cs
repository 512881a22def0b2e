namespace Steward.Engines.Models.Budgets;

/// <summary>What goes to the owner and comes back.</summary>
public sealed partial class BudgetLedger
{
    private static readonly TimeSpan UsedLately = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private BudgetExchange? _pending;
    private bool _isUnderWay;
    private long _preparedAt;
    private long _turnedAt;
    private long? _answeredAt;
    private long _batch;
    private TaskCompletionSource<bool> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How the next exchange ended that is prepared from now on; null for one that is under way already and does not know of the caller, once that has ended.</summary>
    internal Task<bool?> AnsweredAsync()
    {
        lock (_gate)
        {
            return FinishAsync(_answered.Task, _isUnderWay);
        }

        static async Task<bool?> FinishAsync(Task<bool> current, bool isUnderWay)
        {
            var isAnswered = await current;
            return isUnderWay ? null : isAnswered;
        }
    }

    /// <summary>Whether it was forgotten: a new one has taken its place.</summary>
    internal bool IsForgotten { get; private set; }

    /// <summary>Forgets it, when nobody asked for a while and it holds nothing.</summary>
    internal bool TryForget()
    {
        lock (_gate)
        {
            return IsForgotten = IsForgotten || (_counters.Count == 0 && _pending is null && _time.GetElapsedTime(_usedAt) > ForgottenAfter);
        }
    }

    /// <summary>The next exchange, when one is due and none is under way. It has to be answered by <see cref="Accept"/> or <see cref="Fail"/>.</summary>
    /// <param name="isAsked">Whether somebody waits for it.</param>
    /// <param name="isClosing">Whether the ledger ends.</param>
    public BudgetExchange? Prepare(bool isAsked = false, bool isClosing = false)
    {
        lock (_gate)
        {
            if (_isUnderWay)
            {
                return null;
            }

            var now = _time.GetTimestamp();
            if (IsLapsed(now))
            {
                Lapse();
            }

            if (_pending is null)
            {
                Turn(now);
                var claims = Claims(now, isClosing);
                if (claims.Count == 0 && !isAsked && !isClosing && !IsPolled(now))
                {
                    return null;
                }

                _pending = new BudgetExchange { LeaseId = _leaseId, Batch = ++_batch, Version = _version, Claims = claims, IsClosing = isClosing };
            }

            (_isUnderWay, _preparedAt) = (true, now);
            return _pending;
        }
    }

    /// <summary>The owner has answered.</summary>
    public void Accept(BudgetAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            for (var i = 0; i < _pending!.Claims.Count; i++)
            {
                var (claim, share) = (_pending.Claims[i], answer.Shares[i]);
                if (_counters.TryGetValue(claim.Key, out var counter))
                {
                    (counter.Held, counter.Sent, counter.Reported, counter.KnownAt) = (share.Held, 0, claim.Reserved, now);
                    (counter.Reachable, counter.Used) = (share.Reachable, share.Used);
                    (counter.IsWanted, counter.IsStale) = (false, false);
                }
            }

            foreach (var key in answer.Wanted)
            {
                if (_counters.TryGetValue(key, out var counter))
                {
                    counter.IsWanted = true;
                }
            }

            // The lease counts from before the owner was asked: it ends here first.
            (_leasedAt, _answeredAt) = (_preparedAt, now);
            if (answer.Definitions is { } definitions)
            {
                Use(definitions);
            }

            _version = answer.Version;
            foreach (var counter in _counters.Values.Where(counter => counter.IsIdle && (counter.EndsAt <= _time.GetUtcNow() || _time.GetElapsedTime(counter.UsedAt, now) > UsedLately)).ToList())
            {
                _counters.Remove(counter.Key);
            }

            _pending = null;
            End(isAnswered: true);
        }
    }

    /// <summary>Nobody knows whether the owner was told: it is told again.</summary>
    public void Fail()
    {
        lock (_gate)
        {
            End(isAnswered: false);
        }
    }

    private void End(bool isAnswered)
    {
        _isUnderWay = false;
        var ended = _answered;
        _answered = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        ended.SetResult(isAnswered);
    }

    // The owner may have taken all back but what calls under way had reserved: nothing else counts as held until it has said so.
    private void Lapse()
    {
        foreach (var counter in _counters.Values)
        {
            counter.Held = Math.Min(counter.Held, counter.Reported + counter.Sent);
            counter.IsStale = true;
        }
    }

    private List<BudgetClaim> Claims(long now, bool isClosing)
    {
        var claims = new List<BudgetClaim>();
        foreach (var counter in _counters.Values)
        {
            var need = isClosing || counter.IsWanted ? counter.Reserved : counter.Need;
            var isResting = isClosing || counter.IsWanted || counter.EndsAt <= _time.GetUtcNow() || _time.GetElapsedTime(counter.UsedAt, now) >= _options.IdleReturn;
            var left = counter.Held - counter.Fresh;
            var most = isResting ? need : need + Math.Max(2 * counter.Pace, counter.Waiting);
            if (!isClosing && counter is { Fresh: 0, Waiting: 0, IsStale: false } && counter.Reserved == counter.Reported && left <= most)
            {
                continue;
            }

            var want = isResting ? need : Math.Max(need + Math.Max(counter.Pace, counter.Waiting), Math.Min(left, most));
            claims.Add(new BudgetClaim(counter.Key, counter.EndsAt, counter.Fresh, counter.Reserved, need, want));

            // What it gives back it may no longer use, answered or not.
            (counter.Sent, counter.Fresh) = (counter.Fresh, 0);
            counter.Held = Math.Min(counter.Held, want + counter.Sent);
        }

        return claims;
    }

    // Without news it asks for new limits, for whether another silo waits for what it holds, and to keep its lease.
    private bool IsPolled(long now)
    {
        if (_answeredAt is not { } answered)
        {
            return true;
        }

        var since = _time.GetElapsedTime(answered, now);
        return (since >= _options.Refresh && _time.GetElapsedTime(_usedAt, now) < UsedLately)
            || (since >= _options.Lease / 3 && _counters.Values.Any(counter => !counter.IsIdle))
            || _counters.Values.Any(counter => counter.Free > 0);
    }

    private void Turn(long now)
    {
        if (_time.GetElapsedTime(_turnedAt, now) < Second)
        {
            return;
        }

        _turnedAt = now;
        foreach (var counter in _counters.Values)
        {
            counter.Turn();
        }
    }

    private void Use(IReadOnlyList<BudgetDefinition> definitions)
    {
        _rules = [.. definitions.Select(definition => new Rule(definition))];
        CountsTokens = definitions.Any(definition => definition.Unit != BudgetUnit.Requests);
        var known = definitions.ToDictionary(definition => definition.Id, StringComparer.Ordinal);
        foreach (var (key, counter) in _counters.ToList())
        {
            if (known.TryGetValue(key.BudgetId, out var definition) && definition.Since == counter.Definition.Since)
            {
                counter.Definition = definition;
            }
            else
            {
                // Calls under way settle into what nobody counts any more.
                _counters.Remove(key);
            }
        }
    }
}
