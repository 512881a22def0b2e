using System.Security.Cryptography;
using System.Text;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>Reads and compares credentials.</summary>
internal static class Secrets
{
    public static bool Same(string? given, string expected) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(given ?? "")), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));

    /// <summary>The credential after a scheme such as <c>Bearer</c>; null if the header has another scheme.</summary>
    public static string? After(string? header, string scheme) =>
        header is not null && header.Length > scheme.Length && header[scheme.Length] == ' '
        && header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? header[(scheme.Length + 1)..].Trim() : null;

    /// <summary>User and password of basic authentication; null if the header has another form.</summary>
    public static (string User, string Password)? Basic(string? header)
    {
        if (After(header, "Basic") is not { } encoded)
        {
            return null;
        }

        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length))
        {
            return null;
        }

        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : (pair[..colon], pair[(colon + 1)..]);
    }
}
