using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Connectors.Auth;

/// <summary>
/// Gets the next token of one sign-in, so that a refresh token that is good for one use is neither lost nor used by two at once. Before it is used, the vault is told who is about
/// to (check and set: one process wins, the others keep away for as long as the request may take); after it, the next one is written before the access token is handed out.
/// Called by one caller at a time.
/// </summary>
internal sealed partial class GrantRenewal(OAuthClient client, ISecretVault vault, VaultPath path, string holder, CredentialOptions options, TimeProvider time, ILogger logger)
{
    private const int Rounds = 6;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private (TokenGrant Grant, SecretText Used)? _unwritten;
    private string? _dead;

    /// <summary>Whether a refresh token was received that could not be written yet.</summary>
    public bool HasUnwritten => _unwritten is not null;

    /// <summary>Gets the token that calls are made with: by the stored refresh token and the template's exchanges, or without a person.</summary>
    /// <param name="signIn">What it is for.</param>
    /// <param name="refused">The access token that the system refused, if that is why.</param>
    /// <exception cref="OAuthException">There is none to be had.</exception>
    /// <exception cref="VaultException">The vault cannot be asked. What was received is kept and written with the next call.</exception>
    public async Task<TokenGrant> NextAsync(SignIn signIn, SecretText? refused)
    {
        var grant = await OwnAsync(signIn, refused);
        return signIn.Auth.Kind == AuthKind.OAuth2Code ? await client.ExchangeTokenAsync(signIn, grant) : grant;
    }

    /// <summary>The token of the sign-in itself, written before anything is done with it.</summary>
    private async Task<TokenGrant> OwnAsync(SignIn signIn, SecretText? refused)
    {
        if (signIn.Auth.Kind != AuthKind.OAuth2Code)
        {
            // Gotten anew at any time: nothing to keep.
            return await client.ObtainAsync(signIn);
        }

        if (_unwritten is { } received && await KeepAsync(received.Grant, received.Used) && time.GetUtcNow() < received.Grant.ExpiresAt)
        {
            return received.Grant;
        }

        for (var round = 0; round < Rounds; round++)
        {
            var secret = await vault.ReadAsync(path) ?? throw OAuthException.Refused($"Nobody has signed in to {signIn.Product} yet.", error: null, isGrant: true);
            var stored = StoredGrant.Read(secret);
            if (stored.RefreshToken is not { } token)
            {
                return Lasting(stored, refused) ?? throw Over(signIn);
            }

            if (HashOf(token) == _dead)
            {
                throw Over(signIn);
            }

            if ((signIn.OAuth.RotatesRefreshToken || stored.Rotates) && !await AnnounceAsync(secret, stored))
            {
                continue;
            }

            TokenGrant grant;
            try
            {
                grant = await client.RefreshAsync(signIn, token);
            }
            catch (OAuthException exception) when (exception.IsGrantRefused)
            {
                // Another process may have put a newer one there; the loop reads again. When there is none, it was used up, or taken back: nothing but a person brings it back.
                LogRefused(path.TenantId, path.Path, exception.Error ?? "none");
                _dead = HashOf(token);
                continue;
            }

            // From here on the token that was used may be worthless, and the next one is nowhere but here.
            _unwritten = (grant, token);
            if (await KeepAsync(grant, token))
            {
                return grant;
            }
        }

        throw OAuthException.Unavailable($"The sign-in of {signIn.Product} is being renewed elsewhere.", outcomeUnknown: false, TimeSpan.FromSeconds(1));
    }

    /// <summary>A refresh token that was refused is tried again: what it is sent with may have changed. What was received and not yet written is kept.</summary>
    public void Reset() => _dead = null;

    /// <summary>Writes a sign-in that a person has just made; whatever was there before is replaced.</summary>
    public async Task StoreAsync(TokenGrant grant)
    {
        (_unwritten, _dead) = (null, null);
        await vault.WriteAsync(path, StoredGrant.Of(grant, before: null, rotates: false).ToValues());
    }

    /// <summary>An access token that came without a refresh token; null when it is over or refused.</summary>
    private TokenGrant? Lasting(StoredGrant stored, SecretText? refused)
    {
        var now = time.GetUtcNow();
        return stored.AccessToken is { } token && !token.Equals(refused) && !(stored.ExpiresAt <= now)
            ? new TokenGrant
            {
                AccessToken = token,
                ObtainedAt = now,
                // Without a stated end it holds until it is refused.
                ExpiresAt = stored.ExpiresAt ?? now + options.LongestCache,
                StatesLifetime = stored.ExpiresAt is not null,
                BaseUrl = stored.BaseUrl,
            }
            : null;
    }

    private static OAuthException Over(SignIn signIn) =>
        OAuthException.Refused($"{signIn.Product} does not accept this sign-in any more. Somebody has to sign in again.", error: null, isGrant: true);

    private static string HashOf(SecretText token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token.Reveal())));

    /// <summary>Says that the refresh token is about to be used. False when somebody else was faster; then the vault is read again.</summary>
    private async Task<bool> AnnounceAsync(VaultSecret secret, StoredGrant stored)
    {
        var keepAway = stored.AttemptBy is { } other && other != holder ? stored.AttemptAt + options.RequestTimeout + options.AttemptSlack - time.GetUtcNow() : TimeSpan.Zero;
        var longest = options.RequestTimeout + options.AttemptSlack;
        // A clock that runs ahead must not keep everybody away.
        keepAway = keepAway > longest ? longest : keepAway;
        if (keepAway > TimeSpan.Zero)
        {
            LogWaiting(path.TenantId, path.Path, keepAway.TotalSeconds);
            var until = time.GetUtcNow() + keepAway;
            while (time.GetUtcNow() < until)
            {
                await Task.Delay(Poll, time);
                if ((await vault.ReadAsync(path))?.Version != secret.Version)
                {
                    return false;
                }
            }
        }

        try
        {
            await vault.WriteAsync(path, (stored with { AttemptBy = holder, AttemptAt = time.GetUtcNow() }).ToValues(), secret.Version);
            return true;
        }
        catch (VaultConflictException)
        {
            return false;
        }
    }

    /// <summary>Writes what was received. False when a newer sign-in is there instead.</summary>
    private async Task<bool> KeepAsync(TokenGrant grant, SecretText used)
    {
        var rotated = grant.RefreshToken is not null && !grant.RefreshToken.Equals(used);
        for (var round = 0; ; round++)
        {
            var secret = await vault.ReadAsync(path);
            var stored = secret is null ? null : StoredGrant.Read(secret);
            if (rotated && stored?.RefreshToken?.Equals(grant.RefreshToken) == true)
            {
                // Written already; the answer to that was lost.
                _unwritten = null;
                return true;
            }

            if (stored?.RefreshToken?.Equals(used) != true)
            {
                // Signed out, or signed in anew, in the meantime: what was received is not wanted any more.
                _unwritten = null;
                return false;
            }

            if (!rotated && stored.AttemptBy is null && grant.ObtainedAt - stored.ObtainedAt < options.RenewIdleAfter / 4)
            {
                _unwritten = null;
                return true;
            }

            try
            {
                await vault.WriteAsync(path, StoredGrant.Of(grant, stored, stored.Rotates || rotated).ToValues(), secret!.Version);
                _unwritten = null;
                return true;
            }
            catch (VaultConflictException) when (round < Rounds)
            {
            }
        }
    }

    [LoggerMessage(31, LogLevel.Warning, "A refresh token of {TenantId} at '{Path}' was refused ({Error}).")]
    private partial void LogRefused(string tenantId, string path, string error);

    [LoggerMessage(32, LogLevel.Information, "Another process is about to renew the sign-in of {TenantId} at '{Path}'; waiting up to {Seconds} s.")]
    private partial void LogWaiting(string tenantId, string path, double seconds);
}
