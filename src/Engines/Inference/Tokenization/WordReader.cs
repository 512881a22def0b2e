using System.Buffers;
using System.Text;

namespace Steward.Engines.Inference.Tokenization;

/// <summary>
/// Reads the words of a text as BERT cleans and splits it: each punctuation character and each ideograph is one. Allocates nothing.
/// </summary>
/// <param name="table">What becomes of each character.</param>
/// <param name="text">The text.</param>
/// <param name="buffer">Room for a word, and for <see cref="Reserve"/> characters more. Of a longer word only the beginning is kept.</param>
internal ref struct WordReader(CharacterTable table, ReadOnlySpan<char> text, Span<char> buffer)
{
    /// <summary>Room in the buffer that is not the word's.</summary>
    public const int Reserve = 3;

    private static readonly SearchValues<char> AsciiWord = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    private readonly Span<char> _word = buffer[..^Reserve];
    private readonly Span<char> _fold = buffer[^Reserve..];
    private ReadOnlySpan<char> _text = text;
    private ReadOnlySpan<char> _replacement;
    private int _length;

    /// <summary>How many scalar values the word has, more than the buffer holds among them.</summary>
    public int Scalars { get; private set; }

    /// <summary>The word that was read, as far as the buffer holds it.</summary>
    public readonly ReadOnlySpan<char> Word => _word[.._length];

    /// <summary>Reads the next word; false at the text's end.</summary>
    public bool Read()
    {
        (_length, Scalars) = (0, 0);
        while (true)
        {
            if (_replacement.Length > 0)
            {
                var isBreak = _replacement[0] == CharacterTable.Break;
                var scalar = _replacement[..(char.IsHighSurrogate(_replacement[0]) ? 2 : 1)];
                _replacement = _replacement[scalar.Length..];
                if (!isBreak)
                {
                    Append(scalar);
                }
                else if (Scalars > 0)
                {
                    return true;
                }

                continue;
            }

            if (_text.Length == 0)
            {
                return Scalars > 0;
            }

            // Runs of ASCII letters and digits are nearly all of most texts: found and lower-cased several at a time.
            var run = _text.IndexOfAnyExcept(AsciiWord);
            if (run != 0)
            {
                run = run < 0 ? _text.Length : run;
                AppendAscii(_text[..run]);
                _text = _text[run..];
            }
            else if (ReadOther())
            {
                return true;
            }
        }
    }

    // Whether a word ends here.
    private bool ReadOther()
    {
        if (Rune.DecodeFromUtf16(_text, out var rune, out var consumed) != OperationStatus.Done)
        {
            // Half of a surrogate pair, which UTF-8 can only show as U+FFFD, and that is dropped.
            _text = _text[consumed..];
            return false;
        }

        var kind = table.KindOf(rune.Value);
        if (kind == CharacterKind.Alone && Scalars > 0)
        {
            // It is read again as the next word.
            return true;
        }

        var character = _text[..consumed];
        _text = _text[consumed..];
        switch (kind)
        {
            case CharacterKind.Keep:
                Append(character);
                return false;
            case CharacterKind.Alone:
                Append(character);
                return true;
            case CharacterKind.Fold:
                _replacement = table.FoldOf(rune.Value, _fold);
                return false;
            case CharacterKind.Space:
                return Scalars > 0;
            default:
                return false;
        }
    }

    private void Append(ReadOnlySpan<char> scalar)
    {
        Scalars++;
        if (_length + scalar.Length <= _word.Length)
        {
            scalar.CopyTo(_word[_length..]);
            _length += scalar.Length;
        }
    }

    private void AppendAscii(ReadOnlySpan<char> run)
    {
        Scalars += run.Length;
        var kept = run[..Math.Min(run.Length, _word.Length - _length)];
        if (table.IsLowercasing)
        {
            Ascii.ToLower(kept, _word[_length..], out _);
        }
        else
        {
            kept.CopyTo(_word[_length..]);
        }

        _length += kept.Length;
    }
}
