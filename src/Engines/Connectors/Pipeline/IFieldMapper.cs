using System.Text.Json;
using Steward.Engines.Connectors.Instances;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>Applies a tenant's field mappings. Safe for concurrent use.</summary>
public interface IFieldMapper
{
    /// <summary>
    /// Applies the mappings of one direction to arguments or to a result; for lists to each of their items. What no mapping names stays as it is; what is read from one place and written to
    /// another stands in the other only.
    /// </summary>
    /// <exception cref="FormatException">A mapping cannot be applied; the message names it and is safe to show.</exception>
    JsonElement Map(JsonElement value, IReadOnlyList<FieldMapping> mappings, MappingDirection direction);
}
