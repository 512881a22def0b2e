using System.Buffers;

namespace Steward.Engines.Inference.Linear;

/// <summary>A text as linear classifiers read it: its words are read once, and its n-grams hashed once for all classifiers that make the same ones. For one thread.</summary>
internal sealed class LinearText : IDisposable
{
    private readonly List<(NGramBlock Block, int[] Grams, int Count)> _known = [];

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxWords">The most words that any of the classifiers reads.</param>
    public LinearText(string text, int maxWords) => Words = new WordList(text, maxWords);

    /// <summary>The words.</summary>
    public WordList Words { get; }

    /// <summary>The hashes of the n-grams of a block, with repetitions.</summary>
    public ReadOnlySpan<int> Grams(NGramBlock block)
    {
        foreach (var known in _known)
        {
            if (known.Block.ReadsAs(block))
            {
                return known.Grams.AsSpan(0, known.Count);
            }
        }

        var grams = new GramList();
        block.Collect(Words, ref grams);
        _known.Add((block, grams.Memory, grams.Items.Length));
        return grams.Items;
    }

    public void Dispose()
    {
        foreach (var (_, grams, _) in _known)
        {
            ArrayPool<int>.Shared.Return(grams);
        }

        _known.Clear();
        Words.Dispose();
    }
}

/// <summary>A list of hashes in pooled memory.</summary>
internal ref struct GramList : IDisposable
{
    private int _count;

    public GramList()
    {
    }

    /// <summary>The pooled memory; whoever does not dispose of the list returns it.</summary>
    public int[] Memory { get; private set; } = ArrayPool<int>.Shared.Rent(1024);

    public readonly Span<int> Items => Memory.AsSpan(0, _count);

    public void Add(int hash)
    {
        if (_count == Memory.Length)
        {
            var larger = ArrayPool<int>.Shared.Rent(2 * _count);
            Items.CopyTo(larger);
            ArrayPool<int>.Shared.Return(Memory);
            Memory = larger;
        }

        Memory[_count++] = hash;
    }

    public void Clear() => _count = 0;

    public readonly void Dispose() => ArrayPool<int>.Shared.Return(Memory);
}
