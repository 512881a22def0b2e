using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Steward;

/// <summary>The telemetry sources of the grains.</summary>
public static class Diagnostics
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "Steward.Grains";

    internal static readonly ActivitySource Activities = new(Name);
    internal static readonly Meter Meter = new(Name);
}
