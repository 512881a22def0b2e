using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Webhooks;

/// <summary>
/// Handshakes, by which a sender sees that an address takes its events. They are answered in the clear: what is echoed is short, has no markup and goes out as plain text or JSON.
/// </summary>
internal static class HookHandshakes
{
    private const int MaxLength = 1024;
    private static readonly TimeSpan MatchTime = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The handshakes of Microsoft Graph and Okta, whose senders prove nothing. They are answered for every address, there or not: otherwise the answer would
    /// tell strangers which tenants use which systems.
    /// </summary>
    private static readonly ChallengeSpec[] WellKnown =
    [
        new() { Method = "POST", Query = "validationToken" },
        new() { Method = "GET", Header = "X-Okta-Verification-Challenge", AnswerMember = "verification" },
    ];

    /// <summary>The answer to a handshake that every address answers; null when the request is none.</summary>
    public static HookChallenged? AnswerWellKnown(HookRequest request) =>
        WellKnown.Select(challenge => Answer(challenge, request, null, null, [])).FirstOrDefault(answer => answer is not null);

    /// <summary>The answer to one of a webhook's handshakes; null when the request is none.</summary>
    /// <param name="webhook">The webhook.</param>
    /// <param name="verified">Whether the sender has proven who it is; otherwise only handshakes that need no proof count.</param>
    /// <param name="request">The request.</param>
    /// <param name="body">Its body, when that is JSON.</param>
    /// <param name="secrets">For handshakes whose answer is signed.</param>
    public static HookChallenged? Answer(WebhookTemplate webhook, bool verified, HookRequest request, JsonElement? body, IReadOnlyList<SecretText> secrets) =>
        webhook.Challenges.Where(challenge => challenge.Verified == verified)
            .Select(challenge => Answer(challenge, request, body, webhook.Verification, secrets))
            .FirstOrDefault(answer => answer is not null);

    private static HookChallenged? Answer(ChallengeSpec challenge, HookRequest request, JsonElement? body, WebhookVerification? verification, IReadOnlyList<SecretText> secrets)
    {
        if (!string.Equals(challenge.Method, request.Method, StringComparison.OrdinalIgnoreCase) || (challenge.When is { } when && (body is not { } content || !Shows(when, content))))
        {
            return null;
        }

        var value = challenge switch
        {
            { Query: { } name } => request.Query.GetValueOrDefault(name),
            { Header: { } name } => request.Header(name),
            { BodyPath: { } path } when body is { } json => ValuePath.Find(json, path) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null,
            _ => null,
        };
        if (value is not { Length: > 0 and <= MaxLength } || value.Any(character => char.IsControl(character) || character is '<' or '>'))
        {
            return null;
        }

        if (challenge.AnswerMember is not { } member)
        {
            return new HookChallenged(value, "text/plain; charset=utf-8");
        }

        var answer = new Dictionary<string, string>(StringComparer.Ordinal) { [member] = value };
        if (challenge.HashMember is { } signed)
        {
            if (secrets.Count == 0 || verification is null)
            {
                return null;
            }

            answer[signed] = HookSignature.Sign(verification, secrets[0], value);
        }

        return new HookChallenged(JsonSerializer.Serialize(answer), "application/json");
    }

    private static bool Shows(ReplySignal signal, JsonElement body)
    {
        var value = signal.BodyPath is { } path ? ValuePath.Find(body, path) : body;
        if (value is not { } found || (signal.EqualTo is { } expected && !JsonElement.DeepEquals(expected, found)))
        {
            return false;
        }

        try
        {
            var text = found.ValueKind == JsonValueKind.String ? found.GetString()! : found.GetRawText();
            return signal.Matches is not { } pattern || Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, MatchTime);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
