using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Security.Vault;

/// <summary>
/// Keeps secrets in HashiCorp Vault or OpenBao: the KV engine of version 2 over HTTP, signed in by AppRole. Requests are repeated only when the first one certainly did
/// nothing, or when doing it twice does no harm.
/// </summary>
public sealed class HashiCorpVault : ISecretVault, IVaultHealth
{
    private const int Attempts = 3;

    private readonly VaultServer _server;
    private readonly VaultNames _names;
    private readonly VaultLogin _login;
    private readonly TimeProvider _time;

    /// <summary>Creates a client; the first use signs in.</summary>
    public HashiCorpVault(IHttpClientFactory clients, IOptions<VaultOptions> options, TimeProvider time, ILogger<HashiCorpVault> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _time = time;
        _server = new VaultServer(clients, options.Value, time);
        _names = new VaultNames(options.Value);
        _login = new VaultLogin(_server, _names, options.Value, time, logger);
    }

    /// <inheritdoc/>
    public string Description => $"HashiCorp Vault or OpenBao at {_server.Name}";

    /// <inheritdoc/>
    public async Task<VaultSecret?> ReadAsync(VaultPath path, int? version = null, CancellationToken cancellationToken = default)
    {
        VaultRules.Check(path);
        VaultRules.CheckVersion(version, nameof(version));
        var query = version is > 0 ? "?version=" + version.Value.ToString(CultureInfo.InvariantCulture) : "";
        var answer = await SendAsync(path, HttpMethod.Get, _names.Address(path, "data") + query, body: null, isSafe: true, cancellationToken);
        // A version that was deleted answers 404 with its metadata, a mount that does not exist 404 with an error text.
        if (answer.Status == 404)
        {
            return answer.Says("no handler") || answer.Says("no mount") || answer.Says("route entry") ? throw _server.Refusal(answer, "Reading a secret") : null;
        }

        if (!answer.IsSuccess)
        {
            throw _server.Refusal(answer, "Reading a secret");
        }

        if (answer.At("data", "data") is not { ValueKind: JsonValueKind.Object } data)
        {
            return null;
        }

        if (answer.At("data", "metadata", "version") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetInt32(out var found)
            || answer.At("data", "metadata", "created_time") is not { ValueKind: JsonValueKind.String } created
            || !DateTimeOffset.TryParse(created.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
        {
            throw new VaultException($"The vault {_server.Name} answered in a form that is not KV version 2. Check Steward:Vault:MountTemplate.", isRetryable: false, code: VaultCodes.Corrupt);
        }

        var values = new Dictionary<string, SecretText>(StringComparer.Ordinal);
        foreach (var member in data.EnumerateObject())
        {
            // Secrets that an operator wrote by hand may hold numbers.
            values[member.Name] = new SecretText(member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText());
        }

        return new VaultSecret(found, values, at);
    }

    /// <inheritdoc/>
    public async Task<int> WriteAsync(
        VaultPath path, IReadOnlyDictionary<string, SecretText> values, int? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        VaultRules.Check(path);
        VaultRules.Check(values);
        VaultRules.CheckVersion(expectedVersion, nameof(expectedVersion));
        var data = values.ToDictionary(value => value.Key, value => value.Value.Reveal());
        object body = expectedVersion is { } expected ? new { options = new { cas = expected }, data } : new { data };
        var lost = false;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var answer = await SendAsync(path, HttpMethod.Post, _names.Address(path, "data"), body, isSafe: false, cancellationToken);
                if (answer.IsSuccess)
                {
                    return answer.At("data", "version") is { ValueKind: JsonValueKind.Number } version && version.TryGetInt32(out var written)
                        ? written
                        : throw new VaultException($"The vault {_server.Name} answered in a form that is not KV version 2. Check Steward:Vault:MountTemplate.", isRetryable: false, code: VaultCodes.Corrupt);
                }

                var refusal = _server.Refusal(answer, "Writing a secret");
                if (refusal is VaultConflictException && lost && await HoldsAsync(path, expectedVersion!.Value + 1, data, cancellationToken))
                {
                    // The conflict is with this very write, whose answer was lost.
                    return expectedVersion.Value + 1;
                }

                if (answer.Status < 500)
                {
                    throw refusal;
                }

                throw new VaultException(refusal.Message, refusal.IsRetryable, refusal, refusal.Code);
            }
            catch (VaultException exception) when (exception.IsRetryable && exception.Code == VaultCodes.Unavailable && expectedVersion is not null && attempt < Attempts)
            {
                // Check-and-set makes it safe: what was written already is not written again.
                lost = true;
                await Task.Delay(VaultServer.Pause(null, attempt), _time, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(VaultPath path, CancellationToken cancellationToken = default)
    {
        VaultRules.Check(path);
        var answer = await SendAsync(path, HttpMethod.Delete, _names.Address(path, "metadata"), body: null, isSafe: true, cancellationToken);
        if (!answer.IsSuccess && answer.Status != 404)
        {
            throw _server.Refusal(answer, "Deleting a secret");
        }
    }

    /// <inheritdoc/>
    public async Task DeleteEarlierAsync(VaultPath path, int version, CancellationToken cancellationToken = default)
    {
        VaultRules.Check(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        var known = await SendAsync(path, HttpMethod.Get, _names.Address(path, "metadata"), body: null, isSafe: true, cancellationToken);
        if (known.Status == 404)
        {
            return;
        }

        if (!known.IsSuccess)
        {
            throw _server.Refusal(known, "Reading the versions of a secret");
        }

        List<int> earlier = known.At("data", "versions") is { ValueKind: JsonValueKind.Object } versions
            ? [.. versions.EnumerateObject()
                .Where(entry => !(entry.Value.TryGetProperty("destroyed", out var destroyed) && destroyed.ValueKind == JsonValueKind.True))
                .Select(entry => int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
                .Where(number => number > 0 && number < version)]
            : throw new VaultException($"The vault {_server.Name} answered in a form that is not KV version 2. Check Steward:Vault:MountTemplate.", isRetryable: false, code: VaultCodes.Corrupt);
        if (earlier.Count == 0)
        {
            return;
        }

        // What is destroyed is destroyed: doing it twice does no harm.
        var answer = await SendAsync(path, HttpMethod.Post, _names.Address(path, "destroy"), new { versions = earlier }, isSafe: true, cancellationToken);
        if (!answer.IsSuccess)
        {
            throw _server.Refusal(answer, "Destroying versions of a secret");
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(VaultPath path, CancellationToken cancellationToken = default)
    {
        VaultRules.Check(path);
        var answer = await SendAsync(path, HttpMethod.Get, _names.Address(path, "metadata") + "/?list=true", body: null, isSafe: true, cancellationToken);
        if (answer.Status == 404)
        {
            return [];
        }

        if (!answer.IsSuccess)
        {
            throw _server.Refusal(answer, "Listing secrets");
        }

        // A name with a slash behind it has others below; it may be there without one too.
        return answer.At("data", "keys") is { ValueKind: JsonValueKind.Array } keys
            ? [.. keys.EnumerateArray().Where(key => key.ValueKind == JsonValueKind.String).Select(key => key.GetString()!.TrimEnd('/')).Distinct().Order(StringComparer.Ordinal)]
            : [];
    }

    /// <inheritdoc/>
    public async Task<VaultHealthReport> CheckAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            // Standby nodes answer as well as active ones; without the parameters they would answer 429 and 473.
            var answer = await _server.SendAsync(
                HttpMethod.Get, "/v1/sys/health?standbyok=true&perfstandbyok=true", body: null, @namespace: null, token: null, cancellationToken);
            if (answer.Status is 501 or 503)
            {
                return Failing(VaultCodes.Sealed, $"The vault {_server.Name} is {(answer.Status == 501 ? "not initialised" : "sealed")}. An operator has to {(answer.Status == 501 ? "initialise" : "unseal")} it.");
            }

            if (!answer.IsSuccess)
            {
                return Failing(VaultCodes.Unavailable, $"The vault {_server.Name} answered its health check with {answer.Status.ToString(CultureInfo.InvariantCulture)}.");
            }

            await _login.GetAsync(cancellationToken);
            return new VaultHealthReport(VaultKind.HashiCorp, Description, Answers: true);
        }
        catch (VaultException exception)
        {
            return Failing(exception.Code, exception.Message);
        }

        VaultHealthReport Failing(string code, string problem) => new(VaultKind.HashiCorp, Description, Answers: false, code, problem);
    }

    /// <summary>Sends a request with the token. What the server refused without doing anything is sent again: a token that is over, too many requests, a node that lags behind.</summary>
    private async Task<VaultAnswer> SendAsync(VaultPath path, HttpMethod method, string address, object? body, bool isSafe, CancellationToken cancellationToken)
    {
        var signedInAgain = false;
        for (var attempt = 1; ; attempt++)
        {
            var token = await _login.GetAsync(cancellationToken);
            VaultAnswer? answer = null;
            try
            {
                answer = await _server.SendAsync(method, address, body, _names.NamespaceOf(path.TenantId), token, cancellationToken);
                if (answer.Status == 403 && !signedInAgain)
                {
                    signedInAgain = true;
                    _login.Forget(token);
                    continue;
                }

                if (attempt >= Attempts || !(answer.Status is 412 or 429 || (isSafe && answer.Status is 500 or 502 or 504)))
                {
                    return answer;
                }
            }
            catch (VaultException exception) when (isSafe && exception.IsRetryable && attempt < Attempts)
            {
            }

            await Task.Delay(VaultServer.Pause(answer, attempt), _time, cancellationToken);
        }
    }

    private async Task<bool> HoldsAsync(VaultPath path, int version, Dictionary<string, string> data, CancellationToken cancellationToken) =>
        await ReadAsync(path, version, cancellationToken) is { } there
        && there.Values.Count == data.Count
        && there.Values.All(value => data.TryGetValue(value.Key, out var wanted) && value.Value.Equals(new SecretText(wanted)));
}
