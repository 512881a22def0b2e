using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>The words before what is said: "hi", "please note", "as of Monday". They may be part of it as well, so every place behind some of them is one where it may begin.</summary>
internal static partial class LeadIn
{
    /// <summary>Where what a clause says may begin, the last first; the clause's begin is one of them.</summary>
    public static List<int> Starts(string clause)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < starts.Count; i++)
        {
            foreach (var end in (int[])[End(Word().Match(clause, starts[i])), End(Words().Match(clause, starts[i]))])
            {
                if (end > 0 && !starts.Contains(end))
                {
                    starts.Add(end);
                }
            }
        }

        starts.Sort();
        starts.Reverse();
        return starts;
    }

    private static int End(Match match) => match.Success ? match.Index + match.Length : -1;

    [GeneratedRegex("""\G(?:as|since|because|that|hi|hello|hey|there|fyi|btw|note|remember|actually|now|well|yes|no|nope|also|ok|okay|so|correction|update|sorry|and|but|please|careful|attention|important|nowadays)[,:.!]?\s+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Word();

    [GeneratedRegex("""\G(?:by the way|heads up|just so you know|for the record|please note|please remember|scratch that|i mean|to be clear|as i said|good news|from now on|from today(?: on)?|from \w+day(?: on)?|it turn(?:s|ed) out(?: that)?|as of (?:this |next |last |the )?\w+|since \w+|from (?:this|next) \w+(?: on)?|good (?:morning|afternoon|evening|day)|if i(?: remember|['’]m not mistaken| am not mistaken)(?: correctly| rightly)?|whatever happens|(?:just |a |one |quick |small |short |another |more |other |last |final )*(?:thing|one|note|question|remark|point|reminder|info|update|correction|request|favou?r|heads-up)(?: (?:before|while|that|to|for|about|from)\b[^,.;:!?]{0,30})?(?=:)|starting \w+|last \w+|for \w+ \w+ now|these days|by now|in fact|after all|on second thought|i(?: have|['’]ve)? changed my mind)[,:.!]?\s+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Words();
}
