using System.Text;

namespace Steward.Engines.Orchestration;

/// <summary>Says truthfully how far a run has come.</summary>
internal static class Progress
{
    public static string Describe(RunSnapshot snapshot, string reason)
    {
        var text = new StringBuilder(reason);
        var done = snapshot.Actions.Where(action => action.Status == ActionStatus.Confirmed).Select(action => action.Summary).ToList();
        var open = Open(snapshot);
        if (done.Count > 0)
        {
            text.Append("\n\nThis was done:\n").AppendJoin('\n', done.Select(line => "- " + line));
        }

        if (open.Count > 0)
        {
            text.Append("\n\nThis is open:\n").AppendJoin('\n', open.Select(line => "- " + line));
        }

        if (done.Count == 0 && !snapshot.Actions.Any(action => action.Status is ActionStatus.Sent or ActionStatus.Unknown))
        {
            text.Append("\n\nNothing was changed.");
        }

        return text.ToString();
    }

    public static IReadOnlyList<string> Open(RunSnapshot snapshot)
    {
        var open = new List<string>();
        foreach (var action in snapshot.Actions)
        {
            if (action.Status is ActionStatus.Sent or ActionStatus.Unknown)
            {
                open.Add($"{action.Summary}: whether it was done is not known. Please check before it is tried again.");
            }
            else if (action.Status is not ActionStatus.Confirmed)
            {
                open.Add($"{action.Summary}: not done.");
            }
        }

        open.AddRange(snapshot.Steps
            .Where(step => step.Status == StepStatus.Running && !snapshot.Actions.Any(action => action.StepId == step.StepId))
            .Select(step => $"{step.Title}: not finished."));
        return open;
    }
}
