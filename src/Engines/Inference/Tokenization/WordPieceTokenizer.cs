using System.Buffers;

namespace Steward.Engines.Inference.Tokenization;

/// <summary>
/// BERT's tokenizer: text clean-up, words, and the longest entries of a vocabulary that make up each word, equal to the <c>BertTokenizer</c> of Hugging Face's Rust tokenizers 0.22
/// but for one thing: special tokens in a text (<c>[SEP]</c>) are never taken for such; they are brackets and words. Thread-safe; allocates nothing.
/// </summary>
public sealed class WordPieceTokenizer
{
    /// <summary>A longer word is unknown as a whole (<c>max_input_chars_per_word</c>).</summary>
    private const int MaxWordScalars = 100;

    internal const int MaxWordUnits = 2 * MaxWordScalars;

    private readonly CharacterTable _table;

    /// <summary>Creates a tokenizer.</summary>
    /// <param name="vocabulary">Its entries.</param>
    /// <param name="lowercase">Whether case and accents do not count.</param>
    public WordPieceTokenizer(Vocabulary vocabulary, bool lowercase)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        Vocabulary = vocabulary;
        _table = lowercase ? CharacterTable.Uncased : CharacterTable.Cased;
    }

    /// <summary>The entries.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>Writes <c>[CLS] text [SEP]</c>, cut at the end of <paramref name="ids"/>, which has room for at least three.</summary>
    public EncodedText Encode(ReadOnlySpan<char> text, Span<int> ids)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ids.Length, 3);
        ids[0] = Vocabulary.Start;
        var pieces = new PieceWriter(ids[1..^1], countsAll: false);
        Split(text, ref pieces);
        ids[pieces.Count + 1] = Vocabulary.Separator;
        return new EncodedText(pieces.Count + 2, pieces.Count + 2, pieces.IsCut);
    }

    /// <summary>
    /// Writes <c>[CLS] first [SEP] second [SEP]</c>. Where both do not fit, the longer one is cut, and both to a half where neither is short enough (<c>longest_first</c>).
    /// <paramref name="ids"/> has room for at least three.
    /// </summary>
    public EncodedText Encode(ReadOnlySpan<char> first, ReadOnlySpan<char> second, Span<int> ids)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ids.Length, 3);
        var room = ids.Length - 3;
        var rented = ArrayPool<int>.Shared.Rent(2 * room);
        try
        {
            // Which text is the longer one decides who gets an odd place, so that both are counted to their ends.
            var one = new PieceWriter(rented.AsSpan(0, room), countsAll: true);
            var two = new PieceWriter(rented.AsSpan(room, room), countsAll: true);
            Split(first, ref one);
            Split(second, ref two);
            var (keptOne, keptTwo) = LongestFirst(one.Total, two.Total, room);
            ids[0] = Vocabulary.Start;
            rented.AsSpan(0, keptOne).CopyTo(ids[1..]);
            ids[keptOne + 1] = Vocabulary.Separator;
            rented.AsSpan(room, keptTwo).CopyTo(ids[(keptOne + 2)..]);
            ids[keptOne + keptTwo + 2] = Vocabulary.Separator;
            return new EncodedText(keptOne + keptTwo + 3, keptOne + 2, keptOne < one.Total || keptTwo < two.Total);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    // As tokenizers since 0.11 (utils/truncation.rs): the shorter one keeps up to a half of the room.
    private static (int One, int Two) LongestFirst(int one, int two, int room)
    {
        if (one + two <= room)
        {
            return (one, two);
        }

        var isSwapped = one > two;
        var shorter = Math.Min(one, two);
        var longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
        if (shorter + longer > room)
        {
            shorter = room / 2;
            longer = shorter + (room % 2);
        }

        return isSwapped ? (longer, shorter) : (shorter, longer);
    }

    private void Split(ReadOnlySpan<char> text, ref PieceWriter pieces)
    {
        var words = new WordReader(_table, text, stackalloc char[MaxWordUnits + WordReader.Reserve]);
        while (!pieces.IsFull && words.Read())
        {
            if (words.Scalars > MaxWordScalars)
            {
                pieces.Add(Vocabulary.Unknown);
            }
            else
            {
                AddPieces(words.Word, ref pieces);
            }
        }
    }

    private void AddPieces(scoped ReadOnlySpan<char> word, ref PieceWriter pieces)
    {
        var length = Vocabulary.LongestMatch(word, isStart: true, out var id);
        if (length == word.Length)
        {
            pieces.Add(id);
            return;
        }

        // A word is unknown as a whole when one part of it is: nothing is written before its end is reached.
        Span<int> found = stackalloc int[MaxWordScalars];
        var count = 0;
        while (length > 0)
        {
            found[count++] = id;
            word = word[length..];
            if (word.Length == 0)
            {
                pieces.Add(found[..count]);
                return;
            }

            length = Vocabulary.LongestMatch(word, isStart: false, out id);
        }

        pieces.Add(Vocabulary.Unknown);
    }

    /// <summary>Writes ids while there is room, and counts on where that is asked for.</summary>
    private ref struct PieceWriter(Span<int> target, bool countsAll)
    {
        private readonly Span<int> _target = target;

        /// <summary>How many ids there were.</summary>
        public int Total { get; private set; }

        /// <summary>How many of them were written.</summary>
        public readonly int Count => Math.Min(Total, _target.Length);

        public readonly bool IsCut => Total > _target.Length;

        public readonly bool IsFull => IsCut && !countsAll;

        public void Add(int id)
        {
            if (Total < _target.Length)
            {
                _target[Total] = id;
            }

            Total++;
        }

        public void Add(scoped ReadOnlySpan<int> ids)
        {
            if (Total < _target.Length)
            {
                ids[..Math.Min(ids.Length, _target.Length - Total)].CopyTo(_target[Total..]);
            }

            Total += ids.Length;
        }
    }
}
