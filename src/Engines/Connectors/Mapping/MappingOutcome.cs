using System.Text.Json;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>What came out of mappings.</summary>
/// <param name="Value">The value; fields whose mapping failed are not written, and what they read stays where it was.</param>
/// <param name="Errors">What failed; empty when all went well.</param>
public sealed record MappingOutcome(JsonElement Value, IReadOnlyList<MappingError> Errors);

/// <summary>One mapping that failed on a value.</summary>
/// <param name="Index">The mapping's position in the list.</param>
/// <param name="Path">The path that it reads, or writes when it reads none.</param>
/// <param name="Message">What is wrong and what is allowed. Holds no value of the field.</param>
public sealed record MappingError(int Index, string Path, string Message);
