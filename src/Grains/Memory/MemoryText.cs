using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Steward.Engines.Orchestration.Actions;

namespace Steward.Memory;

/// <summary>
/// What of a text memories keep: no secrets and no numbers that pay or identify, which are known by their shape, and no characters that nobody sees. Linear in the length of the text. Pure.
/// </summary>
internal static class MemoryText
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
    private const int LeastDigits = 15;
    private const int MostDigits = 19;
    private const int LeastKey = 24;
    private const int LeastPart = 16;
    private const string Mask = "***";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static readonly Regex Digits = new(@"\+?[0-9]([ -]?[0-9])*", Options, Limit);
    private static readonly Regex SocialSecurity = new(@"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", Options, Limit);
    private static readonly Regex Word = new(@"[A-Za-z0-9_-]{24,}", Options, Limit);

    /// <summary>Whether a text has something with the shape of a password that is called so, of a key or token, of the number of a payment card, or of a social security number of the USA.</summary>
    public static bool HoldsSecret(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return !ReferenceEquals(Masked(text), text) || Word.Matches(text).Any(word => IsKey(word.ValueSpan));
    }

    /// <summary>The text with what <see cref="HoldsSecret"/> finds replaced by <c>***</c>, but for keys of no known service: systems' own ids look like those. The same instance when there is nothing.</summary>
    public static string Masked(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var hidden = SecretText.Hide(text);
        return Digits.Matches(hidden).Any(number => Card(number.ValueSpan, 0).End > 0) || SocialSecurity.IsMatch(hidden)
            ? SocialSecurity.Replace(Digits.Replace(hidden, number => WithoutCards(number.Value)), Mask)
            : string.Equals(hidden, text, StringComparison.Ordinal) ? text : hidden;
    }

    /// <summary>Whether a text has characters that are not seen and change what is: marks of direction, blanks without width, tags, separators of lines. Joiners, which some languages write with, are none.</summary>
    public static bool HoldsUnseen(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.EnumerateRunes().Any(IsUnseen);
    }

    /// <summary>The text without characters that are not seen.</summary>
    public static string Seen(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return HoldsUnseen(text) ? string.Concat(text.EnumerateRunes().Where(rune => !IsUnseen(rune))) : text;
    }

    private static bool IsUnseen(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format && rune.Value is not (0x200C or 0x200D));

    private static string WithoutCards(string digits)
    {
        var kept = new StringBuilder();
        var at = 0;
        for (var card = Card(digits, 0); card.End > 0; card = Card(digits, at))
        {
            kept.Append(digits, at, card.Start - at).Append(Mask);
            at = card.End;
        }

        return kept.Append(digits, at, digits.Length - at).ToString();
    }

    // The first card in a row of groups of digits: all of it, or a part that begins and ends with a group, as where the last month, the code of three digits, a count or another card stands beside. What overlaps it goes with it.
    private static (int Start, int End) Card(ReadOnlySpan<char> digits, int from)
    {
        if (from == 0 && IsCard(digits))
        {
            return (0, digits.Length);
        }

        var (first, end) = (-1, 0);
        for (var start = from; start < digits.Length && (first < 0 || start < end); start++)
        {
            if (char.IsAsciiDigit(digits[start]) && (start == 0 || digits[start - 1] is ' ' or '-'))
            {
                var last = EndOfCard(digits, start);
                (first, end) = (first < 0 && last > 0 ? start : first, Math.Max(end, last));
            }
        }

        return (first, end);
    }

    // The longest card that begins here and ends with a group; 0 when none does.
    private static int EndOfCard(ReadOnlySpan<char> digits, int start)
    {
        var (count, found) = (0, 0);
        for (var end = start + 1; end <= digits.Length && count <= MostDigits; end++)
        {
            count += char.IsAsciiDigit(digits[end - 1]) ? 1 : 0;
            if (count >= LeastDigits && char.IsAsciiDigit(digits[end - 1]) && (end == digits.Length || !char.IsAsciiDigit(digits[end])) && IsOfNetwork(digits[start..end], count) && IsCard(digits[start..end]))
            {
                found = end;
            }
        }

        return found;
    }

    // A part has to look like a card by its length, too: one in ten of any numbers has a fitting check digit.
    private static bool IsOfNetwork(ReadOnlySpan<char> part, int count) => (part[0], count) switch
    {
        ('3', 15) => part[1] is '4' or '7',
        ('2' or '3' or '4', 16) or ('4', 19) => true,
        ('5' or '6', >= 16) => true,
        _ => false,
    };

    // As cards are numbered (ISO/IEC 7812): the first digits of the networks, and the check digit. A number that begins with + is one to call.
    private static bool IsCard(ReadOnlySpan<char> number)
    {
        var (sum, count) = (0, 0);
        for (var i = number.Length - 1; i >= 0; i--)
        {
            if (number[i] is >= '0' and <= '9')
            {
                var digit = number[i] - '0';
                digit = count % 2 == 1 ? digit * 2 : digit;
                sum += digit > 9 ? digit - 9 : digit;
                count++;
            }
        }

        return number[0] is >= '2' and <= '6' && count is >= LeastDigits and <= MostDigits && sum % 10 == 0;
    }

    // "SAP_S4HANA_Migration_Phase2" is the name of something.
    private static bool HasLongPart(ReadOnlySpan<char> word)
    {
        foreach (var part in word.Split('_'))
        {
            if (part.End.Value - part.Start.Value >= LeastPart)
            {
                return true;
            }
        }

        return false;
    }

    // Long, without a blank, and of everything: capitals, small letters and digits; or 32 hexadecimal digits.
    private static bool IsKey(ReadOnlySpan<char> word)
    {
        var (hasLower, hasUpper, hasDigit) = (word.ContainsAnyInRange('a', 'z'), word.ContainsAnyInRange('A', 'Z'), word.ContainsAnyInRange('0', '9'));
        return word.Length >= LeastKey
            && ((hasLower && hasUpper && hasDigit && !word.Contains('-') && HasLongPart(word)) || (word.Length >= 32 && hasDigit && (hasLower || hasUpper) && word.IndexOfAnyExcept(System.Buffers.SearchValues.Create("0123456789abcdefABCDEF")) < 0));
    }
}
