using System.Text.RegularExpressions;

namespace Steward.Engines.Security;

/// <summary>The form of tenant and user ids; the same as that of the parts of grain keys, which this library does not know.</summary>
internal static partial class StewardIds
{
    public const int MaxLength = 96;

    public static bool IsValid(string? value, char prefix) =>
        value is { Length: >= 3 and <= MaxLength } && value[0] == prefix && Pattern().IsMatch(value);

    public static bool IsValidTail(string value) => value.Length <= MaxLength - 2 && TailPattern().IsMatch(value);

    [GeneratedRegex(@"\A[a-z]-[a-z0-9._-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();

    [GeneratedRegex(@"\A[a-z0-9._-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex TailPattern();
}
