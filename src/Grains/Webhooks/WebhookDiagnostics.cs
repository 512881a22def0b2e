using System.Diagnostics.Metrics;

namespace Steward.Webhooks;

/// <summary>The metrics of webhooks.</summary>
internal static class WebhookDiagnostics
{
    public static readonly Counter<long> Attempts = Diagnostics.Meter.CreateCounter<long>("steward.webhooks.attempts", "{attempt}", "Attempts to deliver a message, by what became of it.");
}
