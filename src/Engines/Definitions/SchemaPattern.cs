using System.Text;
using System.Text.RegularExpressions;

namespace Steward.Engines.Definitions;

/// <summary>
/// Regular expressions of JSON Schema (ECMA-262) on .NET: <c>\d</c>, <c>\w</c>, <c>\s</c> mean ASCII or ECMA's sets, <c>$</c> is the very end. They run without
/// backtracking, in time linear in the input; look-arounds and back-references do not exist there and are refused.
/// </summary>
internal static class SchemaPattern
{
    private const string Space = @"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";

    public static Regex Compile(string pattern)
    {
        if (pattern.Length > 1_000)
        {
            throw new ArgumentException("longer than 1,000 characters.");
        }

        return new Regex(Translate(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }

    private static string Translate(string pattern)
    {
        var result = new StringBuilder(pattern.Length + 16);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                i++;
                result.Append(pattern[i] switch
                {
                    'd' => inClass ? "0-9" : "[0-9]",
                    'D' when !inClass => "[^0-9]",
                    'w' => inClass ? "A-Za-z0-9_" : "[A-Za-z0-9_]",
                    'W' when !inClass => "[^A-Za-z0-9_]",
                    's' => inClass ? Space : $"[{Space}]",
                    'S' when !inClass => $"[^{Space}]",
                    'D' or 'W' or 'S' => throw new ArgumentException($"\\{pattern[i]} inside [ ] is not supported."),
                    _ => "\\" + pattern[i],
                });
            }
            else if (inClass)
            {
                // '[' inside a class is literal in ECMA-262 but begins a subtraction in .NET.
                result.Append(c == '[' ? "\\[" : c.ToString());
                inClass = c != ']';
            }
            else if (c == '[')
            {
                inClass = true;
                result.Append(c);
            }
            else
            {
                result.Append(c == '$' ? "\\z" : c.ToString());
            }
        }

        return result.ToString();
    }
}
