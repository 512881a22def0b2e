using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Steward.Errors;
using Steward.Webhooks;

namespace Steward.Client.Http;

/// <summary>An admin's view of webhooks, over a gateway's HTTP API.</summary>
internal sealed class HttpWebhookClient(HttpStewardUserClient http) : IWebhookClient
{
    /// <inheritdoc/>
    public async Task<WebhookSecretShown> CreateAsync(CreateWebhook spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var request = new CreateWebhookRequest { Url = spec.Url, Events = spec.Events, Description = spec.Description, IncludeAnswer = spec.IncludeAnswer };
        return Shown(await http.SendAsync(
            "webhook.create",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, "v1/webhooks") { Content = HttpStewardUserClient.Body(request, ClientAutomationWireJson.Default.CreateWebhookRequest) },
            ClientAutomationWireJson.Default.WebhookResource,
            cancellationToken,
            idempotent: false));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<WebhookInfo>> ListAsync(CancellationToken cancellationToken = default)
    {
        var list = await http.SendAsync(
            "webhook-index.list",
            changes: false,
            () => new HttpRequestMessage(HttpMethod.Get, "v1/webhooks"),
            ClientAutomationWireJson.Default.WebhookListResource,
            cancellationToken);
        return [.. list.Webhooks.Select(AutomationWireMapping.ToContract)];
    }

    /// <inheritdoc/>
    public async Task<WebhookInfo> GetAsync(string webhookId, CancellationToken cancellationToken = default) =>
        AutomationWireMapping.ToContract(await SendAsync("webhook.get-info", HttpMethod.Get, webhookId, "", ClientAutomationWireJson.Default.WebhookResource, cancellationToken));

    /// <inheritdoc/>
    public async Task<WebhookInfo> SetEnabledAsync(string webhookId, bool enabled, CancellationToken cancellationToken = default) =>
        AutomationWireMapping.ToContract(await SendAsync("webhook.set-enabled", HttpMethod.Post, webhookId, enabled ? "/enable" : "/disable", ClientAutomationWireJson.Default.WebhookResource, cancellationToken));

    /// <inheritdoc/>
    public async Task<WebhookSecretShown> RotateAsync(string webhookId, CancellationToken cancellationToken = default) =>
        Shown(await SendAsync("webhook.rotate", HttpMethod.Post, webhookId, "/rotate", ClientAutomationWireJson.Default.WebhookResource, cancellationToken, idempotent: false));

    /// <inheritdoc/>
    public async Task<WebhookDelivery> TestAsync(string webhookId, CancellationToken cancellationToken = default) =>
        AutomationWireMapping.ToContract(await SendAsync("webhook.test", HttpMethod.Post, webhookId, "/test", ClientAutomationWireJson.Default.WebhookDeliveryResource, cancellationToken, idempotent: false));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<WebhookDelivery>> ListDeliveriesAsync(string webhookId, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        var path = string.Create(CultureInfo.InvariantCulture, $"/deliveries?limit={limit}");
        var list = await SendAsync("webhook.list-deliveries", HttpMethod.Get, webhookId, path, ClientAutomationWireJson.Default.WebhookDeliveryListResource, cancellationToken);
        return [.. list.Deliveries.Select(AutomationWireMapping.ToContract)];
    }

    /// <inheritdoc/>
    public async Task<WebhookDelivery> RedeliverAsync(string webhookId, string deliveryId, CancellationToken cancellationToken = default)
    {
        InputRules.DeliveryId(deliveryId);
        return AutomationWireMapping.ToContract(await SendAsync(
            "webhook.redeliver",
            HttpMethod.Post,
            webhookId,
            $"/deliveries/{deliveryId}/redeliver",
            ClientAutomationWireJson.Default.WebhookDeliveryResource,
            cancellationToken));
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string webhookId, CancellationToken cancellationToken = default)
    {
        InputRules.WebhookId(webhookId);
        return http.SendWithoutAnswerAsync("webhook.delete", () => new HttpRequestMessage(HttpMethod.Delete, $"v1/webhooks/{webhookId}"), cancellationToken);
    }

    private static WebhookSecretShown Shown(WebhookResource webhook) => new()
    {
        Webhook = AutomationWireMapping.ToContract(webhook),
        Secret = webhook.Secret ?? throw new StewardException(ErrorCodes.Internal, "The gateway's answer holds no secret; is there a gateway at this address?"),
    };

    private Task<T> SendAsync<T>(string operation, HttpMethod method, string webhookId, string action, JsonTypeInfo<T> json, CancellationToken cancellationToken, bool idempotent = true)
        where T : class
    {
        InputRules.WebhookId(webhookId);
        return http.SendAsync(
            operation,
            changes: method != HttpMethod.Get,
            () => new HttpRequestMessage(method, $"v1/webhooks/{webhookId}{action}"),
            json,
            cancellationToken,
            idempotent);
    }
}
