namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>
/// A pattern over words: <c>forgot .. password</c>. A word may end in <c>*</c> (any ending); <c>(a|b)</c> is one of several words; <c>word?</c> may be missing;
/// <c>..</c> stands for up to five other words. Words of six letters and more also match with one typing error.
/// </summary>
public sealed class Phrase
{
    private const int MaxGap = 5;
    private readonly List<Element> _elements;

    // Of each word that must be there, what it may begin with: whatever matches begins with the right letter. Most phrases are out by that alone.
    private readonly ulong[] _needed;

    private Phrase(string source, List<Element> elements)
    {
        (Source, _elements) = (source, elements);
        _needed = [.. elements.Where(element => element is { IsGap: false, IsOptional: false })
            .Select(element => element.Words.Aggregate(0UL, (mask, word) => mask | MessageText.MaskOf(word.Text[0]))).Distinct()];
    }

    /// <summary>The text that it was read from.</summary>
    public string Source { get; }

    /// <summary>Reads a phrase.</summary>
    /// <exception cref="FormatException">It is malformed.</exception>
    public static Phrase Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var elements = new List<Element>();
        foreach (var part in source.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part == "..")
            {
                if (elements.Count == 0 || elements[^1].IsGap)
                {
                    throw new FormatException($"'..' must stand between words in '{source}'.");
                }

                elements.Add(new Element([], false, true));
                continue;
            }

            var optional = part.EndsWith('?');
            var core = optional ? part[..^1] : part;
            var words = core.StartsWith('(') && core.EndsWith(')') ? core[1..^1].Split('|') : [core];
            if (words.Any(word => word.TrimEnd('*').Length == 0 || word.TrimEnd('*').Any(c => !char.IsLetterOrDigit(c) && c is not ('-' or '.' or '_' or '@'))))
            {
                throw new FormatException($"'{part}' in '{source}' is not a word; allowed are word, word*, word?, (one|other) and '..'.");
            }

            elements.Add(new Element([.. words.Select(word => (word.TrimEnd('*').ToLowerInvariant(), word.EndsWith('*')))], optional, false));
        }

        return elements.Count == 0 || elements[^1].IsGap || elements.TrueForAll(element => element.IsGap || element.IsOptional) || elements.Count > 16
            ? throw new FormatException($"'{source}' must hold 1 to 16 words and not end in '..'.")
            : new Phrase(source, elements);
    }

    /// <summary>The first place where it occurs, as a range of words; null when it does not.</summary>
    public (int Start, int End)? Find(MessageText message, int from = 0)
    {
        ArgumentNullException.ThrowIfNull(message);
        foreach (var letters in _needed)
        {
            if ((letters & message.FirstLetters) == 0)
            {
                return null;
            }
        }

        for (var start = from; start < message.Words.Count; start++)
        {
            var end = Match(message, start, 0);
            if (end > start)
            {
                return (start, end);
            }
        }

        return null;
    }

    private int Match(MessageText message, int word, int element)
    {
        if (element == _elements.Count)
        {
            return word;
        }

        var current = _elements[element];
        if (current.IsGap)
        {
            for (var gap = 0; gap <= MaxGap; gap++)
            {
                var end = Match(message, word + gap, element + 1);
                if (end >= 0)
                {
                    return end;
                }
            }

            return -1;
        }

        if (word < message.Words.Count && current.Matches(message.Words[word].Text))
        {
            var end = Match(message, word + 1, element + 1);
            if (end >= 0)
            {
                return end;
            }
        }

        return current.IsOptional ? Match(message, word, element + 1) : -1;
    }

    private sealed record Element(List<(string Text, bool Prefix)> Words, bool IsOptional, bool IsGap)
    {
        public bool Matches(string word)
        {
            foreach (var (text, prefix) in Words)
            {
                if ((prefix ? word.StartsWith(text, StringComparison.Ordinal) : word == text) || (text.Length >= 6 && IsOneErrorAway(text, word)))
                {
                    return true;
                }
            }

            return false;
        }

        // One letter too many, too few, wrong, or two exchanged; the first letter must be right.
        private static bool IsOneErrorAway(string expected, string word)
        {
            if (Math.Abs(expected.Length - word.Length) > 1 || word[0] != expected[0])
            {
                return false;
            }

            var i = 0;
            while (i < expected.Length && i < word.Length && expected[i] == word[i])
            {
                i++;
            }

            var a = expected.AsSpan(i);
            var b = word.AsSpan(i);
            return expected.Length == word.Length
                ? a.Length == 0 || a[1..].SequenceEqual(b[1..]) || (a.Length > 1 && a[0] == b[1] && a[1] == b[0] && a[2..].SequenceEqual(b[2..]))
                : expected.Length > word.Length ? a[1..].SequenceEqual(b) : a.SequenceEqual(b[1..]);
        }
    }
}
