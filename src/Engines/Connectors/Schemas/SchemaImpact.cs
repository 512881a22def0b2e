using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>What breaking changes of an operation's schema break.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="Changes">All changes.</param>
/// <param name="Fields">The result's members (<see cref="OutputSpec.Fields"/>) that cannot be relied on any more.</param>
/// <param name="Mappings">The field mappings that cannot be relied on any more.</param>
public sealed record SchemaImpact(string OperationId, IReadOnlyList<SchemaChange> Changes, IReadOnlyList<string> Fields, IReadOnlyList<FieldMapping> Mappings)
{
    /// <summary>Whether something is broken for sure: a change that breaks readers in general may touch nothing that is used here.</summary>
    public bool BreaksSomething => Fields.Count > 0 || Mappings.Count > 0;

    /// <summary>Finds out.</summary>
    /// <param name="changes">The changes of <see cref="OutputSpec.Schema"/> (the value at <see cref="OutputSpec.Path"/>) or of <see cref="OperationTemplate.Input"/>.</param>
    /// <param name="use">Which of the two.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="mappings">The instance's mappings of the operation.</param>
    public static SchemaImpact Of(IReadOnlyList<SchemaChange> changes, SchemaUse use, OperationTemplate operation, IReadOnlyList<FieldMapping> mappings)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(mappings);
        var breaking = changes.Where(change => change.IsBreaking).Select(change => ValuePath.Split(change.Path)).ToList();
        if (use == SchemaUse.Input)
        {
            return new SchemaImpact(operation.Id, changes, [], [.. mappings.Where(mapping => mapping.Direction == MappingDirection.Out && Hits(breaking, ValuePath.Split(mapping.To)))]);
        }

        // Changes are of the value; its list's items are called * there; results and mappings name what is in each item.
        var prefix = operation.Output.List ? (string[])["*"] : [];
        var fields = operation.Output.Fields.Where(field => Paths(field.Value).Any(path => Hits(breaking, [.. prefix, .. path]))).Select(field => field.Key).ToList();
        var broken = mappings.Where(mapping => mapping is { Direction: MappingDirection.In, From: not null } && Reads(mapping.From)).ToList();
        return new SchemaImpact(operation.Id, changes, fields, broken);

        bool Reads(string from)
        {
            var parts = ValuePath.Split(from);
            return operation.Output.Fields.Count == 0
                ? Hits(breaking, [.. prefix, .. parts])
                : operation.Output.Fields.TryGetValue(parts[0], out var field) && Paths(field).Any(path => Hits(breaking, [.. prefix, .. path, .. parts.Skip(1)]));
        }

        // Alternatives stand beside one another; functions behind them.
        static IEnumerable<IReadOnlyList<string>> Paths(string field) => field.Split('|')[0].Split("??", StringSplitOptions.TrimEntries).Select(ValuePath.Split);
    }

    // A change of a field touches what is read from it, and what it is read with as a whole.
    private static bool Hits(List<IReadOnlyList<string>> changes, IReadOnlyList<string> path) =>
        changes.Exists(change => change.Count <= path.Count && change.Zip(path).All(pair => pair.First == pair.Second || (pair.First == "*" && pair.Second.All(char.IsAsciiDigit)) || (pair.First == "{}")));
}
