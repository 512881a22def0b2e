using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Pipeline.Middleware;
using Steward.Engines.Connectors.Sdk;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>The middleware chain. This is the one place that says in which order things happen.</summary>
internal sealed partial class ConnectorPipeline : IConnectorPipeline
{
    private readonly CallStep _call;
    private readonly Reconciliation _reconciliation;
    private readonly ILogger _logger;

    public ConnectorPipeline(
        IHttpClientFactory clients,
        IEnumerable<ICredentialApplier> appliers,
        IEnumerable<TypedConnector> typed,
        IFieldMapper mapper,
        INameResolver names,
        IOptionsMonitor<ConnectorsOptions> options,
        TimeProvider time,
        McpSessions sessions,
        ILogger<ConnectorPipeline> logger,
        IServiceProvider services,
        ICallAudit? audit = null,
        ClusterKeyRing? keys = null,
        EgressProxy? proxy = null)
    {
        _logger = logger;
        var send = new SendStep(clients, appliers, names, options, time, proxy);

        // Around each request. A repetition, for whatever reason, asks for a permit of its own.
        var request = Chain(
            send.SendAsync,
            new RetryMiddleware(time, Random.Shared),
            new AuthMiddleware(),
            new RateLimitMiddleware(time, logger),
            new CsrfMiddleware());

        // Around the whole call. Arguments are checked as they will be sent: after the tenant's mappings.
        var operation = new OperationStep(request, [.. typed, .. options.CurrentValue.Assemblies.SelectMany(path => ConnectorAssemblies.Load(path, services))]);
        var tool = new McpStep(sessions, time, logger);
        _call = Chain(
            call => call.Request.Target.Template.Kind == TemplateKind.Mcp ? tool.RunAsync(call) : operation.RunAsync(call),
            new LogMiddleware(audit, new AuditKeys(keys), time, logger),
            new TransformMiddleware(mapper),
            new CheckMiddleware(options, time),
            new UndoMiddleware());
        _reconciliation = new Reconciliation(_call, mapper, options, time);
    }

    public Task<ActionOutcome> ExecuteAsync(ConnectorCallRequest call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        cancellationToken.ThrowIfCancellationRequested();
        return _call(new ConnectorCall(call, cancellationToken));
    }

    public async Task<ReconcileOutcome> ReconcileAsync(ConnectorCallRequest call, DateTimeOffset sentAt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        cancellationToken.ThrowIfCancellationRequested();
        var operation = $"{call.Target.Template.Id}.{call.Operation.Id}";
        using var activity = Diagnostics.StartTool("reconcile", operation, call.ActionId);
        var outcome = await _reconciliation.RunAsync(call, sentAt, cancellationToken);
        Diagnostics.EndTool(activity, outcome.GetType().Name, outcome is not ReconcileUnknown, null);
        LogReconciled(operation, call.Target.Instance.TenantId, outcome.GetType().Name);
        return outcome;
    }

    private static CallStep Chain(CallStep last, params ReadOnlySpan<ICallMiddleware> outermostFirst)
    {
        for (var i = outermostFirst.Length - 1; i >= 0; i--)
        {
            var (middleware, next) = (outermostFirst[i], last);
            last = call => middleware.InvokeAsync(call, next);
        }

        return last;
    }

    private static RequestStep Chain(RequestStep last, params ReadOnlySpan<IRequestMiddleware> outermostFirst)
    {
        for (var i = outermostFirst.Length - 1; i >= 0; i--)
        {
            var (middleware, next) = (outermostFirst[i], last);
            last = (call, request) => middleware.InvokeAsync(call, request, next);
        }

        return last;
    }

    [LoggerMessage(3, LogLevel.Information, "{Operation} of {Tenant} was looked up: {Outcome}")]
    private partial void LogReconciled(string operation, string tenant, string outcome);
}
