namespace Steward.Engines.Orchestration;

public sealed partial class RunSnapshot
{
    private readonly List<PlanState> _plans = [];
    private readonly Dictionary<string, HandoffStrategyChosen> _handoffs = new(StringComparer.Ordinal);

    /// <summary>The plans that were proposed, in order.</summary>
    public IReadOnlyList<PlanState> Plans
    {
        get
        {
            lock (_gate)
            {
                return [.. _plans];
            }
        }
    }

    /// <summary>How what was handed over in a step is answered; null before that is decided.</summary>
    public HandoffStrategyChosen? FindHandoff(string stepId)
    {
        lock (_gate)
        {
            return _handoffs.GetValueOrDefault(stepId);
        }
    }

    private void AddPlan(PlanProposed proposed)
    {
        if (!_plans.Exists(plan => plan.Scope == proposed.Scope && plan.Revision == proposed.Revision))
        {
            _plans.Add(new PlanState { Revision = proposed.Revision, Plan = proposed.Plan, PlanHash = proposed.PlanHash, Reason = proposed.Reason, Scope = proposed.Scope });
        }
    }

    private void ChangePlan(string? scope, int revision, Func<PlanState, PlanState> change)
    {
        var index = _plans.FindIndex(plan => plan.Scope == scope && plan.Revision == revision);
        if (index >= 0)
        {
            _plans[index] = change(_plans[index]);
        }
    }
}
