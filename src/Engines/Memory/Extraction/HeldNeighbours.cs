using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// Whether the sentence beside one in which something may be over goes on about that: it then has the author, a pronoun or what the slot is called for its subject, and says for a place that one works or lives there. "The laptop crashed. The server runs Linux." goes on about something else.
/// </summary>
internal static partial class HeldNeighbours
{
    private static readonly ConcurrentDictionary<string, Regex> Others = new(StringComparer.Ordinal);

    /// <summary>Whether a sentence goes on about a slot of which something may be over.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="sentence">The sentence beside.</param>
    public static bool IsOf(string slot, string sentence)
    {
        if (HeldEndings.IsForNow(sentence) || OfOccasion().IsMatch(sentence) || (slot is "office" or "home" && !OfPlace().IsMatch(sentence)))
        {
            return false;
        }

        var other = Others.GetOrAdd(slot, _ => new Regex(
            $$"""^\W*(?:(?:and|but|so|now|then|meanwhile|also|luckily|fortunately)[,:]?\s+)*(?:the|an?|some|every|each|his|her|their|your)\s+(?!(?:(?:brand[\s-]new|new|other|next|current|old|shiny)\s+)*(?:(?:ones?|thing|replacement|successor|lead|head|job|role|place|post|position|house|flat|apartment|address|{{NounRules.Names.GetValueOrDefault(slot, "(?!)")}})s?\b|(?-i:\p{Lu})|\d))""",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(250)));
        return !other.IsMatch(sentence);
    }

    [GeneratedRegex("""\b(?:for|during|in)\s+(?:the|this|that|a|my|our)\s+(?:calls?|meetings?|meeting\s+room|demos?|presentation|session|workshop|trip|flight|conference|interview)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfOccasion();

    [GeneratedRegex("""\b(?:work|works|working|based|sit|sits|sitting|live|lives|living|offices?|desks?|moved|moving|relocat\w+|transfer\w*|house|flat|apartment|home|place|address|commute|rent|renting|bought|settled|site|building|branch|boxes|keys|stationed|posted|these\s+days|from\s+now\s+on|since\s+then|instead|(?:we|i)(?:['’](?:re|m)|\s+are|\s+am)\s+(?:all\s+|both\s+|now\s+)*(?:in|at))\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfPlace();
}
