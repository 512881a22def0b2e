using System.Diagnostics.Metrics;

namespace Steward.Gateway;

/// <summary>The gateway's metrics.</summary>
internal static class Diagnostics
{
    public const string Name = "Steward.Gateway";

    public static readonly Meter Meter = new(Name);

    public static readonly UpDownCounter<long> OpenStreams = Meter.CreateUpDownCounter<long>("steward.gateway.streams.open", "{stream}", "Event streams that are open.");

    public static readonly Counter<long> SentEvents = Meter.CreateCounter<long>("steward.gateway.events.sent", "{event}", "Events written to streams.");

    public static readonly Counter<long> Problems = Meter.CreateCounter<long>("steward.gateway.problems", "{request}", "Requests answered with a problem, by code.");

    public static readonly Counter<long> Credentials = Meter.CreateCounter<long>("steward.gateway.credentials", "{check}", "Credentials checked, by kind and outcome.");
}
