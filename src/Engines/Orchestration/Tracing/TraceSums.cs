namespace Steward.Engines.Orchestration.Tracing;

/// <summary>Adds up the nodes of a trace.</summary>
internal static class TraceSums
{
    public static TraceTotals Of(TraceNode root, DateTimeOffset now, DateTimeOffset? firstAnswerAt, RunUsageTotals usage, (int Retries, int Restarts, int Replays) counts)
    {
        var all = new List<TraceNode>();
        Collect(root, all);
        var until = root.EndedAt ?? now;
        var queue = Pick(all, now, node => node.Kind == "queue");
        var human = Pick(all, now, node => node.Kind == "wait");
        var idle = Pick(all, now, node => node.Kind == "replay");
        var model = Pick(all, now, node => node.Kind == "model");
        var tool = Pick(all, now, IsToolCall);
        double Covered(params IEnumerable<Interval>[] kinds) => Interval.Milliseconds(Interval.Union(kinds.SelectMany(kind => kind), root.StartedAt, until));

        // Also of those that failed when the model had begun to answer, which are no calls that have ended.
        var costs = all.Where(node => node.Kind == "model" && node.Usage is not null).ToList();
        var calls = costs.Count(node => node.Status != "failed");
        return new TraceTotals
        {
            DurationMs = root.DurationMs,
            QueueMs = Covered(queue),
            ModelMs = Covered(model),
            ToolMs = Covered(tool),
            HumanMs = Covered(human),
            IdleMs = Covered(idle),
            OtherMs = Interval.Milliseconds((until - root.StartedAt) - Interval.Union([.. queue, .. human, .. idle, .. model, .. tool], root.StartedAt, until)),
            FirstAnswerMs = firstAnswerAt is { } first ? Interval.Milliseconds(first - root.StartedAt) : null,
            ModelCalls = calls,
            InputTokens = costs.Sum(node => node.Usage!.InputTokens ?? 0),
            CachedInputTokens = costs.Sum(node => node.Usage!.CachedInputTokens ?? 0),
            OutputTokens = costs.Sum(node => node.Usage!.OutputTokens ?? 0),
            CostUsd = usage.ModelCalls == calls ? usage.CostUsd : costs.Aggregate((decimal?)0m, (sum, node) => sum + node.Usage!.CostUsd),
            Steps = all.Count(node => node.Kind == "step"),
            Actions = all.Count(node => node.Kind == "action"),
            Retries = counts.Retries,
            Restarts = counts.Restarts,
            Replays = counts.Replays,
        };
    }

    private static void Collect(TraceNode node, List<TraceNode> all)
    {
        all.Add(node);
        foreach (var child in node.Children)
        {
            Collect(child, all);
        }
    }

    private static List<Interval> Pick(List<TraceNode> all, DateTimeOffset now, Func<TraceNode, bool> condition) =>
        [.. all.Where(condition).Select(node => Interval.Of(node, now))];

    // The attempts and look-ups of actions; of reads, the step itself, which consists of nothing else.
    private static bool IsToolCall(TraceNode node) =>
        node.Kind is "attempt" or "reconcile"
        || (node.Kind == "step" && node.Status is not ("skipped" or "waiting") && node.Children.Count == 0 && node.Attributes?["agent"] is null && node.Attributes?["operation"] is not null);
}
