using System.Globalization;
using System.Text;

namespace Steward.Engines.Retrieval.Text;

/// <summary>Cuts text into the terms that an index keeps: letters and digits, lower case, without marks of accents, without words that say nothing, English words by their stems.</summary>
public static class TextAnalyzer
{
    /// <summary>The longest term; longer words are cut.</summary>
    public const int MaxTermLength = 40;

    private static readonly HashSet<string> Stop = new(
        ("a an the of to for in on at by with and or is are be it its this that from as was were what when where who which how did do does has have had i you he she they we me my your his her their our "
        + "not no so if but then than there here about can could would will just am been being im ive id ill youre dont didnt "
        + "der die das den dem des ein eine einen einem einer und oder ist sind war waren ich du er sie es wir ihr mein meine dein sein ihre mit von zu zum zur im am an auf aus bei nach nicht kein wie was wann wo wer")
        .Split(' '),
        StringComparer.Ordinal);

    /// <summary>The terms of a text, in its order.</summary>
    public static IReadOnlyList<string> Terms(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var terms = new List<string>();
        var word = new StringBuilder();
        var folded = Whole(text).Normalize(NormalizationForm.FormD);
        for (var i = 0; i <= folded.Length; i++)
        {
            var letter = i < folded.Length ? folded[i] : ' ';
            if (char.IsLetterOrDigit(letter))
            {
                word.Append(char.ToLowerInvariant(letter));
            }
            else if (letter is '\'' or '’' || CharUnicodeInfo.GetUnicodeCategory(letter) is UnicodeCategory.NonSpacingMark)
            {
                // "Anna's" is Anna, "don't" one word: what follows an apostrophe belongs to the word, but for the s of possession.
                i += letter is '\'' or '’' && i + 1 < folded.Length && folded[i + 1] is 's' or 'S' && (i + 2 == folded.Length || !char.IsLetterOrDigit(folded[i + 2])) ? 1 : 0;
            }
            else if (word.Length > 0)
            {
                Add(word.ToString(), terms);
                word.Clear();
            }
        }

        return terms;
    }

    // Halves of surrogate pairs cannot be normalized.
    private static string Whole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            }
        }

        return text;
    }

    private static void Add(string word, List<string> terms)
    {
        if (!Stop.Contains(word))
        {
            terms.Add(PorterStemmer.Stem(word.Length > MaxTermLength ? word[..MaxTermLength] : word));
        }
    }
}
