namespace Steward.Engines.Connectors.Instances;

/// <summary>Knows the instances of each tenant. Safe for concurrent use.</summary>
public interface IInstanceDirectory
{
    /// <summary>The enabled instances of a tenant, by name; seconds old at most. The same objects come back as long as nothing changed.</summary>
    /// <param name="tenantId">The tenant, for example <c>t-acme</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<IReadOnlyList<ResolvedInstance>> ListAsync(string tenantId, CancellationToken cancellationToken);

    /// <summary>The owner of an instance.</summary>
    IInstanceGate GateOf(string tenantId, string instanceName);
}

/// <summary>No instances: connectors come from configuration alone.</summary>
internal sealed class NoInstances : IInstanceDirectory
{
    public ValueTask<IReadOnlyList<ResolvedInstance>> ListAsync(string tenantId, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<ResolvedInstance>>([]);

    public IInstanceGate GateOf(string tenantId, string instanceName) => throw new InvalidOperationException("There are no instances.");
}
