using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>The two ends of a mapping: an operation's own fields, and those of the tenant.</summary>
public static class MappingSides
{
    /// <summary>The most fields that are named one by one.</summary>
    public const int MaxFields = 400;

    private static readonly JsonElement Anything = JsonElement.Parse("{}");

    /// <summary>The fields of an operation's end; null when nobody knows them yet.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="direction">Arguments or results.</param>
    /// <param name="learnt">The schema of its answers as they were learnt, for templates that do not tell.</param>
    public static IReadOnlyList<SchemaField>? OfOperation(OperationTemplate operation, MappingDirection direction, JsonElement? learnt)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (direction == MappingDirection.Out)
        {
            return SchemaFields.Of(InputSchema.Of(operation));
        }

        var result = SchemaFields.ResultOf(operation.Output) ?? (learnt is { } known && operation.Output.List && known.TryGetProperty("items", out var items) ? items : learnt);
        return result is { } schema ? SchemaFields.Of(schema) : null;
    }

    /// <summary>The tenant's fields by their paths alone.</summary>
    public static IReadOnlyList<SchemaField> OfPaths(IEnumerable<string> paths) => [.. paths.Distinct(StringComparer.Ordinal).Take(MaxFields).Select(path => new SchemaField(path, SchemaFields.TypesOf(Anything)))];

    /// <summary>The tenant's fields as one of their own objects has them. Nothing of its values is kept.</summary>
    public static IReadOnlyList<SchemaField> OfSample(JsonElement sample) => SchemaFields.Of(ResponseSampler.Infer(ResponseSampler.Shape(sample)));
}
