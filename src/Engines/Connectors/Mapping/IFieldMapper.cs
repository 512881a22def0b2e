using System.Text.Json;
using Steward.Engines.Connectors.Instances;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>Carries out field mappings. Safe for concurrent use.</summary>
public interface IFieldMapper
{
    /// <summary>
    /// Moves fields as the mappings of one direction say. All mappings read the value as it was given; what is read is taken away unless it is written too; what no
    /// mapping names stays. A mapping that finds nothing and has no default does nothing.
    /// </summary>
    /// <param name="mappings">The mappings; those of the other direction are passed over.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="value">The arguments or the result.</param>
    MappingOutcome Apply(IReadOnlyList<FieldMapping> mappings, MappingDirection direction, JsonElement value);
}

/// <summary>What came out of mappings.</summary>
/// <param name="Value">The value; fields whose mapping failed are not written, and what they read stays where it was.</param>
/// <param name="Errors">What failed; empty when all went well.</param>
public sealed record MappingOutcome(JsonElement Value, IReadOnlyList<MappingError> Errors);

/// <summary>One mapping that failed on a value.</summary>
/// <param name="Index">The mapping's position in the list.</param>
/// <param name="Path">The path that it reads, or writes when it reads none.</param>
/// <param name="Message">What is wrong and what is allowed. Holds no value of the field.</param>
public sealed record MappingError(int Index, string Path, string Message);
