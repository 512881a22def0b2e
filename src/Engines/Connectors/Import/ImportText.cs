using System.Text;
using System.Text.RegularExpressions;

namespace Steward.Engines.Connectors.Import;

/// <summary>Texts of documents, made fit for forms and models: one line, no markup, bounded.</summary>
internal static partial class ImportText
{
    /// <summary>At most <paramref name="max"/> characters.</summary>
    public static string Trim(string text, int max)
    {
        if (text.Length <= max)
        {
            return text;
        }

        var cut = char.IsHighSurrogate(text[max - 2]) ? max - 2 : max - 1;
        return text[..cut].TrimEnd() + "…";
    }

    /// <summary>One line without markup and control characters, cut after a sentence where possible.</summary>
    public static string? Line(string? text, int max)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        // Only the beginning can matter, and a hostile text may be megabytes.
        var start = text.Length > max * 8 ? text[..(max * 8)] : text;
        start = Tags().Replace(start, " ");
        start = Links().Replace(start, "$1");
        var line = new StringBuilder(start.Length);
        var blank = true;
        foreach (var c in start)
        {
            if (char.IsControl(c) || char.IsWhiteSpace(c) || c is '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff' || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format)
            {
                if (!blank)
                {
                    line.Append(' ');
                    blank = true;
                }
            }
            else if (c is not ('`' or '*') && !(char.IsSurrogate(c) && !IsPaired(start, c)))
            {
                line.Append(c);
                blank = false;
            }
        }

        var result = line.ToString().Trim().TrimStart('#').TrimStart();
        if (result.Length == 0)
        {
            return null;
        }

        if (result.Length <= max)
        {
            return result;
        }

        var end = result.LastIndexOf(". ", max - 1, StringComparison.Ordinal);
        return end > max / 3 ? result[..(end + 1)] : Trim(result, max);
    }

    /// <summary>The words of a name in camel, snake or kebab case, in lower case.</summary>
    public static IEnumerable<string> Words(string name) => Word().Matches(name).Select(match => match.Value.ToLowerInvariant());

    /// <summary>A name of lower-case letters, digits and underscores that begins with a letter.</summary>
    public static string Snake(string name)
    {
        var words = string.Join('_', Words(name));
        return words.Length == 0 ? "" : char.IsAsciiLetter(words[0]) ? words : "n" + words;
    }

    // Lone surrogates cannot be written as UTF-8; documents with any lose them all.
    private static bool IsPaired(string text, char c) => !HasLoneSurrogate(text) && char.IsSurrogate(c);

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return true;
            }
        }

        return false;
    }

    [GeneratedRegex(@"</?[A-Za-z][^<>]{0,200}>", RegexOptions.CultureInvariant)]
    private static partial Regex Tags();

    [GeneratedRegex(@"\[([^\[\]]{1,200})\]\([^()]{0,400}\)", RegexOptions.CultureInvariant)]
    private static partial Regex Links();

    [GeneratedRegex(@"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
