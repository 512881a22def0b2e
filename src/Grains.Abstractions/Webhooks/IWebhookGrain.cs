using Orleans.Concurrency;

namespace Steward.Webhooks;

/// <summary>
/// One address that is told of what happens in the tenant, signed as Standard Webhooks says. Key: <c>t-acme/w-…</c>. Messages are durable before they are sent and are
/// repeated with the same id until the receiver takes them. Admins see to it.
/// </summary>
[Alias("steward.webhook")]
public interface IWebhookGrain : IGrainWithStringKey
{
    /// <summary>Creates the webhook and its secret, which is never shown again.</summary>
    /// <exception cref="Errors.StewardException">
    /// <c>invalid_argument</c> names the field; <c>webhook_address_forbidden</c> when the address leads inside; <c>conflict</c> when there is, or was, one with this id;
    /// <c>limit_reached</c>.
    /// </exception>
    [Alias("create")]
    Task<WebhookSecretShown> Create(CreateWebhook command, CancellationToken cancellationToken = default);

    /// <summary>The webhook, or null when there is none.</summary>
    [Alias("get-info")]
    [AlwaysInterleave] // Safe: returns what was last folded from the journal and changes nothing.
    Task<WebhookInfo?> GetInfo(CancellationToken cancellationToken = default);

    /// <summary>Enables or disables it. While it is disabled nothing is kept for it. Idempotent.</summary>
    [Alias("set-enabled")]
    Task<WebhookInfo> SetEnabled(bool enabled, CancellationToken cancellationToken = default);

    /// <summary>Makes a new secret, which is never shown again. The one before signs too for a day.</summary>
    [Alias("rotate")]
    Task<WebhookSecretShown> Rotate(CancellationToken cancellationToken = default);

    /// <summary>Removes it, with all that waits. Idempotent.</summary>
    [Alias("delete")]
    Task Delete(CancellationToken cancellationToken = default);

    /// <summary>Sends a message of the type <c>webhook.test</c>.</summary>
    [Alias("test")]
    Task<WebhookDelivery> Test(CancellationToken cancellationToken = default);

    /// <summary>Messages that wait, and the last 100 others, newest first.</summary>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    [Alias("list-deliveries")]
    Task<IReadOnlyList<WebhookDelivery>> ListDeliveries(int limit, CancellationToken cancellationToken = default);

    /// <summary>Sends a message again, with the same id, now and as often as if it were new.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>; <c>conflict</c> when the webhook is disabled.</exception>
    [Alias("redeliver")]
    Task<WebhookDelivery> Redeliver(string deliveryId, CancellationToken cancellationToken = default);

    /// <summary>Takes over a message; it is durable when this returns. Idempotent by type, subject and occurrence; the platform only. Messages that come while too many wait, or while it is switched off, are dropped.</summary>
    [Alias("notify")]
    Task Notify(WebhookEvent happened, CancellationToken cancellationToken = default);

    /// <summary>Takes over a message, or says that it cannot: while it is switched off or too many wait. Durable and idempotent like <see cref="Notify"/>; the platform only.</summary>
    /// <returns>Whether it will be sent, or was.</returns>
    [Alias("try-notify")]
    Task<bool> TryNotify(WebhookEvent happened, CancellationToken cancellationToken = default);

    /// <summary>Sees to what is due. The watchdog calls it; the platform only.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);
}

/// <summary>Which webhooks a tenant has. Key: <c>t-acme/i-webhooks</c>.</summary>
[Alias("steward.webhook-index")]
public interface IWebhookIndexGrain : IGrainWithStringKey
{
    /// <summary>Notes a webhook, or what it wants to be told of. Idempotent; the platform only.</summary>
    /// <exception cref="Errors.StewardException"><c>limit_reached</c>.</exception>
    [Alias("put")]
    Task Put(WebhookSubscription subscription, CancellationToken cancellationToken = default);

    /// <summary>Forgets a webhook. Idempotent; the platform only.</summary>
    [Alias("remove")]
    Task Remove(string webhookId, CancellationToken cancellationToken = default);

    /// <summary>All of the tenant's, by id. Admins only.</summary>
    [Alias("list")]
    Task<IReadOnlyList<WebhookSubscription>> List(CancellationToken cancellationToken = default);
}
