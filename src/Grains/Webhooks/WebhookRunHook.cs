using System.Globalization;
using Steward.Runs;

namespace Steward.Webhooks;

/// <summary>Lets webhooks know of the ends of runs, and of runs that wait: those that name a webhook, and all when the tenant has one that wants to know.</summary>
internal sealed class WebhookRunHook(TenantWebhooks webhooks) : IRunEndHook
{
    /// <inheritdoc/>
    public ValueTask<bool> WantsAllOfAsync(string tenantId) => webhooks.AnyAsync(tenantId);

    /// <inheritdoc/>
    public bool AppliesTo(RunOrigin origin) => origin.WebhookId is not null || origin.TellsTenant;

    /// <inheritdoc/>
    public async Task OnEndedAsync(string tenantId, RunOrigin origin, RunStatus status, CancellationToken cancellationToken)
    {
        var happened = RunWebhookEvent.Of(WebhookEventTypes.RunEnded, status.Attempt.ToString(CultureInfo.InvariantCulture), status.EndedAt ?? status.RequestedAt, status);
        await webhooks.TellAsync(tenantId, origin.WebhookId, happened);
        if (status.IsTechnical)
        {
            await webhooks.TellAsync(tenantId, webhookId: null, happened with { Type = WebhookEventTypes.RunDeadLettered });
        }
    }

    /// <inheritdoc/>
    public Task OnWaitingAsync(string tenantId, RunOrigin origin, RunStatus status, string occasion, CancellationToken cancellationToken) =>
        webhooks.TellAsync(
            tenantId,
            origin.WebhookId,
            RunWebhookEvent.Of(WebhookEventTypes.RunWaiting, occasion, status.Waiting.Count > 0 ? status.Waiting.Max(decision => decision.RequestedAt) : status.RequestedAt, status));
}
