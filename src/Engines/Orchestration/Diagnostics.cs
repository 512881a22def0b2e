using System.Diagnostics;
using System.Diagnostics.Metrics;
using Steward.Engines.Orchestration.Actions;

namespace Steward.Engines.Orchestration;

/// <summary>What the engine tells about itself: source and meter <c>Steward.Engines.Orchestration</c>.</summary>
public static class Diagnostics
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "Steward.Engines.Orchestration";

    private static readonly ActivitySource Source = new(Name);
    internal static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Runs = Meter.CreateCounter<long>("steward.runs", "{run}", "Runs that have ended.");

    /// <summary>
    /// Begins the span of one execution of a run, <c>invoke_agent</c> in OpenTelemetry's semantic conventions. It belongs to the request that asked for the run, wherever and
    /// whenever it is executed, never to whatever happens to have woken its owner.
    /// </summary>
    internal static Activity? StartRun(RunInput input, RunSnapshot snapshot)
    {
        var agent = snapshot.Choice?.Agent ?? input.Agent ?? "default";
        var parent = ActivityContext.TryParse(input.TraceParent, null, isRemote: true, out var context) ? context : default;
        Activity.Current = null;
        var activity = Source.StartActivity($"invoke_agent {agent}", ActivityKind.Internal, parent);
        activity?.SetTag("gen_ai.operation.name", "invoke_agent");
        activity?.SetTag("gen_ai.agent.name", agent);
        activity?.SetTag("steward.run.id", input.RunId);
        activity?.SetTag("steward.tenant.id", input.TenantId);
        activity?.SetTag("steward.run.resumed", snapshot.Choice is not null);
        return activity;
    }

    /// <summary>
    /// Begins the span of a hand-off, inside that of the run or of the hand-off that it is made in: another <c>invoke_agent</c>, around the calls that the other agent makes.
    /// </summary>
    internal static Activity? StartHandoff(RunInput input, string stepId, string agent)
    {
        var activity = Source.StartActivity($"invoke_agent {agent}");
        activity?.SetTag("gen_ai.operation.name", "invoke_agent");
        activity?.SetTag("gen_ai.agent.name", agent);
        activity?.SetTag("steward.run.id", input.RunId);
        activity?.SetTag("steward.tenant.id", input.TenantId);
        activity?.SetTag("steward.step.id", stepId);
        return activity;
    }

    internal static void EndHandoff(Activity? activity, CallResult result)
    {
        activity?.SetTag("steward.outcome", result.IsWaiting ? "waiting" : result.Code ?? "succeeded");
        if (result.Code is { } code)
        {
            activity?.SetStatus(ActivityStatusCode.Error, code);
            activity?.SetTag("error.type", code);
        }
    }

    internal static void EndRun(Activity? activity, RunSnapshot snapshot)
    {
        activity?.SetTag("steward.run.phase", snapshot.Phase.ToString());
        activity?.SetTag("steward.run.strategy", snapshot.Strategy);
        if (snapshot.Phase == RunPhase.Failed)
        {
            activity?.SetStatus(ActivityStatusCode.Error, snapshot.ErrorCode);
            activity?.SetTag("error.type", snapshot.ErrorCode ?? "_OTHER");
        }

        if (snapshot.HasEnded)
        {
            Runs.Add(1, new("phase", snapshot.Phase.ToString()), new("strategy", snapshot.Strategy));
        }
    }
}
