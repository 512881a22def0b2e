using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Webhooks;

/// <summary>Knows which webhooks a tenant has and what they want to be told of. Persists: <see cref="WebhookIndexState"/>. Woken by: changes, lists and runs that end.</summary>
internal sealed class WebhookIndexGrain(
    [PersistentState("webhooks", StorageNames.GrainState)] IPersistentState<WebhookIndexState> state) : StewardGrain, IWebhookIndexGrain
{
    /// <summary>The most webhooks of a tenant.</summary>
    public const int MaxPerTenant = 100;

    /// <inheritdoc/>
    public async Task Put(WebhookSubscription subscription, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (!state.State.Subscriptions.ContainsKey(subscription.WebhookId) && state.State.Subscriptions.Count >= MaxPerTenant)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"The tenant has {MaxPerTenant} webhooks; delete some first.");
        }

        state.State.Subscriptions[subscription.WebhookId] = subscription;
        await Write();
    }

    /// <inheritdoc/>
    public async Task Remove(string webhookId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (state.State.Subscriptions.Remove(webhookId))
        {
            await Write();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<WebhookSubscription>> List(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return Task.FromResult<IReadOnlyList<WebhookSubscription>>([.. state.State.Subscriptions.Values.OrderBy(subscription => subscription.WebhookId, StringComparer.Ordinal)]);
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

/// <summary>What the list of webhooks persists.</summary>
[GenerateSerializer]
[Alias("steward.webhook-index-state")]
internal sealed class WebhookIndexState
{
    /// <summary>The webhooks by id.</summary>
    [Id(0)]
    public Dictionary<string, WebhookSubscription> Subscriptions { get; set; } = new(StringComparer.Ordinal);
}
