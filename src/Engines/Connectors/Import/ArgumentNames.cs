using System.Text;

namespace Steward.Engines.Connectors.Import;

/// <summary>Names of one operation's arguments: fit for placeholders, none twice, none that a placeholder means something else by.</summary>
internal sealed class ArgumentNames(IReadOnlyCollection<string> reserved)
{
    private const int MaxName = 40;

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal) { "actionId", "marker", "baseUrl", "sentAt", "result", "access_token", "region" };

    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A name for a parameter; where it is taken, with the place in front: <c>body_id</c>.</summary>
    public string Take(string name, string place)
    {
        var safe = Safe(name);
        if (!Known.Contains(safe) && !reserved.Contains(safe) && _taken.Add(safe))
        {
            return safe;
        }

        var renamed = safe = Cut(place + "_" + safe, MaxName);
        for (var i = 2; !_taken.Add(renamed); i++)
        {
            var suffix = "_" + i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            renamed = Cut(safe, MaxName - suffix.Length) + suffix;
        }

        return renamed;
    }

    /// <summary>Whether a name means something else in templates.</summary>
    public static bool IsReserved(string name) => Known.Contains(name);

    private static string Cut(string text, int max) => text.Length <= max ? text : text[..max].TrimEnd('_');

    /// <summary>Letters, digits and underscores, beginning with a letter.</summary>
    public static string Safe(string name)
    {
        var result = new StringBuilder(Math.Min(name.Length, MaxName));
        foreach (var c in name)
        {
            if (result.Length == MaxName)
            {
                break;
            }

            if (char.IsAsciiLetterOrDigit(c) || c == '_')
            {
                result.Append(c);
            }
            else if (result.Length > 0 && result[^1] != '_')
            {
                result.Append('_');
            }
        }

        var text = result.ToString().TrimEnd('_').TrimStart('_');
        return text.Length == 0 ? "value" : char.IsAsciiDigit(text[0]) ? Cut("n" + text, MaxName) : text;
    }
}
