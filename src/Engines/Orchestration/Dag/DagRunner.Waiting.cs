using Steward.Engines.Orchestration.Actions;

namespace Steward.Engines.Orchestration.Dag;

/// <summary>Steps that wait for people. They hold up only those that need them; the run waits when nothing else is left.</summary>
internal sealed partial class DagRunner
{
    private readonly Dictionary<string, IReadOnlyList<string>> _waiting = new(StringComparer.Ordinal);
    private readonly HashSet<(string, string)> _answered = [];

    // A step goes on when a request of it has been decided meanwhile; once for each request.
    private bool IsWaiting(string stepId)
    {
        if (!_waiting.TryGetValue(stepId, out var requests))
        {
            return false;
        }

        foreach (var request in requests)
        {
            if (run.Snapshot.FindDecision(request) is { IsOpen: false } && _answered.Add((stepId, request)))
            {
                _waiting.Remove(stepId);
                return false;
            }
        }

        return true;
    }

    private async Task<RunWaiting?> WaitsAsync()
    {
        var requests = work.Steps
            .Where(step => _waiting.ContainsKey(step.Id) && (work.Ending != DagEnding.Stop || MayHaveDone(step.Id)))
            .SelectMany(step => _waiting[step.Id]).Distinct(StringComparer.Ordinal).ToList();
        if (requests.Count == 0)
        {
            return null;
        }

        if (requests.Exists(id => run.Snapshot.FindDecision(id) is null))
        {
            await FlushAsync();
        }

        // None is left when all were decided while the run settled down; whoever is told so goes on at once.
        var open = requests.Select(run.Snapshot.FindDecision).OfType<DecisionState>().Where(decision => decision.IsOpen).ToList();
        return new RunWaiting
        {
            RequestIds = [.. open.Select(decision => decision.Request.RequestId)],
            Summary = Progress.Waiting(open),
            ExpiresAt = DecisionRules.FirstLapse(open),
        };
    }

    private bool MayHaveDone(string stepId) => run.Snapshot.Actions.Any(action =>
        action.Status is ActionStatus.Sent or ActionStatus.Unknown && (action.StepId == stepId || action.StepId.StartsWith(stepId + "/", StringComparison.Ordinal)));
}
