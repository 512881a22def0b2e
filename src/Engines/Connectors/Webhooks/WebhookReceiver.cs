using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Webhooks;

/// <summary>
/// Judges what external systems tell by themselves: verifies the sender as the template says, answers handshakes and takes batches apart. Safe for concurrent use; holds nothing.
/// </summary>
public sealed class WebhookReceiver(HookTokens tokens, TimeProvider time)
{
    /// <summary>The largest body, in bytes.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    private static readonly SecretText Nobody = new(Convert.ToHexString(RandomNumberGenerator.GetBytes(32)));

    /// <summary>Judges a request.</summary>
    /// <param name="target">Whom it is for; null when there is nobody, which costs about the same time and is told apart by no answer.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Stops waiting for the sender's keys.</param>
    public async ValueTask<HookVerdict> ReceiveAsync(HookTarget? target, HookRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Body.Length > MaxBodyBytes)
        {
            return new HookRefused("the body is too large");
        }

        if (HookHandshakes.AnswerWellKnown(request) is { } wellKnown)
        {
            return wellKnown;
        }

        if (target is null || target.Webhooks.Count == 0)
        {
            _ = SecretEquals(Convert.ToHexString(SHA256.HashData(request.Body.Span)), [Nobody]);
            return new HookRefused("there is no such instance, or its template has no webhooks");
        }

        HookVerdict verdict = new HookRefused("there is no webhook");
        foreach (var webhook in target.Webhooks)
        {
            try
            {
                verdict = await JudgeAsync(webhook, target, request, cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidOperationException)
            {
                // Texts with half a surrogate pair are found out when they are read.
                verdict = new HookRefused($"{webhook.Id}: the body holds texts that are no Unicode");
            }

            if (verdict is not HookRefused)
            {
                return verdict;
            }
        }

        return verdict;
    }

    private async ValueTask<HookVerdict> JudgeAsync(WebhookTemplate webhook, HookTarget target, HookRequest request, CancellationToken cancellationToken)
    {
        var body = HookBody.Read(webhook.Body, request.Body);
        if (HookHandshakes.Answer(webhook, verified: false, request, body, target.Secrets) is { } open)
        {
            return open;
        }

        var (failure, isTransient, signedId) = await VerifyAsync(webhook, target, request, body, cancellationToken).ConfigureAwait(false);
        if (failure is not null)
        {
            return new HookRefused($"{webhook.Id}: {failure}", isTransient);
        }

        if (HookHandshakes.Answer(webhook, verified: true, request, body, target.Secrets) is { } proven)
        {
            return proven;
        }

        if (request.Method != "POST")
        {
            return new HookRefused($"{webhook.Id}: events come with POST");
        }

        return body is not { } content ? new HookRefused($"{webhook.Id}: the body cannot be read")
            : HookBody.Events(webhook, request, content, signedId) is { } events ? new HookAccepted(webhook, events)
            : new HookRefused($"{webhook.Id}: the list of events is missing or has more than {HookBody.MaxEvents}");
    }

    private async ValueTask<(string? Failure, bool IsTransient, string? SignedId)> VerifyAsync(
        WebhookTemplate webhook, HookTarget target, HookRequest request, JsonElement? body, CancellationToken cancellationToken)
    {
        if (webhook.Verification.Kind == WebhookVerificationKind.Hmac)
        {
            return (HookSignature.Check(webhook.Verification, target.Secrets, request, time.GetUtcNow(), out var signedId), false, signedId);
        }

        var (failure, isTransient) = await VerifyOtherAsync(webhook, target, request, body, cancellationToken).ConfigureAwait(false);
        return (failure, isTransient, null);
    }

    private async ValueTask<(string? Failure, bool IsTransient)> VerifyOtherAsync(
        WebhookTemplate webhook, HookTarget target, HookRequest request, JsonElement? body, CancellationToken cancellationToken)
    {
        var verification = webhook.Verification;
        switch (verification.Kind)
        {
            case WebhookVerificationKind.Basic:
                return (CheckHeader(request.Header("Authorization"), "Basic ", target.Secrets, decode: true), false);
            case WebhookVerificationKind.Header:
                return (CheckHeader(verification.Header is { } header ? request.Header(header) : null, verification.Prefix ?? "", target.Secrets, decode: false), false);
            case WebhookVerificationKind.Jwt:
                return await tokens.CheckAsync(verification, target, TokensOf(verification, request, body), cancellationToken).ConfigureAwait(false);
            default:
                if (CheckClientState(webhook, target.Secrets, body) is { } failure)
                {
                    return (failure, false);
                }

                // Microsoft Graph adds tokens to notifications that carry data.
                var added = body is { } json ? Texts(json, "validationTokens.*") : [];
                return added.Count > 0 && verification.JwksUrl is not null
                    ? await tokens.CheckAsync(verification, target, added, cancellationToken).ConfigureAwait(false)
                    : (null, false);
        }
    }

    private static string? CheckHeader(string? value, string prefix, IReadOnlyList<SecretText> secrets, bool decode)
    {
        if (value is null || value.Length > 4096 || !value.StartsWith(prefix, decode ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
        {
            return "the header with the shared value is missing";
        }

        var given = value[prefix.Length..].Trim();
        if (decode)
        {
            var buffer = new byte[given.Length];
            if (!Convert.TryFromBase64String(given, buffer, out var length))
            {
                return "the header with user and password is malformed";
            }

            given = Encoding.UTF8.GetString(buffer, 0, length);
        }

        return SecretEquals(given, secrets) ? null : "the shared value is wrong";
    }

    private static string? CheckClientState(WebhookTemplate webhook, IReadOnlyList<SecretText> secrets, JsonElement? body)
    {
        if (body is not { } json || webhook.Verification.Path is not { } path)
        {
            return "the shared value is missing";
        }

        // Each event of a batch must carry it: one that does not would ride along.
        var values = Texts(json, path);
        var items = webhook.Items is { } list ? ValuePath.FindAll(json, list.Length == 0 ? "*" : list + ".*").Count() : 1;
        var right = values.Count == items && items > 0;
        foreach (var value in values)
        {
            right &= SecretEquals(value, secrets);
        }

        return right ? null : "the shared value is missing or wrong";
    }

    private static List<string> TokensOf(WebhookVerification verification, HookRequest request, JsonElement? body)
    {
        if (verification.Path is { } path)
        {
            return body is { } json ? Texts(json, path) : [];
        }

        var prefix = verification.Prefix ?? (verification.Header is null ? "Bearer " : "");
        return request.Header(verification.Header ?? "Authorization") is { } value && value.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? [value[prefix.Length..].Trim()] : [];
    }

    private static List<string> Texts(JsonElement body, string path) =>
        [.. ValuePath.FindAll(body, path).Take(HookBody.MaxEvents + 1).Select(value => value.ValueKind == JsonValueKind.String ? value.GetString()! : "")];

    /// <summary>Compares hashes, so that neither content nor length show in the time.</summary>
    private static bool SecretEquals(string given, IReadOnlyList<SecretText> secrets)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(given));
        var right = false;
        foreach (var secret in secrets)
        {
            right |= !secret.IsBlank && CryptographicOperations.FixedTimeEquals(hash, SHA256.HashData(Encoding.UTF8.GetBytes(secret.Reveal())));
        }

        return right;
    }
}
