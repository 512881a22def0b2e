namespace Steward.Engines.Triage.Routing;

/// <summary>What becomes of a ticket, by the confidence of its classification.</summary>
public enum RoutingBand
{
    /// <summary>A person routes it, with the best three groups and the reasons before them.</summary>
    Human,

    /// <summary>It is routed and marked for a second look.</summary>
    Review,

    /// <summary>It is routed.</summary>
    AutoRoute,
}

/// <summary>Where the bands lie.</summary>
public sealed record BandThresholds
{
    /// <summary>0.95 and 0.70: for a model whose confidences are right.</summary>
    public static BandThresholds Default { get; } = new() { AutoRoute = 0.95, Review = 0.70 };

    /// <summary>The least confidence at which a ticket is routed by itself; null when none is enough, and then nothing is.</summary>
    public required double? AutoRoute { get; init; }

    /// <summary>The least confidence at which a ticket is routed and marked.</summary>
    public required double Review { get; init; }

    /// <summary>The band of a confidence. A text that belongs to no class is always for a person.</summary>
    public RoutingBand BandOf(double confidence, bool isOutOfScope = false) =>
        isOutOfScope ? RoutingBand.Human
        : confidence >= AutoRoute ? RoutingBand.AutoRoute
        : confidence >= Review ? RoutingBand.Review
        : RoutingBand.Human;

    /// <summary>Says what is wrong with them; null when nothing is.</summary>
    public string? Problem() =>
        AutoRoute is not (null or (> 0 and <= 1)) ? "autoRoute must be above 0 and at most 1, or absent for never."
        : Review is not (> 0 and <= 1) ? "review must be above 0 and at most 1."
        : AutoRoute < Review ? "autoRoute must not be below review."
        : null;
}
