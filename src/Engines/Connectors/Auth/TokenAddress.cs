namespace Steward.Engines.Connectors.Auth;

/// <summary>The addresses of a sign-in's endpoints: those of the template, whatever a tenant writes into its fields.</summary>
internal static class TokenAddress
{
    /// <summary>
    /// The address that a template leads to. Where the operator allows private addresses and the instance itself is on this machine, that
    /// one stands for all hosts of the product: a system that is simulated here has its login here, too.
    /// </summary>
    /// <exception cref="OAuthException">It is incomplete, not https, or its host is not one that the template allows.</exception>
    public static Uri Resolve(string template, SignIn signIn)
    {
        var text = signIn.Render(template);
        if (text.Length > 2000 || text.Any(character => char.IsControl(character) || char.IsWhiteSpace(character) || character == '\\')
            || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Fragment.Length > 0 || url.UserInfo.Length > 0 || url.HostNameType is UriHostNameType.Unknown or UriHostNameType.Basic)
        {
            throw Wrong(signIn, "is no complete address");
        }

        if (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback && signIn.AllowPrivateAddresses))
        {
            throw Wrong(signIn, "must begin with https:// (http only on loopback, and where the operator allows private addresses)");
        }

        var (before, after) = LiteralHost(template, signIn);
        var authority = url.IsDefaultPort ? url.IdnHost : url.Authority;
        var fits = after is null
            ? authority.Equals(before, StringComparison.OrdinalIgnoreCase)
            : authority.StartsWith(before, StringComparison.OrdinalIgnoreCase) && authority.EndsWith(after, StringComparison.OrdinalIgnoreCase) && authority.Length >= before.Length + after.Length;
        return fits
            ? Local(signIn, url) ?? url
            : throw Wrong(signIn, "leads to another host than the template allows");
    }

    private static Uri? Local(SignIn signIn, Uri url) =>
        signIn.AllowPrivateAddresses && url.Scheme == Uri.UriSchemeHttps
        && Uri.TryCreate(signIn.Find("baseUrl"), UriKind.Absolute, out var baseUrl) && baseUrl.Scheme == Uri.UriSchemeHttp && baseUrl.IsLoopback
            ? new Uri(baseUrl, url.PathAndQuery)
            : null;

    /// <summary>The parts of the host that stand in the template itself, before the first placeholder and behind the last one; null behind it when there is none, so that it is the whole host.</summary>
    private static (string Before, string? After) LiteralHost(string template, SignIn signIn)
    {
        var start = template.IndexOf("://", StringComparison.Ordinal);
        if (start < 0)
        {
            // {baseUrl}/oauth/token: the host is that of the instance's address, and nothing may be put between it and the path.
            var (end, rest) = (template.IndexOf('}', StringComparison.Ordinal), "");
            rest = end < 0 ? "" : template[(end + 1)..];
            return Uri.TryCreate(signIn.Find("baseUrl"), UriKind.Absolute, out var baseUrl) && template.StartsWith("{baseUrl}", StringComparison.Ordinal) && (rest.Length == 0 || rest[0] is '/' or '?')
                ? (baseUrl.IsDefaultPort ? baseUrl.IdnHost : baseUrl.Authority, null)
                : throw Wrong(signIn, "must begin with https:// or {baseUrl}");
        }

        var authority = template[(start + 3)..];
        var stop = authority.IndexOfAny(['/', '?', '#']);
        authority = stop < 0 ? authority : authority[..stop];
        var open = authority.IndexOf('{', StringComparison.Ordinal);
        return open < 0 ? (authority, null) : (authority[..open], authority[(authority.LastIndexOf('}') + 1)..]);
    }

    private static OAuthException Wrong(SignIn signIn, string what) =>
        OAuthException.NotConfigured($"The connector for {signIn.Product} cannot sign in: the address of its token endpoint {what}.");
}
