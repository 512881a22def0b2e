using System.Buffers;
using System.Globalization;

namespace Steward.Engines.Models.Caching;

/// <summary>A word, a number or a sign of a question.</summary>
/// <param name="Text">In lower case, in the way of writing that all are compared in.</param>
/// <param name="IsExact">Whether it is a number, an identifier or a sign that has to be there as it is.</param>
/// <param name="IsName">Whether its capitals in the middle of a sentence say that it is a name or an abbreviation.</param>
/// <param name="IsAddress">Whether it is an address of a person.</param>
internal readonly record struct QuestionToken(string Text, bool IsExact, bool IsName, bool IsAddress)
{
    /// <summary>Signs that change what is asked; all others only part words.</summary>
    private const string TellingSigns = "%$€£<>=+*#&°§";

    private static readonly SearchValues<char> PartsOfIdentifiers = SearchValues.Create("@._/\\:");

    /// <summary>Reads a text.</summary>
    public static IReadOnlyList<QuestionToken> Read(string text)
    {
        var normal = HasBrokenCharacter(text) ? text : text.Normalize(System.Text.NormalizationForm.FormKC);
        var isShouted = !HasLower(normal);
        var tokens = new List<QuestionToken>();
        var startsSentence = true;
        for (var at = 0; at < normal.Length;)
        {
            var end = at;
            while (end < normal.Length && IsPart(normal, end))
            {
                end++;
            }

            if (end == at)
            {
                var sign = normal[at];
                if (TellingSigns.Contains(sign, StringComparison.Ordinal) || IsMinus(normal, at) || char.IsSurrogate(sign) || char.GetUnicodeCategory(sign) == UnicodeCategory.OtherSymbol)
                {
                    tokens.Add(new(sign.ToString(), IsExact: true, IsName: false, IsAddress: false));
                }

                startsSentence |= sign is '.' or '!' or '?' or ':' or '\n';
                at++;
                continue;
            }

            Add(tokens, normal[at..end], startsSentence, isShouted);

            // "Hello, Where …" and "please Give …" begin after the greeting.
            startsSentence = startsSentence && QuestionWords.Greetings.Contains(tokens[^1].Text);
            at = end;
        }

        return tokens;
    }

    private static void Add(List<QuestionToken> tokens, string word, bool startsSentence, bool isShouted)
    {
        // Apostrophes are written in many ways or not at all: "don’t" is "dont".
        var lower = word.ToLowerInvariant().Replace("'", "", StringComparison.Ordinal).Replace("’", "", StringComparison.Ordinal);
        if (!HasDigit(lower) && !lower.AsSpan().ContainsAny(PartsOfIdentifiers))
        {
            var capitals = Capitals(word);
            tokens.Add(new(lower, IsExact: false, IsName: !isShouted && (capitals > 1 || (capitals == 1 && !startsSentence && word.Length > 1)), IsAddress: false));
            return;
        }

        // "3GB" is "3 GB".
        var digits = lower.TakeWhile(letter => char.IsDigit(letter) || letter is '.' or ',').Count();
        if (digits > 0 && digits < lower.Length && lower[digits..].All(char.IsLetter) && lower.Length - digits <= 3)
        {
            tokens.Add(new(lower[..digits].Replace(',', '.'), IsExact: true, IsName: false, IsAddress: false));
            tokens.Add(new(lower[digits..], IsExact: false, IsName: false, IsAddress: false));
            return;
        }

        tokens.Add(new(lower.All(letter => char.IsDigit(letter) || letter is '.' or ',') ? lower.Replace(',', '.') : lower, IsExact: true, IsName: false, IsAddress: lower.Contains('@', StringComparison.Ordinal)));
    }

    private static bool HasLower(string text)
    {
        foreach (var letter in text)
        {
            if (char.IsLower(letter))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasDigit(string text)
    {
        foreach (var letter in text)
        {
            if (char.IsDigit(letter))
            {
                return true;
            }
        }

        return false;
    }

    // Two are as good as more.
    private static int Capitals(string text)
    {
        var count = 0;
        foreach (var letter in text)
        {
            if (char.IsUpper(letter) && ++count > 1)
            {
                break;
            }
        }

        return count;
    }

    // Dots and the like belong to a word only between letters or digits: "v2.1", "a@b.de", "fs01/share", "e-mail".
    private static bool IsPart(string text, int at)
    {
        var letter = text[at];
        return char.IsLetterOrDigit(letter) || char.GetUnicodeCategory(letter) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            || ("'’@._/\\:-,".Contains(letter, StringComparison.Ordinal) && at > 0 && at + 1 < text.Length && char.IsLetterOrDigit(text[at - 1]) && char.IsLetterOrDigit(text[at + 1])
                && (letter != ',' || (char.IsDigit(text[at - 1]) && char.IsDigit(text[at + 1]))));
    }

    private static bool IsMinus(string text, int at) => text[at] is '-' or '−' or '–' && at + 1 < text.Length && char.IsDigit(text[at + 1]);

    private static bool HasBrokenCharacter(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[++i])))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Endings that only bend a word.</summary>
internal static class QuestionStem
{
    /// <summary>The word without a plural's ending. What is cut is little: "work" and "worked" stay two.</summary>
    public static string Of(string word)
    {
        if (word.Length > 4 && word.EndsWith("ies", StringComparison.Ordinal))
        {
            return word[..^3] + "y";
        }

        return word.Length > 3 && word[^1] == 's' && word[^2] is not ('s' or 'u' or 'i') ? word[..^1] : word;
    }
}
