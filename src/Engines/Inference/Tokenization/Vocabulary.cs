using System.Runtime.CompilerServices;
using System.Text;

namespace Steward.Engines.Inference.Tokenization;

/// <summary>
/// The entries of a <c>vocab.txt</c>: one a line, its number is its id; those with <c>##</c> continue a word. Look-ups work on parts of a word without creating strings.
/// </summary>
public sealed class Vocabulary
{
    private const string ContinuationMark = "##";
    private const int MaxEntries = 2_000_000;

    private readonly char[] _characters;
    private readonly Slot[] _starts;
    private readonly Slot[] _continuations;

    /// <summary>Builds a vocabulary. Of entries that are written twice the later one counts, as in the reference.</summary>
    /// <exception cref="InvalidDataException">There are too many, or a special token is missing.</exception>
    public Vocabulary(IReadOnlyList<string> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count is 0 or > MaxEntries)
        {
            throw new InvalidDataException($"a vocabulary has 1 to {MaxEntries} entries, this one {entries.Count}");
        }

        var (starts, continuations) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        for (var id = 0; id < entries.Count; id++)
        {
            var entry = entries[id];
            if (entry.Length > ContinuationMark.Length && entry.StartsWith(ContinuationMark, StringComparison.Ordinal))
            {
                continuations[entry[ContinuationMark.Length..]] = id;
            }
            else if (entry.Length > 0)
            {
                starts[entry] = id;
            }
        }

        Count = entries.Count;
        Unknown = Special(starts, "[UNK]");
        Start = Special(starts, "[CLS]");
        Separator = Special(starts, "[SEP]");
        Padding = Special(starts, "[PAD]");
        _characters = new char[starts.Keys.Concat(continuations.Keys).Sum(key => key.Length)];
        var used = 0;
        (_starts, LongestStart) = Index(starts, ref used);
        (_continuations, LongestContinuation) = Index(continuations, ref used);
    }

    /// <summary>How many ids there are.</summary>
    public int Count { get; }

    /// <summary>The id of <c>[UNK]</c>.</summary>
    public int Unknown { get; }

    /// <summary>The id of <c>[CLS]</c>.</summary>
    public int Start { get; }

    /// <summary>The id of <c>[SEP]</c>.</summary>
    public int Separator { get; }

    /// <summary>The id of <c>[PAD]</c>.</summary>
    public int Padding { get; }

    /// <summary>What it takes in memory.</summary>
    internal long MemoryBytes => ((long)sizeof(char) * _characters.Length) + ((long)Unsafe.SizeOf<Slot>() * (_starts.Length + _continuations.Length));

    internal int LongestStart { get; }

    internal int LongestContinuation { get; }

    /// <summary>Reads a file, to its end; it is closed then.</summary>
    /// <exception cref="InvalidDataException">It is not UTF-8, or no vocabulary.</exception>
    public static Vocabulary Read(Stream file)
    {
        try
        {
            using var reader = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            var entries = new List<string>();
            while (reader.ReadLine() is { } line)
            {
                entries.Add(line);
                if (entries.Count > MaxEntries)
                {
                    break;
                }
            }

            return new Vocabulary(entries);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException("it is not UTF-8 text", e);
        }
    }

    /// <summary>The longest entry that <paramref name="text"/> begins with, at the start of a word or inside of one; its length, or 0.</summary>
    internal int LongestMatch(ReadOnlySpan<char> text, bool isStart, out int id)
    {
        var slots = isStart ? _starts : _continuations;
        var longest = Math.Min(text.Length, isStart ? LongestStart : LongestContinuation);
        // One pass gives the hashes of all beginnings; then from the longest down.
        Span<uint> hashes = stackalloc uint[longest];
        var hash = HashSeed;
        for (var i = 0; i < longest; i++)
        {
            hash = Next(hash, text[i]);
            hashes[i] = hash;
        }

        var mask = (uint)slots.Length - 1;
        for (var length = longest; length > 0; length--)
        {
            for (var at = Place(hashes[length - 1]) & mask; slots[at].Length != 0; at = (at + 1) & mask)
            {
                ref readonly var slot = ref slots[at];
                if (slot.Hash == hashes[length - 1] && slot.Length == length && text[..length].SequenceEqual(_characters.AsSpan(slot.Offset, length)))
                {
                    id = slot.Id;
                    return length;
                }
            }
        }

        id = -1;
        return 0;
    }

    // FNV-1a.
    private const uint HashSeed = 2166136261;

    private static uint Next(uint hash, char character) => (hash ^ character) * 16777619;

    private static uint Place(uint hash) => (hash ^ (hash >> 15)) * 2654435769 >> 7;

    private static int Special(Dictionary<string, int> starts, string token) =>
        starts.TryGetValue(token, out var id) ? id : throw new InvalidDataException($"the special token {token} is missing");

    private (Slot[] Slots, int Longest) Index(Dictionary<string, int> entries, ref int used)
    {
        var size = 16;
        while (size < entries.Count * 2)
        {
            size *= 2;
        }

        var slots = new Slot[size];
        var longest = 0;
        foreach (var (text, id) in entries)
        {
            // A word has at most 100 characters: what is longer can never match.
            if (text.Length > WordPieceTokenizer.MaxWordUnits)
            {
                continue;
            }

            text.CopyTo(_characters.AsSpan(used));
            var hash = HashSeed;
            foreach (var character in text)
            {
                hash = Next(hash, character);
            }

            var at = Place(hash) & (uint)(size - 1);
            while (slots[at].Length != 0)
            {
                at = (at + 1) & (uint)(size - 1);
            }

            slots[at] = new Slot(hash, used, text.Length, id);
            used += text.Length;
            longest = Math.Max(longest, text.Length);
        }

        return (slots, longest);
    }

    private readonly record struct Slot(uint Hash, int Offset, int Length, int Id);
}
