using Steward.Engines.Orchestration;

namespace Steward.Runs;

/// <summary>The engine's phases as the contract's states.</summary>
internal static class RunStates
{
    public static RunState Of(RunPhase phase) => phase switch
    {
        RunPhase.Requested or RunPhase.Running => RunState.Running,
        RunPhase.Waiting => RunState.Waiting,
        RunPhase.Completed => RunState.Completed,
        RunPhase.Partial => RunState.Partial,
        RunPhase.Failed => RunState.Failed,
        RunPhase.Cancelled => RunState.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "Not a phase of a run."),
    };
}
