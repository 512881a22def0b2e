using System.Text.Json;

namespace Steward.Engines.Connectors.Templates;

/// <summary>What a system tells by itself, posted to <c>/hooks/{tenant}/{instance}</c>. Paths are of the request's JSON body.</summary>
public sealed record WebhookTemplate
{
    /// <summary>The id inside the template.</summary>
    public required string Id { get; init; }

    /// <summary>How the sender proves who it is.</summary>
    public required WebhookVerification Verification { get; init; }

    /// <summary>How a handshake is answered.</summary>
    public IReadOnlyList<ChallengeSpec> Challenges { get; init; } = [];

    /// <summary>Where several events of one request stand, <c>*</c> when the body itself is the list; one event when null.</summary>
    public string? Items { get; init; }

    /// <summary>The header with the event's type.</summary>
    public string? EventTypeHeader { get; init; }

    /// <summary>Where the event's type stands (in each item).</summary>
    public string? EventTypePath { get; init; }

    /// <summary>The header with the event's id; several, with commas between them, where only together they are unique.</summary>
    public string? EventIdHeader { get; init; }

    /// <summary>Where the event's id stands (in each item); several places, with commas between them, where only together they are unique; by default a hash of the event.</summary>
    public string? EventIdPath { get; init; }

    /// <summary>Where events go, by rule; the first that holds decides, and events of which none does have no route.</summary>
    public IReadOnlyList<HookRouteSpec> Routes { get; init; } = [];

    /// <summary>How soon the sender wants an answer. One is given before: what cannot be journaled until then is refused, and the sender comes again.</summary>
    public TimeSpan ReplyWithin { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The status that says thanks.</summary>
    public int SuccessStatus { get; init; } = 202;

    /// <summary>The format of the body.</summary>
    public WebhookBodyFormat Body { get; init; } = WebhookBodyFormat.Json;
}

/// <summary>A rule that says where an event goes. All that it states must hold.</summary>
public sealed record HookRouteSpec
{
    /// <summary>The route of events that are answered and forgotten.</summary>
    public const string Ignore = "ignore";

    /// <summary>The types of events that are meant, one of them; a <c>*</c> at the end stands for whatever follows. All when empty.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Where in the event a value must stand.</summary>
    public string? BodyPath { get; init; }

    /// <summary>Which value; any when null.</summary>
    public JsonElement? EqualTo { get; init; }

    /// <summary>The route, lower-case letters, digits and hyphens: subscribers say which routes they want. <see cref="Ignore"/> keeps the event from being taken at all.</summary>
    public required string To { get; init; }
}

/// <summary>The formats of webhook bodies.</summary>
public enum WebhookBodyFormat
{
    /// <summary>JSON.</summary>
    Json,

    /// <summary>A form whose field <c>payload</c> holds JSON (Slack's interactivity), or whose fields are the event.</summary>
    Form,
}

/// <summary>How the sender of a webhook proves who it is.</summary>
public sealed record WebhookVerification
{
    /// <summary>The kind.</summary>
    public required WebhookVerificationKind Kind { get; init; }

    /// <summary>The header with signature, token or key.</summary>
    public string? Header { get; init; }

    /// <summary>What stands before the signature in the header, for example <c>sha256=</c> or <c>v0=</c>. Of several signatures with commas between them one must fit.</summary>
    public string? Prefix { get; init; }

    /// <summary>sha1 (only where the vendor has nothing better), sha256 or sha512.</summary>
    public string Algorithm { get; init; } = "sha256";

    /// <summary>How the signature is written.</summary>
    public SignatureEncoding Encoding { get; init; } = SignatureEncoding.Hex;

    /// <summary>What is signed, a template over <c>body</c>, <c>timestamp</c>, <c>id</c>, <c>method</c> and <c>url</c>, for example <c>v0:{timestamp}:{body}</c>.</summary>
    public string Payload { get; init; } = "{body}";

    /// <summary>
    /// The header with the time of the signature: seconds or milliseconds since 1970, or ISO 8601. <c>Name#part</c> is a part of a header such as <c>t</c> in
    /// Stripe's <c>t=1,v1=ab</c>.
    /// </summary>
    public string? TimestampHeader { get; init; }

    /// <summary>The header with the message's id, for <c>{id}</c>.</summary>
    public string? IdHeader { get; init; }

    /// <summary>How old the signature may be.</summary>
    public TimeSpan Tolerance { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Where the shared value stands, for <see cref="WebhookVerificationKind.ClientState"/> (in each event: <c>value.*.clientState</c>), or the tokens, for <see cref="WebhookVerificationKind.Jwt"/>.</summary>
    public string? Path { get; init; }

    /// <summary>The issuer, for <see cref="WebhookVerificationKind.Jwt"/>, a template over the instance's fields.</summary>
    public string? Issuer { get; init; }

    /// <summary>The audience, a template over the instance's fields.</summary>
    public string? Audience { get; init; }

    /// <summary>Where the issuer's keys are.</summary>
    public Uri? JwksUrl { get; init; }
}

/// <summary>The ways in which a sender proves who it is. The secret is the instance's <c>webhook secret</c>, kept in the vault.</summary>
public enum WebhookVerificationKind
{
    /// <summary>A keyed hash of the raw body.</summary>
    Hmac,

    /// <summary>A signed token of the sender.</summary>
    Jwt,

    /// <summary>A value in the body that both know (Microsoft Graph).</summary>
    ClientState,

    /// <summary>User and password; the secret is both with a colon between them.</summary>
    Basic,

    /// <summary>A fixed value in a header (Okta event hooks, GitLab).</summary>
    Header,
}

/// <summary>The encodings of signatures.</summary>
public enum SignatureEncoding
{
    /// <summary>Hexadecimal, of either case.</summary>
    Hex,

    /// <summary>Base64.</summary>
    Base64,
}

/// <summary>How a handshake is recognised and answered.</summary>
public sealed record ChallengeSpec
{
    /// <summary>GET or POST.</summary>
    public string Method { get; init; } = "POST";

    /// <summary>The query parameter whose value is echoed (Graph: <c>validationToken</c>).</summary>
    public string? Query { get; init; }

    /// <summary>The header whose value is echoed (Okta: <c>X-Okta-Verification-Challenge</c>).</summary>
    public string? Header { get; init; }

    /// <summary>Where in the body the value that is echoed stands (Slack: <c>challenge</c>).</summary>
    public string? BodyPath { get; init; }

    /// <summary>What the body must say for it to be a handshake (Slack: <c>type</c> is <c>url_verification</c>).</summary>
    public ReplySignal? When { get; init; }

    /// <summary>The member of a JSON answer that takes the value (Okta: <c>verification</c>); plain text when null.</summary>
    public string? AnswerMember { get; init; }

    /// <summary>The member of a JSON answer that takes the value's keyed hash in hexadecimal, made with the webhook's secret and algorithm (Zoom: <c>encryptedToken</c>).</summary>
    public string? HashMember { get; init; }

    /// <summary>Whether the handshake itself must be verified like an event.</summary>
    public bool Verified { get; init; }
}
