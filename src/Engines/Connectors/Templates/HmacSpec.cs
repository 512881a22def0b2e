namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// A signature of each request with a shared key (RFC 2104), for <see cref="AuthKind.Hmac"/>. <see cref="AuthSpec.Apply"/> says where it goes: values there are templates over the sign-in's
/// fields and <see cref="Values"/>; those without <c>signature</c> are put into the request before it is signed.
/// </summary>
public sealed record HmacSpec
{
    /// <summary>What a request brings beside the sign-in's fields. <c>signature</c> is not known in <see cref="Payload"/>, <c>body</c> only there.</summary>
    public static IReadOnlySet<string> Values { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "method", "url", "host", "path", "query", "pathAndQuery", "contentType", "timestamp", "nonce", "bodyHash", "body", "signature",
    };

    /// <summary>The hash: sha1, sha256 or sha512.</summary>
    public string Algorithm { get; init; } = "sha256";

    /// <summary>The key, a template, for example <c>{secretKey}</c>.</summary>
    public required string Key { get; init; }

    /// <summary>How the key is written.</summary>
    public KeyEncoding KeyEncoding { get; init; } = KeyEncoding.Text;

    /// <summary>
    /// What is signed, for example <c>{timestamp}{method}{pathAndQuery}{body}</c>. <c>path</c> and <c>query</c> are as they are sent, the query without its question mark; <c>bodyHash</c> is the
    /// body's hash by the same algorithm, written like the signature.
    /// </summary>
    public required string Payload { get; init; }

    /// <summary>How the signature is written: base64, or hex in lower case.</summary>
    public SignatureEncoding Encoding { get; init; } = SignatureEncoding.Hex;

    /// <summary>How the time is written.</summary>
    public SignatureTime Timestamp { get; init; } = SignatureTime.Seconds;
}

/// <summary>How a key is written.</summary>
public enum KeyEncoding
{
    /// <summary>Its bytes are those of the text in UTF-8.</summary>
    Text,

    /// <summary>Base64.</summary>
    Base64,

    /// <summary>Hexadecimal digits.</summary>
    Hex,
}

/// <summary>How the time of a signature is written.</summary>
public enum SignatureTime
{
    /// <summary>Seconds since 1970.</summary>
    Seconds,

    /// <summary>Milliseconds since 1970.</summary>
    Milliseconds,

    /// <summary>ISO 8601, UTC, without fractions.</summary>
    Iso,

    /// <summary>As in the header Date (RFC 9110 5.6.7).</summary>
    Http,
}
