using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// Brings what people write to the plain words that forms are made of, whatever slot it is about: hasty spellings, politeness, what announces that something is about to be said, emphasis, and verbs that mean the same. Says nothing that the text does not say.
/// </summary>
internal static partial class Wording
{
    private static readonly Dictionary<string, string> Short = new(StringComparer.OrdinalIgnoreCase)
    {
        ["pls"] = "please", ["plz"] = "please", ["luv"] = "love", ["gonna"] = "going to", ["rn"] = "right now", ["ppl"] = "people", ["kinda"] = "", ["sorta"] = "",
    };

    /// <summary>The same in plain words.</summary>
    public static string Plain(string text)
    {
        var plain = Hasty().Replace(text, match => $"{match.Groups["a"].Value}'{match.Groups["b"].Value}");
        plain = Abbreviated().Replace(plain, match => Short[match.Value]);
        plain = Interjection().Replace(plain, "");
        plain = Question().Replace(plain, match => Asked().IsMatch(match.Value) || Informed().IsMatch(match.Value) ? match.Value[..^1] + "." : match.Value);
        plain = Asked().Replace(plain, "please ");
        plain = Wanted().Replace(plain, "please reply in ");
        plain = Informed().Replace(plain, "");
        plain = Hedged().Replace(plain, "");
        plain = Emphatic().Replace(plain, "$1 ");
        plain = Grown().Replace(plain, "I now ");
        plain = Since().Replace(plain, " ");
        plain = AndThat().Replace(plain, "and ");
        plain = ThatWouldBe().Replace(plain, "that is ");
        plain = Dumped().Replace(plain, "stopped using ");
        return Became().Replace(plain, " is now ");
    }

    /// <summary>A sentence without a subject has the author as its subject: "switched to Slack", "now based in Porto".</summary>
    public static string WithSubject(string clause) =>
        Bare().IsMatch(clause) ? "I " + Lower(clause) : BareState().IsMatch(clause) ? "I'm " + Lower(clause) : clause;

    private static string Lower(string clause) => char.ToLowerInvariant(clause[0]) + clause[1..];

    // "im", "ive", "dont": how it is written in a hurry.
    [GeneratedRegex("""\b(?<a>i)(?<b>m|ve)\b|\b(?<a>don|doesn|didn|isn|aren|wasn|won|can|couldn|needn)(?<b>t)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Hasty();

    [GeneratedRegex("""\b(?:pls|plz|luv|gonna|rn|ppl|kinda|sorta)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Abbreviated();

    [GeneratedRegex("""(?<=^|[.!?]\s+|\n)(?:(?:so\s+yeah|yeah|yep|lol|haha|ugh|woohoo|yay|hooray|hmm|damn|gosh|well\s+well|guess\s+what|you\s+know\s+what|ta-?da|finally)\b[,.!]*\s+)+(?=\S)""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Interjection();

    // "I'd be grateful if you could call me Max", "would you be so kind as to answer in German", "I would ask you to use chat": a wish in a wrapping.
    [GeneratedRegex("""(?<=^|[.!?,]\s+|\n|\b(?:but|and|so)\s+)(?:(?:i|we)(?:['’]d|\s+would|\s+should)?\s+(?:(?:now|also|really|kindly)\s+)*(?:ask|like|want|need|request|appreciate(?:\s+it)?|be\s+(?:grateful|thankful|glad|happy|obliged|pleased))\s+(?:you\s+to|(?<v>if\s+you\s+(?:could|would|can|will)))|it\s+would\s+be\s+(?:\w+\s+){0,2}(?:appreciated|good|great|nice|kind|helpful|lovely)\s+(?<v>if\s+you\s+(?:could|would))|(?:would|could)\s+you\s+(?:be\s+so\s+(?:kind|good)\s+as\s+to|mind\s+to)|(?:do\s+me\s+a\s+favou?r\s+and|be\s+so\s+kind\s+as\s+to|be\s+a\s+dear\s+and|kindly))\s+(?:please\s+)?(?=(?:answer|reply|respond|write|speak|talk|use|switch|change|contact|reach|notify|ping|message|call|address|keep|stop|never|always)\b)""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Asked();

    // "Would you be so kind as to …?" does not ask whether it is so.
    [GeneratedRegex("""(?<=^|[.!?]\s+|\n)(?:may\s+i|would\s+you|could\s+you|would\s+it\s+be)\b[^.!?\r\n]*\?""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Question();

    [GeneratedRegex("""\band\s+that\s+(?=(?:i|my)\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex AndThat();

    [GeneratedRegex("""(?<=^|[.!]\s+|\n)that\s+(?:would|should)\s+be\s+(?=(?-i:\p{Lu}|\d|\+))""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ThatWouldBe();

    [GeneratedRegex("""(?<=^|[.!,]\s+|\n|\bi(?:['’]ve|\s+have)?\s+)(?:dumped|ditched|binned|abandoned)\s+(?=(?-i:\p{Lu}))""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Dumped();

    // "I'd be glad if your answers were in Italian."
    [GeneratedRegex("""(?<=^|[.!?,]\s+|\n)i(?:['’]d|\s+would|\s+should)\s+(?:(?:also|really)\s+)?(?:be\s+(?:grateful|thankful|glad|happy|pleased)|appreciate\s+it|prefer\s+it|like\s+it)\s+if\s+(?:your|the|all)\s+(?:answers|replies|responses|messages)\s+(?:were|came|could\s+be|would\s+be)\s+(?:written\s+)?in\s+""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Wanted();

    // "They've since made me …": when, in the middle of the verb.
    [GeneratedRegex("""(?<=\b(?:have|has)|['’]ve|['’]s)\s+(?:since|meanwhile|in\s+the\s+meantime|finally|at\s+last)\s+(?=(?:made|put|given|taken|moved|become|been|got|\p{L}+ed)\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Since();

    // "I should like to inform you that", "be advised that", "may I point out that", "I hereby confirm that": what follows is said all the same.
    [GeneratedRegex("""(?<=^|[.!?,]\s+|\n)(?:(?:(?:i|we)\s+(?:(?:would|should|must|have\s+to|want\s+to|wish\s+to|hereby|also|just|only|regret\s+to|am\s+(?:happy|glad|pleased|sorry|sad)\s+to|like\s+to|can|may)\s+)*|may\s+i\s+(?:just\s+)?|let\s+me\s+(?:just\s+)?)(?:inform|tell|advise|say|confirm|note|add|point\s+out|mention|remind|announce|report|state|declare|admit|bring\s+to\s+your\s+attention|let\s+you\s+know)(?:\s+(?:to\s+)?you)?\s+that|(?:please|kindly)\s+(?:be\s+(?:advised|informed|aware)|take\s+note|bear\s+in\s+mind|be\s+reminded)(?:\s+that)?|be\s+(?:advised|informed|aware)\s+that)\s+(?!(?:he|she|they|the|it|there|you)\b)""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Informed();

    // Said less surely, and said. What is "think" in front of "about" or "might" is none.
    [GeneratedRegex("""(?<=^|[.!?,]\s+|\n)(?:i\s+(?:believe|guess|suppose|reckon|gather|trust|understand)(?:\s+that)?,?|as\s+far\s+as\s+i\s+(?:know|can\s+tell|remember),?|to\s+(?:my|the\s+best\s+of\s+my)\s+knowledge,?|technically,?|officially,?|strictly\s+speaking,?|in\s+(?:actual\s+)?fact,?|as\s+it\s+happens,?|as\s+a\s+matter\s+of\s+fact,?|on\s+(?:second\s+thoughts?|reflection),?|come\s+to\s+think\s+of\s+it,?)\s+(?=(?:i|i['’]m|my|please|keep|answer|call|use|contact|write)\b)""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Hedged();

    [GeneratedRegex("""\b(i)\s+do\s+(?=(?:like|love|enjoy|prefer|hate|dislike|work|use|live|report|want|sit)\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Emphatic();

    // "I've come to prefer chat", "I've grown fond of", "I've started to like".
    [GeneratedRegex("""\bi(?<have>['’]ve|\s+have)?\s+(?:come|grown|learnt|learned|started|begun|got\s+used)\s+to\s+(?=(?:like|love|enjoy|prefer|hate|dislike)\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Grown();

    [GeneratedRegex("""(?<=\bmy\s+[\p{L} ]{2,30}?)\s+(?:has|have)\s+(?:now\s+|since\s+|just\s+|recently\s+)?become\s+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Became();

    [GeneratedRegex("""^(?:(?:now|recently|just|finally|already)\s+)?(?:switched|changed|moved|relocated|transferred|joined|dumped|ditched|dropped|swapped|traded|upgraded|stopped|started|left|got|gave\s+up|quit)\s+(?:to|from|from|over|the|my|an?|using|as|working|writing|(?-i:[A-Z]))""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Bare();

    [GeneratedRegex("""^(?:now|currently|still|presently)\s+(?:based|working|living|sitting|running|using|on|in|at|with)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex BareState();
}
