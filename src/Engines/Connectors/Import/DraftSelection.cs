using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>Makes a draft smaller: large documents describe thousands of operations, of which a tenant needs a few.</summary>
public static class DraftSelection
{
    /// <summary>The draft with some of its operations, with its verification call and with what tells the choices of their arguments.</summary>
    /// <param name="template">The draft.</param>
    /// <param name="operations">The ids that are wanted; all when empty.</param>
    /// <exception cref="DefinitionException">The draft has no such operation.</exception>
    public static ConnectorTemplate Keep(ConnectorTemplate template, IReadOnlyCollection<string> operations)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(operations);
        if (operations.Count == 0)
        {
            return template;
        }

        var known = template.Operations.ToDictionary(operation => operation.Id, StringComparer.Ordinal);
        if (operations.FirstOrDefault(id => !known.ContainsKey(id)) is { } unknown)
        {
            var near = OperationSearchWords(unknown, template);
            throw new DefinitionException(template.Id, 1, $"operations: the draft has no '{unknown}'.{(near.Length > 0 ? $" Near it are {near}." : "")}");
        }

        var kept = new HashSet<string>(operations, StringComparer.Ordinal) { template.Verify.Operation };
        var open = new Queue<string>(kept);
        while (open.TryDequeue(out var id))
        {
            foreach (var source in known[id].Choices.Values.Where(choice => known.ContainsKey(choice.Operation) && kept.Add(choice.Operation)))
            {
                open.Enqueue(source.Operation);
            }
        }

        return template with { Operations = [.. template.Operations.Where(operation => kept.Contains(operation.Id))] };
    }

    private static string OperationSearchWords(string id, ConnectorTemplate template) => string.Join(
        ", ", new OperationSearch([new(template.Id, template)]).Find(id.Replace('_', ' ').Replace('.', ' '), 5).Select(found => found.Operation.Id[(found.Operation.Id.IndexOf('.', StringComparison.Ordinal) + 1)..]));
}
