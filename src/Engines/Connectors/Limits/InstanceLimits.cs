using System.Collections.Frozen;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Limits;

/// <summary>All limits of one instance. Of limits of scope <see cref="LimitScope.Tenant"/> it has a part where the tenant has several instances of the template.</summary>
internal sealed class InstanceLimits
{
    private const int Slots = 64;

    private readonly Rule[] _rules;
    private readonly VendorAllowance _everything = new();

    public InstanceLimits(ConnectorTemplate template, TenantShare? share) => _rules = [.. template.Limits.Select(spec => new Rule(spec, share))];

    /// <summary>Multiplies all limits of the template, for a plan that allows more than it says.</summary>
    public void Scale(double factor)
    {
        foreach (var rule in _rules)
        {
            rule.Scale(factor);
        }
    }

    /// <summary>The states that a call counts in.</summary>
    public LimitState[] Find(CallIntent intent, TimeSpan now)
    {
        var found = new List<LimitState>(_rules.Length);
        foreach (var rule in _rules)
        {
            if (rule.Find(intent.OperationId, intent.ResourceKey, now) is { } state)
            {
                found.Add(state);
            }
        }

        return [.. found];
    }

    /// <summary>How long until a call may be made; zero when now. Null when it waits for calls that are under way.</summary>
    public TimeSpan? WaitFor(LimitState[] states, int units, TimeSpan now)
    {
        var wait = _everything.WaitFor(units, now);
        var waitsForOthers = false;
        foreach (var state in states)
        {
            var own = state.WaitFor(units, now);
            waitsForOthers |= own is null;
            wait = own > wait ? own.Value : wait;
        }

        return wait == TimeSpan.Zero && waitsForOthers ? null : wait;
    }

    /// <summary>Whether a call for another resource might be made now.</summary>
    public bool IsFreeForOthers(LimitState[] states, int units, TimeSpan now) => WaitFor(Array.FindAll(states, state => state.Scope != LimitScope.Resource), units, now) == TimeSpan.Zero;

    /// <summary>Counts a call that is let through.</summary>
    /// <returns>What it counts as in each of the states.</returns>
    public int[] Enter(LimitState[] states, int units, TimeSpan now)
    {
        _everything.Use(units, now);
        var counted = new int[states.Length];
        for (var i = 0; i < states.Length; i++)
        {
            counted[i] = states[i].Enter(units, now);
        }

        return counted;
    }

    /// <summary>Takes over what a report says about the system's own limits.</summary>
    public void Learn(CallReport report, TimeSpan now, double draw)
    {
        // The first set of headers of an answer speaks of the narrowest limit that the answer was under: GitHub's search says 30 where everything else says 5,000. A limit with headers of its own is told by those.
        var told = Array.Find(_rules, rule => rule.Spec.Headers is not null && rule.Covers(report.OperationId));
        var rule = Array.Find(_rules, rule => rule.HasOperations && rule.Spec.Scope != LimitScope.Resource && rule.Covers(report.OperationId) && (rule.Spec.Headers is null || rule.Spec.Headers == told?.Spec.Headers)) ?? told;
        Learn(rule, report, report.Limit, report.Remaining, report.ResetAfter, now);
        foreach (var further in report.FurtherLimits)
        {
            // Others have headers of their own, which speak of them alone. An owner may have another version of the template than the caller.
            if (further.At >= 0 && further.At < _rules.Length && _rules[further.At] is { Spec.Headers: not null } other && other.Covers(report.OperationId))
            {
                Learn(other, report, further.Limit, further.Remaining, further.ResetAfter, now);
            }
        }

        if (report.Outcome == Execution.FailureCodes.RateLimited)
        {
            Narrowest(report, now).Refused(report.RetryAfter ?? (report.Remaining == 0 ? report.ResetAfter : null), draw, now);
        }
        else if (report is { Status: >= 200 and < 400 } or { Status: null, Outcome: InstanceState.Succeeded })
        {
            // Not everything that a system answers has a status: mail servers go by codes of their own.
            Narrowest(report, now).Accepted();
        }
    }

    private static void Learn(Rule? rule, CallReport report, long? limit, long? remaining, TimeSpan? resetAfter, TimeSpan now)
    {
        if (rule?.Find(report.OperationId, report.ResourceKey, now) is not { } state)
        {
            return;
        }

        if (limit is > 0)
        {
            state.Bound(limit.Value);
        }

        if (remaining is { } left)
        {
            state.Vendor.Learn(left, resetAfter, state.UnderWay, rule.Spec.Window, now);
        }
    }

    // Whose limit was hit is seldom said: the narrowest that the template knows is taken, and what it does not explain comes back as further refusals.
    private VendorAllowance Narrowest(CallReport report, TimeSpan now)
    {
        var rule = (report.ResourceKey is null ? null : Array.Find(_rules, rule => rule.Spec.Scope == LimitScope.Resource && rule.Covers(report.OperationId)))
            ?? Array.Find(_rules, rule => (rule.Spec.Scope == LimitScope.Operation || rule.HasOperations) && rule.Spec.Scope != LimitScope.Resource && rule.Covers(report.OperationId));
        return rule?.Find(report.OperationId, report.ResourceKey, now)?.Vendor ?? _everything;
    }

    /// <summary>One limit of the template with the states that it has in this instance.</summary>
    private sealed class Rule(LimitSpec spec, TenantShare? share)
    {
        private readonly FrozenSet<string>? _operations = spec.Operations.Count == 0 ? null : spec.Operations.ToFrozenSet(StringComparer.Ordinal);
        private readonly LimitState? _whole = spec.Scope is LimitScope.Tenant or LimitScope.Instance ? new LimitState(spec, Slots, spec.Scope == LimitScope.Tenant ? share : null) : null;
        private readonly ResourceLimits? _resources = spec.Scope == LimitScope.Resource ? new ResourceLimits(spec) : null;
        private readonly Dictionary<string, LimitState> _byOperation = new(StringComparer.Ordinal);
        private LimitSpec _scaled = spec;

        public LimitSpec Spec { get; } = spec;

        public void Scale(double factor)
        {
            _scaled = Spec with { Max = Times(Spec.Max, factor), MaxConcurrent = Spec.MaxConcurrent is { } most ? Times(most, factor) : null };
            _whole?.Use(_scaled);
            _resources?.Use(_scaled);
            foreach (var state in _byOperation.Values)
            {
                state.Use(_scaled);
            }
        }

        public bool HasOperations => _operations is not null;

        public bool Covers(string operationId) => _operations is null || _operations.Contains(operationId);

        public LimitState? Find(string operationId, string? resourceKey, TimeSpan now)
        {
            if (!Covers(operationId))
            {
                return null;
            }

            if (_whole is not null)
            {
                return _whole;
            }

            if (_resources is not null)
            {
                return resourceKey is null ? null : _resources.For(resourceKey, now);
            }

            if (!_byOperation.TryGetValue(operationId, out var state))
            {
                _byOperation[operationId] = state = new LimitState(_scaled, Slots);
            }

            return state;
        }

        private static int Times(int number, double factor) => (int)Math.Clamp(Math.Floor(number * factor), 1, int.MaxValue);
    }
}
