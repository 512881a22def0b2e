using System.Text.RegularExpressions;

namespace Steward.ModelSim;

/// <summary>Cuts text into pieces of the size of tokens: a short word with the space before it, digits by three, one mark.</summary>
internal static partial class Tokens
{
    public static List<string> Split(string text)
    {
        var pieces = new List<string>();
        foreach (var match in Piece().EnumerateMatches(text))
        {
            pieces.Add(text.Substring(match.Index, match.Length));
        }

        return pieces;
    }

    public static int Count(string text) => Piece().Count(text);

    // Every character belongs to exactly one piece; a surrogate pair is never cut.
    [GeneratedRegex(@"[ ]?\p{L}{1,8}|[ ]?\p{Nd}{1,3}|[\ud800-\udbff][\udc00-\udfff]|[ ]?[^\s\p{L}\p{Nd}\ud800-\udfff]|\s|.", RegexOptions.Singleline)]
    private static partial Regex Piece();
}
