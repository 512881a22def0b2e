using System.Text;
using Steward.Engines.Inference;
using Steward.Engines.Sandboxing;
using Steward.Storage;
using Steward.Telemetry;

namespace Steward.Silo;

/// <summary>What operators and monitoring ask a silo that runs by itself. It has no other HTTP interface.</summary>
public static class SiloEndpoints
{
    /// <summary>Maps <c>/healthz</c>, which also says of each kind of sandbox what is missing, <c>/readyz</c> and <c>/metrics</c>.</summary>
    public static WebApplication MapStewardSilo(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapGet("/healthz", (IInferenceEngine inference, IEnumerable<ISandboxPool> pools) =>
        {
            var status = inference.Status;
            var refused = status.RefusedFolders > 0 ? $"; {status.RefusedFolders} {(status.RefusedFolders == 1 ? "folder" : "folders")} of models refused, the log says why" : "";
            return Results.Text($"ok\ninference: {status.Summary}{refused}\n{Sandboxes(pools)}");
        });
        app.MapGet("/readyz", async (IStorageHealth storage, IHostApplicationLifetime lifetime, CancellationToken cancellationToken) =>
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested || !lifetime.ApplicationStarted.IsCancellationRequested)
            {
                return Results.Text("The silo is starting or stopping.\n", statusCode: StatusCodes.Status503ServiceUnavailable);
            }

            var report = await storage.CheckAsync(cancellationToken);
            return report.IsWritable
                ? Results.Text("ready\n")
                : Results.Text("The storage cannot be written to.\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        });
        app.MapStewardMetrics();
        return app;
    }

    // Sandboxes run in silos, and a gateway of its own knows nothing of them.
    private static string Sandboxes(IEnumerable<ISandboxPool> pools)
    {
        var lines = new StringBuilder();
        foreach (var provider in pools.SelectMany(pool => pool.Providers))
        {
            var availability = provider.Availability;
            var state = availability.IsAvailable
                ? string.Join("; ", availability.Missing.Select(layer => $"{layer.Name} is missing: {layer.Detail}").DefaultIfEmpty("all layers are in force"))
                : $"not available: {availability.Remedy}";
            lines.Append("sandbox ").Append(provider.Name).Append(": ").AppendLine(state.ReplaceLineEndings(" "));
        }

        return lines.ToString();
    }
}
