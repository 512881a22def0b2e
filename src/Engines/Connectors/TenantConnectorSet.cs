using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;

namespace Steward.Engines.Connectors;

/// <summary>
/// A tenant's connectors as one person may use them: those of the configuration, and its instances. An instance takes the place of a configured connector of the same name.
/// </summary>
internal sealed class TenantConnectorSet : ITenantConnectors
{
    private static readonly Dictionary<string, IReadOnlyList<FieldMapping>> NoMappings = [];

    private readonly ITenantConnectors _configured;
    private readonly IInstanceDirectory _directory;
    private readonly IConnectorPipeline _pipeline;
    private readonly ConnectorCaller? _caller;
    private readonly ConnectorView _view;

    public TenantConnectorSet(ITenantConnectors configured, IReadOnlyList<ResolvedInstance> instances, IInstanceDirectory directory, IConnectorPipeline pipeline, ConnectorCaller? caller)
    {
        (_configured, _directory, _pipeline, _caller) = (configured, directory, pipeline, caller);
        _view = ConnectorView.Of(configured, instances, caller);
    }

    public IReadOnlyList<ConnectorOperation> Operations => _view.Operations;

    public ConnectorOperation? FindOperation(string operationId) =>
        _view.Usables.TryGetValue(operationId, out var found) ? found.Operation
        : _view.Instances.ContainsKey(operationId.Split('.', 2)[0]) ? null
        : _configured.FindOperation(operationId);

    public Uri? FindBaseUrl(string connector) => _view.Instances.TryGetValue(connector, out var target) ? InstanceAddress.Find(target) : _configured.FindBaseUrl(connector);

    public (ChoicePlan? Plan, ActionFailed? Refusal)? PlanChoices(string operationId, string argument, JsonElement arguments)
    {
        try
        {
            return _view.Usables.TryGetValue(operationId, out var found) && InstanceChoices.Plan(found.Target, found.Template, argument, arguments) is { } plan ? (plan, null) : null;
        }
        catch (OutcomeException exception) when (exception.Outcome is ActionFailed failed)
        {
            return (null, failed);
        }
    }

    public async Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!TryFind(request, out var call, out var refused))
        {
            return refused ?? await _configured.ExecuteAsync(request with { Caller = request.Caller ?? _caller }, cancellationToken);
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
        if (!_view.Instances.TryGetValue(name, out var target))
        {
            return false;
        }

        if (!_view.Usables.TryGetValue(request.OperationId, out var found))
        {
            refused = target.Template.Operations.Any(operation => $"{name}.{operation.Id}" == request.OperationId)
                ? new ActionFailed(FailureCodes.Forbidden, $"{request.OperationId} is not switched on for you in this tenant.", IsRetryable: false)
                : new ActionFailed(FailureCodes.NotFound, "There is no such operation. See the list of operations for what can be done.", IsRetryable: false);
            return false;
        }

        call = new ConnectorCallRequest
        {
            Target = request.HasTemplateNames ? target with { Instance = target.Instance with { Mappings = NoMappings } } : target,
            Gate = _directory.GateOf(target.Instance.TenantId, name),
            Operation = found.Template,
            Arguments = request.Arguments,
            ActionId = request.ActionId,
            Caller = request.Caller ?? _caller,
            Deadline = request.Deadline,
            DryRun = request.DryRun,
        };
        return true;
    }
}
