using System.Collections.Concurrent;
using System.Net;

namespace Steward.Engines.Security.Jwt;

/// <summary>
/// Keys from configuration, a file or an address. What was fetched is kept for ten minutes, and for a day while the address does not
/// answer. An unknown key id makes it ask again, at most every 30 seconds. At most one request per address is under way.
/// </summary>
/// <param name="clients">Makes the client that fetches.</param>
/// <param name="time">The clock.</param>
/// <param name="clientName">Which client fetches; another than <see cref="ClientName"/> where addresses are not the operator's own.</param>
public sealed class JwksSource(IHttpClientFactory clients, TimeProvider time, string clientName = JwksSource.ClientName) : IJwksSource
{
    /// <summary>The name of the HTTP client: no redirects, no cookies.</summary>
    public const string ClientName = "steward-jwks";

    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan UsableFor = TimeSpan.FromDays(1);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public ValueTask<JsonWebKeySet> GetAsync(JwtIssuerOptions issuer, bool refresh, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(issuer);
        // By both: whoever else names this issuer, with keys from elsewhere, must not change what its keys are.
        var entry = _entries.GetOrAdd($"{issuer.Issuer}\n{issuer.JwksUri}\n{issuer.JwksFile}\n{issuer.Jwks}", _ => new Entry());
        var now = time.GetUtcNow();
        return entry.Current is { } current && !IsDue(entry, current, refresh, now)
            ? ValueTask.FromResult(current.Keys)
            : RefreshAsync(issuer, entry, refresh, cancellationToken);
    }

    private static bool IsDue(Entry entry, Fetched current, bool refresh, DateTimeOffset now) =>
        (refresh || now - current.At >= FreshFor) && now - entry.LastAttempt >= BetweenAttempts;

    private async ValueTask<JsonWebKeySet> RefreshAsync(JwtIssuerOptions issuer, Entry entry, bool refresh, CancellationToken cancellationToken)
    {
        await entry.Turn.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            if (entry.Current is { } current && !IsDue(entry, current, refresh, now))
            {
                return current.Keys;
            }

            if (entry.Current is null && entry.LastFailure is { } failure && now - entry.LastAttempt < BetweenAttempts)
            {
                throw new JwksUnavailableException(failure);
            }

            entry.LastAttempt = now;
            try
            {
                var keys = await LoadAsync(issuer, cancellationToken);
                entry.Current = new Fetched(keys, now);
                entry.LastFailure = null;
                return keys;
            }
            catch (JwksUnavailableException exception)
            {
                entry.LastFailure = exception.Message;
                if (entry.Current is { } old && now - old.At < UsableFor)
                {
                    return old.Keys;
                }

                entry.Current = null;
                throw;
            }
        }
        finally
        {
            entry.Turn.Release();
        }
    }

    private async Task<JsonWebKeySet> LoadAsync(JwtIssuerOptions issuer, CancellationToken cancellationToken)
    {
        var where = issuer.Jwks is { Length: > 0 } ? "the configuration" : issuer.JwksFile is { Length: > 0 } file ? $"the file '{file}'" : issuer.JwksUri?.GetLeftPart(UriPartial.Path);
        using var timeout = new CancellationTokenSource(RequestTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if (issuer.Jwks is { Length: > 0 } inline)
            {
                return JsonWebKeySet.Parse(inline);
            }

            var bytes = issuer.JwksFile is { Length: > 0 } path
                ? await ReadFileAsync(path, both.Token)
                : await FetchAsync(issuer.JwksUri!, both.Token);
            return JsonWebKeySet.Parse(bytes);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new JwksUnavailableException($"The keys of issuer '{issuer.Issuer}' did not arrive from {where} in {RequestTimeout.TotalSeconds:0} s.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or HttpRequestException or FormatException)
        {
            throw new JwksUnavailableException($"The keys of issuer '{issuer.Issuer}' cannot be read from {where}: {exception.Message}", exception);
        }
    }

    private static async Task<byte[]> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 4096, FileOptions.Asynchronous);
        return await ReadBoundedAsync(stream, cancellationToken);
    }

    private async Task<byte[]> FetchAsync(Uri address, CancellationToken cancellationToken)
    {
        using var client = clients.CreateClient(clientName);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.ParseAdd("application/jwk-set+json, application/json");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"it answered {(int)response.StatusCode} (redirects are not followed).");
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await ReadBoundedAsync(stream, cancellationToken);
    }

    private static async Task<byte[]> ReadBoundedAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[JsonWebKeySet.MaxBytes + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= JsonWebKeySet.MaxBytes ? buffer[..length] : throw new FormatException($"the key set is larger than {JsonWebKeySet.MaxBytes} bytes.");
    }

    private sealed class Entry
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public Fetched? Current { get; set; }

        public DateTimeOffset LastAttempt { get; set; } = DateTimeOffset.MinValue;

        public string? LastFailure { get; set; }
    }

    private sealed record Fetched(JsonWebKeySet Keys, DateTimeOffset At);
}
