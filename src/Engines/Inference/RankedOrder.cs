namespace Steward.Engines.Inference;

/// <summary>In which order passages come: by a reranker, or by it and what found them together.</summary>
internal static class RankedOrder
{
    /// <summary>Places of the passages, best first; of equal ones the earlier.</summary>
    /// <param name="scores">The reranker's scores.</param>
    /// <param name="firstStage">The scores of what found the passages; null for none.</param>
    /// <param name="weight">The reranker's weight beside them; null where that was not measured, and then it orders alone.</param>
    public static IEnumerable<int> Of(IReadOnlyList<double> scores, IReadOnlyList<double>? firstStage, double? weight)
    {
        var order = firstStage is null || weight is not { } share ? [.. scores] : Standard(firstStage).Zip(Standard(scores), (first, own) => first + (share * own)).ToArray();
        return Enumerable.Range(0, order.Length).OrderByDescending(index => order[index]).ThenBy(index => index);
    }

    // Mean zero and spread one; all alike say nothing.
    private static IEnumerable<double> Standard(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        var spread = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return values.Select(value => spread > 0 ? (value - mean) / spread : 0);
    }
}
