using Steward.EnterpriseSim;

namespace Steward.Benchmarks.Scenarios.Crash;

/// <summary>Keeps the simulated systems unreliable: a few faults always wait for the next calls, writes above all.</summary>
internal sealed class Chaos(EnterpriseSimulation simulation, Random random)
{
    private const int Waiting = 3;

    private static readonly SimFaultKind[] Kinds =
    [
        SimFaultKind.RateLimited, SimFaultKind.ServerError, SimFaultKind.Slow, SimFaultKind.CutBeforeCommit,
        SimFaultKind.CutAfterCommit, SimFaultKind.CutInBody, SimFaultKind.ServerErrorAfterCommit,
        // Until the connectors give up, see CrashScenario: the outcome is then unknown because of the time, not because of the line.
        SimFaultKind.TimeoutAfterCommit,
    ];

    private readonly Dictionary<SimFaultKind, int> _hits = [];
    private readonly Queue<SimFaultKind> _round = [];

    /// <summary>How many faults of each kind hit a call; known once it was told to stop.</summary>
    public IReadOnlyDictionary<SimFaultKind, int> Hits => _hits;

    /// <summary>Sets faults out until it is told to stop, then takes those away that have not hit.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (simulation.PendingFaults.Count < Waiting)
            {
                var kind = Next();
                _hits[kind] = _hits.GetValueOrDefault(kind) + 1;
                simulation.Inject(new SimFault
                {
                    Kind = kind,
                    // One in four hits a read.
                    Method = random.Next(4) > 0 ? "POST" : null,
                    // Lets some calls pass, so that about one in eight fails.
                    After = random.Next(16),
                    RetryAfterSeconds = 1,
                    DelayMilliseconds = random.Next(50, 1500),
                });
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }

        foreach (var missed in simulation.PendingFaults)
        {
            _hits[missed.Kind]--;
        }

        simulation.ClearFaults();
    }

    // Each kind once in every round, so that a short run has them all.
    private SimFaultKind Next()
    {
        if (_round.Count == 0)
        {
            var kinds = Kinds.ToArray();
            random.Shuffle(kinds);
            foreach (var kind in kinds)
            {
                _round.Enqueue(kind);
            }
        }

        return _round.Dequeue();
    }
}
