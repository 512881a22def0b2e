using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Budgets;

/// <summary>
/// A tenant's budgets in one silo: decides in memory from what the owner gave, and says what is to be told to the owner. One exchange at a time is under way; it is repeated as it is until it was answered. Safe for
/// concurrent use.
/// </summary>
public sealed partial class BudgetLedger
{
    private static readonly TimeSpan KnownFor = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly string _leaseId;
    private readonly ModelBudgetOptions _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<BudgetKey, BudgetCounter> _counters = [];
    private Rule[] _rules = [];
    private long _version = -1;
    private long? _leasedAt;
    private long _usedAt;

    /// <summary>Creates it.</summary>
    /// <param name="leaseId">Its lease; never used before.</param>
    /// <param name="options">How budgets are kept.</param>
    /// <param name="time">The clock.</param>
    public BudgetLedger(string leaseId, ModelBudgetOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        (_leaseId, _options, _time) = (leaseId, options, time);
        _usedAt = time.GetTimestamp();
    }

    /// <summary>Whether the tenant is known to have no budget at all.</summary>
    public bool HasNone => _version >= 0 && _rules.Length == 0;

    /// <summary>Whether a budget of tokens or money is known: calls then need a limit of their answer.</summary>
    public bool CountsTokens { get; private set; }

    /// <summary>Says that the tenant is at work.</summary>
    internal void Touch() => Volatile.Write(ref _usedAt, _time.GetTimestamp());

    /// <summary>Reserves what a call needs of all budgets that count it, or of none.</summary>
    /// <param name="origin">Whose call.</param>
    /// <param name="need">What it may use.</param>
    /// <param name="isLast">Whether there is no more waiting: what is not here is not there.</param>
    /// <param name="reservation">What was reserved; null unless it was.</param>
    /// <param name="refusal">Why it was not; null unless it was refused.</param>
    internal BudgetVerdict TryReserve(ModelCallOrigin origin, BudgetAmount need, bool isLast, out BudgetReservation? reservation, out BudgetRefusal? refusal)
    {
        (reservation, refusal) = (null, null);
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            _usedAt = now;
            if (_version < 0 || IsForgotten)
            {
                return BudgetVerdict.Unknown;
            }

            var parts = Match(origin, need, isCached: false);
            if (parts.Length == 0)
            {
                reservation = new BudgetReservation(this, parts);
                return BudgetVerdict.Reserved;
            }

            if (need.NanoUsd is null && parts.FirstOrDefault(part => part.Counter.Definition.Unit == BudgetUnit.Usd).Counter is { } money)
            {
                refusal = BudgetRefusals.PriceUnknown(money);
                return BudgetVerdict.Refused;
            }

            if (IsLapsed(now))
            {
                return BudgetVerdict.Unknown;
            }

            var isShort = false;
            foreach (var (counter, amount) in parts)
            {
                if (amount <= counter.Free)
                {
                    continue;
                }

                isShort = true;
                var isKnown = counter.KnownAt is { } at && _time.GetElapsedTime(at, now) <= KnownFor;
                if (amount > counter.Definition.Limit || isLast || (isKnown && amount > counter.Reachable - counter.Sent - counter.Fresh - counter.Reserved))
                {
                    refusal = BudgetRefusals.Over(counter, amount, _time.GetUtcNow());
                    return BudgetVerdict.Refused;
                }
            }

            if (isShort)
            {
                return BudgetVerdict.Short;
            }

            foreach (var (counter, amount) in parts)
            {
                counter.Reserve(amount, now);
            }

            reservation = new BudgetReservation(this, parts);
            return BudgetVerdict.Reserved;
        }
    }

    /// <summary>A caller waits: the owner is asked for so much more until it is given to <see cref="EndWait"/>.</summary>
    internal (BudgetCounter Counter, long Amount)[] BeginWait(ModelCallOrigin origin, BudgetAmount need)
    {
        lock (_gate)
        {
            var parts = Match(origin, need, isCached: false);
            foreach (var (counter, amount) in parts)
            {
                (counter.Waiting, counter.UsedAt) = (counter.Waiting + amount, _time.GetTimestamp());
            }

            return parts;
        }
    }

    /// <summary>A caller waits no more.</summary>
    internal void EndWait((BudgetCounter Counter, long Amount)[] parts)
    {
        lock (_gate)
        {
            foreach (var (counter, amount) in parts)
            {
                counter.Waiting -= amount;

                // The owner fills nobody else up as long as it takes this one to wait.
                counter.IsStale |= counter.Waiting == 0;
            }
        }
    }

    /// <summary>A call that had reserved has ended.</summary>
    internal void Settle(BudgetReservation reservation, BudgetAmount used)
    {
        if (!reservation.TryTake())
        {
            return;
        }

        lock (_gate)
        {
            foreach (var (counter, amount) in reservation.Parts)
            {
                counter.Reserved -= amount;
                counter.Fresh += Math.Max(0, used.In(counter.Definition.Unit));
            }
        }
    }

    /// <summary>A call was answered by a cache: budgets of requests that want to know count it, without refusing it.</summary>
    internal void CountCached(ModelCallOrigin origin)
    {
        lock (_gate)
        {
            foreach (var (counter, amount) in Match(origin, new BudgetAmount(0, 0, 1), isCached: true))
            {
                counter.Fresh += amount;
            }
        }
    }

    private bool IsLapsed(long now) => _leasedAt is not { } leased || _time.GetElapsedTime(leased, now) >= _options.Lease;

    private (BudgetCounter Counter, long Amount)[] Match(ModelCallOrigin origin, BudgetAmount need, bool isCached)
    {
        if (_rules.Length == 0)
        {
            return [];
        }

        var now = _time.GetUtcNow();
        var parts = new (BudgetCounter, long)[_rules.Length];
        var count = 0;
        foreach (var rule in _rules)
        {
            if (rule.SubjectOf(origin) is { } subject && (!isCached || rule.Definition is { Unit: BudgetUnit.Requests, CountsCached: true }))
            {
                parts[count++] = (CounterOf(rule, subject, now), need.In(rule.Definition.Unit));
            }
        }

        return count == parts.Length ? parts : parts[..count];
    }

    private BudgetCounter CounterOf(Rule rule, string subject, DateTimeOffset now)
    {
        var (label, endsAt) = rule.WindowAt(now);
        var key = new BudgetKey(rule.Definition.Id, subject, label);
        if (!_counters.TryGetValue(key, out var counter))
        {
            _counters[key] = counter = new BudgetCounter(key, rule.Definition, endsAt);
        }

        return counter;
    }

    /// <summary>A definition, with the window that is now.</summary>
    private sealed class Rule(BudgetDefinition definition)
    {
        private readonly TimeZoneInfo _zone = BudgetWindows.ZoneOf(definition.TimeZone);
        private string _label = "";
        private DateTimeOffset _endsAt = DateTimeOffset.MinValue;
        private DateTimeOffset _from = DateTimeOffset.MaxValue;

        public BudgetDefinition Definition => definition;

        public (string Label, DateTimeOffset EndsAt) WindowAt(DateTimeOffset now)
        {
            if (now >= _endsAt || now < _from)
            {
                (_label, _from) = (BudgetWindows.LabelOf(definition.Window, _zone, now), now);
                _endsAt = BudgetWindows.EndOf(definition.Window, _zone, _label);
            }

            return (_label, _endsAt);
        }

        /// <summary>Whose count a call goes to; null when the budget does not count it.</summary>
        public string? SubjectOf(ModelCallOrigin origin) => definition.Scope switch
        {
            BudgetScope.Tenant => "",
            BudgetScope.Team => Matching(origin.Team),
            BudgetScope.User => Matching(origin.UserId),
            BudgetScope.Feature => Matching(origin.Feature),
            _ => TagOf(origin),
        };

        private string? Matching(string? value) => string.IsNullOrEmpty(value) || (definition.Subject is { } only && only != value) ? null : value;

        private string? TagOf(ModelCallOrigin origin)
        {
            var subject = definition.Subject ?? "";
            var equals = subject.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? subject : subject[..equals];
            return origin.Tags.TryGetValue(key, out var value) && (equals < 0 || subject.AsSpan(equals + 1).SequenceEqual(value)) ? $"{key}={value}" : null;
        }
    }
}
