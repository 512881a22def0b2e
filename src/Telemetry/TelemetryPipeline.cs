using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Steward.Telemetry;

/// <summary>Starts collecting with the host and sends what is left when it stops.</summary>
internal sealed class TelemetryPipeline(PrometheusMetrics metrics, IOptions<StewardTelemetryOptions> options) : IHostedService, IDisposable
{
    private TracerProvider? _traces;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.Start();
        if (options.Value.OtlpEndpoint is { } endpoint)
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .ConfigureResource(resource => resource.AddService(options.Value.ServiceName))
                // Not System.Net.Http: the addresses of connectors' requests name people. Model calls, tools and their requests have spans of their own.
                .AddSource("Steward.*", "Microsoft.Orleans.Application", "Microsoft.AspNetCore", "Npgsql")
                .AddOtlpExporter(exporter => exporter.Endpoint = new Uri(endpoint))
                .Build();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _traces?.Dispose();
}
