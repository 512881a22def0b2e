using System.Globalization;
using System.Text;

namespace Steward.Engines.Notifications.Rendering;

/// <summary>Makes texts of strangers harmless before a channel's own escapes: no control characters, no characters that turn the direction of reading, no halves of characters, a length.</summary>
internal static class PlainText
{
    private const char Ellipsis = '…';

    /// <summary>A text of several lines.</summary>
    public static string Lines(string? text, int max) => Cut(Clean(text, keepLines: true), max);

    /// <summary>A text of one line.</summary>
    public static string Line(string? text, int max) => Cut(Clean(text, keepLines: false), max);

    /// <summary>The beginning of a text; what is cut ends with an ellipsis. Never halves a character.</summary>
    public static string Cut(string text, int max)
    {
        if (text.Length <= max)
        {
            return text;
        }

        var end = max - 1;
        while (end > 0 && char.IsLowSurrogate(text[end]))
        {
            end--;
        }

        return string.Concat(text.AsSpan(0, end).TrimEnd(), [Ellipsis]);
    }

    private static string Clean(string? text, bool keepLines)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '\r':
                    break;
                case '\n' or 0x2028 or 0x2029 or 0x0B or 0x0C or 0x85:
                    result.Append(keepLines ? '\n' : ' ');
                    break;
                case '\t':
                    result.Append(keepLines ? "    " : " ");
                    break;
                default:
                    // Among the format characters are those that turn the direction, and those that nobody sees.
                    if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse) || IsNeeded(rune))
                    {
                        result.Append(rune);
                    }

                    break;
            }
        }

        return keepLines ? result.ToString().Trim('\n') : string.Join(' ', result.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    // Joiners are part of the writing of some languages, and of emoji.
    private static bool IsNeeded(Rune rune) => rune.Value is 0x200C or 0x200D;
}
