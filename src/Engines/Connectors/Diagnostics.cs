using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Steward.Engines.Connectors;

/// <summary>This library's telemetry.</summary>
internal static class Diagnostics
{
    public const string Name = "Steward.Engines.Connectors";

    /// <summary>The attribute with the target system's own id of a request.</summary>
    public const string VendorRequestIdTag = "steward.vendor.request_id";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Histogram<double> CallDuration = Meter.CreateHistogram(
        "steward.connector.call.duration",
        "s",
        "Time of one operation on an external system.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });

    /// <summary>Requests that were sent, by template, operation and whether they repeat an earlier one.</summary>
    public static readonly Counter<long> Attempts = Meter.CreateCounter<long>("steward.connector.attempts", "{request}", "Requests sent to external systems.");

    /// <summary>Calls that an instance's owner refused, by template, operation and code.</summary>
    public static readonly Counter<long> Refusals = Meter.CreateCounter<long>("steward.connector.refusals", "{call}", "Calls that were not sent because of a limit, an open breaker or a missing sign-in.");

    /// <summary>Begins the span of an operation; the names are those of OpenTelemetry's semantic conventions for generative AI. Arguments and results stay out of it.</summary>
    public static Activity? StartTool(string kind, string operationId, ActionRequest request)
    {
        var activity = StartTool(kind, operationId, request.ActionId);
        activity?.SetTag("steward.step.id", request.StepId);
        return activity;
    }

    /// <summary>Begins the span of an operation of an instance.</summary>
    public static Activity? StartTool(string kind, string operationId, string actionId)
    {
        var activity = Activities.StartActivity($"{kind} {operationId}");
        activity?.SetTag("gen_ai.operation.name", kind);
        activity?.SetTag("gen_ai.tool.name", operationId);
        activity?.SetTag("gen_ai.tool.type", "extension");
        activity?.SetTag("gen_ai.tool.call.id", actionId);
        return activity;
    }

    public static void EndTool(Activity? activity, string outcome, bool succeeded, string? vendorRequestId)
    {
        activity?.SetTag("steward.outcome", outcome);
        activity?.SetTag(VendorRequestIdTag, vendorRequestId);
        if (!succeeded)
        {
            activity?.SetStatus(ActivityStatusCode.Error, outcome);
            activity?.SetTag("error.type", outcome);
        }
    }

    /// <summary>Begins the span of one HTTP request. The path is no part of it: it names people.</summary>
    public static Activity? StartRequest(string connector, HttpMethod method, Uri url)
    {
        var activity = Activities.StartActivity($"{method.Method} {connector}", ActivityKind.Client);
        activity?.SetTag("http.request.method", method.Method);
        activity?.SetTag("server.address", url.Host);
        activity?.SetTag("server.port", url.Port);
        activity?.SetTag("steward.connector", connector);
        return activity;
    }

    public static void EndRequest(Activity? activity, int? status, string? error, string? vendorRequestId)
    {
        activity?.SetTag("http.response.status_code", status);
        activity?.SetTag(VendorRequestIdTag, vendorRequestId);
        if (error is not null || status >= 400)
        {
            activity?.SetStatus(ActivityStatusCode.Error);
            activity?.SetTag("error.type", error ?? status?.ToString(CultureInfo.InvariantCulture));
        }
    }
}
