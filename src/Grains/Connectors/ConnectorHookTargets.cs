using Microsoft.Extensions.Options;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Webhooks;
using Steward.Engines.Security.Vault;

namespace Steward.Connectors;

/// <summary>What a tenant's instances say about their webhooks: the directory's view, with the secret from the vault.</summary>
internal sealed class ConnectorHookTargets(InstanceDirectory directory, ISecretVault vault, IOptionsMonitor<ConnectorsOptions> options, TimeProvider time) : IHookTargets
{
    /// <inheritdoc/>
    public async Task<TimeSpan?> FindReplyWithinAsync(string tenantId, string instance, CancellationToken cancellationToken) =>
        (await directory.ListAsync(tenantId, cancellationToken)).FirstOrDefault(known => known.Instance.Name == instance) is { Template.Webhooks: { Count: > 0 } webhooks }
            ? webhooks.Min(webhook => webhook.ReplyWithin)
            : null;

    /// <inheritdoc/>
    public async Task<HookTarget?> FindAsync(string tenantId, string instance, CancellationToken cancellationToken)
    {
        if ((await directory.ListAsync(tenantId, cancellationToken)).FirstOrDefault(known => known.Instance.Name == instance) is not { Template.Webhooks.Count: > 0 } target)
        {
            return null;
        }

        var secret = target.Instance.Secrets.Contains(InstanceRules.WebhookSecret, StringComparer.Ordinal)
            ? await vault.ReadAsync(InstanceCredentials.SecretsOf(tenantId, instance), cancellationToken: cancellationToken)
            : null;
        return new HookTarget(target.Template.Webhooks, target.Instance.Fields, secret is null ? [] : WebhookSecrets.Of(secret.Values, time.GetUtcNow()))
        {
            Simulator = HookTarget.SimulatorOf(target, options.CurrentValue.MayReachPrivateAddresses(tenantId)),
        };
    }
}
