using System.Buffers;
using System.Text;
using Steward.Engines.Inference.Tokenization;

namespace Steward.Engines.Inference.Linear;

/// <summary>What the n-grams of a block are made of.</summary>
internal enum NGramKind
{
    Words,
    Characters,
}

/// <summary>One kind of n-grams with buckets of its own.</summary>
/// <param name="Kind">What they are made of.</param>
/// <param name="Bits">The buckets, as a power of two.</param>
/// <param name="Low">The shortest n-gram of characters.</param>
/// <param name="High">The longest n-gram.</param>
/// <param name="Weight">The length of the block's vector.</param>
/// <param name="Words">How many words from the text's beginning it is made of.</param>
internal sealed record NGramBlock(NGramKind Kind, int Bits, int Low, int High, float Weight, int Words)
{
    private const uint WordSeed = 1;
    private const uint RunSeed = 2;
    private const uint CharacterSeed = 3;

    public int Buckets => 1 << Bits;

    /// <summary>Whether both make the same n-grams of a text.</summary>
    public bool ReadsAs(NGramBlock other) => (Kind, Low, High, Words) == (other.Kind, other.Low, other.High, other.Words);

    /// <summary>The place of an n-gram.</summary>
    public int Bucket(int hash) => hash & (Buckets - 1);

    /// <summary>The hashes of a text's n-grams, with repetitions.</summary>
    public void Collect(WordList words, ref GramList grams)
    {
        var count = Math.Min(Words, words.Count);
        if (Kind == NGramKind.Words)
        {
            for (var n = 1; n <= High; n++)
            {
                for (var at = 0; at + n <= count; at++)
                {
                    Add(words.Run(at, n), n == 1 ? WordSeed : RunSeed, ref grams);
                }
            }

            return;
        }

        for (var at = 0; at < count; at++)
        {
            var padded = words.Padded(at);
            for (var n = Low; n <= High; n++)
            {
                CollectCharacters(padded, n, ref grams);
            }
        }
    }

    /// <summary>The hashes of the n-grams that one word is in, and how many words share each: 1, but for runs of words.</summary>
    public void CollectWith(WordList words, int word, ref GramList grams, List<int> shared)
    {
        var count = Math.Min(Words, words.Count);
        shared.Clear();
        if (word >= count)
        {
            return;
        }

        if (Kind == NGramKind.Words)
        {
            for (var n = 1; n <= High; n++)
            {
                for (var at = Math.Max(0, word - n + 1); at <= word && at + n <= count; at++)
                {
                    Add(words.Run(at, n), n == 1 ? WordSeed : RunSeed, ref grams);
                    shared.Add(n);
                }
            }

            return;
        }

        var padded = words.Padded(word);
        for (var n = Low; n <= High; n++)
        {
            CollectCharacters(padded, n, ref grams);
        }

        while (shared.Count < grams.Items.Length)
        {
            shared.Add(1);
        }
    }

    // The window moves by Unicode scalars; in UTF-8 these begin at every byte that continues none.
    private static void CollectCharacters(ReadOnlySpan<byte> padded, int n, ref GramList grams)
    {
        var end = 0;
        for (var i = 0; i < n; i++)
        {
            if (end >= padded.Length)
            {
                return;
            }

            end = NextScalar(padded, end);
        }

        for (var start = 0; ; start = NextScalar(padded, start), end = NextScalar(padded, end))
        {
            Add(padded[start..end], CharacterSeed, ref grams);
            if (end >= padded.Length)
            {
                return;
            }
        }
    }

    private static void Add(ReadOnlySpan<byte> gram, uint seed, ref GramList grams) => grams.Add((int)MurmurHash.Compute(gram, seed));

    private static int NextScalar(ReadOnlySpan<byte> utf8, int at)
    {
        at++;
        while (at < utf8.Length && (utf8[at] & 0xC0) == 0x80)
        {
            at++;
        }

        return at;
    }
}

/// <summary>The first words of a text in UTF-8, each with one space before and after it, so that runs and padded words are slices.</summary>
internal sealed class WordList : IDisposable
{
    /// <summary>Nobody's words are this long; without a limit one text could hold a processor for long.</summary>
    private const int MaxCharacters = 65_536;

    private readonly int[] _starts;
    private byte[] _utf8;
    private int _length;

    public WordList(string text, int maxWords)
    {
        var slice = text.AsSpan(0, Math.Min(text.Length, MaxCharacters));
        _starts = ArrayPool<int>.Shared.Rent(maxWords + 1);
        _utf8 = ArrayPool<byte>.Shared.Rent((4 * slice.Length) + 16);
        var characters = ArrayPool<char>.Shared.Rent((3 * slice.Length) + 64);
        try
        {
            _utf8[_length++] = (byte)' ';
            var words = new WordReader(CharacterTable.Uncased, slice, characters);
            while (Count < maxWords && words.Read())
            {
                Add(words.Word);
            }

            _starts[Count] = _length;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }

    public int Count { get; private set; }

    /// <summary>Words joined by one space.</summary>
    public ReadOnlySpan<byte> Run(int at, int count) => _utf8.AsSpan(_starts[at]..(_starts[at + count] - 1));

    /// <summary>A word with one space before and after it.</summary>
    public ReadOnlySpan<byte> Padded(int at) => _utf8.AsSpan((_starts[at] - 1).._starts[at + 1]);

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_starts);
        ArrayPool<byte>.Shared.Return(_utf8);
    }

    private void Add(ReadOnlySpan<char> word)
    {
        var needed = _length + Encoding.UTF8.GetMaxByteCount(word.Length) + 1;
        if (needed > _utf8.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(2 * needed);
            _utf8.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_utf8);
            _utf8 = larger;
        }

        _starts[Count++] = _length;
        _length += Encoding.UTF8.GetBytes(word, _utf8.AsSpan(_length));
        _utf8[_length++] = (byte)' ';
    }
}
