using System.ComponentModel.DataAnnotations;

namespace Steward.Client.Http;

/// <summary>From where on triage routes tickets now, what that rests on, and what it costs.</summary>
public sealed record TriageThresholdsResource
{
    /// <summary>The version of the settings that these stand in.</summary>
    public required long Version { get; init; }

    /// <summary>The share of right answers that is wanted where no person looks.</summary>
    public required double WantedPrecision { get; init; }

    /// <summary>The least confidence for routing by itself; absent when nothing is.</summary>
    public double? AutoRouteAt { get; init; }

    /// <summary>The least confidence for routing with a mark.</summary>
    public required double ReviewAt { get; init; }

    /// <summary>Who says from where on is routed without a person: <c>settings</c>, the <c>head</c> that answers, for which it was tuned, or the <c>base</c>.</summary>
    public required string From { get; init; }

    /// <summary>The share of tickets, of those that the head had not seen, that its own threshold routes without a person; absent where that is not known.</summary>
    public double? AutoRouteCoverage { get; init; }

    /// <summary>How many of these were right.</summary>
    public double? AutoRoutePrecision { get; init; }
}

/// <summary>The thresholds alone; all other settings stay.</summary>
public sealed record SetTriageThresholdsRequest
{
    /// <summary>The version of the settings that was read; 409 when another one holds.</summary>
    [Required]
    public long Version { get; set; }

    /// <summary>The share of right answers that is wanted where no person looks, above 0 and below 1; without it the one that holds.</summary>
    [Range(0.0, 1.0)]
    public double? WantedPrecision { get; init; }

    /// <summary>The least confidence for routing by itself; without it what was tuned to the wanted precision.</summary>
    [Range(0.0, 1.0)]
    public double? AutoRouteAt { get; init; }

    /// <summary>The least confidence for routing with a mark; without it 0.70 or what was tuned.</summary>
    [Range(0.0, 1.0)]
    public double? ReviewAt { get; init; }
}
