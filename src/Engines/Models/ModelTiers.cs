namespace Steward.Engines.Models;

/// <summary>How capable, and how expensive, a model is. Agents name a tier, the configuration names the model.</summary>
public static class ModelTiers
{
    /// <summary>For routine work.</summary>
    public const string Small = "small";

    /// <summary>The default.</summary>
    public const string Standard = "standard";

    /// <summary>For hard work.</summary>
    public const string Large = "large";

    /// <summary>All tiers.</summary>
    public static IReadOnlyList<string> All { get; } = [Small, Standard, Large];
}
