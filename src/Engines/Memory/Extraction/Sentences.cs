using System.Text;
using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>Cuts a message into clauses, and says which of them assert something.</summary>
internal static partial class Sentences
{
    private const int MaxLength = 8_000;
    private const int MaxQuotation = 402;
    private const int MaxClause = 400;

    /// <summary>The clauses of a message that assert something: no questions, no quotations, nothing that is only imagined, wished or heard.</summary>
    /// <param name="own">A message without other people's words: see <see cref="Unquoted"/>.</param>
    public static IEnumerable<string> Asserted(string own) => Sure(own).SelectMany(Clauses).Where(clause => clause.Length <= MaxClause);

    /// <summary>The sentences of a message that assert something, whole.</summary>
    /// <param name="own">A message without other people's words: see <see cref="Unquoted"/>.</param>
    public static IEnumerable<string> Sure(string own)
    {
        foreach (var whole in Split(Aside().Replace(WhenAway().Replace(Unforwarded(own), ""), "")))
        {
            // "Can you answer in German?" asks for something; it does not ask whether it is so.
            var sentence = Request().Replace(whole, "please ", 1);
            sentence = sentence.Length == whole.Length ? whole : sentence.TrimEnd('?', ' ');
            if (!sentence.EndsWith('?') && !Hypothetical().IsMatch(sentence))
            {
                yield return sentence;
            }
        }
    }

    /// <summary>The clauses of a sentence.</summary>
    public static IEnumerable<string> Clauses(string sentence) => Clause().Split(sentence.TrimEnd('.', '!', ' ')).Select(clause => clause.Trim()).Where(clause => clause.Length > 2);

    /// <summary>The author's own sentences, asserted or not: without quotations, code and what is forwarded.</summary>
    public static IEnumerable<string> Own(string text) => Split(Unforwarded(Unquoted(text)));

    /// <summary>
    /// What is read of a message, its first 8,000 characters, without what is not the author's: what stands in quotation marks or behind "&gt;" are other people's words, what stands in code is nobody's. A quotation that ends behind that length is one, too.
    /// </summary>
    public static string Unquoted(string text)
    {
        var (read, end) = (text.Length > MaxLength + MaxQuotation ? text[..(MaxLength + MaxQuotation)] : text, Math.Min(text.Length, MaxLength));
        var (own, at) = (new StringBuilder(), 0);
        for (var quoted = Quoted().Match(read); quoted.Success && quoted.Index < end; quoted = quoted.NextMatch())
        {
            own.Append(read, at, quoted.Index - at).Append(' ');
            at = quoted.Index + quoted.Length;
        }

        return at < end ? own.Append(read, at, end - at).ToString() : own.ToString();
    }

    private static string Unforwarded(string text) => Transcript().Replace(Mail().Replace(text, " "), " ");

    private static IEnumerable<string> Split(string own) => End().Split(own).Select(sentence => sentence.Trim()).Where(sentence => sentence.Length > 0);

    [GeneratedRegex("""```.*?(```|\z)|`[^`]*`|^\s*>.*$|["“„][^"”“]{3,400}["”“]""", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Quoted();

    // "Anna: hi, I work in Berlin", "Forwarded from Anna: …": a line of somebody else's, or all that follows. A first word that leads in is nobody's name.
    [GeneratedRegex("""^[ \t>\-]*(?i:fwd?|forwarded|original\s+message|quoting|from)\b[^:\r\n]{0,60}:(?:[ \t-]*\r?\n[\s\S]*|[ \t].*$)|^[ \t]*(?:\[?\d{1,2}[:.]\d\d\]?[ \t]+)?(?!(?i:update|correction|news|change|changes|note|info|important|hi|hey|hello|fyi|btw|attention|careful|sorry|actually|remember|reminder|also|so|now|yes|no|nope|ok|okay|please|and|but|question|request|ps|well|good|big|small|quick|just|one|my|new)\b)\p{Lu}\p{Ll}+(?:[ \t]\p{Lu}\p{L}+){0,2}:[ \t].*$""", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Transcript();

    // The head of a mail that was pasted: what follows is its sender's.
    [GeneratedRegex("""^[ \t>]*(?:from|von):[ \t]*[^\r\n@]{0,80}@[^\r\n]*\r?\n[\s\S]*""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Mail();

    // "If I'm out, Anna acts for me": that is so today.
    [GeneratedRegex("""\b(?:if|when|whenever|while)\s+i(?:['’]m|\s+am)\s+(?:out|away|ill|sick|absent|on\s+leave|on\s+holiday|not\s+(?:here|in|there)),\s+(?=\p{L}+(?:\s+\p{L}+)?\s+(?:acts|stands\s+in|covers|deputises|fills\s+in)\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex WhenAway();

    // "If you need me, use chat", "I'm on Ubuntu, if that matters": what is said there does not hang on the condition, only the use of it does.
    [GeneratedRegex("""\bif\s+(?:i(?:['’]m|\s+am)\s+not\s+mistaken|i\s+remember\s+(?:correctly|rightly)|you\s+(?:ever\s+)?need\s+(?:me|anything(?:\s+from\s+me)?)|(?:any|some)thing\s+(?:comes\s+up|happens)|there(?:['’]s|\s+is)\s+anything|i\s+(?:can['’]t|cannot)\s+be\s+reached),?\s+(?=\p{L})|,?\s+if\s+(?:(?:that|it)\s+(?:matters|helps|is\s+of\s+use|makes\s+a\s+difference)|you(?:['’]re|\s+are)\s+(?:wondering|interested)|you\s+need\s+to\s+know|(?:any|some)(?:body|one)\s+(?:asks|needs|wants|wonders|is\s+looking)\b[^.!?]{0,60})(?=\s*(?:[.!\r\n]|$))""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Aside();

    // A full stop inside a number, an address or a version ends nothing.
    [GeneratedRegex("""(?<=[.!?])\s+|[\r\n;]+""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex End();

    [GeneratedRegex("""^(?:(?:hi|hey|hello|please|so|and|also|ok|okay|btw|fyi|by\s+the\s+way|good\s+(?:morning|afternoon|evening)|just\s+so\s+you\s+know|[\w ]{3,40}:)[,:]?\s+)*(?:can|could|will|would)\s+(?:you|we)\s+(?:please\s+|maybe\s+|just\s+|always\s+)*(?=(?:answer|reply|respond|write(?=\s+(?:to\s+me|me|in|your)\b)|speak|talk|use|switch|change|continue|go|contact|reach|notify|ping|message|call|keep)\b)(?!.*\b(?:if|when)\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Request();

    // A clause of its own: one with a subject, one that goes on with the subject before it, and a wish. "No nuts, I'm allergic" is one thought.
    [GeneratedRegex(
        """\s*,\s*(?:and|but|so|also|because)\s+|\s+(?:and|but)\s+(?=(?:(?:now|these\s+days|nowadays|currently)\s+)?(?:i|i'm|i’m|my|please|he|she|don't|do not|never)\b|allergic\s+to\b|we(?:\s+both|\s+all)?\s+live\b|(?:now\s+|currently\s+)?(?:work|sit|report|use|live|joined|switched|moved|prefer|became|have)\b|[\p{L}'’\-]+(?:\s+[\p{L}'’\-]+)?\s+is\s+(?:now\s+)?my\b)|\s*(?:—|–| - )\s*|\s*,\s*(?=(?!i['’]m\s+allergic(?:\s+to\s+(?:it|them|that))?\W*$|my\s+(?:\p{L}+\s+){0,2}\p{L}+$)(?:(?:now\s+|these\s+days\s+)?(?:i|i'm|i’m|my)|(?:now|these\s+days|nowadays)\s+(?:it['’]s|it\s+is)|home\s+is|(?:call|address)\s+me|\p{L}+(?:\s+\p{L}+)?\s+(?:covers|stands\s+in|acts|deputises|fills\s+in)\s+for\s+me|give\s+me|please|\p{L}+\s+please|answer|reply|write|use|contact|reach|notify)\b)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Clause();

    [GeneratedRegex(
        """\b(?:if|unless|suppose|supposing|imagine|pretend|assume|let's say|say i|would|could|might|may be|maybe|perhaps|possibly|probably|wish|hope|hoping|considering|thinking (?:about|of)|think(?:ing)? i (?:might|may)|planning to|plan to|want to(?!\s+(?:be\s+(?:contacted|reached|notified|called|told|informed)|speak|talk|write)\b)|wanted to|going to|should i|whether|(?<!,\s)in case|as if|someday|used to think|not sure|wonder|joking|kidding|just an example|for example|e\.g\.|in the story|hypothetically|theoretically)\b""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Hypothetical();
}
