using System.Globalization;
using System.Text;

namespace Steward.Engines.Triage.Tickets;

/// <summary>The words of a text.</summary>
internal static class TicketWords
{
    // A word is cut where no word of a language ends.
    private const int Longest = 64;

    /// <summary>Runs of letters and digits, in lower case; what only separates is left out. Scripts without blanks come out as runs, which their embedding makes good.</summary>
    public static IEnumerable<string> Of(string text)
    {
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark)
            {
                if (word.Length < Longest)
                {
                    word.Append(Rune.ToLowerInvariant(rune));
                }

                continue;
            }

            if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }
}
