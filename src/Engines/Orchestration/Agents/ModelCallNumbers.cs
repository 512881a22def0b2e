namespace Steward.Engines.Orchestration.Agents;

/// <summary>Numbers the model calls of a run, also those that hand-offs make at the same time.</summary>
internal sealed class ModelCallNumbers(RunSnapshot snapshot)
{
    private int _last = snapshot.ModelCalls.Select(call => call.Call).DefaultIfEmpty().Max();

    public int Next() => Interlocked.Increment(ref _last);
}
