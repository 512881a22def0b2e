namespace Steward.Engines.Connectors;

/// <summary>A tenant's configured connectors as one person uses them: calls that name nobody are the person's.</summary>
internal sealed class PersonConnectors(ITenantConnectors inner, ConnectorCaller caller) : ITenantConnectors
{
    public IReadOnlyList<ConnectorOperation> Operations => inner.Operations;

    public ConnectorOperation? FindOperation(string operationId) => inner.FindOperation(operationId);

    public Uri? FindBaseUrl(string connector) => inner.FindBaseUrl(connector);

    public Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return inner.ExecuteAsync(request.Caller is null ? request with { Caller = caller } : request, cancellationToken);
    }

    public Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken) => inner.ReconcileAsync(request, sentAt, cancellationToken);
}
