namespace Steward.Engines.Connectors.Import;

/// <summary>What an imported document may have at most, and how much of it is taken over.</summary>
public sealed record ImportLimits
{
    /// <summary>The largest document, in bytes.</summary>
    public int MaxBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>The deepest nesting.</summary>
    public int MaxDepth { get; init; } = 96;

    /// <summary>The most values, those that aliases repeat included.</summary>
    public int MaxValues { get; init; } = 600_000;

    /// <summary>The most operations that are taken over.</summary>
    public int MaxOperations { get; init; } = 5_000;

    /// <summary>The most values of one operation's argument schema.</summary>
    public int MaxInputValues { get; init; } = 400;

    /// <summary>The most values of one operation's result schema.</summary>
    public int MaxOutputValues { get; init; } = 250;

    /// <summary>The most values of all schemas of the template together; result schemas of later operations are left out beyond it.</summary>
    public int MaxTemplateValues { get; init; } = 300_000;

    /// <summary>The deepest nesting of a schema that is taken over.</summary>
    public int MaxSchemaDepth { get; init; } = 6;

    /// <summary>The most values of an enumeration; of a longer one nothing is taken over.</summary>
    public int MaxEnum { get; init; } = 100;

    /// <summary>The longest summary and description, in characters.</summary>
    public int MaxText { get; init; } = 300;
}
