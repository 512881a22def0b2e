namespace Steward.Engines.Orchestration.Planning;

/// <summary>The order of steps that need each other.</summary>
internal static class PlanGraph
{
    /// <summary>The steps, each after those that it needs, in the order given among those that are free.</summary>
    /// <param name="needs">For each step the steps that it needs, by index.</param>
    /// <param name="order">The order; incomplete when there is a cycle.</param>
    /// <returns>The steps of one cycle, each needing the next and the last the first; empty when there is none.</returns>
    public static IReadOnlyList<int> Sort(IReadOnlyList<IReadOnlyList<int>> needs, out IReadOnlyList<int> order)
    {
        var open = needs.Select(step => step.Count).ToArray();
        var neededBy = new List<int>[needs.Count];
        for (var i = 0; i < needs.Count; i++)
        {
            neededBy[i] = [];
        }

        for (var i = 0; i < needs.Count; i++)
        {
            foreach (var need in needs[i])
            {
                neededBy[need].Add(i);
            }
        }

        var free = new PriorityQueue<int, int>();
        for (var i = 0; i < needs.Count; i++)
        {
            if (open[i] == 0)
            {
                free.Enqueue(i, i);
            }
        }

        var sorted = new List<int>(needs.Count);
        while (free.TryDequeue(out var next, out _))
        {
            sorted.Add(next);
            foreach (var step in neededBy[next])
            {
                if (--open[step] == 0)
                {
                    free.Enqueue(step, step);
                }
            }
        }

        order = sorted;
        if (sorted.Count == needs.Count)
        {
            return [];
        }

        // Every step that is left needs one that is left: walking along them comes back to where it was.
        var walked = new List<int>();
        for (var at = Array.FindIndex(open, count => count > 0); ; at = needs[at].First(need => open[need] > 0))
        {
            var seen = walked.IndexOf(at);
            if (seen >= 0)
            {
                return walked[seen..];
            }

            walked.Add(at);
        }
    }
}
