namespace Steward.Engines.Orchestration;

/// <summary>What a run may still use.</summary>
internal interface IRunBudget
{
    /// <summary>Takes one step, that is one call of a tool or one hand-off.</summary>
    /// <param name="scope">The hand-off inside which it happens; null for the run itself.</param>
    /// <returns>Null when it may begin; else what is used up, to be recorded once.</returns>
    BudgetExhausted? TryTakeStep(string? scope);
}
