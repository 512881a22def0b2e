using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Connectors;

/// <summary>Knows which connector instances a tenant has. Persists: <see cref="ConnectorIndexState"/>. Woken by: changes, and silos that look for changes.</summary>
internal sealed class ConnectorIndexGrain(
    [PersistentState("connectors", StorageNames.GrainState)] IPersistentState<ConnectorIndexState> state) : Grain, IConnectorIndexGrain
{
    /// <summary>The most instances of a tenant.</summary>
    public const int MaxPerTenant = 4000;

    private IReadOnlyList<ConnectorEntry>? _list;

    /// <inheritdoc/>
    public async Task Put(ConnectorEntry entry, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (!state.State.Entries.ContainsKey(entry.Name) && state.State.Entries.Count >= MaxPerTenant)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"The tenant has {MaxPerTenant} connectors; delete some first.");
        }

        if (state.State.Entries.GetValueOrDefault(entry.Name) != entry)
        {
            state.State.Entries[entry.Name] = entry;
            await Write();
        }
    }

    /// <inheritdoc/>
    public async Task Remove(string name, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (state.State.Entries.Remove(name))
        {
            await Write();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ConnectorEntry>> List(CancellationToken cancellationToken = default)
    {
        if (!Caller.IsSystem)
        {
            Caller.RequireAdmin();
        }

        return Task.FromResult(_list ??= [.. state.State.Entries.Values.OrderBy(entry => entry.Name, StringComparer.Ordinal)]);
    }

    private async Task Write()
    {
        _list = null;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }
}
