using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Steward.Identity;

namespace Steward.Notifications;

/// <summary>What this silo knows of tenants' settings and people's preferences, each for a short time, so that telling people does not ask for them each time. Safe for concurrent use.</summary>
internal sealed class KnownPreferences(IGrainFactory grains, PlatformIdentity platform, IOptions<NotificationOptions> options, TimeProvider time)
{
    private const int Most = 20_000;

    private readonly ConcurrentDictionary<string, (NotificationSettings Settings, long AskedAt)> _tenants = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Tenant, string User), (NotificationPreferences Preferences, long AskedAt)> _people = new();

    /// <summary>A tenant's settings.</summary>
    public async Task<NotificationSettings> SettingsOfAsync(string tenantId, CancellationToken cancellationToken)
    {
        if (_tenants.TryGetValue(tenantId, out var known) && time.GetElapsedTime(known.AskedAt) < options.Value.SettingsFor)
        {
            return known.Settings;
        }

        var askedAt = time.GetTimestamp();
        platform.Assume(tenantId);
        var settings = await grains.GetGrain<INotificationSettingsGrain>(GrainKeys.NotificationSettings(tenantId)).Get(cancellationToken);
        Keep(_tenants, tenantId, (settings, askedAt));
        return settings;
    }

    /// <summary>A person's preferences.</summary>
    public async Task<NotificationPreferences> PreferencesOfAsync(string tenantId, string userId, CancellationToken cancellationToken)
    {
        if (_people.TryGetValue((tenantId, userId), out var known) && time.GetElapsedTime(known.AskedAt) < options.Value.PreferencesFor)
        {
            return known.Preferences;
        }

        var askedAt = time.GetTimestamp();
        platform.Assume(tenantId);
        var preferences = await grains.GetGrain<IInboxGrain>(GrainKeys.Inbox(tenantId, userId)).GetPreferences(cancellationToken);
        Keep(_people, (tenantId, userId), (preferences, askedAt));
        return preferences;
    }

    /// <summary>A tenant's settings have changed.</summary>
    public void Forget(string tenantId) => _tenants.TryRemove(tenantId, out _);

    /// <summary>A person's preferences have changed.</summary>
    public void Forget(string tenantId, string userId) => _people.TryRemove((tenantId, userId), out _);

    private static void Keep<TKey, TValue>(ConcurrentDictionary<TKey, TValue> known, TKey key, TValue value)
        where TKey : notnull
    {
        if (known.Count >= Most)
        {
            // All of it can be asked for again.
            known.Clear();
        }

        known[key] = value;
    }
}
