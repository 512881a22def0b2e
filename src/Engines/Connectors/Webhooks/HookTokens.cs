using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security.Jwt;

namespace Steward.Engines.Connectors.Webhooks;

/// <summary>Validates the signed tokens of senders (RFC 7519) against the keys that their issuer publishes. Safe for concurrent use.</summary>
/// <param name="keys">Where the keys come from.</param>
/// <param name="time">The clock.</param>
/// <param name="simulated">Where the keys of products come from that are simulated on this machine; null where none are.</param>
public sealed class HookTokens(IJwksSource keys, TimeProvider time, IJwksSource? simulated = null)
{
    private const int MaxTokens = 20;

    internal async ValueTask<(string? Failure, bool IsTransient)> CheckAsync(
        WebhookVerification verification, HookTarget target, IReadOnlyList<string> tokens, CancellationToken cancellationToken)
    {
        if (verification is not { Issuer: { } issuer, Audience: { } audience, JwksUrl: { } address })
        {
            return ("the template lacks issuer, audience or the address of the keys", false);
        }

        if (tokens.Count is 0 or > MaxTokens)
        {
            return ("the token is missing", false);
        }

        var options = new JwtIssuerOptions
        {
            Issuer = TemplateText.Fill(issuer, target.Fields.GetValueOrDefault),
            Audiences = { TemplateText.Fill(audience, target.Fields.GetValueOrDefault) },
            JwksUri = target.Simulator is { } simulator ? new Uri(simulator, address.PathAndQuery) : address,
            MaxLifetime = TimeSpan.FromDays(2),

            // Senders are no users here: the validator's identity is not looked at.
            TenantId = "t-sender",
            UserClaim = "iss",
        };
        foreach (var algorithm in JwtAlgorithms.Supported)
        {
            options.Algorithms.Add(algorithm);
        }

        if (options.Validate().FirstOrDefault() is not null)
        {
            return ("the template's issuer, audience or address of the keys cannot be used", false);
        }

        var validator = new JwtValidator([options], target.Simulator is null ? keys : simulated ?? keys, time);
        foreach (var token in tokens)
        {
            var result = await validator.ValidateAsync(token, cancellationToken).ConfigureAwait(false);
            if (!result.IsValid)
            {
                return ($"the sender's token was refused ({result.Failure.Code})", result.Failure.IsTransient);
            }
        }

        return (null, false);
    }
}
