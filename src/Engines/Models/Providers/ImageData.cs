namespace Steward.Engines.Models.Providers;

/// <summary>Images inside a request: <c>data:image/png;base64,…</c> (RFC 2397).</summary>
public static class ImageData
{
    private const string Scheme = "data:";
    private const string Marker = ";base64,";

    /// <summary>Reads one.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="mediaType">Such as <c>image/png</c>.</param>
    /// <param name="bytes">The image.</param>
    /// <returns>False when it is no data URL with base64.</returns>
    public static bool TryParse(string url, out string mediaType, out byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(url);
        (mediaType, bytes) = ("", []);
        var marker = url.IndexOf(Marker, StringComparison.OrdinalIgnoreCase);
        if (!url.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || marker < Scheme.Length)
        {
            return false;
        }

        var decoded = new byte[((url.Length - marker - Marker.Length) * 3 / 4) + 3];
        if (!Convert.TryFromBase64Chars(url.AsSpan(marker + Marker.Length), decoded, out var length) || length == 0)
        {
            return false;
        }

        (mediaType, bytes) = (url[Scheme.Length..marker].ToLowerInvariant(), decoded[..length]);
        return true;
    }
}
