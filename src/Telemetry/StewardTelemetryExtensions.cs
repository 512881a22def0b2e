using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Steward.Telemetry;

/// <summary>Adds metrics and traces to a host.</summary>
public static class StewardTelemetryExtensions
{
    /// <summary>
    /// Collects metrics for <see cref="PrometheusMetrics"/> and, if a collector is configured, sends metrics and traces to it. Adding it again
    /// changes nothing but what <paramref name="configure"/> does.
    /// </summary>
    public static IServiceCollection AddStewardTelemetry(this IServiceCollection services, Action<StewardTelemetryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<StewardTelemetryOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        if (services.Any(service => service.ServiceType == typeof(PrometheusMetrics)))
        {
            return services;
        }

        options.Configure<IServiceProvider>(static (telemetry, provider) =>
        {
            var configuration = provider.GetService<IConfiguration>();
            configuration?.GetSection("Steward:Telemetry").Bind(telemetry);
            telemetry.OtlpEndpoint ??= configuration?["OTEL_EXPORTER_OTLP_ENDPOINT"];
        }).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StewardTelemetryOptions>, StewardTelemetryOptionsValidator>());
        services.AddSingleton<PrometheusMetrics>();
        services.AddHostedService<TelemetryPipeline>();
        return services;
    }

    /// <summary>Answers <c>GET</c> at a path with the metrics in the Prometheus text format.</summary>
    public static IEndpointConventionBuilder MapStewardMetrics(this IEndpointRouteBuilder endpoints, string path = "/metrics")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], static async context =>
        {
            var metrics = context.RequestServices.GetRequiredService<PrometheusMetrics>();
            var text = await metrics.CollectAsync(context.RequestAborted);
            context.Response.ContentType = PrometheusMetrics.ContentType;
            context.Response.ContentLength = text.Length;
            context.Response.Headers.CacheControl = "no-store";
            if (HttpMethods.IsGet(context.Request.Method))
            {
                await context.Response.Body.WriteAsync(text, context.RequestAborted);
            }
        });
    }
}
