using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Triage;

/// <summary>
/// Knows a tenant's imports, and lets one at a time be at work. Persists: <see cref="TriageImportsState"/>. Woken by: imports that begin, and lists. Whether an import is at work that import knows itself: one that was lost at
/// its beginning holds nobody up.
/// </summary>
internal sealed class TriageImportsGrain(
    [PersistentState("triage-imports", StorageNames.GrainState)] IPersistentState<TriageImportsState> state,
    PlatformIdentity platform,
    TimeProvider time) : StewardGrain, ITriageImportsGrain
{
    private const int Kept = 20;

    // An import is noted here before it knows of itself.
    private static readonly TimeSpan BeginsWithin = TimeSpan.FromMinutes(1);

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public async Task Begin(string importId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var entries = state.State.Entries;
        if (entries.Exists(entry => string.Equals(entry.ImportId, importId, StringComparison.Ordinal)))
        {
            return;
        }

        if (entries is [.., var last] && await IsAtWork(last))
        {
            throw new StewardException(ErrorCodes.LimitReached, $"The import {last.ImportId} is at work. Wait until it is over, or cancel it.");
        }

        entries.Add(new TriageImportsEntry { ImportId = importId, BegunAt = time.GetUtcNow() });
        if (entries.Count > Kept)
        {
            entries.RemoveAt(0);
        }

        await Write();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriageImport>> List(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var found = new List<TriageImport>();
        foreach (var entry in state.State.Entries.ToList())
        {
            if (await Find(entry) is { } import)
            {
                found.Insert(0, import);
            }
        }

        return found;
    }

    private async Task<bool> IsAtWork(TriageImportsEntry entry) => await Find(entry) is { } import
        ? import.State is TriageImportState.Receiving or TriageImportState.Running
        : time.GetUtcNow() - entry.BegunAt < BeginsWithin;

    private Task<TriageImport?> Find(TriageImportsEntry entry)
    {
        platform.Assume(TenantId);
        return GrainFactory.GetGrain<ITriageImportGrain>(GrainKeys.TriageImport(TenantId, entry.ImportId)).Get();
    }

    private async Task Write()
    {
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

/// <summary>What the list of imports persists.</summary>
[GenerateSerializer]
[Alias("steward.triage-imports-state")]
internal sealed class TriageImportsState
{
    /// <summary>The last imports, oldest first.</summary>
    [Id(0)]
    public List<TriageImportsEntry> Entries { get; set; } = [];
}

/// <summary>One import of the list.</summary>
[GenerateSerializer]
[Alias("steward.triage-imports-entry")]
internal sealed class TriageImportsEntry
{
    /// <summary>The import.</summary>
    [Id(0)]
    public required string ImportId { get; set; }

    /// <summary>When it was noted.</summary>
    [Id(1)]
    public DateTimeOffset BegunAt { get; set; }
}
