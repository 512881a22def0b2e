using System.Runtime.CompilerServices;
using System.Text.Json;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Actions;

/// <summary>The compiled input schemas of operations.</summary>
internal static class OperationSchemas
{
    private static readonly ConditionalWeakTable<ConnectorOperation, Lazy<JsonSchema>> Compiled = [];

    /// <summary>How arguments do not fit an operation; empty when they do.</summary>
    public static IReadOnlyList<SchemaError> Check(ConnectorOperation operation, JsonElement arguments)
    {
        try
        {
            return Compiled.GetValue(operation, key => new Lazy<JsonSchema>(() => JsonSchema.Parse(key.InputSchema))).Value.Validate(arguments);
        }
        catch (SchemaException e)
        {
            // Nothing is sent that cannot be checked.
            return [new SchemaError("", "schema", $"the input schema of '{operation.Id}' cannot be checked: {e.Message}")];
        }
    }
}
