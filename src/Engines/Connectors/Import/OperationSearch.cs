using System.Text.Json;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>
/// Finds operations of one or many templates by words, so that an agent is shown only those that matter: over id, summary, path and argument names. Deterministic; equal scores are
/// ordered by id. Immutable, safe for concurrent use.
/// </summary>
public sealed class OperationSearch
{
    private const int IdWeight = 4;
    private const int SummaryWeight = 2;

    private readonly List<(string Template, OperationTemplate Operation)> _operations;
    private readonly WordIndex _index;

    /// <summary>Builds the index.</summary>
    /// <param name="templates">The templates; each name (a template's id or an instance's name) once.</param>
    public OperationSearch(IEnumerable<KeyValuePair<string, ConnectorTemplate>> templates)
    {
        ArgumentNullException.ThrowIfNull(templates);
        var all = templates.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .SelectMany(entry => entry.Value.Operations.Select(operation => (Template: entry.Key, Product: entry.Value.Name, Operation: operation))).ToList();
        _operations = all.ConvertAll(entry => (entry.Template, entry.Operation));
        _index = new WordIndex(all.Select(entry => (IEnumerable<(string, int)>)
        [
            (entry.Template, 1),
            (entry.Product, 1),
            (entry.Operation.Id, IdWeight),
            (entry.Operation.Summary, SummaryWeight),
            (entry.Operation.Path, 1),
            .. Arguments(entry.Operation.Input),
        ]));
    }

    /// <summary>The operations in the index.</summary>
    public int Count => _operations.Count;

    /// <summary>The operations that fit best, best first; none that shares no word.</summary>
    /// <param name="query">What somebody wants, in words.</param>
    /// <param name="top">The most that are returned.</param>
    /// <param name="effect">Only operations with this effect, when given.</param>
    public IReadOnlyList<FoundOperation> Find(string query, int top, OperationEffect? effect = null)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        return
        [
            .. _index.Find(query).Where(score => effect is null || _operations[score.Key].Operation.Effect == effect)
                .OrderByDescending(score => score.Value)
                .ThenBy(score => _operations[score.Key].Template, StringComparer.Ordinal)
                .ThenBy(score => _operations[score.Key].Operation.Id, StringComparer.Ordinal)
                .Take(top)
                .Select(score => new FoundOperation(_operations[score.Key].Template, _operations[score.Key].Operation, Math.Round(score.Value, 6))),
        ];
    }

    internal static IEnumerable<(string Text, int Weight)> Arguments(JsonElement? input) =>
        input is { ValueKind: JsonValueKind.Object } schema && schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            ? properties.EnumerateObject().Select(property => (property.Name, 1))
            : [];
}

/// <summary>An operation that was found.</summary>
/// <param name="Template">The name that its template was given.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Score">Higher fits better; comparable within one search only.</param>
public sealed record FoundOperation(string Template, OperationTemplate Operation, double Score);
