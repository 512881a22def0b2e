using Steward.Engines.Orchestration.Actions;

namespace Steward.Engines.Orchestration;

/// <summary>Hands a step over to another agent: a run inside the run, with narrower rights, in the same journal.</summary>
internal interface IHandoffs
{
    /// <summary>
    /// Works the task off from wherever the journal says that it is. All its steps have ids that begin with <paramref name="stepId"/> and <c>/</c>; what it
    /// asks people to decide, the parent waits for.
    /// </summary>
    /// <param name="stepId">The step of the parent, already started.</param>
    /// <param name="agentId">The agent.</param>
    /// <param name="task">What it is to do, in words.</param>
    /// <param name="scope">The scope of the parent: null for the run itself, else the step of the hand-off that it is in.</param>
    Task<CallResult> HandOffAsync(string stepId, string agentId, string task, string? scope);

    /// <summary>Lets a hand-off fail that cannot go on, or begin, after it is known what became of everything that it has sent.</summary>
    /// <param name="stepId">The step of the parent, already started.</param>
    /// <param name="code">A stable code.</param>
    /// <param name="message">Why, safe to show.</param>
    /// <param name="before">What is recorded with the failure.</param>
    /// <returns>The failure, or whom it waits for.</returns>
    Task<CallResult> StopAsync(string stepId, string code, string message, params IReadOnlyList<RunFact> before);
}
