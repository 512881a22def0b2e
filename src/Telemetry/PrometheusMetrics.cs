using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Steward.Telemetry;

/// <summary>The process's metrics in the Prometheus text exposition format 0.0.4. One collection at a time.</summary>
public sealed class PrometheusMetrics : IDisposable
{
    /// <summary>The media type of the text.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StewardTelemetryOptions _options;
    private readonly SemaphoreSlim _collecting = new(1, 1);
    private readonly Lock _starting = new();
    private readonly TextExporter _exporter = new();
    private readonly BaseExportingMetricReader _reader;
    private MeterProvider? _provider;

    /// <summary>Creates it; collecting starts with the host.</summary>
    public PrometheusMetrics(IOptions<StewardTelemetryOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Value;
        _reader = new BaseExportingMetricReader(_exporter) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };
    }

    /// <summary>What was measured until now, as UTF-8 text.</summary>
    public async Task<byte[]> CollectAsync(CancellationToken cancellationToken = default)
    {
        Start();
        await _collecting.WaitAsync(cancellationToken);
        try
        {
            _exporter.Text = [];
            _reader.Collect();
            return _exporter.Text;
        }
        finally
        {
            _collecting.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The provider owns the reader, which owns the exporter.
        _provider?.Dispose();
        _reader.Dispose();
        _exporter.Dispose();
        _collecting.Dispose();
    }

    internal void Start()
    {
        lock (_starting)
        {
            _provider ??= Build();
        }
    }

    private MeterProvider Build()
    {
        var limit = _options.CardinalityLimit;
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService(_options.ServiceName))
            .AddMeter([.. _options.Meters])
            .SetMaxMetricStreams(2000)
            .AddView((Instrument _) => new MetricStreamConfiguration { CardinalityLimit = limit })
            .AddReader(_reader);
        if (_options.OtlpEndpoint is { } endpoint)
        {
            builder.AddOtlpExporter(exporter => exporter.Endpoint = new Uri(endpoint));
        }

        return builder.Build();
    }

    private sealed class TextExporter : BaseExporter<Metric>
    {
        public byte[] Text { get; set; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            var metrics = new List<Metric>();
            foreach (var metric in batch)
            {
                metrics.Add(metric);
            }

            Text = PrometheusText.Write(metrics);
            return ExportResult.Success;
        }
    }
}
