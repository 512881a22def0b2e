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

    // The letters of Latin-1 and Latin Extended-A without their marks: hosts run without the tables of Unicode normalization.
    private static readonly Dictionary<char, char> Plain = new Dictionary<char, string>
    {
        ['a'] = "àáâãäåāăą",
        ['c'] = "çćĉċč",
        ['d'] = "ďđ",
        ['e'] = "èéêëēĕėęě",
        ['g'] = "ĝğġģ",
        ['h'] = "ĥħ",
        ['i'] = "ìíîïĩīĭįı",
        ['j'] = "ĵ",
        ['k'] = "ķ",
        ['l'] = "ĺļľł",
        ['n'] = "ñńņň",
        ['o'] = "òóôõöōŏőø",
        ['r'] = "ŕŗř",
        ['s'] = "śŝşš",
        ['t'] = "ţťŧ",
        ['u'] = "ùúûüũūŭůűų",
        ['w'] = "ŵ",
        ['y'] = "ýÿŷ",
        ['z'] = "źżž",
    }.SelectMany(pair => pair.Value.Select(letter => (letter, pair.Key))).ToDictionary(pair => pair.letter, pair => pair.Key);

    /// <summary>The terms of a text, in its order.</summary>
    public static IReadOnlyList<string> Terms(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var terms = new List<string>();
        var word = new StringBuilder();
        for (var i = 0; i <= text.Length; i++)
        {
            var letter = i < text.Length ? text[i] : ' ';
            if (char.IsLetterOrDigit(letter))
            {
                var lower = char.ToLowerInvariant(letter);
                _ = lower == 'ß' ? word.Append("ss") : word.Append(Plain.GetValueOrDefault(lower, lower));
            }
            else if (letter is '\'' or '’' || CharUnicodeInfo.GetUnicodeCategory(letter) is UnicodeCategory.NonSpacingMark)
            {
                // "Anna's" is Anna, "don't" one word: what follows an apostrophe belongs to the word, but for the s of possession.
                i += letter is '\'' or '’' && i + 1 < text.Length && text[i + 1] is 's' or 'S' && (i + 2 == text.Length || !char.IsLetterOrDigit(text[i + 2])) ? 1 : 0;
            }
            else if (word.Length > 0)
            {
                Add(word.ToString(), terms);
                word.Clear();
            }
        }

        return terms;
    }

    private static void Add(string word, List<string> terms)
    {
        if (!Stop.Contains(word))
        {
            terms.Add(PorterStemmer.Stem(word.Length > MaxTermLength ? word[..MaxTermLength] : word));
        }
    }
}
