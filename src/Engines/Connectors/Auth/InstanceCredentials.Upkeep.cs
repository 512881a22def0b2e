using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Connectors.Auth;

/// <summary>What is done with sign-ins while nobody calls: kept from dying, given back, removed.</summary>
public sealed partial class InstanceCredentials
{
    private const int MaintainedAtOnce = 8;
    private static readonly TimeSpan NearEnd = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestMaintenance = TimeSpan.FromMinutes(1);

    /// <summary>Gives a sign-in back to the system where that has a way, and removes it from the vault.</summary>
    /// <exception cref="VaultException">The vault cannot be asked.</exception>
    public Task SignOutAsync(string? userId, CancellationToken cancellationToken = default) => SignOutAsync(userId, revoke: true, cancellationToken);

    /// <summary>Removes everything of the instance from the vault, after giving sign-ins back.</summary>
    /// <exception cref="VaultException">The vault cannot be asked; call again.</exception>
    public async Task DeleteAsync(CancellationToken cancellationToken = default)
    {
        var revoke = true;
        foreach (var user in (await UsersAsync(cancellationToken)).Append(null))
        {
            // A system that does not answer is not waited for a thousand times.
            revoke = await SignOutAsync(user, revoke, cancellationToken);
        }

        await _vault.DeleteAsync(SecretsOf(Target.Instance.TenantId, Target.Instance.Name), cancellationToken);
    }

    /// <summary>Renews what would end because nobody used it for a day. To be called about once an hour, and at least once a day; what it does not get through is left to the next call.</summary>
    /// <returns>How many sign-ins were renewed.</returns>
    /// <exception cref="VaultException">The vault cannot be asked.</exception>
    public async Task<int> MaintainAsync(CancellationToken cancellationToken = default)
    {
        if (!IsOAuth)
        {
            return 0;
        }

        var (renewed, began) = (0, _time.GetTimestamp());
        foreach (var some in (await UsersAsync(cancellationToken)).Prepend(null).Chunk(MaintainedAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            renewed += (await Task.WhenAll(some.Select(userId => MaintainAsync(userId, cancellationToken)))).Count(done => done);
            if (_time.GetElapsedTime(began) > LongestMaintenance)
            {
                break;
            }
        }

        return renewed;
    }

    private async Task<bool> MaintainAsync(string? userId, CancellationToken cancellationToken)
    {
        if (await _vault.ReadAsync(GrantOf(Target.Instance.TenantId, Target.Instance.Name, userId), cancellationToken: cancellationToken) is not { } secret)
        {
            return false;
        }

        var (stored, now) = (StoredGrant.Read(secret), _time.GetUtcNow());
        if (stored.RefreshToken is not null && now - stored.ObtainedAt >= _options.RenewIdleAfter)
        {
            return (await SubjectOf(userId).Life!.RenewNowAsync()).Credential is not null;
        }

        if (stored is { AccessToken: not null, ExpiresAt: { } end } && end - now < NearEnd)
        {
            Tell(SubjectOf(userId), userId, CredentialState.Expiring, FailureCodes.Unauthenticated,
                $"The sign-in to {Target.Template.Name} ends on {end.UtcDateTime:yyyy-MM-dd} and cannot be renewed by itself. Somebody has to sign in again.");
        }

        return false;
    }

    /// <summary>False when the system did not answer.</summary>
    private async Task<bool> SignOutAsync(string? userId, bool revoke, CancellationToken cancellationToken)
    {
        var path = GrantOf(Target.Instance.TenantId, Target.Instance.Name, userId);
        var answered = revoke;
        if (revoke && IsOAuth && await _vault.ReadAsync(path, cancellationToken: cancellationToken) is { } secret)
        {
            var stored = StoredGrant.Read(secret);
            try
            {
                if ((stored.RefreshToken ?? stored.AccessToken) is { } token)
                {
                    await _client.RevokeAsync(await SignInAsync(cancellationToken), token, stored.RefreshToken is not null, cancellationToken);
                }
            }
            catch (OAuthException exception)
            {
                answered = !exception.IsRetryable;
                LogNotRevoked(Target.Instance.TenantId, Target.Instance.Name, exception.Message);
            }
        }

        await _vault.DeleteAsync(path, cancellationToken);
        lock (_gate)
        {
            _subjects.Remove(userId ?? "");
        }

        return answered;
    }

    private async Task<IReadOnlyList<string?>> UsersAsync(CancellationToken cancellationToken) =>
        await _vault.ListAsync(new VaultPath(Target.Instance.TenantId, $"connectors/{Target.Instance.Name}/users"), cancellationToken);

    [LoggerMessage(42, LogLevel.Warning, "A sign-in of {TenantId} for '{Instance}' was removed, but not given back: {Problem}")]
    private partial void LogNotRevoked(string tenantId, string instance, string problem);
}
