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
        Append(text, "This was done", done);
        Append(text, "This is open", open);
        if (done.Count == 0 && !snapshot.Actions.Any(action => action.Status is ActionStatus.Sent or ActionStatus.Unknown))
        {
            text.Append("\n\nNothing was changed.");
        }

        return text.ToString();
    }

    /// <summary>What the person is told at the deadline when the work goes on.</summary>
    public static (string Text, IReadOnlyList<string> Open) Underway(RunSnapshot snapshot)
    {
        var text = new StringBuilder("This takes longer than you wanted to wait, so I go on in the background.");
        var done = snapshot.Actions.Where(action => action.Status == ActionStatus.Confirmed).Select(action => action.Summary)
            .Concat(snapshot.Steps.Where(step => step.Status == StepStatus.Done && !snapshot.Actions.Any(action => action.StepId == step.StepId)).Select(step => step.Title))
            .ToList();
        var waiting = snapshot.Decisions.Where(decision => decision.IsOpen).ToList();
        List<string> open =
        [
            .. snapshot.Steps
                .Where(step => step.Status == StepStatus.Running && !waiting.Exists(decision => decision.Request.StepId == step.StepId))
                .Select(step => $"{step.Title}: still running."),
            .. waiting.Select(decision => $"{decision.Request.Summary}: waits for {Awaited(decision.Request.Kind)}."),
        ];
        Append(text, "This is done", done);
        Append(text, "This is still open", open);
        return (text.ToString(), open);
    }

    /// <summary>What a waiting run waits for.</summary>
    public static string Waiting(IReadOnlyList<DecisionState> open)
    {
        var text = new StringBuilder("I cannot go on before somebody decides:");
        text.Append('\n').AppendJoin('\n', open.Select(decision => $"- {decision.Request.Summary}: waits for {Awaited(decision.Request.Kind)}."));
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

    private static string Awaited(DecisionKind kind) => kind switch
    {
        DecisionKind.Approval => "an approval",
        DecisionKind.PlanReview => "a review of the plan",
        _ => "somebody to check whether it was done",
    };

    private static void Append(StringBuilder text, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            text.Append($"\n\n{title}:\n").AppendJoin('\n', lines.Select(line => "- " + line));
        }
    }
}
