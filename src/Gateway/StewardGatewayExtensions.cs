using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Client;
using Steward.Engines.Security;
using Steward.Engines.Security.Jwt;
using Steward.Gateway.Access;
using Steward.Gateway.Api;
using Steward.Gateway.Hooks;
using Steward.Gateway.Mcp;
using Steward.Gateway.OpenAI;
using Steward.Gateway.Operations;
using Steward.Gateway.Pages;
using Steward.Gateway.Problems;
using Steward.Gateway.Streaming;
using Steward.Telemetry;

namespace Steward.Gateway;

/// <summary>Composes the gateway: HTTP API, event streams, page, health and metrics.</summary>
public static class StewardGatewayExtensions
{
    /// <summary>
    /// Adds the gateway to a web application that has an Orleans client, from <c>UseOrleansClient</c> or a silo in the same process.
    /// Configuration sections: <c>Steward:Gateway</c>, <c>Security</c>, <c>Telemetry</c>.
    /// </summary>
    public static WebApplicationBuilder AddStewardGateway(this WebApplicationBuilder builder, Action<StewardGatewayOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        var options = services.AddOptions<StewardGatewayOptions>().Bind(builder.Configuration.GetSection(StewardGatewayOptions.Section)).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StewardGatewayOptions>, StewardGatewayOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        if (!services.Any(service => service.ServiceType == typeof(JwtValidator)))
        {
            services.AddStewardSecurity();
        }

        services.AddStewardClient();
        services.AddStewardTelemetry();
        services.TryAddSingleton<CredentialVerifier>();
        services.TryAddSingleton<UserAdmission>();
        services.TryAddSingleton<TenantBackpressure>();
        services.TryAddSingleton<HookAdmission>();
        services.TryAddSingleton<EventStream>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IReadinessCheck, ClusterReadiness>());

        // Requests are handled, and events sent, by the thread that has them, instead of being handed to another one each time. Nothing here waits for long without giving its thread back.
        services.Configure<SocketTransportOptions>(static sockets => sockets.UnsafePreferInlineScheduling = true);
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<StewardGatewayOptions>>(static (kestrel, gateway) => Limit(kestrel, gateway.Value));
        services.ConfigureHttpJsonOptions(static json =>
        {
            // For the API's description only; the operations read and write with these contexts themselves.
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, Client.Http.StewardWireJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(1, OperationsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(2, Client.Http.AutomationWireJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(3, Client.Http.ConnectorWireJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(4, Client.Http.ApprovalWireJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(5, Client.Http.TriageWireJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(6, Client.Http.ModelWireJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(6, Client.Http.ModelBudgetWireJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(6, Client.Http.MemoryWireJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(6, Client.Http.SnippetWireJson.Default);
            foreach (var converter in Client.Http.TriageWireJson.Default.Options.Converters)
            {
                json.SerializerOptions.Converters.Add(converter);
            }

            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.AddOpenApi("v1", ApiDescription.Configure);

        // A line or two for each request would cost more than the request.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        return builder;
    }

    /// <summary>Puts the gateway's layers and operations into the web application. Call it before mapping anything else.</summary>
    public static WebApplication MapStewardGateway(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();
        app.UseMiddleware<CallerMiddleware>();

        var v1 = app.MapGroup("/v1").WithMetadata(new NeedsCallerAttribute());
        SessionEndpoints.Map(v1);
        RunEndpoints.Map(v1);
        DecisionEndpoints.Map(v1);
        DeadLetterEndpoints.Map(v1);
        ScheduleEndpoints.Map(v1);
        WebhookEndpoints.Map(v1);
        ConnectorEndpoints.Map(v1);
        ApprovalEndpoints.Map(v1);
        ApprovalRuleEndpoints.Map(v1);
        NotificationEndpoints.Map(v1);
        TriageEndpoints.Map(v1);
        TriageThresholdEndpoints.Map(v1);
        TriageImportEndpoints.Map(v1);
        ExperimentEndpoints.Map(v1);
        PromptEndpoints.Map(v1);
        ModelSettingsEndpoints.Map(v1);
        ModelBudgetEndpoints.Map(v1);
        TenantEndpoints.Map(v1);
        FeedbackEndpoints.Map(v1);
        MemoryEndpoints.Map(v1);
        SandboxEndpoints.Map(v1);
        SnippetEndpoints.Map(v1);
        CallerEndpoints.Map(v1);
        OpenAIEndpoints.Map(app);
        McpEndpoints.Map(app);
        HookEndpoints.Map(app);
        ChannelEndpoints.Map(app);
        OperationEndpoints.Map(app);
        PageEndpoints.Map(app, app.Configuration);
        app.MapOpenApi("/openapi/{documentName}.json");
        return app;
    }

    private static void Limit(KestrelServerOptions kestrel, StewardGatewayOptions gateway)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = gateway.MaxBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = gateway.MaxConnections;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        // Ids of operations that a draft is made of, and arguments that choices depend on, come in the query.
        kestrel.Limits.MaxRequestLineSize = 64 << 10;
        // The gateway's own limit answers with a problem; beyond twice of it the server itself breaks off.
        kestrel.Limits.MaxRequestHeadersTotalSize = (gateway.MaxHeaderBytes * 2) + 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
    }
}
