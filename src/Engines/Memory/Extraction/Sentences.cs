using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>Cuts a message into clauses, and says which of them assert something.</summary>
internal static partial class Sentences
{
    private const int MaxLength = 8_000;
    private const int MaxClause = 400;

    /// <summary>The clauses of a message that assert something: no questions, no quotations, nothing that is only imagined, wished or heard.</summary>
    public static IEnumerable<string> Asserted(string text)
    {
        foreach (var sentence in Whole(text))
        {
            if (sentence.EndsWith('?') || Hypothetical().IsMatch(sentence))
            {
                continue;
            }

            foreach (var clause in Clause().Split(sentence.TrimEnd('.', '!', ' ')))
            {
                if (clause.Trim() is { Length: > 2 and <= MaxClause } whole)
                {
                    yield return whole;
                }
            }
        }
    }

    private static IEnumerable<string> Whole(string text)
    {
        var cut = text.Length > MaxLength ? text[..MaxLength] : text;
        // What stands in quotation marks or behind ">" are other people's words, what stands in code is nobody's.
        var own = Quoted().Replace(cut, " ");
        return End().Split(own).Select(sentence => sentence.Trim()).Where(sentence => sentence.Length > 0);
    }

    [GeneratedRegex("""```.*?(```|\z)|`[^`]*`|^\s*>.*$|["“„][^"”“]{3,400}["”“]""", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Quoted();

    // A full stop inside a number, an address or a version ends nothing.
    [GeneratedRegex("""(?<=[.!?])\s+|[\r\n;]+""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex End();

    [GeneratedRegex("""\s*,\s*(?:and|but|so|also|because)\s+|\s+(?:and|but)\s+(?=(?:i|i'm|i’m|my|please|he|she|don't|do not|never)\b)|\s*(?:—|–| - )\s*|\s*,\s*(?=(?:i|i'm|i’m|my|please)\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Clause();

    [GeneratedRegex(
        """\b(?:if|unless|suppose|supposing|imagine|pretend|assume|let's say|say i|would|could|might|may be|maybe|perhaps|possibly|probably|wish|hope|hoping|considering|thinking (?:about|of)|think(?:ing)? i (?:might|may)|planning to|plan to|want to|wanted to|going to|should i|whether|in case|as if|someday|used to think|not sure|wonder|joking|kidding|just an example|for example|e\.g\.|in the story|hypothetically|theoretically)\b""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Hypothetical();
}
