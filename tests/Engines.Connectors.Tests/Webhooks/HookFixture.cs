using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Webhooks;
using Steward.Engines.Security;
using Steward.Engines.Security.Jwt;

namespace Steward.Engines.Connectors.Tests.Webhooks;

/// <summary>The webhooks of real products, and requests as these products send them.</summary>
internal static class HookFixture
{
    /// <summary>From Slack's documentation of signed requests.</summary>
    public const string SlackSecret = "8f742231b10e8888abcd99yyyzzz85a5";

    public static readonly WebhookTemplate Slack = new()
    {
        Id = "events",
        Verification = new WebhookVerification
        {
            Kind = WebhookVerificationKind.Hmac,
            Header = "X-Slack-Signature",
            Prefix = "v0=",
            Payload = "v0:{timestamp}:{body}",
            TimestampHeader = "X-Slack-Request-Timestamp",
        },
        Challenges = [new ChallengeSpec { BodyPath = "challenge", Verified = true, When = new ReplySignal { BodyPath = "type", EqualTo = JsonSerializer.SerializeToElement("url_verification") } }],
        EventTypePath = "event.type",
        EventIdPath = "event_id",
        SuccessStatus = 200,
    };

    public static readonly WebhookTemplate GitHub = new()
    {
        Id = "events",
        Verification = new WebhookVerification { Kind = WebhookVerificationKind.Hmac, Header = "X-Hub-Signature-256", Prefix = "sha256=" },
        EventTypeHeader = "X-GitHub-Event",
        EventIdHeader = "X-GitHub-Delivery",
    };

    public static readonly WebhookTemplate Graph = new()
    {
        Id = "notifications",
        Verification = new WebhookVerification
        {
            Kind = WebhookVerificationKind.ClientState,
            Path = "value.*.clientState",
            Issuer = "https://login.microsoftonline.com/{directory}/v2.0",
            Audience = "{clientId}",
            JwksUrl = new Uri("https://login.microsoftonline.com/common/discovery/v2.0/keys"),
        },
        Items = "value",
        EventTypePath = "changeType",
    };

    public static readonly WebhookTemplate Okta = new()
    {
        Id = "events",
        Verification = new WebhookVerification { Kind = WebhookVerificationKind.Header, Header = "Authorization" },
        Items = "data.events",
        EventTypePath = "eventType",
        EventIdPath = "uuid",
    };

    public static WebhookReceiver Receiver(TimeProvider time, IJwksSource? keys = null) => new(new HookTokens(keys ?? new NoKeys(), time), time);

    public static HookTarget Target(WebhookTemplate webhook, params string[] secrets) =>
        new([webhook], new Dictionary<string, string> { ["directory"] = "d1", ["clientId"] = "c1" }, [.. secrets.Select(secret => new SecretText(secret))]);

    public static HookRequest Post(string body, params (string Name, string Value)[] headers) => new()
    {
        Method = "POST",
        Url = "https://steward.example/hooks/t-acme/x",
        Headers = headers.ToDictionary(header => header.Name, header => header.Value),
        Body = Encoding.UTF8.GetBytes(body),
    };

    public static HookRequest FromSlack(string body, DateTimeOffset at, string secret = SlackSecret)
    {
        var timestamp = at.ToUnixTimeSeconds();
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"v0:{timestamp}:{body}"));
        return Post(body, ("X-Slack-Request-Timestamp", $"{timestamp}"), ("X-Slack-Signature", "v0=" + Convert.ToHexStringLower(signature)));
    }

    public static HookRequest FromGitHub(string body, string delivery, string secret) => Post(
        body,
        ("X-GitHub-Event", "issues"),
        ("X-GitHub-Delivery", delivery),
        ("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(body)))));

    public sealed class NoKeys : IJwksSource
    {
        public ValueTask<JsonWebKeySet> GetAsync(JwtIssuerOptions issuer, bool refresh, CancellationToken cancellationToken) => throw new JwksUnavailableException("none");
    }

    /// <summary>One RSA key, as an issuer publishes it.</summary>
    public sealed class OneKey : IJwksSource, IDisposable
    {
        private readonly RSA _key = RSA.Create(2048);

        public ValueTask<JsonWebKeySet> GetAsync(JwtIssuerOptions issuer, bool refresh, CancellationToken cancellationToken)
        {
            var parameters = _key.ExportParameters(false);
            return ValueTask.FromResult(JsonWebKeySet.Parse(
                $$"""{"keys":[{"kty":"RSA","kid":"k1","alg":"RS256","use":"sig","n":"{{Encode(parameters.Modulus!)}}","e":"{{Encode(parameters.Exponent!)}}"}]}"""));
        }

        public string Sign(string issuer, string audience, DateTimeOffset expires)
        {
            var header = Encode("""{"alg":"RS256","kid":"k1","typ":"JWT"}"""u8.ToArray());
            var claims = Encode(Encoding.UTF8.GetBytes($$"""{"iss":"{{issuer}}","aud":"{{audience}}","exp":{{expires.ToUnixTimeSeconds()}}}"""));
            var signature = _key.SignData(Encoding.ASCII.GetBytes($"{header}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            return $"{header}.{claims}.{Encode(signature)}";
        }

        public void Dispose() => _key.Dispose();

        private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    public sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
