using System.Globalization;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Connectors.Auth;

/// <summary>
/// What the vault keeps of a sign-in: the newest refresh token and, while it is about to be used, by whom and since when; or the access token, where there is nothing to
/// renew it with.
/// </summary>
internal sealed record StoredGrant
{
    private const string RefreshTokenName = "refresh_token";
    private const string AccessTokenName = "access_token";
    private const string ExpiresAtName = "expires_at";
    private const string ObtainedAtName = "obtained_at";
    private const string BaseUrlName = "base_url";
    private const string RotatesName = "rotates";
    private const string AttemptByName = "attempt_by";
    private const string AttemptAtName = "attempt_at";

    public SecretText? RefreshToken { get; init; }

    public SecretText? AccessToken { get; init; }

    /// <summary>When the access token ends; null when that was not said.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset ObtainedAt { get; init; }

    public Uri? BaseUrl { get; init; }

    /// <summary>Whether the system was seen to give a new refresh token with a renewal.</summary>
    public bool Rotates { get; init; }

    /// <summary>Who said that it is about to use the refresh token.</summary>
    public string? AttemptBy { get; init; }

    public DateTimeOffset AttemptAt { get; init; }

    public static StoredGrant Of(TokenGrant grant, StoredGrant? before, bool rotates)
    {
        var refresh = grant.RefreshToken ?? before?.RefreshToken;
        return new StoredGrant
        {
            RefreshToken = refresh,
            AccessToken = refresh is null ? grant.AccessToken : null,
            ExpiresAt = refresh is null && grant.StatesLifetime ? grant.ExpiresAt : null,
            ObtainedAt = grant.ObtainedAt,
            BaseUrl = grant.BaseUrl ?? before?.BaseUrl,
            Rotates = rotates,
        };
    }

    public static StoredGrant Read(VaultSecret secret) => new()
    {
        RefreshToken = secret.Values.GetValueOrDefault(RefreshTokenName),
        AccessToken = secret.Values.GetValueOrDefault(AccessTokenName),
        ExpiresAt = Time(secret, ExpiresAtName),
        ObtainedAt = Time(secret, ObtainedAtName) ?? secret.CreatedAt,
        BaseUrl = Uri.TryCreate(Text(secret, BaseUrlName), UriKind.Absolute, out var url) ? url : null,
        Rotates = Text(secret, RotatesName) == "1",
        AttemptBy = Text(secret, AttemptByName),
        AttemptAt = Time(secret, AttemptAtName) ?? default,
    };

    public Dictionary<string, SecretText> ToValues()
    {
        var values = new Dictionary<string, SecretText>(StringComparer.Ordinal);
        Add(RefreshTokenName, RefreshToken);
        Add(AccessTokenName, AccessToken);
        AddText(ExpiresAtName, ExpiresAt is { } at ? Number(at) : null);
        AddText(ObtainedAtName, Number(ObtainedAt));
        AddText(BaseUrlName, BaseUrl?.AbsoluteUri);
        AddText(RotatesName, Rotates ? "1" : null);
        AddText(AttemptByName, AttemptBy);
        AddText(AttemptAtName, AttemptBy is null ? null : Number(AttemptAt));
        return values;

        void Add(string name, SecretText? value)
        {
            if (value is not null)
            {
                values[name] = value;
            }
        }

        void AddText(string name, string? value) => Add(name, value is null ? null : new SecretText(value));
    }

    private static string? Text(VaultSecret secret, string name) => secret.Values.TryGetValue(name, out var value) ? value.Reveal() : null;

    private static DateTimeOffset? Time(VaultSecret secret, string name) =>
        long.TryParse(Text(secret, name), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds < 253_402_300_799_999
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    private static string Number(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
}
