using Steward.Webhooks;

namespace Steward.Client;

/// <summary>The tenant's webhooks, for its admins. Reached through <see cref="IStewardUserClient.Webhooks"/>.</summary>
public interface IWebhookClient
{
    /// <summary>
    /// Creates a webhook and its secret, which is never shown again. Not repeated after a failure: if the outcome is unknown, list the webhooks and rotate the secret.
    /// </summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>, <c>webhook_address_forbidden</c>, <c>forbidden</c>, <c>limit_reached</c>.</exception>
    Task<WebhookSecretShown> CreateAsync(CreateWebhook spec, CancellationToken cancellationToken = default);

    /// <summary>All webhooks, by id.</summary>
    Task<IReadOnlyList<WebhookInfo>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>One webhook.</summary>
    Task<WebhookInfo> GetAsync(string webhookId, CancellationToken cancellationToken = default);

    /// <summary>Enables or disables a webhook. Idempotent.</summary>
    Task<WebhookInfo> SetEnabledAsync(string webhookId, bool enabled, CancellationToken cancellationToken = default);

    /// <summary>Makes a new secret; the one before signs too for a day. Not repeated after a failure.</summary>
    Task<WebhookSecretShown> RotateAsync(string webhookId, CancellationToken cancellationToken = default);

    /// <summary>Sends a message that says nothing. Not repeated after a failure.</summary>
    Task<WebhookDelivery> TestAsync(string webhookId, CancellationToken cancellationToken = default);

    /// <summary>Messages that wait, and the last 100 others, newest first.</summary>
    Task<IReadOnlyList<WebhookDelivery>> ListDeliveriesAsync(string webhookId, int limit = 50, CancellationToken cancellationToken = default);

    /// <summary>Sends a message again, with the same id.</summary>
    Task<WebhookDelivery> RedeliverAsync(string webhookId, string deliveryId, CancellationToken cancellationToken = default);

    /// <summary>Deletes a webhook. Idempotent.</summary>
    Task DeleteAsync(string webhookId, CancellationToken cancellationToken = default);
}
