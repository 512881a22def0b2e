using System.Collections.Frozen;
using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors;

/// <summary>
/// A tenant's connectors as one person may use them: those of the configuration, and its instances. An instance takes the place of a configured connector of the same name.
/// </summary>
internal sealed class TenantConnectorSet : ITenantConnectors
{
    private readonly ITenantConnectors _configured;
    private readonly IInstanceDirectory _directory;
    private readonly IConnectorPipeline _pipeline;
    private readonly ConnectorCaller? _caller;
    private readonly FrozenDictionary<string, ResolvedInstance> _instances;
    private readonly FrozenDictionary<string, (ResolvedInstance Target, OperationTemplate Operation)> _operations;

    public TenantConnectorSet(ITenantConnectors configured, IReadOnlyList<ResolvedInstance> instances, IInstanceDirectory directory, IConnectorPipeline pipeline, ConnectorCaller? caller)
    {
        (_configured, _directory, _pipeline, _caller) = (configured, directory, pipeline, caller);
        _instances = instances.ToFrozenDictionary(target => target.Instance.Name, StringComparer.Ordinal);
        var usable = instances
            .SelectMany(target => InstanceOperations.Of(target).All
                .Where(operation => InstanceOperations.MayUse(target.Instance, operation.Template.Id, caller) && McpOperations.MayUse(target.Template, operation.Template.Id, caller))
                .Select(operation => (Target: target, operation.Template, operation.Operation)))
            .ToList();
        _operations = usable.ToFrozenDictionary(operation => operation.Operation.Id, operation => (operation.Target, operation.Template), StringComparer.Ordinal);
        Operations = [.. configured.Operations
            .Where(operation => !_instances.ContainsKey(operation.Connector))
            .Concat(usable.Select(operation => operation.Operation))
            .OrderBy(operation => operation.Id, StringComparer.Ordinal)];
    }

    public IReadOnlyList<ConnectorOperation> Operations { get; }

    public Uri? FindBaseUrl(string connector) => _instances.TryGetValue(connector, out var target) ? InstanceAddress.Find(target) : _configured.FindBaseUrl(connector);

    public async Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!TryFind(request, out var call, out var refused))
        {
            return refused ?? await _configured.ExecuteAsync(request, cancellationToken);
        }

        using var activity = Diagnostics.StartTool("execute_tool", request.OperationId, request);
        var outcome = await _pipeline.ExecuteAsync(call, cancellationToken);
        var name = outcome switch { ActionSucceeded => "succeeded", ActionUnknown => "unknown", ActionFailed failed => failed.Code, _ => "" };
        Diagnostics.EndTool(activity, name, outcome is ActionSucceeded, outcome.VendorRequestId);
        return outcome;
    }

    public async Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!TryFind(request, out var call, out var refused))
        {
            return refused is ActionFailed failed ? new ReconcileUnknown(failed.Message) : await _configured.ReconcileAsync(request, sentAt, cancellationToken);
        }

        using var activity = Diagnostics.StartTool("reconcile", request.OperationId, request);
        var outcome = await _pipeline.ReconcileAsync(call, sentAt, cancellationToken);
        Diagnostics.EndTool(activity, outcome.GetType().Name, outcome is not ReconcileUnknown, null);
        return outcome;
    }

    // False without a refusal: it is not one of an instance.
    private bool TryFind(ActionRequest request, out ConnectorCallRequest call, out ActionOutcome? refused)
    {
        (call, refused) = (null!, null);
        var name = request.OperationId.Split('.', 2)[0];
        if (!_instances.TryGetValue(name, out var target))
        {
            return false;
        }

        if (!_operations.TryGetValue(request.OperationId, out var found))
        {
            refused = target.Template.Operations.Any(operation => $"{name}.{operation.Id}" == request.OperationId)
                ? new ActionFailed(FailureCodes.Forbidden, $"{request.OperationId} is not switched on for you in this tenant.", IsRetryable: false)
                : new ActionFailed(FailureCodes.NotFound, "There is no such operation. See the list of operations for what can be done.", IsRetryable: false);
            return false;
        }

        call = new ConnectorCallRequest
        {
            Target = target,
            Gate = _directory.GateOf(target.Instance.TenantId, name),
            Operation = found.Operation,
            Arguments = request.Arguments,
            ActionId = request.ActionId,
            Caller = request.Caller ?? _caller,
            Deadline = request.Deadline,
            DryRun = request.DryRun,
        };
        return true;
    }
}
