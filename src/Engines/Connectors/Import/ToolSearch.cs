namespace Steward.Engines.Connectors.Import;

/// <summary>Finds operations of a tenant by words, as <see cref="OperationSearch"/> does for templates. Deterministic. Immutable, safe for concurrent use.</summary>
/// <param name="operations">The operations.</param>
public sealed class ToolSearch(IReadOnlyList<ConnectorOperation> operations)
{
    private const int IdWeight = 4;
    private const int DescriptionWeight = 2;

    private readonly WordIndex _index = new(operations.Select(operation => (IEnumerable<(string, int)>)
    [
        (operation.Id, IdWeight),
        (operation.Description, DescriptionWeight),
        .. OperationSearch.Arguments(operation.InputSchema),
    ]));

    /// <summary>The operations that fit best, best first, equal ones by id; none that shares no word.</summary>
    /// <param name="query">What somebody wants, in words.</param>
    /// <param name="top">The most that are returned.</param>
    public IReadOnlyList<ConnectorOperation> Find(string query, int top)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        return
        [
            .. _index.Find(query)
                .OrderByDescending(score => Math.Round(score.Value, 6))
                .ThenBy(score => operations[score.Key].Id, StringComparer.Ordinal)
                .Take(top)
                .Select(score => operations[score.Key]),
        ];
    }
}
