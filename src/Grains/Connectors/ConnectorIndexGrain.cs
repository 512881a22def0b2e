using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Connectors;

/// <summary>Knows which connector instances a tenant has. Persists: <see cref="ConnectorIndexState"/>. Woken by: changes, and silos that look for changes.</summary>
internal sealed class ConnectorIndexGrain(
    [PersistentState("connectors", StorageNames.GrainState)] IPersistentState<ConnectorIndexState> state) : StewardGrain, IConnectorIndexGrain
{
    /// <summary>The most instances of a tenant.</summary>
    public const int MaxPerTenant = 4000;

    /// <summary>The most characters of templates of a tenant's own, all instances together: every silo that makes its calls has them in memory.</summary>
    public const long MaxTemplateCharacters = 32 << 20;

    private IReadOnlyList<ConnectorEntry>? _list;
    private Task _writing = Task.CompletedTask;
    private Task? _next;

    /// <inheritdoc/>
    public async Task Put(ConnectorEntry entry, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (!state.State.Entries.ContainsKey(entry.Name) && state.State.Entries.Count >= MaxPerTenant)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"The tenant has {MaxPerTenant} connectors; delete some first.");
        }

        var before = state.State.Entries.GetValueOrDefault(entry.Name)?.TemplateCharacters ?? 0;
        if (entry.TemplateCharacters > before && state.State.Entries.Values.Sum(known => (long)known.TemplateCharacters) - before + entry.TemplateCharacters > MaxTemplateCharacters)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"The tenant's own templates have {MaxTemplateCharacters:N0} characters in all; make the template from fewer operations, or delete connectors first.");
        }

        if (state.State.Entries.GetValueOrDefault(entry.Name) != entry)
        {
            state.State.Entries[entry.Name] = entry;
            await Write();
        }
        else
        {
            await (_next ?? _writing);
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
        else
        {
            await (_next ?? _writing);
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

    // The whole list is written each time: changes that come while it is being written share the next write, else thousands of new connectors would be as many writes of thousands.
    private Task Write() => _next ??= WriteNextAsync(_writing);

    private async Task WriteNextAsync(Task before)
    {
        // Whoever comes until it begins finds it in _next.
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        (_writing, _next) = (_next!, null);
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
