using Microsoft.Extensions.Options;

namespace Steward.Telemetry;

/// <summary>What is measured and where it goes. Bound from <c>Steward:Telemetry</c>.</summary>
public sealed class StewardTelemetryOptions
{
    /// <summary>The process's name in telemetry. Default <c>steward</c>.</summary>
    public string ServiceName { get; set; } = "steward";

    /// <summary>The meters that are collected; <c>*</c> stands for any ending.</summary>
    public IList<string> Meters { get; } =
    [
        "Steward.*",
        "Microsoft.Orleans",
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "System.Net.Http",
        "System.Runtime",
        "Npgsql",
    ];

    /// <summary>The most label combinations of one instrument; what comes after them is counted together under <c>otel_metric_overflow</c>. Default 500.</summary>
    public int CardinalityLimit { get; set; } = 500;

    /// <summary>
    /// An OTLP collector that metrics and traces are sent to, for example <c>http://localhost:4317</c>; also read from
    /// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>. Without one nothing is sent and no traces are made.
    /// </summary>
    public string? OtlpEndpoint { get; set; }
}

internal sealed class StewardTelemetryOptionsValidator : IValidateOptions<StewardTelemetryOptions>
{
    public ValidateOptionsResult Validate(string? name, StewardTelemetryOptions options)
    {
        if (options.CardinalityLimit is < 1 or > 100_000)
        {
            return ValidateOptionsResult.Fail("Steward:Telemetry:CardinalityLimit: set 1 to 100000.");
        }

        return options.OtlpEndpoint is { } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            ? ValidateOptionsResult.Fail("Steward:Telemetry:OtlpEndpoint: set an http or https address, or nothing.")
            : ValidateOptionsResult.Success;
    }
}
