using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Steward.Engines.Connectors.Templates;

/// <summary>A version as of semver.org 2.0.0, without build metadata.</summary>
public sealed partial record SemanticVersion(int Major, int Minor, int Patch, string? PreRelease = null)
{
    /// <summary>Reads a version.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SemanticVersion? version)
    {
        version = null;
        var match = Pattern().Match(text ?? "");
        if (!match.Success)
        {
            return false;
        }

        version = new SemanticVersion(Number(1), Number(2), Number(3), match.Groups[4] is { Success: true } pre ? pre.Value : null);
        return true;

        int Number(int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>Orders versions as semver.org does, for sorting.</summary>
    public static IComparer<SemanticVersion> Precedence { get; } = Comparer<SemanticVersion>.Create((left, right) => left.ComparedTo(right));

    private int ComparedTo(SemanticVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        var order = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        return order != 0 ? order : (PreRelease, other.PreRelease) switch
        {
            (null, null) => 0,
            (null, _) => 1,
            (_, null) => -1,
            var (mine, others) => ComparePreReleases(mine, others),
        };
    }

    /// <inheritdoc />
    public override string ToString() => PreRelease is null ? $"{Major}.{Minor}.{Patch}" : $"{Major}.{Minor}.{Patch}-{PreRelease}";

    private static int ComparePreReleases(string mine, string others)
    {
        var (left, right) = (mine.Split('.'), others.Split('.'));
        foreach (var (a, b) in left.Zip(right))
        {
            var numbers = (int.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var x), int.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out var y));
            var order = numbers switch
            {
                (true, true) => x.CompareTo(y),
                (true, false) => -1,
                (false, true) => 1,
                _ => string.CompareOrdinal(a, b),
            };
            if (order != 0)
            {
                return order;
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    [GeneratedRegex(@"\A(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})(?:-((?:0|[1-9][0-9]{0,8}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]{0,8}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
