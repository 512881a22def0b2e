using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Schedules;

/// <summary>
/// Knows which schedules a tenant has, and holds their number down. Persists: <see cref="ScheduleIndexState"/>. Woken by: schedules that are made and removed, and lists.
/// </summary>
internal sealed class ScheduleIndexGrain(
    [PersistentState("schedules", StorageNames.GrainState)] IPersistentState<ScheduleIndexState> state,
    PlatformIdentity platform,
    TimeProvider time) : StewardGrain, IScheduleIndexGrain
{
    /// <summary>The most schedules of one person.</summary>
    public const int MaxPerUser = 100;

    /// <summary>The most schedules of a tenant, those of its people included.</summary>
    public const int MaxPerTenant = 1000;

    private const int MaxPageSize = 200;

    // A schedule that is being made is noted here first; later than this, one that does not know of itself never came to be.
    private static readonly TimeSpan LeftBehindAfter = TimeSpan.FromMinutes(10);

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public async Task Add(string scheduleId, string? userId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (state.State.Entries.ContainsKey(Name(scheduleId, userId)))
        {
            return;
        }

        if (Full(userId) is not null)
        {
            await ForgetLeftBehind();
        }

        if (Full(userId) is { } problem)
        {
            throw new StewardException(ErrorCodes.LimitReached, problem);
        }

        state.State.Entries[Name(scheduleId, userId)] = new ScheduleIndexEntry { ScheduleId = scheduleId, UserId = userId, AddedAt = time.GetUtcNow() };
        await Write();
    }

    /// <inheritdoc/>
    public async Task Remove(string scheduleId, string? userId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (state.State.Entries.Remove(Name(scheduleId, userId)))
        {
            await Write();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> List(bool tenantWide, string? after, int limit, CancellationToken cancellationToken = default)
    {
        if (limit is < 1 or > MaxPageSize)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MaxPageSize}.");
        }

        if (tenantWide)
        {
            Caller.RequireAdmin();
        }

        var userId = tenantWide ? null : Caller.Required.UserId;
        return Task.FromResult<IReadOnlyList<string>>([.. state.State.Entries.Values
            .Where(entry => string.Equals(entry.UserId, userId, StringComparison.Ordinal))
            .Select(entry => entry.ScheduleId)
            .Where(id => after is null || string.CompareOrdinal(id, after) > 0)
            .Order(StringComparer.Ordinal)
            .Take(limit)]);
    }

    private static string Name(string scheduleId, string? userId) => $"{userId}/{scheduleId}";

    private string? Full(string? userId) => state.State.Entries.Count >= MaxPerTenant
        ? $"The tenant has {MaxPerTenant} schedules; delete some first."
        : userId is not null && state.State.Entries.Values.Count(entry => string.Equals(entry.UserId, userId, StringComparison.Ordinal)) >= MaxPerUser
            ? $"You have {MaxPerUser} schedules; delete some first."
            : null;

    private async Task ForgetLeftBehind()
    {
        var old = time.GetUtcNow() - LeftBehindAfter;
        var changed = false;
        foreach (var (name, entry) in state.State.Entries.Where(entry => entry.Value.AddedAt < old).ToList())
        {
            platform.Assume(TenantId);
            var key = entry.UserId is { } user ? GrainKeys.Schedule(TenantId, user, entry.ScheduleId) : $"{TenantId}/{entry.ScheduleId}";
            if (await GrainFactory.GetGrain<IScheduleGrain>(key).GetInfo() is null)
            {
                changed |= state.State.Entries.Remove(name);
            }
        }

        if (changed)
        {
            await Write();
        }
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

/// <summary>What the list of schedules persists.</summary>
[GenerateSerializer]
[Alias("steward.schedule-index-state")]
internal sealed class ScheduleIndexState
{
    /// <summary>The schedules by person and id.</summary>
    [Id(0)]
    public Dictionary<string, ScheduleIndexEntry> Entries { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>One schedule of the list.</summary>
[GenerateSerializer]
[Alias("steward.schedule-index-entry")]
internal sealed class ScheduleIndexEntry
{
    /// <summary>The schedule.</summary>
    [Id(0)]
    public required string ScheduleId { get; set; }

    /// <summary>Whose it is; null for the tenant's.</summary>
    [Id(1)]
    public string? UserId { get; set; }

    /// <summary>When it was noted.</summary>
    [Id(2)]
    public DateTimeOffset AddedAt { get; set; }
}
