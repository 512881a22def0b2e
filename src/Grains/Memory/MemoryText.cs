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
        return Digits.Matches(hidden).Any(number => IsCard(number.ValueSpan)) || SocialSecurity.IsMatch(hidden)
            ? SocialSecurity.Replace(Digits.Replace(hidden, number => IsCard(number.ValueSpan) ? Mask : number.Value), Mask)
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
