using Steward.Engines.Inference;
using Steward.Storage;
using Steward.Telemetry;

namespace Steward.Silo;

/// <summary>What operators and monitoring ask a silo that runs by itself. It has no other HTTP interface.</summary>
public static class SiloEndpoints
{
    /// <summary>Maps <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>.</summary>
    public static WebApplication MapStewardSilo(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapGet("/healthz", (IInferenceEngine inference) =>
        {
            var status = inference.Status;
            var refused = status.RefusedFolders > 0 ? $"; {status.RefusedFolders} {(status.RefusedFolders == 1 ? "folder" : "folders")} of models refused, the log says why" : "";
            return Results.Text($"ok\ninference: {status.Summary}{refused}\n");
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
}
