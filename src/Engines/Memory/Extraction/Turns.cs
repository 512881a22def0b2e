using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// How people take back or replace what they have said, whatever it was: "I used to …", "I no longer …", "I stopped …ing" say of any form that it does not hold any more; "I mean …", "make that …", "correction: …" give the last thing another value.
/// </summary>
internal static partial class Turns
{
    /// <summary>The clause that no longer holds, when a clause only says that something does not; null for another one.</summary>
    public static string? Base(string clause)
    {
        var match = NoLonger().Match(clause);
        if (match.Success)
        {
            return "I " + Verb(match.Groups["v"].Value) + match.Groups["rest"].Value;
        }

        match = Stopped().Match(clause);
        return match.Success && Stem(match.Groups["v"].Value) is { } verb ? $"I {verb}{match.Groups["rest"].Value}" : null;
    }

    /// <summary>The words that a clause puts in the place of the last value; null when it does not.</summary>
    public static string? Instead(string clause) => Repair().Match(clause) is { Success: true } repair ? repair.Groups["v"].Value.Trim() : null;

    /// <summary>The words that a message of its own puts in the place of the last value: "actually it's 2.209", "no, 8 to 4"; null when it does not.</summary>
    public static string? Again(string clause) => Anew().Match(clause) is { Success: true } anew ? anew.Groups["v"].Value.Trim() : null;

    /// <summary>What is said farewell to, a device, a system or a tool, and what is said before it; null where nothing is.</summary>
    public static (string Gone, string Before)? Farewell(string clause) => Bye().Match(clause) is { Success: true } bye ? (bye.Groups["v"].Value.Trim(), clause[..bye.Index].Trim(' ', ',')) : null;

    /// <summary>What a clause takes back by its name only: "disregard the number that I gave you"; null where it does not.</summary>
    public static string? Discarded(string clause) => Discards().Match(clause) is { Success: true } discards ? discards.Groups["n"].Value : null;

    private static string Verb(string verb) => verb.Equals("be", StringComparison.OrdinalIgnoreCase) ? "am" : verb;

    private static string? Stem(string verb) => verb.ToLowerInvariant() switch
    {
        "using" => "use",
        "working" => "work",
        "living" => "live",
        "liking" => "like",
        "loving" => "love",
        "enjoying" => "enjoy",
        "preferring" => "prefer",
        "reporting" => "report",
        "sitting" => "sit",
        "running" => "run",
        "being" => "am",
        "commuting" => "commute",
        "booking" => "book",
        _ => null,
    };

    [GeneratedRegex("""^(?:(?:so|and|but|well)\s+)*i\s+(?:(?:no\s+longer|used\s+to)\s+(?<v>\p{L}+)(?<rest>\s[^,;:]+?)(?:\s+any\s?more|\s+any\s+longer)?|(?:don['’]t|do\s+not)\s+(?<v>\p{L}+)(?<rest>\s[^,;:]+?)\s+(?:any\s?more|any\s+longer))[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NoLonger();

    [GeneratedRegex("""^(?:(?:so|and|but|well)\s+)*i(?:['’]ve|\s+have)?\s+(?:stopped|quit|ceased|given\s+up|gave\s+up|finished|(?:am|['’]m)\s+(?:done|through|finished)(?:\s+with)?|dumped|ditched|dropped)\s+(?<v>\p{L}+ing)(?<rest>\s[^,;:]+?)(?:\s+any\s?more|\s+altogether|\s+for\s+good)?[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Stopped();

    [GeneratedRegex("""^(?:(?:oops|sorry|wait|no|hmm|well|uh|er|argh|damn)[,.!]*\s+)*(?:i\s+(?:mean|meant)|make\s+that|or\s+rather(?:,?\s+make\s+that)?|rather|correction|typo|transposed|scratch\s+that|no,?\s+wait|that\s+(?:would|should)\s+be|that\s+is\s+now|(?:the\s+)?(?:right|correct|new|current)\s+(?:one|number|name|value|address)\s+is|should\s+(?:have\s+been|be|read)|better|it\s+should\s+be)[:,]?\s+(?:it['’]s\s+|it\s+is\s+|now\s+|to\s+)?(?<v>[^,;:!?]{1,60}?)[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Repair();

    [GeneratedRegex("""^(?:(?:sorry|wait|no|hmm|well|oops|ah|oh)[,.!:]*\s+)*(?:actually|sorry|no|nope|wait|well|oops|rather|not\s+quite)[,:]*\s+(?:(?:it['’]s|it\s+is|that['’]s|they['’]re|he['’]s|she['’]s)\s+)?(?:now\s+|to\s+)?(?<v>[^,;:!?]{1,60}?)[.!]*$|^(?:it['’]s|it\s+is)\s+(?<v>[^,;:!?]{1,60}?)\s+(?:now|actually|after\s+all)[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Anew();

    [GeneratedRegex("""^(?:please\s+)?(?:disregard|ignore|forget|scratch|discard|(?:don['’]t|do\s+not)\s+use)\s+(?:the|my|that)\s+(?:old\s+|last\s+|wrong\s+)?(?<n>[\p{L}\- ]{2,30}?)(?:\s+(?:that\s+)?i\s+(?:gave|told|sent)\s+you\b.*|\s+(?:above|before|from\s+before))?[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Discards();

    [GeneratedRegex("""\b(?:bye(?:[ -]bye)?|goodbye|farewell|so\s+long|adieu)(?:\s+to)?,?\s+(?:my\s+|the\s+)?(?:old\s+)?(?<v>[^,;:!?]{2,40}?)[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Bye();
}
