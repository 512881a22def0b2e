using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration.Dag;

/// <summary>Reads that begin before it is known whether they are needed.</summary>
internal sealed partial class DagRunner
{
    // Steps that began early: under way, with what stops them; over but not yet known to be needed; stopped; and those that may not begin early after all.
    private readonly HashSet<string> _early = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CancellationTokenSource> _stops = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DagEnd> _held = new(StringComparer.Ordinal);
    private readonly HashSet<string> _abandoned = new(StringComparer.Ordinal);
    private readonly HashSet<string> _notEarly = new(StringComparer.Ordinal);
    private Dictionary<string, HashSet<string>>? _writersBefore;

    // Only reads that the policy lets through without asking anybody, whose arguments are known, and that overtake nothing that may change what they read.
    private async Task TakeEarlyAsync(DagStep step, List<DagCall> starts)
    {
        var state = run.Snapshot.FindStep(step.Id);
        if (_running.Count + starts.Count >= run.Options.MaxParallelSteps || state is { Speculative: false } || _ended.ContainsKey(step.Id) || _running.ContainsKey(step.Id)
            || _held.ContainsKey(step.Id) || _notEarly.Contains(step.Id) || _waiting.ContainsKey(step.Id) || step.Needs.All(_ended.ContainsKey)
            || !step.Inputs.All(input => _ended.TryGetValue(input, out var end) && end.IsDone) || !WritersBefore(step.Id).All(_ended.ContainsKey))
        {
            return;
        }

        var call = work.Prepare(step);
        if (call.Fault is not null || call.Operation is not { Effect: OperationEffect.Read } operation || !await IsAllowedAsync(operation, call)
            || (state is null && budget?.TryTakeStep(scope) is not null))
        {
            _notEarly.Add(step.Id);
            return;
        }

        if (state is null)
        {
            Add([call.Started with { Speculative = true }]);
        }

        _early.Add(step.Id);
        starts.Add(call);
    }

    /// <summary>Nothing depends on a guess any more: it is stopped, and nobody waits for it.</summary>
    private void Abandon(string stepId)
    {
        _early.Remove(stepId);
        if (_running.Remove(stepId, out var call))
        {
            _ = ForgetAsync(call, _stops.Remove(stepId, out var stop) ? stop : null);
        }
    }

    /// <summary>
    /// Abandons what began early when nothing else is under way: it would only hold the end, the question to a person, or a step that has no slot back. What turns out to be needed even so begins anew.
    /// </summary>
    /// <returns>Whether there was something.</returns>
    private bool AbandonLonely()
    {
        if (_running.Count == 0 || !_running.Keys.All(_early.Contains))
        {
            return false;
        }

        foreach (var stepId in _running.Keys.ToList())
        {
            Abandon(stepId);
            _abandoned.Add(stepId);
            _notEarly.Add(stepId);
        }

        return true;
    }

    private static async Task ForgetAsync(Task call, CancellationTokenSource? stop)
    {
        if (stop is not null)
        {
            await stop.CancelAsync();
        }

        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop?.Dispose();
    }

    private async Task<bool> IsAllowedAsync(ConnectorOperation operation, DagCall call)
    {
        // A rule that has to look something up is not worth a guess.
        PolicyRead read = (_, _, _) => Task.FromResult<ActionOutcome>(new ActionFailed("unavailable", "Not looked up for a guess.", false));
        return (await run.Policy.DecideAsync(operation, call.Arguments, run.Input.Requester, read, run.Work)).Verdict == PolicyVerdict.Allowed;
    }

    private HashSet<string> WritersBefore(string stepId)
    {
        if (_writersBefore is null)
        {
            _writersBefore = new(StringComparer.Ordinal);
            foreach (var step in work.Steps)
            {
                var writers = new HashSet<string>(StringComparer.Ordinal);
                foreach (var need in step.Needs)
                {
                    writers.UnionWith(_writersBefore[need]);
                }

                _writersBefore[step.Id] = writers;
                if (!step.OnlyReads)
                {
                    // For those after it; it does not stand before itself, but is not started early either.
                    writers.Add(step.Id);
                }
            }
        }

        return _writersBefore[stepId];
    }
}
