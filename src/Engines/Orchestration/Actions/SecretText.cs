using System.Buffers;
using System.Text.RegularExpressions;

namespace Steward.Engines.Orchestration.Actions;

/// <summary>
/// Finds secrets inside texts by their shape, whatever the field is called: signed tokens, authorisation headers, private keys, keys of well-known services, and values that
/// are called a password or token. Linear in the length of the text.
/// </summary>
public static class SecretText
{
    private const string Mask = "***";
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    // Without one of these in it no text is looked at closely.
    private static readonly SearchValues<string> Signs = SearchValues.Create(
        [
            "eyJ", "bearer", "basic ", "PRIVATE KEY", "sk-", "sk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "xapp-", "AKIA", "ASIA", "AIza", "SG.", "ATATT",
            "passw", "passcode", "pwd", "secret", "token", "api key", "api_key", "api-key", "apikey",
        ],
        StringComparison.OrdinalIgnoreCase);

    private static readonly Regex PrivateKey = new("(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(.*?-----END [A-Z0-9 ]*PRIVATE KEY-----|.*)", Options, Limit);

    private static readonly Regex Known = new(
        @"\b(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|sk-[A-Za-z0-9_-]{16,}|[sr]k_(live|test)_[A-Za-z0-9]{10,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
        + @"|glpat-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|(AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|ATATT[A-Za-z0-9_=-]{20,})",
        Options,
        Limit);

    private static readonly Regex Header = new(@"\b((?i:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{16,})", Options, Limit);

    private static readonly Regex Assigned = new(
        @"((?i:pass(word|wd|phrase|code)|pwd|secret|token|api[ _-]?key)[""']?(\s+(is|was|lautet)\s*:?|\s*[:=])\s*[""']?)([^\s""',;<>]{6,512})", Options, Limit);

    /// <summary>Whether a text, also one in JSON, is worth looking at closely.</summary>
    public static bool MayHold(ReadOnlySpan<char> text) => text.ContainsAny(Signs);

    /// <summary>The text with every secret in it replaced by <c>***</c>; the same instance when there is none.</summary>
    public static string Hide(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!MayHold(text))
        {
            return text;
        }

        var hidden = PrivateKey.Replace(text, Mask);
        hidden = Known.Replace(hidden, Mask);
        hidden = Header.Replace(hidden, match => IsRandom(match.Groups[2].ValueSpan) ? match.Groups[1].Value + Mask : match.Value);
        return Assigned.Replace(hidden, match => IsRandom(match.Groups[^1].ValueSpan) ? match.Groups[0].Value[..(match.Length - match.Groups[^1].Length)] + Mask : match.Value);
    }

    // Words of a language are of one kind of character; passwords and keys are mixed.
    private static bool IsRandom(ReadOnlySpan<char> value)
    {
        var (lower, upper, digits, others) = (0, 0, 0, 0);
        foreach (var c in value)
        {
            switch (c)
            {
                case >= 'a' and <= 'z':
                    lower++;
                    break;
                case >= 'A' and <= 'Z':
                    upper++;
                    break;
                case >= '0' and <= '9':
                    digits++;
                    break;
                default:
                    others++;
                    break;
            }
        }

        var kinds = (lower > 0 ? 1 : 0) + (upper > 0 ? 1 : 0) + (digits > 0 ? 1 : 0) + (others > 0 ? 1 : 0);
        return kinds >= 3 || (digits > 0 && lower + upper > 0 && value.Length >= 10) || (digits > 0 && others > 0 && lower + upper > 0);
    }
}
