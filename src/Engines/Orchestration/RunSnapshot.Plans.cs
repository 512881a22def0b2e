namespace Steward.Engines.Orchestration;

public sealed partial class RunSnapshot
{
    private readonly List<PlanState> _plans = [];

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
