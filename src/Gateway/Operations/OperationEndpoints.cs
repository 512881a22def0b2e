using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Gateway.Api;
using Steward.Telemetry;

namespace Steward.Gateway.Operations;

/// <summary>What operators and monitoring ask. Needs no credentials and shows no secrets.</summary>
internal static class OperationEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", (Delegate)HealthAsync)
            .WithName("getHealth")
            .WithTags("Operations")
            .WithSummary("Is the process alive, and what can it do")
            .WithDescription("Always 200 while the process answers. Lists each capability with how it is configured or how to configure it.")
            .Produces<HealthResource>();
        endpoints.MapGet("/readyz", (Delegate)ReadyAsync)
            .WithName("getReadiness")
            .WithTags("Operations")
            .WithSummary("Can the process take requests")
            .WithDescription("200 when it can; 503 with what stands in the way while it starts, stops or cannot reach the cluster.")
            .Produces<ReadinessResource>()
            .Produces<ReadinessResource>(StatusCodes.Status503ServiceUnavailable);
        endpoints.MapStewardMetrics();
    }

    private static async Task HealthAsync(HttpContext context, IEnumerable<ICapabilityReport> reports)
    {
        var capabilities = new List<CapabilityResource>();
        foreach (var report in reports)
        {
            var status = await ReportAsync(report, context.RequestAborted);
            capabilities.Add(new CapabilityResource { Name = report.Name, State = status.State, Detail = status.Detail, Fix = status.Fix });
        }

        var health = new HealthResource
        {
            Status = capabilities.Exists(capability => capability.State == CapabilityState.Failing) ? HealthStatus.Degraded : HealthStatus.Ok,
            Version = typeof(OperationEndpoints).Assembly.GetName().Version?.ToString(3) ?? "unknown",
            Capabilities = capabilities,
        };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, health, OperationsJson.Default.HealthResource);
    }

    private static async Task<CapabilityStatus> ReportAsync(ICapabilityReport report, CancellationToken cancellationToken)
    {
        try
        {
            return await report.ReportAsync(cancellationToken);
        }
#pragma warning disable CA1031 // One broken report must not hide the others.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new CapabilityStatus { State = CapabilityState.Failing, Detail = "It cannot be told how this stands; the log says why." };
        }
    }

    private static async Task ReadyAsync(HttpContext context, IEnumerable<IReadinessCheck> checks, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        var obstacles = new List<ObstacleResource>();
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            obstacles.Add(new ObstacleResource { Name = "process", Detail = "The process is stopping." });
        }
        else if (!lifetime.ApplicationStarted.IsCancellationRequested)
        {
            obstacles.Add(new ObstacleResource { Name = "process", Detail = "The process is starting." });
        }

        foreach (var check in checks)
        {
            if (await FindObstacleAsync(check, time, context.RequestAborted) is { } obstacle)
            {
                obstacles.Add(new ObstacleResource { Name = check.Name, Detail = obstacle });
            }
        }

        await JsonAnswer.WriteAsync(
            context,
            obstacles.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            new ReadinessResource { Ready = obstacles.Count == 0, Obstacles = obstacles },
            OperationsJson.Default.ReadinessResource);
    }

    private static async Task<string?> FindObstacleAsync(IReadinessCheck check, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await check.FindObstacleAsync(linked.Token).AsTask().WaitAsync(linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "It did not answer in time.";
        }
#pragma warning disable CA1031 // Whatever the failure, the process is not ready.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return exception is Errors.StewardException error ? error.Message : "It failed; the log says why.";
        }
    }
}

/// <summary>How the process is.</summary>
internal sealed record HealthResource
{
    /// <summary><c>ok</c>, or <c>degraded</c> when a configured capability does not work.</summary>
    public required HealthStatus Status { get; init; }

    /// <summary>Steward's version.</summary>
    public required string Version { get; init; }

    /// <summary>What it can do.</summary>
    public required IReadOnlyList<CapabilityResource> Capabilities { get; init; }
}

/// <summary>The kinds of health.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HealthStatus>))]
internal enum HealthStatus
{
    /// <summary>Everything that is configured works.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Something that is configured does not work.</summary>
    [JsonStringEnumMemberName("degraded")]
    Degraded,
}

/// <summary>One capability.</summary>
internal sealed record CapabilityResource
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it can be used.</summary>
    public required CapabilityState State { get; init; }

    /// <summary>With what.</summary>
    public required string Detail { get; init; }

    /// <summary>How to configure it.</summary>
    public string? Fix { get; init; }
}

/// <summary>Whether the process takes requests.</summary>
internal sealed record ReadinessResource
{
    /// <summary>Whether it does.</summary>
    public required bool Ready { get; init; }

    /// <summary>What stands in the way.</summary>
    public required IReadOnlyList<ObstacleResource> Obstacles { get; init; }
}

/// <summary>One obstacle.</summary>
internal sealed record ObstacleResource
{
    /// <summary>What is not ready.</summary>
    public required string Name { get; init; }

    /// <summary>Why.</summary>
    public required string Detail { get; init; }
}

/// <summary>JSON of these answers.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(HealthResource))]
[JsonSerializable(typeof(ReadinessResource))]
internal sealed partial class OperationsJson : JsonSerializerContext;
