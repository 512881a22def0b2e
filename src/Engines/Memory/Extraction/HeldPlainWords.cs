using System.Text.RegularExpressions;
using Steward.Engines.Retrieval.Text;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// What must be kept to, what was disliked and when one is to be away end by plain words only, and by words that are about it: beside the value itself, or in the sentence behind with "it" or "the allergy". What else is cured, loved, cleared or a false
/// alarm there is something else. That an allergy stays which is over is a nuisance; that one goes which is not is a danger.
/// </summary>
internal static partial class HeldPlainWords
{
    private const string M = "[\uE000\uE001]";
    private const string Be = """(?:['’]s|\s+(?:is|are|was|were|has|have|had|been|now|just|finally|apparently|completely|also|already|all|actually|really))*""";
    private const string End = """(?=\s*(?:$|[.,;!)]))""";

    // Besides what HeldEndings.IsSure knows of the sentence that names it.
    private static readonly Regex OfCure = Form(
        $$"""\b(?:all[\s-]clear|cleared\s+me|been\s+cleared)\s+(?:for|on|about|regarding|concerning|as\s+to|to\s+eat|to\s+have|to\s+take)\s+(?:my\s+|the\s+)?{{M}}{{End}}"""
        + $$"""|{{M}}\s+(?:allergy|skin|blood|prick)\s+tests?{{Be}}\s+(?:came\s+(?:back|out)\s+)?negative{{End}}"""
        + $$"""|\bi(?:['’]m|\s+am|['’]ve\s+been|\s+have\s+been|\s+was)\s+(?:(?:now|fully|finally|completely|successfully)\s+)*desensiti[sz]ed\s+(?:to|against)\s+(?:my\s+|the\s+)?{{M}}|\bno\s+more\s+reactions?\s+to\s+{{M}}{{End}}"""
        + $$"""|(?:{{M}}\s+allergy|\ballergy\s+to\s+{{M}}|\ballergic\s+to\s+{{M}}){{Be}}\s+(?:an?\s+)?misdiagnos(?:ed|is){{End}}""");

    // In the sentence behind one that speaks of the allergy: the author is not allergic, or it is the allergy that is over. "My cat allergy" and "not allergic to gluten" are others.
    private static readonly Regex OfItCured = Form(
        $$"""\bi(?:['’]m|\s+am|\s+was)\s+(?:(?:actually|really|apparently|now|officially)\s+)*(?:no\s+longer|not|never)\s+(?:actually\s+|really\s+)?allergic(?:\s+to\s+(?:it|them|that|those|any\s+of\s+(?:it|them)))?(?:\s+(?:any\s?more|any\s+longer|after\s+all|at\s+all|now))*{{End}}"""
        + $$"""|\bi(?:['’]ve|\s+have)?\s+(?:(?:finally|now|apparently|simply|just|completely)\s+)*(?:outgrown|outgrew|grown\s+out\s+of|grew\s+out\s+of)\s+(?:it|them|that|(?:the|my|that)\s+allergy)(?:\s+(?:now|completely|at\s+last|finally|over\s+the\s+years))*{{End}}"""
        + $$"""|\bi(?:['’]m|\s+am|['’]ve\s+been|\s+have\s+been|\s+was)\s+(?:(?:now|fully|finally|completely)\s+)*(?:cured\s+of\s+(?:it|that|them|(?:the|my)\s+allergy)|desensiti[sz]ed(?:\s+(?:to|against)\s+(?:it|them|that))?)(?:\s+(?:now|completely|at\s+last|finally))*{{End}}"""
        + $$"""|\btested\s+negative\s+for\s+(?:it|them|that|(?:the|my)\s+allergy){{End}}|\bno\s+(?:such\s+)?allergy\s+(?:after\s+all|any\s?more){{End}}"""
        + $$"""|\b(?:the|my|this|that)\s+(?:whole\s+|supposed\s+)?allergy(?:\s+(?:thing|story|business))?{{Be}}\s+(?:over|gone|cured|history|outgrown|worn\s+off|wore\s+off|went\s+away|gone\s+away|lifted|cleared\s+up|disappeared|vanished|(?:(?:turned\s+out|proved)\s+(?:to\s+be\s+)?)?(?:an?\s+)?(?:false\s+alarm|mistake|misdiagnosis|misdiagnosed))(?:\s+(?:now|completely|at\s+last|after\s+all|by\s+itself|for\s+good))*{{End}}""");

    private static readonly Regex OfLove = Form($$"""\b(?:i|we){{Adverbs}}\s+(?:adore|love|like|enjoy|crave)\s+(?:{{M}}|(?<it>them|those|it))(?=\s*(?:$|[,.;!]|now|these|after\s+all))""");

    private const string Adverbs = """(?:['’]ve|\s+have)?(?:\s+(?:now|actually|really|even|absolutely|just|come\s+to|grown\s+to|learned\s+to|learnt\s+to))*""";

    /// <summary>Whether a sentence says by plain words that what holds is over.</summary>
    /// <param name="held">What holds.</param>
    /// <param name="named">The sentence with a mark where it names the value; null where it does not.</param>
    /// <param name="sentence">The sentence.</param>
    /// <param name="next">The sentence behind it; empty where there is none, or it is of somebody else.</param>
    /// <param name="isOnly">Whether nothing else of the slot holds.</param>
    public static bool IsOver(HeldValue held, string? named, string sentence, string next, bool isOnly) => held.Slot switch
    {
        "allergy" => named is not null && IsCured(named, next),
        "dislikes" => named is not null && IsLiked(held.Value, named, next),
        "never" => HeldEndings.IsAllowed(sentence) && IsMeant(held.Value, sentence),
        "absent" => IsThere(held.Value, sentence, isOnly),
        _ => false,
    };

    private static bool IsCured(string named, string next) =>
        (OfCure.IsMatch(named) && OfMine().IsMatch(named) && !NotYet().IsMatch(named) && !HeldEndings.IsForNow(named))
        || (OfAllergy().IsMatch(named + " " + next) && OfItCured.IsMatch(next) && !HeldEndings.IsForNow(named + " " + next));

    // "I adore them" is of what was named last: nothing else of that number may stand between, and who turns says so.
    private static bool IsLiked(string value, string named, string next)
    {
        if (OfLove.Matches(named).Any(loved => !loved.Groups["it"].Success))
        {
            return true;
        }

        var (tail, isMany) = (named[(named.LastIndexOfAny([HeldMention.Mark, HeldMention.OldMark]) + 1)..] + " " + next, value.EndsWith('s') && !value.EndsWith("ss", StringComparison.Ordinal));
        return OfTurn().IsMatch(named + " " + next)
            && OfLove.Matches(tail).Any(loved => loved.Groups["it"].Value.Equals("it", StringComparison.OrdinalIgnoreCase) != isMany && !(isMany ? Many() : One()).IsMatch(tail[..loved.Index]));
    }

    // The act itself, of the same person, and most of the words of what was forbidden: "ring me before nine" is "call me before nine", "write before nine" is not, and neither is "share the team's calendar" for "share my calendar". "Bring on the voice messages" names no act, and all of the rest.
    private static bool IsMeant(string forbidden, string sentence)
    {
        if (!Times(forbidden).SetEquals(Times(sentence)))
        {
            return false;
        }

        var (asked, said, isBrought) = (Content(forbidden), Content(sentence), BringOn().IsMatch(sentence));
        return (!OfMe().IsMatch(forbidden) || OfMe().IsMatch(sentence) || isBrought) && asked.Count > 0 && asked.Count(said.Contains) * 2 > asked.Count
            && (said.Contains(asked[0]) || (asked.Count > 2 && isBrought && asked.Skip(1).All(said.Contains)));
    }

    // Who is there after all is there on the days that they name; where they name none, on those of the only absence that there is.
    private static bool IsThere(string absence, string sentence, bool isOnly)
    {
        if (!absence.Any(char.IsAsciiDigit) || !OfPresence().IsMatch(sentence))
        {
            return false;
        }

        var days = Numbers(sentence);
        return days.Count > 0 ? days.SetEquals(Numbers(absence)) && Months(sentence).IsSubsetOf(Months(absence)) : isOnly && OfPresenceThen().IsMatch(sentence) && !OfDay().IsMatch(sentence);
    }

    private static HashSet<int> Numbers(string text) => [.. Number().Matches(text).Select(match => int.Parse(match.Groups["n"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture))];

    private static HashSet<string> Months(string text) => [.. Month().Matches(text).Select(match => match.Value.ToUpperInvariant())];

    // "Call me after nine" gives no leave to call before nine.
    private static HashSet<string> Times(string text) => [.. Before().Matches(text).Select(match => match.Value.ToUpperInvariant())];

    private static List<string> Content(string text) => [.. TextAnalyzer.Terms(text).Select(term => term is "ring" or "phone" or "dial" or "telephon" ? "call" : term is "messag" or "sms" ? "text" : term).Where(term => term is not ("me" or "my" or "you" or "your" or "mine")).Distinct()];

    private static Regex Form(string pattern) => new(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(250));

    [GeneratedRegex("""\b(?:i|i['’]m|me|my|we|our|you)\b|allerg""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfMine();

    [GeneratedRegex("""\b(?:not|never|without|yet|still|wait(?:ing)?|soon)\b|n['’]t\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NotYet();

    [GeneratedRegex("""allerg|intoleran|\breact(?:s|ed|ions?)?\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfAllergy();

    [GeneratedRegex("""\b(?:now|these\s+days|nowadays|after\s+all|converts?|converted|changed\s+my\s+mind|used\s+to|comes?\s+(?:to|round|around)|came\s+(?:to|round|around)|grown|grew|learn(?:ed|t)|meanwhile|by\s+now|won\s+me)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfTurn();

    [GeneratedRegex("""\b(?!(?:this|was|is|has|us|its|his|always|yes|perhaps|as|does|says|times|days|weeks|months|years|ages|thanks|sometimes|nowadays|besides)\b)\p{L}{2,}s\b|\band\b[^.;]*\band\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Many();

    [GeneratedRegex("""\b(?:the|an?|my|our|this|that|her|his|their|your|new|some)\s+\p{L}""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex One();

    [GeneratedRegex("""\b(?:before|after|until|till|without|during|outside)\b(?!\s+all\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Before();

    [GeneratedRegex("""\bbring\s+(?:it\s+)?on\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex BringOn();

    [GeneratedRegex("""\b(?:me|my)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfMe();

    [GeneratedRegex("""\b(?:see\s+me|find\s+me|i(?:['’]ll|\s+will|['’]m|\s+am)\s+(?:be\s+)?(?:here|in|around|available|working|at\s+work|at\s+my\s+\w+|in\s+the\s+office))\b[^.;!?]{0,40}\bafter\s+all\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfPresence();

    [GeneratedRegex("""\b(?:see\s+me|find\s+me|i(?:['’]ll|\s+will|['’]m|\s+am)\s+(?:be\s+)?(?:here|in|around|available|working|at\s+work|at\s+my\s+\p{L}+|in\s+the\s+office))(?:\s+(?:at\s+(?:my|our)\s+\p{L}+|in\s+the\s+office|(?:for\s+)?(?:those|these|that|all|the\s+whole)\s+(?:\p{L}+\s+)?(?:days?|weeks?|time)|then|as\s+usual|again))*,?\s+after\s+all\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfPresenceThen();

    [GeneratedRegex("""\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:today|tonight|tomorrow|yesterday|weekends?|morning|afternoon|evening|(?:this|next|last)\s+\p{L}+)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfDay();

    [GeneratedRegex("""(?<![\d:.,\-])(?<n>\d{1,2})(?:st|nd|rd|th)?(?![\d:\p{L}]|\.\d)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Number();

    [GeneratedRegex("""\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Month();
}
