using System.Text.Json;

namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// A login call whose answer holds a token for the calls that follow, for <see cref="AuthKind.Session"/>. Values are templates over the sign-in's and the connection's fields. Exactly one of
/// <see cref="TokenPath"/>, <see cref="TokenHeader"/> and <see cref="TokenCookie"/> says where the token is; in <see cref="AuthSpec.Apply"/> it is called <c>access_token</c>.
/// </summary>
public sealed record SessionSpec
{
    /// <summary>Where the login call goes, such as <c>{baseUrl}/api/login</c>.</summary>
    public required string LoginUrl { get; init; }

    /// <summary>POST, PUT or GET.</summary>
    public string Method { get; init; } = "POST";

    /// <summary>The body, an object; members whose field is not given are left out.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>How the body is written: <see cref="BodyFormat.Json"/> or <see cref="BodyFormat.Form"/>.</summary>
    public BodyFormat BodyFormat { get; init; } = BodyFormat.Json;

    /// <summary>Headers of the login call.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the login call carries <c>username</c> and <c>password</c> as RFC 7617 has it.</summary>
    public bool Basic { get; init; }

    /// <summary>The token's path in the answer's body; empty when the body is the token, as a JSON text.</summary>
    public string? TokenPath { get; init; }

    /// <summary>The header of the answer that holds the token.</summary>
    public string? TokenHeader { get; init; }

    /// <summary>The cookie of the answer that holds the token.</summary>
    public string? TokenCookie { get; init; }

    /// <summary>Where the session's lifetime stands in the answer's body.</summary>
    public string? ExpiresPath { get; init; }

    /// <summary>The unit of the lifetime.</summary>
    public LifetimeUnit ExpiresUnit { get; init; } = LifetimeUnit.Seconds;

    /// <summary>The lifetime where the answer names none.</summary>
    public TimeSpan DefaultTtl { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>How long before its end a session is begun anew; a random part of the same length again is added.</summary>
    public TimeSpan RefreshMargin { get; init; } = TimeSpan.FromMinutes(1);
}
