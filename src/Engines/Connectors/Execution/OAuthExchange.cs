using System.Text;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Execution;

/// <summary>One request to a token endpoint (RFC 6749 section 5).</summary>
internal static class OAuthExchange
{
    // Salesforce says no lifetime; sessions there last two hours by default and an expired one is noticed by its refusal.
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromHours(12);

    /// <param name="form">What is asked for.</param>
    /// <param name="send">Sends the form.</param>
    /// <param name="readError">Reads the product's own error: some say with another status than 429 that there were too many calls.</param>
    /// <param name="product">The product's name in messages.</param>
    /// <param name="time">The clock.</param>
    public static async Task<AccessToken> SendAsync(
        IReadOnlyDictionary<string, string> form, Func<ReadOnlyMemory<byte>, Task<VendorReply>> send, Func<VendorReply, VendorError?> readError, string product, TimeProvider time)
    {
        var body = string.Join('&', form.Select(field => $"{Uri.EscapeDataString(field.Key)}={Uri.EscapeDataString(field.Value)}"));
        var reply = await send(Encoding.ASCII.GetBytes(body));
        var isLimit = reply.Status == 429 || (reply.Status is >= 400 and < 500 && readError(reply) is { Code: FailureCodes.RateLimited });
        if (isLimit || reply.Status >= 500)
        {
            throw OutcomeException.Failed(
                isLimit ? FailureCodes.RateLimited : FailureCodes.Unavailable,
                $"{product} answered {reply.Status} when asked for an access token.", isRetryable: true, reply.RetryAfter(time.GetUtcNow()));
        }

        if (!reply.IsSuccess || reply.Json.Text("access_token") is not { Length: > 0 } token)
        {
            // The body is not repeated: token endpoints tend to echo what they were sent.
            var error = reply.Json.Text("error") is { Length: > 0 and <= 64 } code && code.All(character => char.IsAsciiLetterOrDigit(character) || character == '_') ? $" ({code})" : "";
            throw OutcomeException.Failed(
                FailureCodes.Unauthenticated, $"{product} gave no access token: {reply.Status}{error}. Check the client id, secret and user that are configured for {product}.");
        }

        var lifetime = double.TryParse(reply.Json.Text("expires_in"), System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, LongestLifetime.TotalSeconds))
            : DefaultLifetime;
        Uri.TryCreate(reply.Json.Text("instance_url"), UriKind.Absolute, out var instance);
        // A tenth earlier, so that a token does not run out between here and there.
        return new AccessToken(new SecretText(token), time.GetUtcNow() + (lifetime * 0.9), instance);
    }
}
