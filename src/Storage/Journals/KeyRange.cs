using System.Text;

namespace Steward.Storage.Journals;

/// <summary>
/// The keys that start with a prefix, as a range of an index that orders by code point: from <see cref="From"/> (inclusive)
/// to <see cref="To"/> (exclusive).
/// </summary>
internal readonly record struct KeyRange(string From, string To)
{
    /// <summary>Behind every key: the largest character once more often than the longest key has room for it.</summary>
    private static readonly string BehindAll = string.Concat(Enumerable.Repeat("\U0010FFFF", (JournalArguments.MaxKeyLength / 2) + 1));

    /// <summary>The range of a prefix, starting after a key.</summary>
    public static KeyRange Of(string prefix, string? after)
    {
        // Keys hold no U+0000, so this is the smallest key behind "after".
        var from = after is not null && CompareCodePoints(after, prefix) >= 0 ? after + '\u0001' : prefix;
        return new KeyRange(from, End(prefix));
    }

    /// <summary>The order of the indexes: by code point, which is the order of the UTF-8 bytes.</summary>
    public static int CompareCodePoints(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            if (left[i] != right[i])
            {
                // UTF-16 puts surrogates before U+E000 although they stand for larger code points.
                return Rank(left[i]).CompareTo(Rank(right[i]));
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    private static int Rank(char value) => char.IsSurrogate(value) ? value + 0x10000 : value;

    private static string End(string prefix)
    {
        // The next string of the same length or shorter that does not start with the prefix.
        var runes = prefix.EnumerateRunes().ToList();
        for (var i = runes.Count - 1; i >= 0; i--)
        {
            if (runes[i].Value < 0x10FFFF)
            {
                var next = runes[i].Value + 1;
                var end = new StringBuilder();
                foreach (var rune in runes.Take(i))
                {
                    end.Append(rune.ToString());
                }

                return end.Append(new Rune(next == 0xD800 ? 0xE000 : next).ToString()).ToString();
            }
        }

        return BehindAll;
    }
}
