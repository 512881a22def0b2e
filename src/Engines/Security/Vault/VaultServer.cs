using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Steward.Engines.Security.Vault;

/// <summary>Requests to HashiCorp Vault or OpenBao, and their errors in the vault's own terms. Neither bodies nor tokens get into messages.</summary>
internal sealed class VaultServer(IHttpClientFactory clients, VaultOptions options, TimeProvider time)
{
    public const string ClientName = "steward-vault";

    private const int MaxAnswer = 2 * 1024 * 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>Sends one request, without repeating it.</summary>
    /// <exception cref="VaultException">There is no answer, or none that can be read.</exception>
    public async Task<VaultAnswer> SendAsync(
        HttpMethod method, string path, object? body, string? @namespace, SecretText? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(options.Address!, path));
        request.Headers.TryAddWithoutValidation("X-Vault-Request", "true");
        if (@namespace is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Vault-Namespace", @namespace);
        }

        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Vault-Token", token.Reveal());
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var limit = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await clients.CreateClient(ClientName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return new VaultAnswer((int)response.StatusCode, await ReadAsync(response.Content, either.Token), RetryAfter(response.Headers));
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VaultException($"The vault {Name} did not answer within {options.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} seconds.", isRetryable: true, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new VaultException($"The vault {Name} cannot be reached.", isRetryable: true, exception);
        }
    }

    /// <summary>What an answer other than success means.</summary>
    public VaultException Refusal(VaultAnswer answer, string what) => answer.Status switch
    {
        400 when answer.Says("did not match") => new VaultConflictException($"{what}: another version than the one expected is the newest."),
        400 or 405 => new VaultException($"{what}: the vault {Name} refused the request ({Status(answer)}). Check the mount: it must be a KV engine of version 2.", isRetryable: false),
        403 => new VaultException($"{what}: the vault {Name} does not allow it (403). Check the policy of Steward's AppRole.", isRetryable: false, code: VaultCodes.Denied),
        404 => new VaultException($"{what}: the vault {Name} has no such mount or namespace (404).", isRetryable: false),
        412 => new VaultException($"{what}: the vault {Name} has not caught up with its own writes yet (412).", isRetryable: true),
        429 => new VaultException($"{what}: the vault {Name} takes no more requests for now (429).", isRetryable: true, code: VaultCodes.RateLimited),
        503 when answer.Says("sealed") => new VaultException($"{what}: the vault {Name} is sealed (503). An operator has to unseal it.", isRetryable: true, code: VaultCodes.Sealed),
        >= 300 and < 400 => new VaultException($"{what}: the vault {Name} redirects ({Status(answer)}). Set Steward:Vault:Address to the active node or a load balancer.", isRetryable: false),
        _ => new VaultException($"{what}: the vault {Name} answered {Status(answer)}.", isRetryable: answer.Status >= 500),
    };

    /// <summary>How long to wait before the same request is sent again.</summary>
    public static TimeSpan Pause(VaultAnswer? answer, int attempt)
    {
        var wait = answer?.RetryAfter ?? TimeSpan.FromMilliseconds((50 << attempt) * (0.5 + Random.Shared.NextDouble()));
        return wait > LongestPause ? LongestPause : wait;
    }

    public string Name => options.Address!.GetLeftPart(UriPartial.Authority);

    private static string Status(VaultAnswer answer) => answer.Status.ToString(CultureInfo.InvariantCulture);

    private static TimeSpan? RetryAfter(HttpResponseHeaders headers) => headers.RetryAfter?.Delta;

    private async Task<JsonElement> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        using var body = new MemoryStream();
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                if (body.Length + read > MaxAnswer)
                {
                    throw new VaultException($"The vault {Name} sent an answer that is too long.", isRetryable: false, code: VaultCodes.Corrupt);
                }

                body.Write(buffer, 0, read);
            }

            if (body.Length == 0)
            {
                return default;
            }

            using var document = JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length), new JsonDocumentOptions { MaxDepth = 32 });
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // A proxy's error page; its status says enough. The exception would quote it.
            return default;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
            if (body.TryGetBuffer(out var used))
            {
                used.AsSpan().Clear();
            }
        }
    }
}

/// <summary>A complete answer.</summary>
internal sealed record VaultAnswer(int Status, JsonElement Body, TimeSpan? RetryAfter)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>Whether one of the errors has a word in it.</summary>
    public bool Says(string word) =>
        Member(Body, "errors") is { ValueKind: JsonValueKind.Array } errors
        && errors.EnumerateArray().Any(error => error.ValueKind == JsonValueKind.String && error.GetString()!.Contains(word, StringComparison.OrdinalIgnoreCase));

    public static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    /// <summary>A member below members.</summary>
    public JsonElement? At(params ReadOnlySpan<string> names)
    {
        JsonElement? at = Body;
        foreach (var name in names)
        {
            at = Member(at, name);
        }

        return at;
    }

    public override string ToString() => $"answer {Status.ToString(CultureInfo.InvariantCulture)}";
}
