using System.Collections.Frozen;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors.Execution;

namespace Steward.Engines.Connectors;

/// <summary>One tenant's operations: finds the operation, checks the arguments, keeps the time and turns everything into an outcome.</summary>
internal sealed partial class TenantConnectors : ITenantConnectors
{
    // What has to be configured, by connector.
    private static readonly FrozenDictionary<string, string> Settings = new Dictionary<string, string>
    {
        ["okta"] = "BaseUrl and Token",
        ["servicenow"] = "BaseUrl and User and Password (or ClientId and ClientSecret)",
        ["jira"] = "BaseUrl, User and Token",
        ["salesforce"] = "BaseUrl, ClientId and ClientSecret",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly string _tenantId;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _settleDelay;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FrozenDictionary<string, Uri> _configured;
    private readonly FrozenDictionary<string, OperationSpec> _operations;
    private readonly ConfiguredCallAudit? _audit;

    public TenantConnectors(
        string tenantId, IReadOnlyCollection<VendorConnector> connectors, ConnectorsOptions options, TimeProvider time, ILogger logger, ConfiguredCallAudit? audit)
    {
        _audit = audit;
        _tenantId = tenantId;
        _timeout = options.Timeout;
        _settleDelay = options.SettleDelay;
        _time = time;
        _logger = logger;
        _configured = connectors.ToFrozenDictionary(connector => connector.Name, connector => connector.BaseUrl, StringComparer.Ordinal);
        _operations = connectors.SelectMany(connector => connector.Operations).ToFrozenDictionary(operation => operation.Id, StringComparer.Ordinal);
        Operations = [.. connectors.SelectMany(connector => connector.Operations.Select(operation => new ConnectorOperation
        {
            Id = operation.Id,
            Connector = connector.Name,
            Description = operation.Description,
            Effect = operation.Effect,
            InputSchema = operation.Arguments.Json,
        })).OrderBy(operation => operation.Id, StringComparer.Ordinal)];
    }

    public IReadOnlyList<ConnectorOperation> Operations { get; }

    public Uri? FindBaseUrl(string connector) => _configured.GetValueOrDefault(connector);

    public async Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        var started = _time.GetTimestamp();
        var at = _time.GetUtcNow();
        using var activity = Diagnostics.StartTool("execute_tool", KnownId(request), request);
        ActionOutcome outcome;
        OperationCall? call = null;
        try
        {
            var operation = Find(request);
            if (request.DryRun && operation.Effect != OperationEffect.Read)
            {
                throw OutcomeException.Invalid("dryRun", "is not possible with this operation.");
            }

            var arguments = operation.Arguments.Read(request.Arguments);
            using var timeout = new CancellationTokenSource(TimeLeft(request), _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            call = new OperationCall(request.ActionId, arguments, cancellationToken, both.Token);
            var result = await operation.Execute(call);
            outcome = new ActionSucceeded(JsonSerializer.SerializeToElement(result)) { VendorRequestId = call.VendorRequestId };
        }
        catch (OutcomeException exception)
        {
            outcome = exception.Outcome with { VendorRequestId = call?.VendorRequestId };
        }

        var name = outcome switch { ActionSucceeded => "succeeded", ActionUnknown => "unknown", ActionFailed failed => failed.Code, _ => "" };
        var elapsed = _time.GetElapsedTime(started);
        Diagnostics.CallDuration.Record(elapsed.TotalSeconds, new("steward.operation", KnownId(request)), new("steward.outcome", name));
        Diagnostics.EndTool(activity, name, outcome is ActionSucceeded, outcome.VendorRequestId);
        LogEnded(KnownId(request), _tenantId, name, elapsed.TotalMilliseconds);
        if (_audit is not null && _operations.TryGetValue(request.OperationId, out var known))
        {
            await _audit.RecordAsync(_tenantId, request, known, call, at, name, elapsed);
        }

        return outcome;
    }

    public async Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        using var activity = Diagnostics.StartTool("reconcile", KnownId(request), request);
        ReconcileOutcome outcome;
        try
        {
            var operation = Find(request);
            if (operation.Effect == OperationEffect.Read)
            {
                return new ReconciledNotDone();
            }

            var arguments = operation.Arguments.Read(request.Arguments);
            outcome = await LookUpAsync(operation, request.ActionId, arguments, sentAt, cancellationToken);
            if (outcome is ReconciledNotDone && !operation.IsIdempotent && _settleDelay > TimeSpan.Zero)
            {
                await Task.Delay(_settleDelay, _time, cancellationToken);
                outcome = await LookUpAsync(operation, request.ActionId, arguments, sentAt, cancellationToken);
            }
        }
        catch (OutcomeException exception)
        {
            outcome = new ReconcileUnknown(exception.Outcome switch
            {
                ActionFailed failed => failed.Message,
                ActionUnknown unknown => unknown.Reason,
                _ => "The system could not be asked.",
            });
        }

        Diagnostics.EndTool(activity, outcome.GetType().Name, outcome is not ReconcileUnknown, null);
        LogReconciled(KnownId(request), _tenantId, outcome.GetType().Name);
        return outcome;
    }

    private async Task<ReconcileOutcome> LookUpAsync(
        OperationSpec operation, string actionId, Arguments arguments, DateTimeOffset sentAt, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        return operation.Reconcile is { } reconcile
            ? await reconcile(new OperationCall(actionId, arguments, cancellationToken, both.Token), sentAt)
            : new ReconcileUnknown($"{operation.Id} leaves nothing that could be looked up.");
    }

    private OperationSpec Find(ActionRequest request)
    {
        if (_operations.TryGetValue(request.OperationId, out var operation))
        {
            return string.IsNullOrWhiteSpace(request.ActionId) || request.ActionId.Length > 512
                ? throw OutcomeException.Invalid("actionId", "must be a text of 1 to 512 characters.")
                : operation;
        }

        var connector = request.OperationId.Split('.', 2)[0];
        throw Settings.TryGetValue(connector, out var settings) && !_configured.ContainsKey(connector)
            ? OutcomeException.Failed(FailureCodes.NotConfigured,
                $"{connector} is not configured for tenant {_tenantId}. Set {settings} under Steward:Connectors:{_tenantId}:{connector}.")
            : OutcomeException.Failed(FailureCodes.NotFound, "There is no such operation. See the list of operations for what can be done.");
    }

    private TimeSpan TimeLeft(ActionRequest request)
    {
        var left = request.Deadline is { } deadline ? deadline - _time.GetUtcNow() : _timeout;
        return left <= TimeSpan.Zero
            ? throw OutcomeException.Failed(FailureCodes.Timeout, "The deadline had passed before anything was sent.", isRetryable: true)
            : left < _timeout ? left : _timeout;
    }

    // Ids that are not ours come from outside: they would make labels without end.
    private string KnownId(ActionRequest request) => _operations.ContainsKey(request.OperationId) ? request.OperationId : "unknown";

    [LoggerMessage(1, LogLevel.Debug, "{Operation} of {Tenant} ended: {Outcome} after {Milliseconds:0.0} ms")]
    private partial void LogEnded(string operation, string tenant, string outcome, double milliseconds);

    [LoggerMessage(2, LogLevel.Information, "{Operation} of {Tenant} was looked up: {Outcome}")]
    private partial void LogReconciled(string operation, string tenant, string outcome);
}
