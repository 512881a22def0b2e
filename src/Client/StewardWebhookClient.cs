using System.Security.Cryptography;
using Steward.Errors;
using Steward.Identity;
using Steward.Webhooks;

namespace Steward.Client;

/// <summary>An admin's view of webhooks, over grain calls.</summary>
internal sealed class StewardWebhookClient(IGrainFactory grains, SignedCaller calls, CallerIdentity identity) : IWebhookClient
{
    /// <inheritdoc/>
    public Task<WebhookSecretShown> CreateAsync(CreateWebhook spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var id = "w-" + RandomNumberGenerator.GetString(InputRules.IdAlphabet, 24);
        return calls.CallAsync("webhook.create", idempotent: false, changes: true, Webhook(id), spec, static (webhook, spec, token) => webhook.Create(spec, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<WebhookInfo>> ListAsync(CancellationToken cancellationToken = default)
    {
        var index = grains.GetGrain<IWebhookIndexGrain>(GrainKeys.WebhookIndex(identity.TenantId));
        var subscriptions = await calls.CallAsync("webhook-index.list", idempotent: true, changes: false, index, 0, static (index, _, token) => index.List(token), cancellationToken);
        var found = await Task.WhenAll(subscriptions.Select(subscription => FindAsync(subscription.WebhookId, cancellationToken)));
        return [.. found.OfType<WebhookInfo>()];
    }

    /// <inheritdoc/>
    public async Task<WebhookInfo> GetAsync(string webhookId, CancellationToken cancellationToken = default) =>
        await FindAsync(webhookId, cancellationToken) ?? throw StewardException.NotFound("The webhook");

    /// <inheritdoc/>
    public Task<WebhookInfo> SetEnabledAsync(string webhookId, bool enabled, CancellationToken cancellationToken = default) =>
        calls.CallAsync("webhook.set-enabled", idempotent: true, changes: true, Webhook(webhookId), enabled, static (webhook, enabled, token) => webhook.SetEnabled(enabled, token), cancellationToken);

    /// <inheritdoc/>
    public Task<WebhookSecretShown> RotateAsync(string webhookId, CancellationToken cancellationToken = default) =>
        calls.CallAsync("webhook.rotate", idempotent: false, changes: true, Webhook(webhookId), 0, static (webhook, _, token) => webhook.Rotate(token), cancellationToken);

    /// <inheritdoc/>
    public Task<WebhookDelivery> TestAsync(string webhookId, CancellationToken cancellationToken = default) =>
        calls.CallAsync("webhook.test", idempotent: false, changes: true, Webhook(webhookId), 0, static (webhook, _, token) => webhook.Test(token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<WebhookDelivery>> ListDeliveriesAsync(string webhookId, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        return calls.CallAsync("webhook.list-deliveries", idempotent: true, changes: false, Webhook(webhookId), limit, static (webhook, limit, token) => webhook.ListDeliveries(limit, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<WebhookDelivery> RedeliverAsync(string webhookId, string deliveryId, CancellationToken cancellationToken = default)
    {
        InputRules.DeliveryId(deliveryId);
        return calls.CallAsync("webhook.redeliver", idempotent: true, changes: true, Webhook(webhookId), deliveryId, static (webhook, id, token) => webhook.Redeliver(id, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string webhookId, CancellationToken cancellationToken = default) =>
        calls.CallAsync("webhook.delete", idempotent: true, changes: true, Webhook(webhookId), 0, static async (webhook, _, token) =>
        {
            await webhook.Delete(token);
            return true;
        }, cancellationToken);

    private Task<WebhookInfo?> FindAsync(string webhookId, CancellationToken cancellationToken) =>
        calls.CallAsync("webhook.get-info", idempotent: true, changes: false, Webhook(webhookId), 0, static (webhook, _, token) => webhook.GetInfo(token), cancellationToken);

    private IWebhookGrain Webhook(string webhookId)
    {
        InputRules.WebhookId(webhookId);
        return grains.GetGrain<IWebhookGrain>(GrainKeys.Webhook(identity.TenantId, webhookId));
    }
}
