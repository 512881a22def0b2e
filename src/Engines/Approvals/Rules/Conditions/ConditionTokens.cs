using System.Globalization;
using System.Text;

namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>Splits a condition into tokens, each with its place.</summary>
internal static class ConditionTokens
{
    private static readonly HashSet<string> Keywords = new(StringComparer.OrdinalIgnoreCase)
    {
        "and", "or", "not", "in", "is", "known", "unknown", "contains", "any", "all", "starts", "ends", "with", "matches", "calendar", "true", "false",
    };

    public static bool IsKeyword(string word) => Keywords.Contains(word);

    public static bool IsName(string word) =>
        word.Length is > 0 and <= 64 && (char.IsAsciiLetter(word[0]) || word[0] == '_') && word.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    public static List<ConditionToken> Read(string text)
    {
        var tokens = new List<ConditionToken>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }

            var start = at;
            if (at == text.Length)
            {
                tokens.Add(new ConditionToken(TokenKind.End, "", start));
                return tokens;
            }

            var c = text[at];
            if (c is '\'' or '"')
            {
                tokens.Add(new ConditionToken(TokenKind.Text, Quoted(text, ref at), start));
            }
            else if (char.IsAsciiLetter(c) || c == '_')
            {
                at = End(text, at, static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
                tokens.Add(new ConditionToken(TokenKind.Word, text[start..at], start));
            }
            else if (char.IsAsciiDigit(c) || (c == '-' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])))
            {
                at = End(text, at + 1, static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or ':' or '-');
                tokens.Add(new ConditionToken(TokenKind.Number, text[start..at], start));
            }
            else
            {
                var symbol = c is '!' or '<' or '>' && at + 1 < text.Length && text[at + 1] == '=' ? text[at..(at + 2)] : c.ToString();
                if (symbol is not ("=" or "!=" or "<" or "<=" or ">" or ">=" or "(" or ")" or "[" or "]" or "," or "."))
                {
                    throw Fault(text, start, symbol switch
                    {
                        "&" or "|" => "'and' and 'or' are written as words.",
                        "!" => "'not' is written as a word; '!=' compares.",
                        _ => $"'{ConditionValue.Shown(symbol)}' was not expected.",
                    });
                }

                at += symbol.Length;
                tokens.Add(new ConditionToken(TokenKind.Symbol, symbol, start));
            }
        }
    }

    /// <summary>An error at a place of the text.</summary>
    public static ConditionException Fault(string text, int at, string fault)
    {
        var line = 1;
        var begin = 0;
        for (var i = 0; i < at && i < text.Length; i++)
        {
            if (text[i] == '\n')
            {
                line++;
                begin = i + 1;
            }
        }

        return new ConditionException(line, at - begin + 1, fault);
    }

    /// <summary>What a number, duration, time or date says; unknown when it is none of them.</summary>
    public static ConditionValue Literal(string text)
    {
        var kind = text.Contains(':', StringComparison.Ordinal) ? ConditionKind.Time
            : text.IndexOf('-', 1) > 0 ? ConditionKind.Date
            : char.IsAsciiLetter(text[^1]) ? ConditionKind.Duration
            : ConditionKind.Number;
        return ConditionValue.Read(kind, text);
    }

    private static int End(string text, int at, Func<char, bool> belongs)
    {
        while (at < text.Length && belongs(text[at]))
        {
            at++;
        }

        return at;
    }

    private static string Quoted(string text, ref int at)
    {
        var start = at;
        var quote = text[at++];
        var read = new StringBuilder();
        while (at < text.Length)
        {
            var c = text[at++];
            if (c == quote)
            {
                return read.ToString();
            }

            if (c == '\\')
            {
                c = at < text.Length
                    ? text[at++] switch
                    {
                        'n' => '\n',
                        't' => '\t',
                        '\\' => '\\',
                        '\'' => '\'',
                        '"' => '"',
                        var other => throw Fault(text, at - 2, $"'\\{ConditionValue.Shown(other.ToString(CultureInfo.InvariantCulture))}' is no escape; there are \\n \\t \\\\ \\' \\\"."),
                    }
                    : throw Fault(text, start, "the text is not closed.");
            }

            read.Append(c);
        }

        throw Fault(text, start, "the text is not closed.");
    }
}

/// <summary>A part of a condition.</summary>
internal readonly record struct ConditionToken(TokenKind Kind, string Text, int At)
{
    public bool Is(string symbolOrWord) => Kind switch
    {
        TokenKind.Symbol => Text == symbolOrWord,
        TokenKind.Word => Text.Equals(symbolOrWord, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}

/// <summary>The kinds of tokens.</summary>
internal enum TokenKind
{
    End,
    Word,
    Number,
    Text,
    Symbol,
}
