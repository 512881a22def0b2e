using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Steward.Engines.Definitions;

/// <summary>Time zones by the names of the IANA database, for example <c>Europe/Berlin</c>, as this machine knows them.</summary>
public static partial class TimeZones
{
    /// <summary>The longest name.</summary>
    public const int MaxLength = 64;

    /// <summary>Finds a zone.</summary>
    /// <returns>False when there is no zone of this name.</returns>
    public static bool TryFind(string? name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        // The name becomes a path on some systems; only what can be a zone's name gets there. The "right" zones count leap seconds.
        zone = null;
        return name is { Length: > 0 and <= MaxLength }
            && Name().IsMatch(name)
            && !name.StartsWith("right/", StringComparison.OrdinalIgnoreCase)
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone);
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
