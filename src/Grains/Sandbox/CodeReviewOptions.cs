using Steward.Engines.Models;

namespace Steward.Sandbox;

/// <summary>Whether a model reads code before it runs. Bound from <c>Steward:Sandbox:SecondOpinion</c>.</summary>
internal sealed class CodeReviewOptions
{
    public const string Section = "Steward:Sandbox:SecondOpinion";

    /// <summary>The tier of the model that is asked, one of <see cref="ModelTiers.All"/>; null, the default, asks none.</summary>
    public string? Tier { get; set; }

    /// <summary>How long it may take; after that the validator's word stands alone. Default 5 s.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(5);
}
