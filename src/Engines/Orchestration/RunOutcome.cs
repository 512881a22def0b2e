namespace Steward.Engines.Orchestration;

/// <summary>How a run ends.</summary>
internal sealed record RunOutcome(RunPhase Phase, string? ErrorCode, string Answer)
{
    public IReadOnlyDictionary<string, string> WorkingMemory { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Open { get; init; } = [];

    /// <summary>The run does not end but waits for people; <see cref="Phase"/> is <see cref="RunPhase.Waiting"/>.</summary>
    public RunWaiting? Waits { get; init; }

    /// <summary>The steps whose failure ends the run, with which a replay begins; null: all that have failed for technical reasons.</summary>
    public IReadOnlyList<string>? FailedSteps { get; init; }

    /// <summary>Facts that are still to be recorded before the end.</summary>
    public IReadOnlyList<RunFact> Facts { get; init; } = [];

    /// <summary>What <see cref="Facts"/> refer to.</summary>
    public IReadOnlyList<RunContent> Contents { get; init; } = [];

    /// <summary>The run waits for everything that people have not decided yet.</summary>
    public static RunOutcome WaitFor(RunSnapshot snapshot)
    {
        var open = snapshot.Decisions.Where(decision => decision.IsOpen).ToList();
        return new RunOutcome(RunPhase.Waiting, null, "")
        {
            Waits = new RunWaiting
            {
                RequestIds = [.. open.Select(decision => decision.Request.RequestId)],
                Summary = Progress.Waiting(open),
                ExpiresAt = DecisionRules.FirstLapse(open),
            },
        };
    }
}
