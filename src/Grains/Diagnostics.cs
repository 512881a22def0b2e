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

    /// <summary>Begins the span of a tool that is none of a connector, inside whatever is current; as those of the connectors, without arguments and results.</summary>
    internal static Activity? StartTool(string tool, string callId, string? stepId)
    {
        var activity = Activities.StartActivity($"execute_tool {tool}");
        activity?.SetTag("gen_ai.operation.name", "execute_tool");
        activity?.SetTag("gen_ai.tool.name", tool);
        activity?.SetTag("gen_ai.tool.type", "extension");
        activity?.SetTag("gen_ai.tool.call.id", callId);
        activity?.SetTag("steward.step.id", stepId);
        return activity;
    }

    internal static void EndTool(Activity? activity, string outcome, bool succeeded)
    {
        activity?.SetTag("steward.outcome", outcome);
        if (!succeeded)
        {
            activity?.SetStatus(ActivityStatusCode.Error, outcome);
            activity?.SetTag("error.type", outcome);
        }
    }
}
