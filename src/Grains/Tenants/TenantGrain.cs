using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Memory;
using Steward.Notifications;
using Steward.Operations;
using Steward.Runs;

namespace Steward.Tenants;

/// <summary>
/// Owns a tenant's profile and API keys. Persists: <see cref="TenantState"/>. Woken by: configuration, sign-ins that miss the front end's
/// cache, and its reminder, which takes up sessions and runs that stand still because their silo was lost, wakes those whose time has come, and removes what is
/// over the tenant's retention.
/// </summary>
internal sealed partial class TenantGrain(
    [PersistentState("tenant", StorageNames.GrainState)] IPersistentState<TenantState> state,
    OpenWork openWork,
    Retention retention,
    NotificationWork notifications,
    PlatformIdentity platform,
    IOptions<OperatedTenants> operated,
    TimeProvider time,
    ILogger<TenantGrain> logger) : StewardGrain, ITenantGrain, IRemindable
{
    private const string WatchdogReminder = "watchdog";
    private const int MaxApiKeys = 1000;
    private static readonly TimeSpan WatchdogPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetentionPeriod = TimeSpan.FromHours(1);

    private DateTimeOffset _noticesRemovedAt;

    private string TenantId => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task Configure(TenantProfile profile, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        TenantRules.Check(profile);

        // First: whoever finds a profile takes the tenant as set up, and would never add a watchdog that a loss in between had prevented.
        await this.RegisterOrUpdateReminder(WatchdogReminder, WatchdogPeriod, WatchdogPeriod, CancellationToken.None);
        state.State.Profile = profile;
        await Write();
    }

    /// <inheritdoc/>
    public Task<TenantProfile?> GetProfile(CancellationToken cancellationToken = default) => Task.FromResult(operated.Value.Apply(TenantId, state.State.Profile));

    /// <inheritdoc/>
    public Task<TenantProfile> GetSettings(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return Task.FromResult(operated.Value.Apply(TenantId, state.State.Profile) ?? throw StewardException.NotFound("The tenant"));
    }

    /// <inheritdoc/>
    public async Task<TenantProfile> Prefer(TenantPreferences preferences, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var profile = (state.State.Profile ?? throw StewardException.NotFound("The tenant")) with { DoubleTexting = preferences.DoubleTexting, RetentionDays = preferences.RetentionDays };
        TenantRules.Check(profile);
        state.State.Profile = profile;
        await Write();
        return operated.Value.Apply(TenantId, profile)!;
    }

    /// <inheritdoc/>
    public async Task AddApiKey(ApiKeyRecord key, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (state.State.Profile is null)
        {
            throw StewardException.NotFound("The tenant");
        }

        if (!string.Equals(key.Identity.TenantId, TenantId, StringComparison.Ordinal) || key.Identity.Roles.Contains(WellKnownRoles.System))
        {
            throw StewardException.Invalid("identity", "must belong to this tenant and must not have the system role.");
        }

        if (key.SecretHash is not { Length: 32 })
        {
            throw StewardException.Invalid("secretHash", "must be a SHA-256 hash of 32 bytes.");
        }

        if (state.State.ApiKeys.Count >= MaxApiKeys)
        {
            throw StewardException.Invalid("keyId", $"a tenant has at most {MaxApiKeys} keys; revoke some first.");
        }

        if (!state.State.ApiKeys.TryAdd(key.KeyId, key))
        {
            throw new StewardException(ErrorCodes.Conflict, "There is a key with this id.") { Field = "keyId" };
        }

        await Write();
    }

    /// <inheritdoc/>
    public async Task<bool> RevokeApiKey(string keyId, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (!state.State.ApiKeys.Remove(keyId))
        {
            return false;
        }

        await Write();
        return true;
    }

    /// <inheritdoc/>
    public Task<ApiKeyRecord?> FindApiKey(string keyId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult(
            state.State.ApiKeys.TryGetValue(keyId, out var key) && (key.ExpiresAt is null || key.ExpiresAt > time.GetUtcNow()) ? key : null);
    }

    /// <inheritdoc/>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        var taken = await openWork.ResumeAsync(TenantId, standingStillFor: TimeSpan.FromSeconds(90), CancellationToken.None);
        if (taken > 0)
        {
            LogTakenUp(logger, TenantId, taken);
        }

        await openWork.WakeAsync(TenantId, CancellationToken.None);
        await notifications.WakeAsync(TenantId, CancellationToken.None);

        // Keeps the list's depth among the metrics, wherever it lives.
        platform.Assume(TenantId);
        await GrainFactory.GetGrain<IDeadLettersGrain>(GrainKeys.DeadLetters(TenantId)).Count();
        await Retain();
    }

    private async Task Retain()
    {
        var now = time.GetUtcNow();
        if (now - _noticesRemovedAt > RetentionPeriod)
        {
            _noticesRemovedAt = now;
            await notifications.RemoveOldAsync(TenantId, CancellationToken.None);

            // It sees to it by itself that there is a next pass, once it was heard of.
            platform.Assume(TenantId);
            await GrainFactory.GetGrain<IMemoryKeepingGrain>(GrainKeys.MemoryKeeping(TenantId)).Resume();
        }

        if (state.State.Profile?.RetentionDays is not { } days || state.State.RetainedAt > now - RetentionPeriod)
        {
            return;
        }

        // Until everything was gone through it goes on at the next tick.
        if (await retention.RetireAsync(TenantId, now - TimeSpan.FromDays(days), CancellationToken.None))
        {
            state.State.RetainedAt = now;
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

    [LoggerMessage(EventId = 1201, Level = LogLevel.Information, Message = "Watchdog of {Tenant} took up {Count} sessions and runs that stood still")]
    private static partial void LogTakenUp(ILogger logger, string tenant, int count);
}
