using System.Collections.Concurrent;
using Steward.Identity;

namespace Steward.Webhooks;

/// <summary>
/// Tells a tenant's webhooks what happens in the tenant. Which webhooks want to know is remembered in the process for a few seconds, so that tenants without any cost nothing.
/// </summary>
internal sealed class TenantWebhooks(IGrainFactory grains, PlatformIdentity platform, TimeProvider time)
{
    /// <summary>How long it may take until a new webhook is told of what does not name it.</summary>
    public static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(5);

    // A run that begins waits for the list; longer than this it does not.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private const int MaxTenants = 10_000;

    private readonly ConcurrentDictionary<string, (Task<IReadOnlyList<WebhookSubscription>> List, DateTimeOffset Until)> _known = new(StringComparer.Ordinal);

    /// <summary>Whether any webhook wants to be told of all runs of a tenant.</summary>
    /// <exception cref="Exception">The list cannot be read now; <see cref="TimeoutException"/> when it does not come soon. Failures are remembered for a moment, too.</exception>
    public async ValueTask<bool> AnyAsync(string tenantId)
    {
        var (asked, until) = Ask(tenantId, againAfterFailure: false);
        if (!asked.IsCompleted)
        {
            // However many runs begin meanwhile, they wait for the same question, and none longer than the first.
            var left = Patience - (RememberFor - (until - time.GetUtcNow()));
            await asked.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        }

        return (await asked).Any(subscription => subscription.Enabled && subscription.Events.Any(WebhookEventTypes.IsOfRuns));
    }

    /// <summary>Hands a message over to each webhook that is concerned; it is durable with each of them when this returns. Idempotent, so after a failure it is done again.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="webhookId">A webhook that is told although it did not ask for this type, such as the one that a request named; null for none.</param>
    /// <param name="happened">What happened.</param>
    public async Task TellAsync(string tenantId, string? webhookId, WebhookEvent happened)
    {
        var concerned = (await Ask(tenantId, againAfterFailure: true).List)
            .Where(subscription => subscription.Enabled && (subscription.Events.Contains(happened.Type) || subscription.WebhookId == webhookId))
            .Select(subscription => subscription.WebhookId)
            .ToList();
        if (webhookId is not null && !concerned.Contains(webhookId) && GrainKeys.IsValidPart(webhookId, 'w'))
        {
            // Perhaps too new to be known here; one that does not exist takes no notice.
            concerned.Add(webhookId);
        }

        foreach (var concernedId in concerned)
        {
            platform.Assume(tenantId);
            await grains.GetGrain<IWebhookGrain>(GrainKeys.Webhook(tenantId, concernedId)).Notify(happened);
        }
    }

    private (Task<IReadOnlyList<WebhookSubscription>> List, DateTimeOffset Until) Ask(string tenantId, bool againAfterFailure)
    {
        var now = time.GetUtcNow();
        if (_known.TryGetValue(tenantId, out var known)
            && !(againAfterFailure && (known.List.IsFaulted || known.List.IsCanceled)) && now < known.Until && now > known.Until - (2 * RememberFor))
        {
            return known;
        }

        if (_known.Count >= MaxTenants)
        {
            _known.Clear();
        }

        // The question itself is remembered, so that many runs at once ask once.
        platform.Assume(tenantId);
        return _known[tenantId] = (grains.GetGrain<IWebhookIndexGrain>(GrainKeys.WebhookIndex(tenantId)).List(), now + RememberFor);
    }
}
