namespace Steward.Engines.Orchestration.Agents;

/// <summary>Numbers the model calls of a run, also those that hand-offs make at the same time. A call that broke off has used its number: what it cost is known by it.</summary>
internal sealed class ModelCallNumbers(RunSnapshot snapshot)
{
    private int _last = snapshot.ModelCalls.Select(call => call.Call).Concat(snapshot.BrokenCalls.Select(call => call.Call)).DefaultIfEmpty().Max();

    public int Next() => Interlocked.Increment(ref _last);
}
