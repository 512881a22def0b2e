using static Steward.Engines.Memory.Extraction.PlainRules;
using static Steward.Engines.Memory.Extraction.StatementRules;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// Families of forms in which people at work say things of themselves, each for all slots whose values are recognised by their form: what was moved from or exchanged for ("I moved from A to B", "I gave up A and took B"), what is somebody's by use ("I book on", "most of my work is in"), what names where one is reached. Groups as in <see cref="StatementRules"/>.
/// </summary>
internal static class OfficeRules
{
    private const string Exchanged = $$"""i(?:['’]ve|\s+have)?{{Now}}\s+(?:swapped|traded|exchanged|replaced|gave\s+up|given\s+up|gave\s+back|given\s+back|handed\s+(?:back|in|over)|returned|left|finished)""";
    private const string For = $$"""(?:for|with|(?:and|then){{Now}}\s+(?:got|took|have|received|joined|am\s+(?:working\s+)?on|was\s+(?:put\s+on|given)))""";
    private const string Moved = $$"""(?:i(?:['’]ve|\s+have)?{{Now}}\s+(?:been\s+)?|they(?:['’]ve|\s+have)?\s+|i\s+was\s+|i\s+got\s+)(?:moved|migrated|transferred|switched|changed|upgraded|taken|shifted|gone|went)(?:\s+me)?""";
    private const string OldSeat = """(?<old>(?=[\p{L}0-9.\-/]*\d)[\p{L}0-9][\p{L}0-9.\-/]{0,11}?)""";
    private const string OldPlace = """(?<old>(?-i:[A-ZÄÖÜ][\p{L}\-]*(?:\s+[A-ZÄÖÜ][\p{L}\-]*)*))""";
    private const string OldProject = """(?<old>(?-i:[A-Z0-9][\p{L}0-9\-]*(?:\s+[A-Z0-9][\p{L}0-9\-]*){0,2}))""";
    private const string OldCode = """(?<old>(?-i:[A-Z]{0,4})-?\d[\d\-]*(?:\s\d{2,6})*)""";
    private const string OldZone = """(?<old>(?-i:[A-Z]{2,4}(?:[+\-]\d{1,2})?|[A-Z]\p{L}+))""";
    private const string OldMeal = """(?<old>vegan|vegetarian|pescatarian|kosher|halal|gluten-free|lactose-free)""";
    private const string NotMore = """(?:\s+(?:any\s?more|any\s+longer|after\s+all|these\s+days))?""";
    private const string Not = """(?:don['’]t|do\s+not|no\s+longer)""";
    private const string Cost = """cost\s+cent(?:re|er)\s+""";
    private const string Zoned = """\s+time(?:\s*zone)?""";
    private const string Mine = """\b(?:me|my|mine)\b""";

    // What is done to somebody or what is theirs, by any verb; "never mind" and "never got my badge" forbid nothing.
    private const string Deed = $"(?<v>(?!(?:mind|again|had|got|saw|went|came|was|were|been|ever|have|did|knew|seen|heard|be|touch\\s+a)\\b|\\p{{L}}+ed\\b)\\p{{L}}+\\b(?=[^,.;:!?]*{Mine})[^,.;:!?]{{1,60}}?)";

    /// <summary>What holds.</summary>
    public static IReadOnlyList<StatementRule> All { get; } =
    [
        // Moved from one to the other, or one taken for the other.
        new("desk", $$"""{{I}}{{Moved}}\s+(?:desks?|seats?),?\s+from\s+(?:desk\s+)?{{OldSeat}}\s+to\s+{{AtSeat}}{{Tail}}"""),
        new("desk", $$"""{{I}}{{Exchanged}}\s+(?:my\s+)?(?:desk|seat)\s+{{OldSeat}}\s+{{For}}\s+{{AtSeat}}{{Tail}}"""),
        new("desk", $$"""{{I}}my\s+(?:desk|seat)\s+(?:has\s+)?changed\s+(?:from\s+{{OldSeat}}\s+)?to\s+{{AtSeat}}{{Tail}}"""),
        new("desk", $$"""{{I}}(?:{{Am}}{{Now}}\s+at\s+(?:desk|seat)\s+|(?:desk|seat)\s+(?={{Seat}}\s+is{{Now}}\s+mine)){{Seat}}(?:\s+is{{Now}}\s+mine)?{{Tail}}""") { Unless = Passing },
        new("desk", $$"""{{I}}[^?]{0,60}?\b(?:to|at)\s+(?:desk|seat)\s+{{Seat}},\s+(?:that['’]s|that\s+is|which\s+is)\s+(?:mine|where\s+i\s+sit){{Tail}}"""),
        new("home", $$"""{{I}}(?:{{Moved}}\s+house|we(?:['’]ve|\s+have)?\s+moved\s+house)\s+(?:from\s+{{OldPlace}}\s+)?to\s+{{Place}}{{Tail}}""") { Unless = "\\b(?:office|site|branch|team|department)\\b" },
        new("home", $$"""{{I}}(?:we(?:\s+both|\s+all)?|i){{Now}}\s+live(?:\s+(?:out|over|down|up))?\s+in\s+{{Place}}{{Tail}}"""),
        new("home", $$"""{{I}}we(?:['’]ve|\s+have)?\s+(?:sold|left|given\s+up)\s+our\s+(?:flat|house|place|apartment)\s+in\s+{{OldPlace}}\s+and{{Now}}\s+live\s+in\s+{{Place}}{{Tail}}"""),
        new("home", $$"""{{I}}(?:i{{Now}}\s+commute(?:\s+in)?\s+from\s+{{Place}}|home\s+is{{Now}}\s+(?:in\s+)?{{Place}}|my\s+home(?:\s+address)?\s+is{{Now}}\s+(?:in\s+)?{{Place}}){{Tail}}"""),
        new("laptop", $$"""{{I}}{{Exchanged}}\s+(?:my\s+|the\s+)(?:old\s+)?(?<old>{{Device}})\s+{{For}}\s+(?:an?\s+|the\s+)(?:new\s+)?(?<v>{{Device}}){{Tail}}"""),
        new("laptop", $$"""{{I}}(?:{{Am}}{{Now}}\s+on|i(?:['’]ve|\s+have){{Now}}\s+got)\s+an?\s+(?:new\s+)?(?<v>{{Device}}){{Tail}}"""),
        new("system", $$"""{{I}}(?:{{Moved}}\s+from\s+(?<old>[^,.;]{2,30}?)\s+to\s+{{Os}}|{{Am}}{{Now}}\s+using\s+{{Os}}|my\s+(?:laptop|computer|machine|pc|notebook){{Now}}\s+has\s+{{Os}}(?:\s+on\s+it)?|my\s+(?:laptop|computer|machine|pc|notebook)\s+(?:was|has\s+been|got)\s+(?:re)?installed(?::|,|\s+with)\s+{{Os}}(?:\s+instead\s+of\s+(?<old>[^,.;]{2,30}?))?){{Tail}}""") { Unless = "\\b(?:using|has)\\s.*" + Passing },
        new("project", $$"""{{I}}(?:{{Moved}}|i\s+was\s+taken\s+off|they\s+took\s+me\s+off)(?:\s+projects?)?\s+(?:from\s+)?(?:the\s+)?(?:project\s+{{OldProject}}|{{OldProject}}\s+project)\s+(?:to|and{{Now}}\s+(?:put|am|work)\s+on)\s+(?:the\s+)?(?:project\s+{{Project}}|{{Project}}\s+project){{Tail}}"""),
        new("project", $$"""{{I}}{{Exchanged}}\s+(?:the\s+)?(?:project\s+)?{{OldProject}}(?:\s+project)?\s+{{For}}\s+(?:the\s+)?(?:project\s+{{Project}}|{{Project}}\s+project){{Tail}}"""),
        new("project", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:joined|spend\s+(?:most|all|half|much|a\s+lot)\s+of\s+my\s+(?:week|time|day|days)\s+on|been\s+(?:assigned\s+to|working\s+on))\s+(?:the\s+)?(?:project\s+{{Project}}|{{Project}}\s+project){{Tail}}"""),
        new("project", $$"""{{I}}{{Am}}{{Now}}\s+assigned\s+to\s+{{Project}}\s+as\s+(?:a|my)\s+project{{Tail}}"""),
        new("team", $$"""{{I}}(?:{{Moved}}\s+from|i(?:['’]ve|\s+have)?{{Now}}\s+left)\s+(?:the\s+)?{{OldDepartment}}(?:\s+(?:team|department))?(?:\s+to|\s+and{{Now}}\s+(?:have\s+)?joined|\s+for)\s+(?:the\s+)?{{Department}}(?:\s+(?:team|department))?{{Tail}}"""),
        new("team", $$"""{{I}}(?:{{Am}}{{Now}}\s+(?:with|in|on|part\s+of|a\s+member\s+of)|i(?:['’]ve|\s+have)?{{Now}}\s+(?:joined|work\s+(?:in|for)|belong\s+to))\s+(?:the\s+)?{{Department}}(?:\s+(?:team|department|group|unit))?(?:,\s+(?:first|second|third)\s+line)?{{Tail}}""") { Unless = Passing + "|\\b(?:with\\s+\\w+\\s+desk)\\b" },
        new("time zone", $$"""{{I}}(?:{{Moved}}\s+from\s+{{OldZone}}(?:{{Zoned}})?\s+to|(?:{{Am}}|i{{Now}}\s+work){{Now}}\s+(?:on|in)|my\s+calendar\s+is{{Now}}\s+(?:in|on|set\s+to))\s+(?:the\s+)?{{NounRules.Zone}}{{Zoned}}{{Tail}}"""),
        new("time zone", $$"""{{I}}(?:change|switch|set|update)\s+my\s+time\s?zone\s+(?:from\s+{{OldZone}}(?:{{Zoned}})?\s+)?to\s+{{NounRules.Zone}}(?:{{Zoned}})?{{Tail}}"""),
        new("cost centre", $$"""{{I}}(?:{{Moved}}\s+from\s+{{Cost}}{{OldCode}}\s+to\s+(?:{{Cost}})?|(?:i{{Now}}\s+(?:book|charge|order)|everything(?:\s+that)?\s+i\s+(?:order|buy|book)\s+goes){{Now}}\s+(?:on|to|against)\s+{{Cost}}){{NounRules.Code}}{{Tail}}""") { Unless = Passing },
        new("cost centre", $$"""{{I}}[^?]{0,60}?\b(?:to|on|against)\s+my\s+cost\s+cent(?:re|er),?\s+{{NounRules.Code}}{{Tail}}"""),
        new("diet", $$"""{{I}}(?:i(?:['’]ve|\s+have)?{{Now}}\s+(?:switched|changed|moved|gone)\s+from\s+(?:an?\s+)?{{OldMeal}}(?:\s+(?:food|diet))?\s+to\s+(?:an?\s+)?{{Meal}}|i{{Now}}\s+(?:keep\s+to|follow|stick\s+to|(?:always\s+)?(?:have|take|need|order))\s+(?:an?\s+|the\s+)?{{Meal}}(?=\s+(?:diet|meals?|food|options?|lunch)))(?:\s+(?:diet|one|food|meals?|options?|lunch))?(?:\s+at\s+[\p{L} ]{3,30})?{{Tail}}""") { Unless = "\\bfor\\s+(?!me\\b)" },

        // Where one is reached, and how.
        new("phone", $$"""{{I}}(?:(?:you\s+(?:can|will)\s+)?(?:always\s+)?(?:reach|call|ring|phone)\s+me(?:\s+back)?\s+(?:on|at|under)|here['’]s\s+my\s+(?:new\s+)?(?:phone\s+|mobile\s+)?number:?|i(?:['’]ve|\s+have)\s+(?:got\s+)?a\s+new\s+(?:phone\s+|mobile\s+)?number:|(?:my\s+)?(?:new\s+)?number:)\s+{{NounRules.Number}}{{Tail}}""") { Unless = Passing },
        new("phone", $$"""{{I}}use\s+{{NounRules.Number}}(?:\s+(?:instead\s+of|rather\s+than|not)\s+(?<old>\+?[0-9][0-9 \-/()]{2,20}[0-9]))?\s+to\s+(?:ring|call|reach|phone|contact)\s+me{{Tail}}"""),
        new("contact", $$"""{{I}}(?:i(?:['’]d)?{{Now}}\s+rather\s+hear\s+from\s+you|reach\s+out\s+to\s+me|get\s+in\s+touch\s+with\s+me)\s+(?:by|via|on|over|through|in)\s+(?<v>{{Channels}}){{Tail}}"""),
        new("contact", $$"""{{I}}(?<v>{{Channels}})\s+is{{Now}}\s+the\s+(?:best|quickest|fastest|easiest|surest)\s+(?:way|channel)\s+(?:to|for)\s+(?:get(?:ting)?\s+hold\s+of|reach(?:ing)?|contact(?:ing)?|get(?:ting)?|catch(?:ing)?|find(?:ing)?)\s+me{{Tail}}"""),
        new("language", $$"""{{I}}(?:always\s+)?(?:use|write|speak)\s+(?:in\s+)?(?<v>{{Languages}})\s+(?:with|to)\s+me{{Tail}}"""),
        new("language", $$"""{{I}}(?:switch|change|go)\s+(?:over\s+)?from\s+(?<old>{{Languages}})\s+to\s+(?<v>{{Languages}}){{Tail}}"""),
        new("style", $$"""{{I}}(?:stick\s+to|(?:always\s+)?(?:answer|reply|respond)(?:\s+to)?(?:\s+me)?\s+(?:with|in|using)|(?:always\s+)?use|i{{Now}}\s+(?:prefer|want|need))\s+{{Manner}}(?:\s+(?:with\s+me|from\s+you|in\s+your\s+(?:replies|answers|messages|mails)|from\s+now\s+on))*(?:\s+instead\s+of\s+(?<old>[^,.;:!?]{2,50}?))?{{Tail}}""") { Demands = Lasting },
        new("style", $$"""{{I}}for\s+me\s+{{Manner}}\s+works?\s+(?:best|better|well)(?:\s+when\s+you\s+(?:explain|answer|reply|write)\b[^,.;:!?]{0,30})?{{Tail}}"""),
        new("style", $$"""{{I}}when\s+you\s+(?:reply|answer|write|respond)(?:\s+to\s+me)?,\s+(?:please\s+)?use\s+{{Manner}}{{Tail}}"""),

        // Whose one is, and what one is called.
        new("manager", $$"""{{I}}{{Person}}{{Now}}\s+(?:signs\s+(?:off\s+)?|approves\s+)my\s+[\p{L} ]{2,30}?\s+as\s+my\s+(?:line\s+)?(?:manager|boss|supervisor){{Tail}}"""),
        new("manager", $$"""{{I}}my\s+(?:line\s+|direct\s+)?(?:manager|boss|supervisor)(?:['’]s|\s+is){{Now}}\s+{{Person}},\s+(?:she|he|they|who)\s.*"""),
        new("name", $$"""{{I}}(?:address\s+me\s+as|i(?:['’]d)?{{Now}}\s+rather\s+be\s+called|(?:most\s+|all\s+)?(?:people|colleagues|everybody|everyone){{Now}}\s+knows?\s+me\s+as|call\s+me)\s+{{Name}}(?:\s+(?:instead\s+of|rather\s+than|not)\s+(?<old>(?-i:[A-Z])[\p{L}\-]+))?{{Tail}}""") { Unless = "\\bme\\s+(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\\b" },
        new("name", $$"""{{I}}{{Am}}\s+{{Name}}\s+from\s+(?-i:[A-Z])[\p{L}& ]{1,30}{{Tail}}"""),

        // What one works with and when.
        new("software", $$"""{{I}}(?:i{{Now}}\s+use\s+{{App}}\s+(?:a\s+lot|all\s+the\s+time|all\s+day|most\s+of\s+the\s+(?:time|day)|every\s+day|daily)|(?:most|all|much)\s+of\s+my\s+work\s+is{{Now}}\s+in\s+{{App}}|i{{Now}}\s+(?:do|write|make|build)\s+my\s+[\p{L}]+\s+(?:in|with)\s+{{App}}|i(?:['’]ve|\s+have)\s+(?:got\s+)?{{App}}\s+installed){{Tail}}""") { Unless = $"\\b(?:{Languages}|{Channels})\\b|{Device}" },
        new("software", $$"""{{I}}i{{Now}}\s+use\s+(?<v>(?-i:[A-Z][\p{L}0-9+#\-]*)\s+and\s+(?-i:[A-Z][\p{L}0-9+#\-]*))\s+(?:a\s+lot|all\s+the\s+time|every\s+day|daily){{Tail}}""") { Unless = $"\\b(?:{Languages}|{Channels})\\b|{Device}" },
        new("hours", $$"""{{I}}{{Am}}{{Now}}\s+(?:in|at\s+work|in\s+the\s+office)\s+{{Hours}}{{Tail}}""") { Unless = Passing },
        new("absent", $$"""{{I}}(?:i(?:['’]ve|\s+have){{Now}}\s+(?:got\s+)?(?:time|days|a\s+day)\s+off|(?:{{Am}}|i\s+will\s+be|i['’]ll\s+be){{Now}}\s+(?:{{Away}}|on\s+(?:\p{L}+\s+)?leave))\s+{{Dates}}(?:\s+(?:because|as|since|for)\b.*|,\s+(?-i:[A-Z]).*)?[.!]*$""") { Unless = "\\b(?:meeting|call|workshop|training)\\b" },
        new("absent", $$"""{{I}}i(?:['’]ve|\s+have)?\s+(?:moved|changed|shifted)\s+my\s+(?:holidays?|leave|vacation|time\s+off)(?:[,:]?\s+it['’]s|\s+to){{Now}}\s+{{Dates}}\s+(?:now\s+)?(?:and\s+)?not\s+(?<old>(?:from|on|in)\s+.{3,30}?)[.!]*$"""),

        // What one likes, may not have and forbids.
        new("likes", $$"""{{I}}(?:i(?:['’]ve|\s+have)\s+always\s+(?:liked|loved|enjoyed)|{{Am}}{{Now}}\s+(?:very|really|quite|so)\s+(?:keen\s+on|fond\s+of|into))\s+{{Liked}}{{Tail}}"""),
        new("dislikes", $$"""{{I}}{{Liked}}\s+(?:annoys?\s+me|gets?\s+on\s+my\s+nerves|drives?\s+me\s+(?:mad|crazy)){{Tail}}""") { Unless = "^(?:he|she|they|what|who|nobody|nothing)\\b" },
        new("allergy", $$"""{{I}}(?<v>[\p{L}\- ]{2,30}?)\s+gives?\s+me\s+an\s+allergic\s+reaction{{Tail}}"""),
        new("allergy", $$"""{{I}}(?:i(?:['’]ve|\s+have)(?:\s+got)?\s+an?\s+(?:\p{L}+\s+)?allergy\s+to|(?:since|from)\s+(?:my\s+)?childhood(?:\s+on)?,?\s+i(?:['’]ve|\s+have)\s+been\s+allergic\s+to)\s+{{Thing}}{{Tail}}"""),
        new("never", $$"""{{I}}(?:never(?:\s+ever)?|(?:don['’]t|do\s+not)\s+ever|you\s+must\s+never|i\s+never\s+want\s+you\s+to|under\s+no\s+circumstances(?:\s+should\s+you)?)\s+{{Deed}}{{Tail}}"""),
        new("never", $$"""{{I}}(?<=whatever\s+happens,\s+)(?:don['’]t|do\s+not)\s+{{Deed}}{{Tail}}"""),
    ];

    /// <summary>What does not hold any more.</summary>
    public static IReadOnlyList<StatementRule> Retractions { get; } =
    [
        new("likes", $$"""{{I}}i\s+(?:don['’]t|do\s+not)\s+(?:like|love|enjoy)\s+{{Liked}}\s+(?:any\s?more|any\s+longer){{Tail}}"""),
        new("dislikes", $$"""{{I}}i\s+(?:don['’]t|do\s+not|no\s+longer)\s+(?:mind|hate|dislike)\s+{{Liked}}{{NotMore}}{{Tail}}"""),
        new("office", $$"""{{I}}i\s+used\s+to\s+(?:be\s+based|be|work|sit)\s+(?:in|at|out\s+of)\s+(?:the\s+)?{{Place}}{{Tail}}""") { Unless = "\\b(?:team|department)\\b" },
        new("home", $$"""{{I}}(?:i(?:['’]ve|\s+have)?|we(?:['’]ve|\s+have)?)\s+moved\s+out\s+of\s+{{Place}}(?:,\s.*|{{Tail}})"""),
        new("desk", $$"""{{I}}(?:i\s+{{Not}}\s+(?:have|use|sit\s+at)|i(?:['’]ve|\s+have)?\s+(?:gave|given)\s+up|{{Am}}\s+(?:not|no\s+longer)\s+at)\s+(?:desk|seat)\s+{{Seat}}{{NotMore}}{{Tail}}"""),
        new("phone", $$"""{{I}}(?:i(?:['’]ve|\s+have)?\s+(?:gave|given)\s+up\s+(?:the\s+number\s+)?|(?:don['’]t|do\s+not)\s+(?:ring|call|use|phone)\s+){{NounRules.Number}}{{NotMore}}{{Tail}}"""),
        new("system", $$"""{{I}}i\s+used\s+to\s+(?:run|use|be\s+on)\s+{{Os}}{{Tail}}"""),
        new("software", $$"""{{I}}i\s+used\s+to\s+(?:use|work\s+with)\s+{{App}}{{Tail}}""") { Unless = $"\\b(?:{Languages}|{Channels})\\b|{Device}" },
        new("software", $$"""{{I}}i(?:['’]ve|\s+have)?\s+(?:stopped\s+using|given\s+up(?:\s+using)?)\s+{{App}}{{NotMore}}{{Tail}}""") { Unless = $"\\b(?:{Languages}|{Channels})\\b|{Device}" },
        new("team", $$"""{{I}}(?:{{Am}}\s+(?:no\s+longer|not)\s+(?:with|in|on|part\s+of)|i\s+{{Not}}\s+(?:work\s+(?:in|for)|belong\s+to)|i(?:['’]ve|\s+have)?\s+left)\s+(?:the\s+)?{{Department}}(?:\s+(?:team|department))?(?:\s+at\s+the\s+end\s+of\s+[\p{L} ]+)?{{NotMore}}{{Tail}}"""),
        new("hours", $$"""{{I}}(?:i\s+{{Not}}\s+work|i\s+used\s+to\s+work)\s+{{Hours}}{{NotMore}}{{Tail}}"""),
        new("time zone", $$"""{{I}}(?:{{Am}}\s+(?:not|no\s+longer)\s+(?:on|in)|i\s+used\s+to\s+be\s+(?:on|in))\s+(?:the\s+)?{{NounRules.Zone}}{{Zoned}}{{NotMore}}{{Tail}}"""),
        new("cost centre", $$"""{{I}}i\s+{{Not}}\s+(?:book|charge)\s+(?:on|to)\s+{{Cost}}{{NounRules.Code}}{{NotMore}}{{Tail}}"""),
        new("absent", $$"""{{I}}(?:{{Am}}\s+(?:not|no\s+longer)|i\s+(?:won['’]t|will\s+not)\s+be)\s+{{Away}}\s+{{Dates}}\s+(?:after\s+all|any\s?more)[.!]*$"""),
        new("diet", $$"""{{I}}(?:i(?:['’]ve|\s+have)?\s+(?:given|gave)\s+up|i\s+used\s+to\s+(?:eat|be|follow|keep\s+to))\s+(?:the\s+|my\s+|an?\s+)?{{Meal}}(?:\s+(?:diet|food))?{{NotMore}}{{Tail}}"""),
        new("role", $$"""{{I}}(?:i(?:['’]ve|\s+have)?\s+stopped\s+working|i\s+{{Not}}\s+work|i\s+used\s+to\s+work)\s+as\s+(?:an?\s+|the\s+)?{{Job}}{{NotMore}}{{Tail}}"""),
        new("language", $$"""{{I}}(?:stop\s+(?:answering|writing|replying|talking|speaking)(?:\s+to)?(?:\s+me)?\s+in|i\s+{{Not}}\s+want\s+(?:answers|replies)\s+in)\s+(?<v>{{Languages}}){{NotMore}}{{Tail}}"""),
        new("contact", $$"""{{I}}(?:you\s+(?:needn['’]t|don['’]t\s+(?:have|need)\s+to)\s+(?:contact|reach|ring|notify)\s+me|i\s+{{Not}}\s+want\s+to\s+be\s+(?:contacted|reached))\s+(?:by|via|on|over)\s+(?<v>{{Channels}}){{NotMore}}{{Tail}}"""),
        new("contact", $$"""{{I}}(?<v>{{Channels}})\s+is\s+(?:not|no\s+longer)\s+the\s+(?:best|quickest|easiest)\s+(?:way|channel)\s+to\s+(?:reach|contact|get\s+hold\s+of)\s+me{{NotMore}}{{Tail}}"""),
        new("style", $$"""{{I}}(?:(?:you\s+can\s+)?stop\s+(?:answering|replying|writing)\s+(?:with|in)|no\s+more|no|i\s+{{Not}}\s+(?:want|need|like))\s+{{Manner}}{{NotMore}}{{Tail}}"""),
        new("deputy", $$"""{{I}}{{Person}}\s+can['’]t\s+(?:do\s+it|cover\s+for\s+me|stand\s+in)\s+any\s?more{{Tail}}"""),
    ];
}
