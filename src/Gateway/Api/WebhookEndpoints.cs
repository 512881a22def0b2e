using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Gateway.Access;
using Steward.Webhooks;

namespace Steward.Gateway.Api;

/// <summary>Who is told of what happens in the tenant.</summary>
internal static class WebhookEndpoints
{
    private const int MaxPageSize = 200;
    private const int DefaultPageSize = 50;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/webhooks", (Delegate)CreateAsync)
            .WithName("createWebhook")
            .WithTags("Webhooks")
            .WithSummary("Create a webhook")
            .WithDescription(
                "Messages are signed as Standard Webhooks says (webhook-id, webhook-timestamp, webhook-signature). The answer holds the secret, which is never shown again. "
                + "An address that leads to private, local or other special networks is refused with the code webhook_address_forbidden. Admins only.")
            .Accepts<CreateWebhookRequest>("application/json")
            .Produces<WebhookResource>(StatusCodes.Status201Created)
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapGet("/webhooks", (Delegate)ListAsync)
            .WithName("listWebhooks")
            .WithTags("Webhooks")
            .WithSummary("List webhooks")
            .WithDescription("All webhooks of the tenant, by id. Admins only.")
            .Produces<WebhookListResource>()
            .WithProblems(401, 403, 429, 503);
        v1.MapGet("/webhooks/{webhookId}", (Delegate)GetAsync)
            .WithName("getWebhook")
            .WithTags("Webhooks")
            .WithSummary("Read a webhook")
            .WithDescription("The webhook and how its deliveries go. Admins only.")
            .Produces<WebhookResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapDelete("/webhooks/{webhookId}", (Delegate)DeleteAsync)
            .WithName("deleteWebhook")
            .WithTags("Webhooks")
            .WithSummary("Delete a webhook")
            .WithDescription("With all messages that wait. Idempotent. Admins only.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/webhooks/{webhookId}/enable", (HttpContext context, string webhookId) => SetEnabledAsync(context, webhookId, enabled: true))
            .WithName("enableWebhook")
            .WithTags("Webhooks")
            .WithSummary("Enable a webhook")
            .WithDescription("Messages are sent again from now on; those that failed meanwhile can be sent again one by one. Idempotent. Admins only.")
            .Produces<WebhookResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/webhooks/{webhookId}/disable", (HttpContext context, string webhookId) => SetEnabledAsync(context, webhookId, enabled: false))
            .WithName("disableWebhook")
            .WithTags("Webhooks")
            .WithSummary("Disable a webhook")
            .WithDescription("Nothing is sent and nothing is kept for it; what waits fails. Idempotent. Admins only.")
            .Produces<WebhookResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/webhooks/{webhookId}/rotate", (Delegate)RotateAsync)
            .WithName("rotateWebhookSecret")
            .WithTags("Webhooks")
            .WithSummary("Make a new secret")
            .WithDescription("The answer holds the new secret, which is never shown again. Messages are signed with the one before, too, for a day. Admins only.")
            .Produces<WebhookResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/webhooks/{webhookId}/test", (Delegate)TestAsync)
            .WithName("testWebhook")
            .WithTags("Webhooks")
            .WithSummary("Send a test message")
            .WithDescription("Sends a message of the type webhook.test; the list of deliveries shows what became of it. Admins only.")
            .Produces<WebhookDeliveryResource>(StatusCodes.Status202Accepted)
            .WithProblems(400, 401, 403, 404, 409, 429, 503);
        v1.MapGet("/webhooks/{webhookId}/deliveries", (Delegate)ListDeliveriesAsync)
            .WithName("listWebhookDeliveries")
            .WithTags("Webhooks")
            .WithSummary("List messages")
            .WithDescription("Messages that wait, and the last 100 others, newest first, with what became of their last attempt. Admins only.")
            .Produces<WebhookDeliveryListResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver", (Delegate)RedeliverAsync)
            .WithName("redeliverWebhookMessage")
            .WithTags("Webhooks")
            .WithSummary("Send a message again")
            .WithDescription("Now, with the same id, and as often as if it were new. Admins only.")
            .Produces<WebhookDeliveryResource>(StatusCodes.Status202Accepted)
            .WithProblems(400, 401, 403, 404, 409, 429, 503);
    }

    private static async Task CreateAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, AutomationWireJson.Default.CreateWebhookRequest, options.Value.MaxBodyBytes);
        var shown = await Caller.Of(context).Client.Webhooks.CreateAsync(AutomationWireMapping.ToContract(body), context.RequestAborted);
        context.Response.Headers.Location = $"/v1/webhooks/{shown.Webhook.WebhookId}";
        await WriteAsync(context, StatusCodes.Status201Created, shown.Webhook, shown.Secret);
    }

    private static async Task ListAsync(HttpContext context)
    {
        var webhooks = await Caller.Of(context).Client.Webhooks.ListAsync(context.RequestAborted);
        var resource = new WebhookListResource { Webhooks = [.. webhooks.Select(webhook => AutomationWireMapping.ToResource(webhook))] };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, AutomationWireJson.Default.WebhookListResource);
    }

    private static async Task GetAsync(HttpContext context, string webhookId) =>
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Webhooks.GetAsync(webhookId, context.RequestAborted));

    private static async Task DeleteAsync(HttpContext context, string webhookId)
    {
        await Caller.Of(context).Client.Webhooks.DeleteAsync(webhookId, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task SetEnabledAsync(HttpContext context, string webhookId, bool enabled) =>
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Webhooks.SetEnabledAsync(webhookId, enabled, context.RequestAborted));

    private static async Task RotateAsync(HttpContext context, string webhookId)
    {
        var shown = await Caller.Of(context).Client.Webhooks.RotateAsync(webhookId, context.RequestAborted);
        await WriteAsync(context, StatusCodes.Status200OK, shown.Webhook, shown.Secret);
    }

    private static async Task TestAsync(HttpContext context, string webhookId) =>
        await WriteAsync(context, await Caller.Of(context).Client.Webhooks.TestAsync(webhookId, context.RequestAborted));

    private static async Task ListDeliveriesAsync(HttpContext context, string webhookId, [FromQuery] string? limit)
    {
        var deliveries = await Caller.Of(context).Client.Webhooks.ListDeliveriesAsync(webhookId, QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize), context.RequestAborted);
        var resource = new WebhookDeliveryListResource { Deliveries = [.. deliveries.Select(AutomationWireMapping.ToResource)] };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, AutomationWireJson.Default.WebhookDeliveryListResource);
    }

    private static async Task RedeliverAsync(HttpContext context, string webhookId, string deliveryId) =>
        await WriteAsync(context, await Caller.Of(context).Client.Webhooks.RedeliverAsync(webhookId, deliveryId, context.RequestAborted));

    private static Task WriteAsync(HttpContext context, int status, WebhookInfo webhook, string? secret = null) =>
        JsonAnswer.WriteAsync(context, status, AutomationWireMapping.ToResource(webhook, secret), AutomationWireJson.Default.WebhookResource);

    private static Task WriteAsync(HttpContext context, WebhookDelivery delivery) =>
        JsonAnswer.WriteAsync(context, StatusCodes.Status202Accepted, AutomationWireMapping.ToResource(delivery), AutomationWireJson.Default.WebhookDeliveryResource);
}
