using System.Globalization;
using System.Text;

namespace Steward.Engines.Inference.Tokenization;

/// <summary>What BERT's text clean-up makes of a character.</summary>
internal enum CharacterKind : byte
{
    /// <summary>It is part of a word as it is.</summary>
    Keep,

    /// <summary>It goes, and what stands on either side of it grows together.</summary>
    Drop,

    /// <summary>It ends a word.</summary>
    Space,

    /// <summary>It is a word of its own: punctuation and CJK ideographs.</summary>
    Alone,

    /// <summary>Another text takes its place.</summary>
    Fold,
}

/// <summary>
/// What becomes of every Unicode scalar value, as measured on the Rust tokenizers (the resources <c>bert-*.txt</c>): decomposition, accents, case, control characters, white
/// space, punctuation and ideographs in one look-up. It needs no Unicode data of .NET's, whose normalisation does nothing where globalisation is invariant.
/// </summary>
internal sealed class CharacterTable
{
    /// <summary>Ends a word within the text that takes a character's place.</summary>
    public const char Break = '\0';

    private const int BlockBits = 7;
    private const int BlockSize = 1 << BlockBits;

    private readonly ushort[] _blocks = new ushort[0x110000 >> BlockBits];
    private readonly CharacterKind[] _kinds;
    private readonly Dictionary<int, string> _folds = [];
    private readonly bool _lowercases;

    private CharacterTable(TextReader lines, bool lowercases)
    {
        _lowercases = lowercases;
        var kinds = new CharacterKind[0x110000];
        while (lines.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            var parts = line.Split(' ');
            var ends = parts[0].Split('-');
            var first = int.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var last = int.Parse(ends[^1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var kind = parts[1] switch { "d" => CharacterKind.Drop, "s" => CharacterKind.Space, "p" => CharacterKind.Alone, _ => CharacterKind.Fold };
            for (var code = first; code <= last; code++)
            {
                kinds[code] = kind;
                if (kind == CharacterKind.Fold)
                {
                    _folds.Add(code, FoldOf(code, parts[2]));
                }
            }
        }

        if (lowercases)
        {
            Array.Fill(kinds, CharacterKind.Fold, Hangul.First, Hangul.Count);
        }

        _kinds = Compress(kinds);
    }

    /// <summary>Whether case is lost, and with it accents and the composition of Hangul.</summary>
    public bool IsLowercasing => _lowercases;

    /// <summary>For models that tell neither case nor accents.</summary>
    public static CharacterTable Uncased { get; } = Load("bert-uncased.txt", lowercases: true);

    /// <summary>For models that keep case and accents.</summary>
    public static CharacterTable Cased { get; } = Load("bert-cased.txt", lowercases: false);

    /// <summary>What becomes of a scalar value.</summary>
    public CharacterKind KindOf(int scalar) => _kinds[(_blocks[scalar >> BlockBits] << BlockBits) | (scalar & (BlockSize - 1))];

    /// <summary>The text that takes the place of a scalar value of kind <see cref="CharacterKind.Fold"/>; Hangul syllables are composed into <paramref name="buffer"/>.</summary>
    public ReadOnlySpan<char> FoldOf(int scalar, Span<char> buffer) =>
        _lowercases && (uint)(scalar - Hangul.First) < Hangul.Count ? Hangul.Decompose(scalar, buffer) : _folds[scalar];

    private static CharacterTable Load(string resource, bool lowercases)
    {
        using var stream = typeof(CharacterTable).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The resource {resource} is missing from the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new CharacterTable(reader, lowercases);
    }

    private static string FoldOf(int code, string target)
    {
        if (target[0] != '=')
        {
            return char.ConvertFromUtf32(code + int.Parse(target, CultureInfo.InvariantCulture));
        }

        var text = new StringBuilder();
        foreach (var scalar in target[1..].Split(','))
        {
            text.Append(char.ConvertFromUtf32(int.Parse(scalar, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        }

        return text.ToString();
    }

    // Equal blocks are kept once: the whole of Unicode in some 20 KB.
    private CharacterKind[] Compress(CharacterKind[] kinds)
    {
        var known = new Dictionary<string, ushort>(StringComparer.Ordinal);
        var blocks = new List<CharacterKind>();
        for (var block = 0; block < _blocks.Length; block++)
        {
            var slice = kinds.AsSpan(block << BlockBits, BlockSize);
            var key = string.Create(BlockSize, slice, static (target, source) =>
            {
                for (var i = 0; i < source.Length; i++)
                {
                    target[i] = (char)source[i];
                }
            });
            if (!known.TryGetValue(key, out var index))
            {
                index = (ushort)known.Count;
                known.Add(key, index);
                blocks.AddRange(slice);
            }

            _blocks[block] = index;
        }

        return [.. blocks];
    }

    /// <summary>The formula of the Unicode standard, section 3.12.</summary>
    private static class Hangul
    {
        public const int First = 0xAC00;
        public const int Count = 11_172;

        public static ReadOnlySpan<char> Decompose(int scalar, Span<char> buffer)
        {
            var index = scalar - First;
            buffer[0] = (char)(0x1100 + (index / 588));
            buffer[1] = (char)(0x1161 + (index % 588 / 28));
            if (index % 28 == 0)
            {
                return buffer[..2];
            }

            buffer[2] = (char)(0x11A7 + (index % 28));
            return buffer[..3];
        }
    }
}
