using System.Text.Json;

namespace Steward.Engines.Connectors.Templates;

/// <summary>Where to learn what an argument may be: an operation to call first. A hint for forms and models, who can have it called; nothing is called or checked by itself.</summary>
public sealed record ChoiceSpec
{
    /// <summary>What the operation tells.</summary>
    public ChoiceKind Kind { get; init; } = ChoiceKind.Values;

    /// <summary>A read operation of the template.</summary>
    public required string Operation { get; init; }

    /// <summary>Its arguments: constants, and <c>{name}</c> for the value of another argument of the same call.</summary>
    public JsonElement? With { get; init; }

    /// <summary>Where in its result the list (or, for <see cref="ChoiceKind.Schema"/>, the schema) stands; the whole result when null.</summary>
    public string? Items { get; init; }

    /// <summary>Where in each item the value stands.</summary>
    public string? Value { get; init; }

    /// <summary>Where in each item the name for people stands.</summary>
    public string? Title { get; init; }
}

/// <summary>What a <see cref="ChoiceSpec"/> tells.</summary>
public enum ChoiceKind
{
    /// <summary>The values that are allowed.</summary>
    Values,

    /// <summary>The JSON Schema of the argument.</summary>
    Schema,
}
