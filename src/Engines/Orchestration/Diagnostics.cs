using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Steward.Engines.Orchestration;

/// <summary>What the engine tells about itself: source and meter <c>Steward.Engines.Orchestration</c>.</summary>
public static class Diagnostics
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "Steward.Engines.Orchestration";

    private static readonly ActivitySource Source = new(Name);
    internal static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Runs = Meter.CreateCounter<long>("steward.runs", "{run}", "Runs that have ended.");
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("gen_ai.client.token.usage", "{token}", "Tokens that models read and wrote.");

    internal static Activity? StartRun(RunInput input)
    {
        var activity = Source.StartActivity("run");
        activity?.SetTag("steward.run.id", input.RunId);
        activity?.SetTag("steward.tenant.id", input.TenantId);
        return activity;
    }

    internal static void EndRun(Activity? activity, RunSnapshot snapshot)
    {
        activity?.SetTag("steward.run.phase", snapshot.Phase.ToString());
        activity?.SetTag("steward.run.strategy", snapshot.Strategy);
        Runs.Add(1, new("phase", snapshot.Phase.ToString()), new("strategy", snapshot.Strategy));
        if (snapshot.Usage.ModelCalls > 0)
        {
            Tokens.Add(snapshot.Usage.InputTokens, new KeyValuePair<string, object?>("gen_ai.token.type", "input"));
            Tokens.Add(snapshot.Usage.OutputTokens, new KeyValuePair<string, object?>("gen_ai.token.type", "output"));
        }
    }
}
