using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>A fresh access token and, where the grant brings one, a refresh token.</summary>
internal sealed record TokenPair(string Access, string? Refresh, string Subject);

/// <summary>
/// The tokens that a system has given out. Where refresh tokens are good for one use each, using one again is taken as theft and ends
/// the whole family, as OAuth 2.0 Security Best Current Practice has it; within a grace, which some products give to clients that lost the
/// answer, it gives the same tokens again. Callers hold the system's lock.
/// </summary>
internal sealed class TokenBook(SimWorld world, string accessPrefix, string refreshPrefix, TimeSpan accessLife, bool singleUse = true)
{
    private readonly Dictionary<string, (string Subject, string Family, DateTimeOffset Expires)> access = [];
    private readonly Dictionary<string, (string Subject, string Family, DateTimeOffset? UsedAt, TokenPair? Next)> refresh = [];
    private readonly Dictionary<string, (string Subject, string RedirectUri, string? Challenge)> codes = [];

    public TimeSpan AccessLife => accessLife;

    /// <summary>Whether a refresh token is good for one use.</summary>
    public bool SingleUse { get; set; } = singleUse;

    /// <summary>How long a used refresh token gives the same tokens again; none by default.</summary>
    public TimeSpan Grace { get; set; }

    /// <summary>How often a refresh token was turned into new ones.</summary>
    public int Refreshed { get; private set; }

    /// <summary>How often a used refresh token came again within the grace.</summary>
    public int Repeated { get; private set; }

    /// <summary>How often a used refresh token came again too late.</summary>
    public int Reused { get; private set; }

    /// <summary>Begins a new family of tokens.</summary>
    public TokenPair Issue(string subject, DateTimeOffset now, bool withRefresh) => Issue(subject, world.Ids.Fresh("family"), now, withRefresh);

    /// <summary>New tokens for a refresh token; null if it is unknown, revoked or was used before.</summary>
    public TokenPair? Refresh(string token, DateTimeOffset now)
    {
        if (!refresh.TryGetValue(token, out var known))
        {
            return null;
        }

        if (known.UsedAt is { } used)
        {
            if (known.Next is { } next && now - used < Grace)
            {
                Repeated++;
                return next;
            }

            Reused++;
            Revoke(known.Family);
            return null;
        }

        Refreshed++;

        // The access token before stays good until its own end; the refresh token does not.
        var renewed = Issue(known.Subject, known.Family, now, withRefresh: true);
        if (SingleUse)
        {
            refresh[token] = known with { UsedAt = now, Next = renewed };
        }

        return renewed;
    }

    /// <summary>A code for a sign-in in the browser; good for one use.</summary>
    public string Code(string subject, string redirectUri, string? challenge)
    {
        var code = SimIds.Secret(32);
        codes[code] = (subject, redirectUri, challenge);
        world.Issued.Add(code);
        return code;
    }

    /// <summary>Tokens for a code; null if code, address or the proof of PKCE is wrong.</summary>
    public TokenPair? Redeem(string code, string redirectUri, string? verifier, DateTimeOffset now)
    {
        if (!codes.Remove(code, out var known) || known.RedirectUri != redirectUri)
        {
            return null;
        }

        return known.Challenge is { } challenge && challenge != Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier ?? "")))
            ? null
            : Issue(known.Subject, now, withRefresh: true);
    }

    /// <summary>Whose an access token is; null if it is unknown, revoked or expired.</summary>
    public string? SubjectOf(string? token, DateTimeOffset now) =>
        token is not null && access.TryGetValue(token, out var known) && known.Expires > now ? known.Subject : null;

    /// <summary>Whether an access token was given out here and is past its time.</summary>
    public bool IsExpired(string? token, DateTimeOffset now) => token is not null && access.TryGetValue(token, out var known) && known.Expires <= now;

    /// <summary>Ends the time of all access tokens.</summary>
    public void Expire()
    {
        foreach (var token in access.Keys.ToList())
        {
            access[token] = access[token] with { Expires = DateTimeOffset.MinValue };
        }
    }

    /// <summary>Revokes a token of either kind with its whole family.</summary>
    public bool RevokeToken(string token)
    {
        var family = access.TryGetValue(token, out var known) ? known.Family : refresh.TryGetValue(token, out var renewing) ? renewing.Family : null;
        if (family is null)
        {
            return false;
        }

        Revoke(family);
        return true;
    }

    private void Revoke(string family)
    {
        foreach (var token in access.Where(t => t.Value.Family == family).Select(t => t.Key).ToList())
        {
            access.Remove(token);
        }

        // Used ones stay known, so that a third use is noticed too.
        foreach (var token in refresh.Where(t => t.Value.Family == family).Select(t => t.Key).ToList())
        {
            refresh[token] = refresh[token] with { UsedAt = refresh[token].UsedAt ?? DateTimeOffset.MinValue, Next = null };
        }
    }

    private TokenPair Issue(string subject, string family, DateTimeOffset now, bool withRefresh)
    {
        var pair = new TokenPair(
            accessPrefix + SimIds.Secret(72), withRefresh ? refreshPrefix + SimIds.Secret(72) : null, subject);
        access[pair.Access] = (subject, family, now + accessLife);
        world.Issued.Add(pair.Access);
        if (pair.Refresh is { } token)
        {
            refresh[token] = (subject, family, null, null);
            world.Issued.Add(token);
        }

        return pair;
    }
}
