using System.Buffers.Text;

namespace Steward.Engines.Security;

/// <summary>
/// Base64url as RFC 7515 section 2 has it: no padding, no white space, and, beyond that, only the one canonical spelling of each byte
/// string, so that no two different texts decode to the same bytes.
/// </summary>
internal static class StrictBase64Url
{
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_'))
            {
                return false;
            }
        }

        var unusedBits = (text.Length % 4) switch { 0 => 0, 2 => 4, 3 => 2, _ => -1 };
        if (unusedBits < 0 || (unusedBits > 0 && (ValueOf(text[^1]) & ((1 << unusedBits) - 1)) != 0))
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }

    private static int ValueOf(char character) => character switch
    {
        >= 'A' and <= 'Z' => character - 'A',
        >= 'a' and <= 'z' => character - 'a' + 26,
        >= '0' and <= '9' => character - '0' + 52,
        '-' => 62,
        _ => 63,
    };
}
