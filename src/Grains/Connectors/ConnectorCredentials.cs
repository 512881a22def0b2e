using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;

namespace Steward.Connectors;

/// <summary>Opens the credentials of instances: what the vault holds for them.</summary>
internal sealed class ConnectorCredentials(ISecretVault vault)
{
    /// <summary>The credentials of one instance.</summary>
    public ICredentialSource Open(ResolvedInstance target) => new VaultFields(vault, new VaultPath(target.Instance.TenantId, $"connectors/{target.Instance.Name}"), target);

    /// <summary>Removes all that the vault holds for an instance.</summary>
    public async Task DeleteAsync(VaultPath path, CancellationToken cancellationToken) => await vault.DeleteAsync(path, cancellationToken);

    private sealed class VaultFields(ISecretVault vault, VaultPath path, ResolvedInstance target) : ICredentialSource
    {
        public async ValueTask<Credential?> GetAsync(string? userId, CancellationToken cancellationToken)
        {
            var secret = await vault.ReadAsync(path, cancellationToken: cancellationToken);
            var values = target.Instance.Fields.ToDictionary(field => field.Key, field => new SecretText(field.Value), StringComparer.Ordinal);
            foreach (var (name, value) in secret?.Values ?? new Dictionary<string, SecretText>())
            {
                values[name] = value;
            }

            return new Credential(secret?.Version ?? 0, values);
        }

        public async ValueTask<Credential?> RenewAsync(string? userId, long refusedGeneration, CancellationToken cancellationToken) =>
            await GetAsync(userId, cancellationToken) is { } credential && credential.Generation > refusedGeneration ? credential : null;
    }
}

/// <summary>There is no credential to be had now.</summary>
internal sealed class CredentialException(string code, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    /// <summary><c>unauthenticated</c>, <c>not_configured</c> or <c>unavailable</c>.</summary>
    public string Code { get; } = code;

    /// <summary>When it is worth asking again.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
