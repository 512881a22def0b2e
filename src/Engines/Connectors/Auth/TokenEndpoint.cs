using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Connectors.Auth;

/// <summary>One request to a token endpoint and what its answer means (RFC 6749 section 5). Sent once; never followed elsewhere.</summary>
internal sealed class TokenEndpoint(IHttpClientFactory clients, TimeProvider time, TimeSpan limit)
{
    public const string PublicClient = "steward-token-endpoints";
    public const string PrivateClient = "steward-token-endpoints-private";

    private const int MaxAnswer = 64 * 1024;
    private const string JsonType = "application/json";
    private const string FormType = "application/x-www-form-urlencoded";
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(400);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    // Refusals of the grant itself: somebody has to sign in again. Slack and GitHub have names of their own.
    private static readonly HashSet<string> GrantErrors = new(StringComparer.OrdinalIgnoreCase)
    {
        "invalid_grant", "bad_refresh_token", "bad_verification_code", "invalid_refresh_token", "token_expired", "token_revoked", "invalid_code", "code_already_used", "expired_token", "interaction_required",
        "consent_required", "login_required", "account_inactive",
    };

    private static readonly HashSet<string> PassingErrors = new(StringComparer.OrdinalIgnoreCase)
    {
        "temporarily_unavailable", "server_error", "service_unavailable", "internal_error", "fatal_error", "request_timeout", "timeout",
    };

    private static readonly string[] LimitWords = ["rate limit", "rate_limit", "ratelimit", "too many requests", "rate exceeded", "rate_exceeded", "request_limit_exceeded", "slow_down", "throttl", "quota exceeded"];

    public async Task<TokenGrant> RequestAsync(
        SignIn signIn, Uri url, IReadOnlyDictionary<string, string> parameters, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken, ExchangeStep? step = null)
    {
        var asked = time.GetUtcNow();
        var reply = step is null
            ? await SendAsync(signIn, url, parameters, authorization, cancellationToken)
            : await SendAsync(signIn, HttpMethod.Post, url, Form(parameters), FormType, [], authorization, cancellationToken);
        return Read(signIn, reply, asked, step);
    }

    /// <summary>Makes the login call of a system whose sessions are its own kind (<see cref="SessionSpec"/>).</summary>
    public async Task<TokenGrant> LoginAsync(SignIn signIn, CancellationToken cancellationToken)
    {
        var spec = signIn.Auth.Session ?? throw OAuthException.NotConfigured($"The template of {signIn.Product} does not say how '{signIn.Auth.Id}' logs in.");
        var url = TokenAddress.Resolve(spec.LoginUrl, signIn);
        var asked = time.GetUtcNow();
        var (body, type) = SessionBody(signIn, spec);
        var authorization = spec.Basic
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{signIn.Need("username")}:{signIn.Need("password")}")))
            : null;
        var headers = spec.Headers.Select(header => (header.Key, Value: signIn.Render(header.Value))).ToList();
        if (headers.Exists(header => header.Value.Any(char.IsControl)))
        {
            throw OAuthException.NotConfigured($"The connector for {signIn.Product} cannot sign in: a field holds line breaks or other control characters.");
        }

        var reply = await SendAsync(signIn, new HttpMethod(spec.Method), url, body, type, headers, authorization, cancellationToken);
        var token = !reply.IsSuccess ? null
            : spec.TokenHeader is { } header ? reply.Header(header)
            : spec.TokenCookie is { } cookie ? CookieOf(reply, cookie)
            : Text(reply.Json, spec.TokenPath ?? "");
        if (string.IsNullOrWhiteSpace(token))
        {
            throw Failure(signIn, reply, "gave no session token");
        }

        var stated = spec.ExpiresPath is { } path ? Lifetime(reply.Json, path, spec.ExpiresUnit, asked) : null;
        return new TokenGrant { AccessToken = new SecretText(token), ObtainedAt = asked, ExpiresAt = asked + (stated ?? spec.DefaultTtl), StatesLifetime = stated is not null };
    }

    /// <summary>Sends a revocation: any success will do, and so will the server's word that it knows no such token (RFC 7009 2.2).</summary>
    public async Task RevokeAsync(SignIn signIn, Uri url, IReadOnlyDictionary<string, string> parameters, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(signIn, url, parameters, authorization, cancellationToken);
        if (!reply.IsSuccess && Failure(signIn, reply, "did not take a token back") is { } failure && (failure.IsRetryable || failure.Error is not ("invalid_grant" or "invalid_token")))
        {
            throw failure;
        }
    }

    private TokenGrant Read(SignIn signIn, VendorReply reply, DateTimeOffset asked, ExchangeStep? step)
    {
        var spec = signIn.OAuth;
        var token = reply.IsSuccess ? Text(reply.Json, step?.TokenPath ?? spec.TokenPath) : null;
        if (string.IsNullOrWhiteSpace(token))
        {
            throw Failure(signIn, reply, "gave no access token");
        }

        var stated = step is null ? Lifetime(reply.Json, spec.ExpiresPath, spec.ExpiresUnit, asked) : Lifetime(reply.Json, step.ExpiresPath, LifetimeUnit.Seconds, asked);
        return new TokenGrant
        {
            AccessToken = new SecretText(token),
            RefreshToken = step is null && Text(reply.Json, spec.RefreshTokenPath) is { Length: > 0 } refresh ? new SecretText(refresh) : null,
            ObtainedAt = asked,
            ExpiresAt = asked + (stated ?? step?.DefaultTtl ?? spec.DefaultTtl),
            StatesLifetime = stated is not null,
            BaseUrl = BaseUrl(signIn, step is null ? spec.BaseUrlPath : step.BaseUrlPath, reply.Json),
        };
    }

    private OAuthException Failure(SignIn signIn, VendorReply reply, string what)
    {
        var error = ErrorOf(reply.Json) is { } code && !signIn.Holds(code) ? code : null;
        var status = reply.Status.ToString(CultureInfo.InvariantCulture);
        var wait = Bounded(reply.RetryAfter(time.GetUtcNow()));
        // The answer is not repeated: token endpoints tend to echo what they were sent. The code is, when it looks like one.
        var shown = error is null ? status : $"{status}, {error}";
        if (reply.Status == 429 || (!reply.IsSuccess && reply.Status < 500 && SaysLimit(reply)) || (reply.IsSuccess && error is not null && IsLimit(error)))
        {
            return OAuthException.Limited($"{signIn.Product} takes no more sign-ins for now ({shown}).", error, wait);
        }

        if (reply.Status >= 500 || reply.Status is 408 or 425 || (error is not null && PassingErrors.Contains(error)))
        {
            return OAuthException.Unavailable($"{signIn.Product} answered {shown} when asked for an access token.", outcomeUnknown: reply.Status >= 500, wait, error: error);
        }

        if (error is not null && GrantErrors.Contains(error))
        {
            return OAuthException.Refused($"{signIn.Product} does not accept this sign-in any more ({shown}). Somebody has to sign in again.", error, isGrant: true);
        }

        if (reply.IsSuccess && error is null)
        {
            return OAuthException.BadResponse($"{signIn.Product} {what}: its answer is not the one that the template describes.");
        }

        return reply.Status is >= 300 and < 400
            ? OAuthException.NotConfigured($"{signIn.Product} {what}: its token endpoint redirects ({status}), which is not followed.")
            : OAuthException.Refused($"{signIn.Product} {what} ({shown}). Check the client id, secret, key and user that are configured for it.", error, isGrant: false);
    }

    private static (byte[]? Body, string? ContentType) SessionBody(SignIn signIn, SessionSpec spec)
    {
        if (spec.Body is not { } template)
        {
            return spec.Method == "GET" ? default : ([], null);
        }

        var body = TemplateText.RenderJson(template, name => signIn.Find(name) is { } value ? JsonSerializer.SerializeToElement(value) : null)?.AsObject() ?? [];
        return spec.BodyFormat == BodyFormat.Form
            ? (Form(body.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Key, TextFunctions.TextOf(field.Value!)))), FormType)
            : (JsonSerializer.SerializeToUtf8Bytes(body), JsonType);
    }

    // The value of a cookie goes back as it came.
    private static string? CookieOf(VendorReply reply, string name) => reply.Headers("Set-Cookie").Select(cookie => cookie.Split(';', 2)[0].Split('=', 2)).LastOrDefault(pair => pair.Length == 2 && pair[0].Trim() == name)?[1].Trim();

    private static byte[] Form(IEnumerable<KeyValuePair<string, string>> fields) =>
        Encoding.ASCII.GetBytes(string.Join('&', fields.Select(field => $"{Uri.EscapeDataString(field.Key)}={Uri.EscapeDataString(field.Value)}")));

    private Task<VendorReply> SendAsync(
        SignIn signIn, Uri url, IReadOnlyDictionary<string, string> parameters, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken) => signIn.OAuth.JsonBody
        ? SendAsync(signIn, HttpMethod.Post, url, JsonSerializer.SerializeToUtf8Bytes(parameters), JsonType, [], authorization, cancellationToken)
        : SendAsync(signIn, HttpMethod.Post, url, Form(parameters), FormType, [], authorization, cancellationToken);

    private async Task<VendorReply> SendAsync(
        SignIn signIn, HttpMethod method, Uri url, byte[]? body, string? contentType, List<(string Name, string Value)> headers, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        using var content = body is null ? null : new SingleUseContent(body, contentType);
        using var request = new HttpRequestMessage(method, url) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("User-Agent", "Steward/1.0");
        request.Headers.Authorization = authorization;
        using var activity = Diagnostics.StartRequest(signIn.Connector, method, url);
        using var late = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        string? problem = null;
        int? status = null;
        try
        {
            using var client = clients.CreateClient(signIn.AllowPrivateAddresses ? PrivateClient : PublicClient);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            status = (int)response.StatusCode;
            return new VendorReply(status.Value, response.Headers, await ReadAsync(signIn, response.Content, either.Token));
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            problem = "timeout";
            throw OAuthException.Unavailable($"{signIn.Product} did not answer in time when asked for an access token.", content?.MayHaveBeenSent == true, inner: exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
        {
            problem = exception.GetType().Name;
            throw Forbidden(exception)
                ? OAuthException.NotConfigured($"The token endpoint of {signIn.Product} leads into a private, local or otherwise special network. The operator can allow private ones with Steward:Connectors:AllowPrivateAddresses.")
                : OAuthException.Unavailable($"{signIn.Product} cannot be reached for an access token.", content?.MayHaveBeenSent == true, inner: exception);
        }
        finally
        {
            Array.Clear(body ?? []);
            Diagnostics.EndRequest(activity, status, problem, vendorRequestId: null);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(SignIn signIn, HttpContent content, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxAnswer + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= MaxAnswer ? buffer.AsMemory(0, length) : throw OAuthException.BadResponse($"{signIn.Product} answered with more than {MaxAnswer / 1024} KB when asked for an access token.");
    }

    private static bool Forbidden(Exception? exception) => exception is not null && (exception is AddressForbiddenException || Forbidden(exception.InnerException));

    private static TimeSpan? Lifetime(JsonElement json, string path, LifetimeUnit unit, DateTimeOffset asked)
    {
        if (!double.TryParse(Text(json, path), CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number) || number <= 0)
        {
            return null;
        }

        var seconds = unit switch
        {
            LifetimeUnit.Milliseconds => number / 1000,
            LifetimeUnit.Epoch => number - (asked.ToUnixTimeMilliseconds() / 1000.0),
            _ => number,
        };
        return seconds <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(seconds, LongestLifetime.TotalSeconds));
    }

    private static Uri? BaseUrl(SignIn signIn, string? path, JsonElement json)
    {
        if (path is null)
        {
            return null;
        }

        return Uri.TryCreate(Text(json, path), UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && url.Fragment.Length == 0 && url.Query.Length == 0
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback && signIn.AllowPrivateAddresses))
            ? url
            : throw OAuthException.BadResponse($"{signIn.Product} named no usable address of its interface with the access token.");
    }

    private static string? Text(JsonElement json, string path)
    {
        try
        {
            return json.ValueKind == JsonValueKind.Undefined ? null : ValuePath.Find(json, path).AsText();
        }
        catch (InvalidOperationException)
        {
            // A member's name holds half of a surrogate pair.
            return null;
        }
    }

    private static string? ErrorOf(JsonElement json)
    {
        // Slack, GitHub and RFC 6749 say it in the same place; Google's newer services one level down.
        var error = json.Text("error") ?? json.Member("error")?.Text("status") ?? json.Text("errorCode");
        // Codes are words; what has digits in it may be a token.
        return error is { Length: > 0 and <= 64 } && error.All(character => char.IsAsciiLetter(character) || character == '_') ? error : null;
    }

    private static bool SaysLimit(VendorReply reply) =>
        reply.Status == 403 && (reply.Header("Retry-After") is not null || reply.Header("X-RateLimit-Remaining") == "0")
        || (reply.Json.ValueKind != JsonValueKind.Undefined && IsLimit(reply.Json.GetRawText()));

    private static bool IsLimit(string text) => Array.Exists(LimitWords, word => text.Contains(word, StringComparison.OrdinalIgnoreCase)) || text.Contains("ratelimited", StringComparison.OrdinalIgnoreCase);

    private static TimeSpan? Bounded(TimeSpan? wait) => wait > LongestWait ? LongestWait : wait;
}
