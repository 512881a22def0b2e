namespace Steward.Engines.Definitions;

/// <summary>What one YAML file may have at most.</summary>
/// <param name="Length">The largest file, in characters.</param>
/// <param name="Depth">The deepest nesting.</param>
/// <param name="Nodes">The most values.</param>
public sealed record YamlLimits(int Length, int Depth, int Nodes)
{
    /// <summary>For what people write by hand.</summary>
    public static YamlLimits Default { get; } = new(YamlLoader.MaxLength, YamlLoader.MaxDepth, YamlLoader.MaxNodes);

    /// <summary>For what a program wrote from a large document, such as a template with hundreds of operations.</summary>
    public static YamlLimits Large { get; } = new(16 * 1024 * 1024, 48, 600_000);
}
