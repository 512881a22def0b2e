using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Security.Vault;

/// <summary>
/// The token of Steward's AppRole: one login or renewal at a time, renewed when two thirds of its lease are over, and gotten anew when it cannot be renewed or is refused.
/// </summary>
internal sealed partial class VaultLogin(VaultServer server, VaultNames names, VaultOptions options, TimeProvider time, ILogger logger)
{
    private readonly Lock _gate = new();
    private Token? _token;
    private Task<Token>? _fetching;

    /// <summary>A token that is good for now.</summary>
    /// <exception cref="VaultException">There is none to be had.</exception>
    public async Task<SecretText> GetAsync(CancellationToken cancellationToken)
    {
        Task<Token> fetching;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_token is { } token && now < token.RenewAt)
            {
                return token.Value;
            }

            // Others wait for the same one; nobody's cancellation stops it.
            fetching = _fetching ??= FetchAsync(_token is { } old && old.IsRenewable && now < old.ExpiresAt ? old : null);
        }

        return (await fetching.WaitAsync(cancellationToken)).Value;
    }

    /// <summary>Forgets a token that was refused, unless it has been replaced already.</summary>
    public void Forget(SecretText refused)
    {
        lock (_gate)
        {
            if (_token is { } token && ReferenceEquals(token.Value, refused))
            {
                _token = null;
            }
        }
    }

    private async Task<Token> FetchAsync(Token? old)
    {
        await Task.Yield();
        try
        {
            var token = (old is null ? null : await RenewAsync(old)) ?? await LoginAsync();
            lock (_gate)
            {
                _token = token;
            }

            return token;
        }
        finally
        {
            lock (_gate)
            {
                _fetching = null;
            }
        }
    }

    private async Task<Token?> RenewAsync(Token old)
    {
        try
        {
            var answer = await server.SendAsync(HttpMethod.Post, "/v1/auth/token/renew-self", new { }, names.LoginNamespace, old.Value, CancellationToken.None);
            // A token at its longest life is renewed for less and less: then it is time for another one.
            return answer.IsSuccess && Read(answer, old.Value) is { } renewed && renewed.Lease > old.Lease / 3 ? renewed with { Lease = Longer(renewed.Lease, old.Lease) } : null;
        }
        catch (VaultException exception) when (exception.IsRetryable && time.GetUtcNow() < old.ExpiresAt - TimeSpan.FromSeconds(10))
        {
            // It still works; the next call tries again in a moment.
            return old with { RenewAt = time.GetUtcNow() + TimeSpan.FromSeconds(5) };
        }
        catch (VaultException)
        {
            return null;
        }
    }

    private async Task<Token> LoginAsync()
    {
        string secretId;
        try
        {
            secretId = OwnerOnlyFile.Read(Path.GetFullPath(options.SecretIdFile!)).Trim();
        }
        catch (InvalidOperationException exception)
        {
            throw new VaultException(exception.Message, isRetryable: false, exception, VaultCodes.Denied);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"The file '{options.SecretIdFile}' with the AppRole's secret id cannot be read.", isRetryable: false, exception, VaultCodes.Denied);
        }

        for (var attempt = 1; ; attempt++)
        {
            var answer = await server.SendAsync(
                HttpMethod.Post, $"/v1/auth/{options.AppRoleMount}/login", new { role_id = options.RoleId, secret_id = secretId }, names.LoginNamespace, token: null, CancellationToken.None);
            if (answer.IsSuccess)
            {
                LogLogin(server.Name);
                return Read(answer, null) ?? throw new VaultException($"The vault {server.Name} answered a login without a token.", isRetryable: false, code: VaultCodes.Corrupt);
            }

            if (attempt < 3 && answer.Status is 412 or 429)
            {
                await Task.Delay(VaultServer.Pause(answer, attempt), time);
                continue;
            }

            throw answer.Status is 400 or 403
                ? new VaultException($"The vault {server.Name} does not accept Steward's AppRole. Check Steward:Vault:RoleId, the file SecretIdFile names, and whether the secret id has expired.", isRetryable: false, code: VaultCodes.Denied)
                : server.Refusal(answer, "Signing in");
        }
    }

    private Token? Read(VaultAnswer answer, SecretText? renewed)
    {
        var value = answer.At("auth", "client_token") is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: > 0 } found ? found : null;
        if (value is null && renewed is null)
        {
            return null;
        }

        var seconds = answer.At("auth", "lease_duration") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var lease) ? lease : 0;
        // No lease means that the token does not end; it is gotten anew nevertheless once a day.
        var duration = TimeSpan.FromSeconds(seconds is <= 0 or > 86_400 ? 86_400 : seconds);
        var now = time.GetUtcNow();
        return new Token(
            value is null || renewed?.Reveal() == value ? renewed! : new SecretText(value),
            now + (duration * (2.0 / 3)),
            now + duration,
            duration,
            answer.At("auth", "renewable") is { ValueKind: JsonValueKind.True });
    }

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    [LoggerMessage(11, LogLevel.Information, "Signed in to the vault {Vault}.")]
    private partial void LogLogin(string vault);

    private sealed record Token(SecretText Value, DateTimeOffset RenewAt, DateTimeOffset ExpiresAt, TimeSpan Lease, bool IsRenewable);
}
