using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Execution;

/// <summary>What the clients of external systems share: one place that sends, bounds and classifies.</summary>
internal abstract class VendorConnector(string name, string product, Uri baseUrl, IHttpClientFactory clients, TimeProvider time)
{
    /// <summary>The name of the HTTP client: no redirects, no cookies, nothing logged.</summary>
    public const string ClientName = "steward-connectors";

    /// <summary>How far the clocks of the external system and this machine may differ when an earlier attempt is looked for.</summary>
    protected static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(2);

    /// <summary>The name in operation ids and configuration, for example <c>okta</c>.</summary>
    public string Name => name;

    /// <summary>The product's name in messages.</summary>
    public string Product => product;

    public abstract IReadOnlyList<OperationSpec> Operations { get; }

    public Uri BaseUrl => baseUrl;

    /// <summary>The arguments that the audit log shows by length and hash only.</summary>
    public virtual IReadOnlyList<string> Redact => [];

    protected TimeProvider Time => time;

    /// <summary>What must never appear in a message.</summary>
    protected abstract IEnumerable<SecretText?> Secrets { get; }

    protected Task<VendorReply> GetAsync(OperationCall call, RequestPath path) => ExchangeAsync(call, HttpMethod.Get, path.Below(baseUrl), null, false);

    protected Task<VendorReply> WriteAsync(OperationCall call, HttpMethod method, RequestPath path, JsonObject? body) =>
        ExchangeAsync(call, method, path.Below(baseUrl), body is null ? ReadOnlyMemory<byte>.Empty : JsonSerializer.SerializeToUtf8Bytes(body), true);

    /// <summary>The credentials of a request, fetched first if need be.</summary>
    protected abstract ValueTask<AuthenticationHeaderValue> AuthorizeAsync(OperationCall call);

    /// <summary>Whether the credentials that were refused can be replaced; the request is then sent once more, since it was not carried out.</summary>
    protected virtual bool TryRenewCredentials(AuthenticationHeaderValue refused, VendorReply reply) => false;

    /// <summary>Reads an error of the product in the status range 400 to 499. Null lets the status alone decide.</summary>
    protected abstract VendorError? ReadError(VendorReply reply);

    /// <summary>How long the product asks to wait after too many calls.</summary>
    protected virtual TimeSpan? ReadRetryAfter(VendorReply reply) => reply.RetryAfter(time.GetUtcNow());

    /// <summary>Sends with credentials and returns only success.</summary>
    /// <exception cref="OutcomeException">Everything else.</exception>
    protected async Task<VendorReply> ExchangeAsync(OperationCall call, HttpMethod method, Uri url, ReadOnlyMemory<byte>? json, bool isWrite)
    {
        if (call.Transport is { } transport)
        {
            return await transport(method, url, json);
        }

        for (var attempt = 1; ; attempt++)
        {
            var authorization = await AuthorizeAsync(call);
            var reply = await SendAsync(call, method, url, json, json is { IsEmpty: false } ? "application/json" : null, authorization, isWrite);
            if (reply.Status == 401 && attempt == 1 && TryRenewCredentials(authorization, reply))
            {
                continue;
            }

            return reply.IsSuccess ? reply : throw Refused(reply, isWrite);
        }
    }

    /// <summary>Sends one request and reads the whole answer, whatever its status.</summary>
    /// <exception cref="OutcomeException">There was no complete answer.</exception>
    /// <exception cref="OperationCanceledException">The caller stopped waiting, and nothing with an effect may have been sent.</exception>
    protected async Task<VendorReply> SendAsync(
        OperationCall call, HttpMethod method, Uri url, ReadOnlyMemory<byte>? body, string? contentType, AuthenticationHeaderValue? authorization, bool isWrite)
    {
        if (!IsOurs(url))
        {
            throw OutcomeException.Failed(FailureCodes.BadResponse, $"{product} pointed to another host, which is not followed.");
        }

        // A write always has a body, if only an empty one, so that it is known whether it may have been sent.
        var content = isWrite || body is not null ? new SingleUseContent(body ?? ReadOnlyMemory<byte>.Empty, contentType) : null;
        using var request = new HttpRequestMessage(method, url) { Content = content };
        request.Headers.Authorization = authorization;
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Steward", "1.0"));
        var sending = new Sending { Connector = name, Product = product, IsWrite = isWrite, Content = content, Caller = call.Caller, Token = call.Token };
        try
        {
            using var client = clients.CreateClient(ClientName);
            call.Requests++;
            var reply = await VendorSender.SendAsync(client, request, sending);
            call.Status = reply.Status;
            return reply;
        }
        finally
        {
            call.VendorRequestId = sending.VendorRequestId ?? call.VendorRequestId;
        }
    }

    /// <summary>The outcome of an answer that is no success.</summary>
    protected OutcomeException Refused(VendorReply reply, bool isWrite)
    {
        var error = reply.Status is >= 400 and < 500 ? ReadError(reply) : null;
        var text = error?.Message is { Length: > 0 } message ? $"{product}: {Safe(message)}" : $"{product} answered {reply.Status}.";
        var retryAfter = ReadRetryAfter(reply);
        return (reply.Status, error?.Code) switch
        {
            (429, _) or (_, FailureCodes.RateLimited) =>
                OutcomeException.Failed(FailureCodes.RateLimited, $"{product} refuses more calls for now.", isRetryable: true, retryAfter),
            // 408 too may come from something in between after the product began to act.
            (>= 500 or 408, _) when isWrite => OutcomeException.Unknown($"{product} answered {reply.Status}; it may have acted before."),
            (>= 500 or 408, _) => OutcomeException.Failed(FailureCodes.Unavailable, $"{product} answered {reply.Status}.", isRetryable: true, retryAfter),
            (>= 300 and < 400, _) => OutcomeException.Failed(FailureCodes.BadResponse, $"{product} answered with a redirect, which is not followed; check the BaseUrl."),
            (_, { } code) => OutcomeException.Failed(code, text, error!.IsRetryable, retryAfter, error.Field),
            (401, _) => OutcomeException.Failed(FailureCodes.Unauthenticated, $"{text} Check the credentials that are configured for {product}."),
            (403, _) => OutcomeException.Failed(FailureCodes.Forbidden, text),
            (404 or 410, _) => OutcomeException.Failed(FailureCodes.NotFound, text),
            (409 or 412, _) => OutcomeException.Failed(FailureCodes.Conflict, text),
            (>= 400 and < 500, _) => OutcomeException.Failed(FailureCodes.Rejected, text, field: error?.Field),
            _ => OutcomeException.Failed(FailureCodes.BadResponse, $"{product} answered {reply.Status}, which is not understood."),
        };
    }

    /// <summary>A success whose body is not what the product documents.</summary>
    protected OutcomeException Incomprehensible(bool isWrite) => isWrite
        ? OutcomeException.Unknown($"{product} reported success in a form that is not understood.")
        : OutcomeException.Failed(FailureCodes.BadResponse, $"{product} answered in a form that is not understood; check the BaseUrl.");

    /// <summary>Whether an address belongs to the configured system; credentials go nowhere else.</summary>
    protected virtual bool IsOurs(Uri url) => Uri.Compare(url, baseUrl, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private string Safe(string message)
    {
        foreach (var secret in Secrets)
        {
            message = secret?.RedactFrom(message) ?? message;
        }

        var line = string.Concat(message.Select(character => char.IsControl(character) ? ' ' : character)).Trim();
        return line.Length <= 300 ? line : line[..300] + "…";
    }
}

/// <summary>What a product's error body says.</summary>
/// <param name="Message">The product's own words.</param>
/// <param name="Code">One of <see cref="FailureCodes"/>, or null when the status decides.</param>
/// <param name="IsRetryable">Whether the same call may succeed later.</param>
/// <param name="Field">Our argument that was refused.</param>
internal sealed record VendorError(string? Message, string? Code = null, bool IsRetryable = false, string? Field = null);
