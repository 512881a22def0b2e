namespace Steward.Engines.Orchestration.Dag;

/// <summary>What a graph of steps means: a playbook's or a plan's. Everything it answers follows from its definition and from how steps have ended.</summary>
internal interface IDagWork
{
    /// <summary>The steps, each after those that it needs.</summary>
    IReadOnlyList<DagStep> Steps { get; }

    /// <summary>Whether the work is coming to an early end because of how its steps have ended so far.</summary>
    DagEnding Ending { get; }

    /// <summary>Whether a step is to be carried out; asked when all that it needs is over. A step that is not is skipped.</summary>
    bool IsNeeded(DagStep step);

    /// <summary>Makes a step ready; asked when all its inputs are over.</summary>
    DagCall Prepare(DagStep step);

    /// <summary>A step is over: from now on its result counts.</summary>
    void End(DagStep step, DagEnd end);
}

/// <summary>How the work on a graph comes to an early end.</summary>
internal enum DagEnding
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>Nothing new begins; what was begun is brought to its end, also when a person has to decide on it first.</summary>
    Finish,

    /// <summary>Nothing new begins; decisions are waited for only where something may already have been done.</summary>
    Stop,
}

/// <summary>How the work on a graph has ended, or why it pauses.</summary>
/// <param name="Facts">What is still to be recorded, together with what follows from it.</param>
/// <param name="Contents">What these facts refer to.</param>
/// <param name="Waits">What it waits for; null when it is over.</param>
/// <param name="Exhausted">The budget that ended it early, recorded already.</param>
internal sealed record DagOutcome(IReadOnlyList<RunFact> Facts, IReadOnlyList<RunContent> Contents, RunWaiting? Waits, BudgetExhausted? Exhausted);
