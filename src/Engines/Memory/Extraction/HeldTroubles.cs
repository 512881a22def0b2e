using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// Sentences that have a word of an ending and end nothing: what does not work and is to be put right, what went away with an update, what is taken off a list or out of a tool, and people who are gone until tomorrow. They are what a service desk hears all day.
/// </summary>
internal static partial class HeldTroubles
{
    /// <summary>Whether a sentence speaks of something that fails, that is set up again, or that stands in some list, tool or call.</summary>
    /// <param name="slot">The slot of what is marked.</param>
    /// <param name="marked">The sentence, in which what holds may be marked.</param>
    public static bool IsTrouble(string slot, string marked) =>
        Repair().IsMatch(marked)
        || Failing().IsMatch(marked)
        || Elsewhere().IsMatch(marked)
        || Today().IsMatch(marked)
        || (slot is not "system" && Updated().IsMatch(marked))
        || (slot is "office" or "home" or "desk" or "manager" or "deputy" or "team" or "phone" && Finished().IsMatch(marked))
        || (slot == "likes" && Used().IsMatch(marked))
        || (slot == "contact" && Traffic().IsMatch(marked))
        || (slot == "time zone" && Shown().IsMatch(marked))
        || (slot is not ("likes" or "dislikes" or "diet" or "style" or "name") && Sentiment().IsMatch(marked));

    /// <summary>Whether a sentence about somebody says that they are not there for the moment.</summary>
    /// <param name="marked">The sentence.</param>
    public static bool IsPassing(string marked) => AwayForNow().IsMatch(marked) && !ForGood().IsMatch(marked);

    [GeneratedRegex("""\b(?:re-?start\w*|re-?boot\w*|re-?open\w*|(?:opened|started|installed|switched|turned)\s+(?:it|them)\s+(?:up\s+|on\s+)?again|put\s+(?:it|them)\s+back\b(?!\s+in\b)|please\s+(?:install|repair|renew|fix|unblock|unlock|restore|reactivate|enable|have\s+a\s+look|look\s+into|help)|error\s+messages?|an?\s+error|under\s+warranty|(?:is|are|stays?|remains?|with)\s+(?:still\s+)?the\s+same|up\s+and\s+running|loaner|left\s+[^.;]{1,30}\s+to\s+(?:get|grab|fetch|pick|have|take)|left\s+[\uE000\uE001]\s+(?:because\s+of\s+the|in\s+a\s+(?:hurry|rush)|after\s+(?:lunch|work|breakfast|the)|when\s+the)|on\s+(?:this|that)\s+(?:machine|pc|computer)|(?:no|any)\s+\S{1,30}\s+on\s+my\s+new\s+\w+)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Repair();

    [GeneratedRegex("""[\uE000\uE001]\s+(?:(?:does|do|did|will|is|are|has)(?:n['’]t|\s+not|\s+no\s+longer)|won['’]t|can['’]t|cannot|no\s+longer)\s+(?:\p{Ll}+\s+)?(?:open|opens|start|starts|load|loads|launch|respond|boot|boots|print|connect|sync|save|show|shows|appear|appears|react|have\s+access|get|gets|receive|receives|see|find|log|listed|visible|reachable|accessible|responding|loading|opening|starting|answering|supported|charging|charge|ring|rings|run(?!\s+(?:us|the|our|my|this)\b)|working(?!\s+(?:here|for|with|in|at|on|as|under)\b)|available(?!\s+(?:as|for)\b))\b|[\uE000\uE001]\s+(?:is|was|has\s+been|got)\s+(?:locked|blocked|disconnected|cut\s+off|logged\s+out)\b(?!\s+for\s+good)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Failing();

    // "Gone from the address book", "removed from the distribution list", "replaced in the form".
    [GeneratedRegex("""[\uE000\uE001][^.;]{0,40}?\b(?:from|off|in|on|out\s+of|to|at)\s+(?:the|my|our|this|that|an?|all)\s+(?:[\p{L}\-]+\s+){0,2}?(?:lists?|drop-?down|booking\s+tool|calendar|address\s+book|agenda|forms?|panel|invite|invitation|thread|folder|share|channel|chat|spreadsheet|sheet|directory|intranet|queue|call|export|import|portal|dashboard|org\s+chart|overview|slides?|template|settings|options|documents?|report|page)\b|[\uE000\uE001](?:\s+\p{Ll}+){0,2}?\s+in\s+(?-i:Teams|SharePoint|Outlook|Slack|SAP|Jira|Confluence|AD|Active\s+Directory|Entra|Intune|Workday|ServiceNow|Salesforce)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Elsewhere();

    [GeneratedRegex("""\b(?:since|after)\s+(?:the|an?|this|that|yesterday['’]s|today['’]s|last\s+\w+['’]s)\s+(?:[\p{L}\d.\-]+\s+){0,2}?(?:updates?|upgrade|patch|reboot|restore|reset)\b|\bre-?install\w*""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Updated();

    [GeneratedRegex("""(?:\b(?:not|else)|n['’]t)\b[^.;]{0,40}(?<!\b(?:as\s+of|from|since|starting)\s)\btoday\b(?!\s+on)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Today();

    [GeneratedRegex("""[\uE000\uE001](?:\s+(?:is|are|was|has|have|been|now|already|all))*\s+(?:done|finished|completed|complete)\b|\b(?:finished|completed|cancell?ed)\s+[\uE000\uE001]""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Finished();

    [GeneratedRegex("""\b(?:finished|completed|cancell?ed|returned|sold)\s+[\uE000\uE001]""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Used();

    [GeneratedRegex("""[\uE000\uE001]\s+(?:from(?!\s+(?:now|today|here)\b)|to\s+(?!me\b)|about|with|floods?|arrives?|comes|came|on\s+(?:weekends|my|the)|at\s+(?:night|weekends))\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Traffic();

    [GeneratedRegex("""\b(?:outlook|shows?|shown|showing|displays?|displayed|see|server|logs?|timestamps?|settings?)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Shown();

    [GeneratedRegex("""\b(?:fed\s+up|tired|sick|bored)\s+(?:with|of)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Sentiment();

    [GeneratedRegex("""\b(?:lunch|train|flight|taxi|airport|station|went\s+home|dentist|tonight|this\s+(?:morning|afternoon|evening)|at\s+(?:noon|\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|half)|tomorrow|(?:gone|left)\s+already|already\s+(?:gone|left)|(?:an?\s+(?:hour|minute)|\w+\s+(?:hours|minutes))\s+ago|(?:message|note|voicemail)s?|(?:is|are|was|were|am|['’]s)\s+(?:out\s+|off\s+|home\s+)?(?:sick|ill|unwell)|on\s+(?:holidays?|vacation)|(?:ask|try|call)\s+(?:her|him|them)\s+(?:again|later|on))\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex AwayForNow();

    [GeneratedRegex("""\b(?:quit|resign\p{L}*|retire\p{L}*|company|firm|fired|sacked|redundant|successor|replac\p{L}*|took\s+over|taken\s+over|takes\s+over|stepped\s+down|new\s+(?:boss|manager|job|lead))\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ForGood();
}
