using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration.Limits;

/// <summary>The end of a run, or of a hand-off, whose budget does not even allow a last answer.</summary>
internal static class BudgetOutcome
{
    /// <summary>Says what was used up; for the run itself also what was done and what is open.</summary>
    public static RunOutcome Of(RunContext run, BudgetExhausted exhausted, string? scope)
    {
        var reason = exhausted.Budget switch
        {
            "time" => "I stopped because the time that this may take is used up.",
            "money" => "I stopped because the money that this may cost is used up.",
            "model_calls" => "I stopped because no more calls of the model are allowed.",
            "steps" => "I stopped because no more steps are allowed.",
            _ => "I stopped because the tokens that this may use are used up.",
        };
        return scope is null
            ? new RunOutcome(RunPhase.Partial, "budget", Progress.Describe(run.Snapshot, reason)) { WorkingMemory = Memory.After(run), Open = Progress.Open(run.Snapshot) }
            : new RunOutcome(RunPhase.Partial, "budget", reason);
    }
}
