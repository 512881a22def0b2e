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

    /// <summary>Begins a span that belongs to the request with this W3C trace context; without one, to whatever is current.</summary>
    internal static Activity? Start(string name, string? traceParent, string key)
    {
        var parent = ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : default;
        var activity = Activities.StartActivity(name, ActivityKind.Internal, parent);
        activity?.SetTag("steward.key", key);
        return activity;
    }
}
