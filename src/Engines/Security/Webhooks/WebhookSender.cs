using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Security.Webhooks;

/// <summary>Signs messages and sends them, once each time it is told to. Safe for concurrent use.</summary>
public sealed class WebhookSender(IHttpClientFactory clients, IOptions<WebhookOptions> options, TimeProvider time)
{
    /// <summary>The name of the guarded HTTP client in the factory.</summary>
    public const string ClientName = "steward-webhooks";

    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(24);

    /// <summary>Sends a message. Never throws for anything that the receiver or the network does.</summary>
    /// <param name="url">Where to; checked at each connection.</param>
    /// <param name="secrets">What to sign with: the current secret and, during a rotation, the old one.</param>
    /// <param name="id">The message's id.</param>
    /// <param name="body">The message, JSON.</param>
    /// <param name="cancellationToken">Stops waiting; the message may have arrived.</param>
    public async Task<WebhookResult> SendAsync(Uri url, IReadOnlyCollection<SecretText> secrets, string id, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var now = time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Steward-Webhooks", "1"));
        request.Headers.TryAddWithoutValidation(WebhookSignature.IdHeader, id);
        request.Headers.TryAddWithoutValidation(WebhookSignature.TimestampHeader, now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation(WebhookSignature.SignatureHeader, WebhookSignature.Sign(secrets, id, now, body.Span));
        try
        {
            using var client = clients.CreateClient(ClientName);
            // The body of the answer is of no interest and is not read: it may be endless.
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            return Judge(response, now);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new WebhookResult(WebhookOutcome.Failed, null, string.Create(CultureInfo.InvariantCulture, $"no answer within {options.Value.Timeout.TotalSeconds:0.#} s"));
        }
        catch (HttpRequestException exception)
        {
            return exception.InnerException is AddressForbiddenException
                ? new WebhookResult(WebhookOutcome.Failed, null, ForbiddenError)
                : new WebhookResult(WebhookOutcome.Failed, null, Describe(exception.HttpRequestError));
        }
        catch (IOException)
        {
            return new WebhookResult(WebhookOutcome.Failed, null, "the connection broke");
        }
    }

    /// <summary>The error of an attempt whose address leads where requests must not go.</summary>
    public const string ForbiddenError = "webhook_address_forbidden";

    private static WebhookResult Judge(HttpResponseMessage response, DateTimeOffset now)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
        {
            return new WebhookResult(WebhookOutcome.Delivered, status, null);
        }

        var error = string.Create(CultureInfo.InvariantCulture, $"status {status}{(status is >= 300 and < 400 ? ", redirects are not followed" : "")}");
        if (response.StatusCode == HttpStatusCode.Gone)
        {
            return new WebhookResult(WebhookOutcome.Gone, status, error);
        }

        var wait = response.Headers.RetryAfter is { } header ? header.Delta ?? header.Date - now : null;
        return new WebhookResult(WebhookOutcome.Failed, status, error)
        {
            RetryAfter = status is 429 or 503 && wait > TimeSpan.Zero ? (wait < MaxRetryAfter ? wait : MaxRetryAfter) : null,
        };
    }

    // The exception's own text may name addresses inside of the network.
    private static string Describe(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "the host name cannot be resolved",
        HttpRequestError.ConnectionError => "the connection was refused or broke",
        HttpRequestError.SecureConnectionError => "no secure connection: the certificate or the protocol is not acceptable",
        _ => "the answer is not valid HTTP",
    };
}

/// <summary>What became of one attempt.</summary>
/// <param name="Outcome">Delivered, failed, or not wanted any more.</param>
/// <param name="Status">The HTTP status, if there was an answer.</param>
/// <param name="Error">What went wrong, safe to show.</param>
public sealed record WebhookResult(WebhookOutcome Outcome, int? Status, string? Error)
{
    /// <summary>How long the receiver asks to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The kinds of <see cref="WebhookResult"/>.</summary>
public enum WebhookOutcome
{
    /// <summary>The receiver answered with a 2xx status.</summary>
    Delivered,

    /// <summary>Anything else; it may be tried again.</summary>
    Failed,

    /// <summary>The receiver answered 410: it wants no messages any more.</summary>
    Gone,
}
