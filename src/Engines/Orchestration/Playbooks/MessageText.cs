using System.Text.RegularExpressions;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>A message as words: lower case, without apostrophes, each with its place in the original.</summary>
public sealed partial class MessageText
{
    /// <summary>The most words that are looked at.</summary>
    public const int MaxWords = 600;

    /// <summary>Splits a message.</summary>
    public MessageText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Original = text.Replace('\u2019', '\'').Replace('\u2018', '\'').Replace('\u00b4', '\'').Replace('`', '\'');
        var words = new List<Word>();
        foreach (var match in WordPattern().EnumerateMatches(Original))
        {
            if (words.Count == MaxWords)
            {
                break;
            }

            var raw = Original.Substring(match.Index, match.Length);

            // "Grace's" is "grace" and "s"; "can't" is "cant"; "what's" is "what" and "s".
            if (raw.EndsWith("'s", StringComparison.OrdinalIgnoreCase))
            {
                words.Add(new Word(Normalize(raw[..^2]), match.Index, match.Index + match.Length - 2));
                words.Add(new Word("s", match.Index + match.Length - 1, match.Index + match.Length));
            }
            else
            {
                words.Add(new Word(Normalize(raw), match.Index, match.Index + match.Length));
            }
        }

        Words = words;
        foreach (var word in words)
        {
            FirstLetters |= MaskOf(word.Text[0]);
        }
    }

    /// <summary>The message with plain apostrophes.</summary>
    public string Original { get; }

    /// <summary>Its words in order.</summary>
    public IReadOnlyList<Word> Words { get; }

    /// <summary>A bit for the first letter of each word; several letters share one.</summary>
    internal ulong FirstLetters { get; }

    internal static ulong MaskOf(char letter) => 1UL << (letter & 63);

    private static string Normalize(string raw) => raw.Replace("'", "", StringComparison.Ordinal).ToLowerInvariant();

    // Mail addresses, logins, ticket numbers and hyphenated words stay whole.
    [GeneratedRegex(@"[\p{L}\p{N}]+(?:[._@+'\-][\p{L}\p{N}]+)*", RegexOptions.CultureInvariant)]
    private static partial Regex WordPattern();
}

/// <summary>One word of a message.</summary>
/// <param name="Text">Normalised.</param>
/// <param name="Start">Where it begins in the original.</param>
/// <param name="End">Where it ends in the original, exclusive.</param>
public readonly record struct Word(string Text, int Start, int End);
