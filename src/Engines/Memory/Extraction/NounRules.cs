using static Steward.Engines.Memory.Extraction.StatementRules;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// The forms that are the same for everything one has: "my X is", "is my X", "my X changed from … to", "took over as my X", "was replaced by", "I have a new X". Made for each slot from the words that it is called by and the form of its values. Groups as in <see cref="StatementRules"/>.
/// </summary>
internal static class NounRules
{
    private const string Team = """(?<v>[\p{L}0-9&\-]+(?:\s+(?!(?:now|today|instead|currently|here|please)\b)[\p{L}0-9&\-]+)?)""";
    private const string Job = """(?<v>[\p{L}][^,.;:!?()]{1,50}?)""";
    private const string Old = """(?:from\s+)?(?:an?\s+|the\s+|my\s+)?(?<old>(?:[^,.;:!?]|[.:](?=\d)){2,50}?)""";
    private const string They = """(?:they(?:['’]ve|\s+have)?|(?:the\s+)?(?:company|management|HR|IT|help\s?desk|service\s+desk)(?:\s+has)?|my\s+(?:boss|manager)(?:\s+has)?)""";
    private const string Was = """i(?:\s+(?:was|have\s+been|got|am\s+being|am)|['’](?:ve\s+been|m\s+being|m))""";
    private const string Has = """(?:has\s+|have\s+|['’]s\s+|['’]ve\s+)?""";
    private const string Moved = """(?:moved|relocated|transferred|reassigned|assigned|posted|seconded|placed|put)""";
    private const string New = """(?:new\s+|current\s+|present\s+|own\s+|work\s+|line\s+|direct\s+|main\s+|preferred\s+|working\s+|favou?rite\s+)*""";
    private const string End = """(?:\s+(?:team|department|group|unit|office|branch|site|campus|plant|building))?""";

    internal const string Number = """(?<v>\+?[0-9][0-9 \-/()]{2,20}[0-9])""";
    internal const string Code = """(?<v>(?=[\p{L}0-9\- ]*\d)(?-i:[A-Z]{0,4})[\-]?\d[\d\-]*(?:\s\d{2,6})*)""";
    internal const string Zone = """(?<v>(?!(?:The|My|It|Summer|Winter|Free|Part|Full|Company|Work)\b)(?-i:[A-Z]{2,4}(?:[+\-]\d{1,2}(?::\d\d)?)?|[A-Z]\p{L}+(?:/[A-Z][\p{L}_]+|\s+(?:European|Standard|Daylight))?))""";

    /// <summary>What the slots are called.</summary>
    public static IReadOnlyDictionary<string, string> Names { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["office"] = """office|workplace|place\s+of\s+work|work\s+location|location|base|site""",
        ["manager"] = """manager|boss|supervisor|team\s+lead(?:er)?|superior|line\s+manager""",
        ["deputy"] = """deputy|stand-in|substitute|backup""",
        ["team"] = """team|department|group|unit""",
        ["role"] = """role|job|title|job\s+title|position|profession|occupation""",
        ["laptop"] = """laptop|notebook|computer|machine|device|pc|work\s+device""",
        ["language"] = """(?:preferred\s+)?language""",
        ["contact"] = """(?:preferred|favou?rite|main)\s+(?:channel|contact|contact\s+channel|way\s+(?:of\s+contact|to\s+be\s+(?:reached|contacted)))""",
        ["desk"] = """(?:desk|seat)(?:\s+number)?""",
        ["phone"] = """(?:(?:phone|mobile|cell|telephone|office|desk|direct)\s+)*(?:number|line|extension|mobile|phone)""",
        ["hours"] = """(?:(?:working|office)\s+)?hours|shift|working\s+(?:time|day)""",
        ["time zone"] = """time\s?zone""",
        ["cost centre"] = """cost\s+cent(?:re|er)(?:\s+(?:number|code))?""",
        ["system"] = """operating\s+system|OS""",
        ["home"] = """home(?:\s+(?:address|town))?""",
        ["diet"] = """diet""",
        ["project"] = """project""",
        ["name"] = """nickname|preferred\s+name""",
    };

    private static readonly (string Slot, string Value)[] Values =
    [
        ("office", Place), ("manager", Person), ("deputy", Person), ("team", $"(?:the\\s+)?{Team}{End}"), ("role", $"(?:an?\\s+|the\\s+)?{Job}"), ("laptop", $"(?:an?\\s+|the\\s+)?(?:new\\s+)?(?<v>{Device})"),
        ("language", $"(?<v>{Languages})"), ("contact", $"(?<v>{Channels})"),
        ("desk", PlainRules.AtSeat), ("phone", Number), ("hours", PlainRules.Hours), ("time zone", $"{Zone}(?:\\s+time(?:\\s+zone)?)?"), ("cost centre", $"(?:cost\\s+cent(?:re|er)\\s+)?{Code}"), ("system", PlainRules.Os), ("home", Place), ("diet", $"{PlainRules.Meal}(?:\\s+(?:food|one|diet))?"),
        ("project", $"(?:project\\s+)?{PlainRules.Project}"), ("name", PlainRules.Name),
    ];

    /// <summary>What holds.</summary>
    public static IReadOnlyList<StatementRule> All { get; } = [.. Values.SelectMany(slot => Of(slot.Slot, Names[slot.Slot], slot.Value)), .. Special()];

    /// <summary>What does not hold any more.</summary>
    public static IReadOnlyList<StatementRule> Retractions { get; } =
    [
        .. Values.Select(slot => new StatementRule(slot.Slot, $$"""{{I}}(?:the\s+)?{{slot.Value}}\s+is(?:\s+no\s+longer|n['’]t|\s+not)\s+my\s+{{New}}(?:{{Names[slot.Slot]}})(?:\s+any\s?more)?{{Tail}}""")),
        .. Values.Select(slot => new StatementRule(slot.Slot, $$"""{{I}}my\s+{{New}}(?:{{Names[slot.Slot]}})\s+(?:is\s+no\s+longer|isn['’]t|is\s+not|aren['’]t|are\s+not|are\s+no\s+longer)\s+(?:the\s+|in\s+)?{{slot.Value}}(?:\s+(?:any\s?more|any\s+longer)){{Tail}}""")),
        new("role", $$"""{{I}}(?:{{Am}}\s+(?:no\s+longer|not)|i\s+(?:have\s+)?stopped\s+being|i['’]ve\s+stopped\s+being)\s+(?:an?|the)\s+{{Job}}(?:\s+any\s?more)?{{Tail}}""") { Unless = "\\b(?:fan|friend|expert\\s+in|problem)\\b" },
        new("laptop", $$"""{{I}}i(?:['’]ve|\s+have)?\s+(?:returned|handed\s+(?:in|back)|gave\s+back|given\s+back|turned\s+in)\s+(?:the\s+|my\s+)(?:old\s+)?(?<v>{{Device}}){{Tail}}"""),
        new("laptop", $$"""{{I}}i\s+(?:don['’]t|do\s+not|no\s+longer)\s+(?:use|have|own|work\s+(?:on|with))\s+(?:the\s+|my\s+|an?\s+)?(?<v>{{Device}})(?:\s+any\s?more)?{{Tail}}"""),
        new("team", $$"""{{I}}(?:{{Am}}|i)\s+(?:not|no\s+longer)\s+(?:in|on|with|part\s+of|a\s+member\s+of)\s+(?:the\s+)?{{Team}}\s+(?:team|department|group|unit)(?:\s+any\s?more)?{{Tail}}"""),
        new("office", $$"""{{I}}i(?:['’]ve|\s+have)?\s+left\s+(?:the\s+)?{{Place}}\s+(?:office|site|branch|campus|plant){{Tail}}"""),
        new("office", $$"""{{I}}(?:i\s+(?:don['’]t|do\s+not|no\s+longer)\s+(?:work|sit)|{{Am}}\s+(?:no\s+longer|not)(?:\s+(?:based|working|located|sitting))?)\s+(?:in|at|out\s+of)\s+(?:the\s+)?{{Place}}(?:\s+any\s?more)?{{Tail}}""") { Unless = "\\b(?:team|department|group|meeting|today|tomorrow|this\\s+week)\\b" },
        new("manager", $$"""{{I}}(?:i\s+(?:don['’]t|do\s+not|no\s+longer)\s+(?:report\s+to|work\s+for)|{{Am}}\s+no\s+longer\s+managed\s+by)\s+{{Person}}(?:\s+any\s?more)?{{Tail}}"""),
        new("language", $$"""{{I}}i(?:\s+(?:don['’]t|do\s+not|no\s+longer)\s+(?:want|speak|read|understand|need)|['’]m\s+done\s+with)\s+(?<v>{{Languages}})(?:\s+any\s?more)?{{Tail}}"""),
        new("contact", $$"""{{I}}(?:i\s+(?:don['’]t|do\s+not|no\s+longer)\s+(?:want|read|check|use|need|look\s+at)|stop\s+using|(?:you\s+can\s+)?drop(?:\s+the)?)\s+(?:my\s+)?(?<v>{{Channels}})(?:\s+any\s?more)?{{Tail}}"""),
        new("language", $$"""{{I}}(?:(?:you\s+can\s+)?drop\s+(?:the\s+)?|no\s+more\s+|(?:stop|quit)\s+(?:writing|answering|replying|talking|speaking)\s+(?:to\s+me\s+)?in\s+)(?<v>{{Languages}}){{Tail}}"""),
        new("contact", $$"""{{I}}(?:no\s+more\s+|(?:stop|quit)\s+(?:contacting|reaching|notifying|messaging|pinging)\s+me\s+(?:by|via|on|through|over)\s+)(?<v>{{Channels}}){{Tail}}"""),
        new("allergy", $$"""{{I}}(?:my\s+allergy\s+to\s+{{Thing}}\s+(?:is|has)\s+(?:gone|over)|i\s+(?:don['’]t|do\s+not|no\s+longer)\s+have\s+(?:an|my)\s+allergy\s+to\s+{{Thing}})(?:\s+any\s?more)?{{Tail}}"""),
    ];

    private static IEnumerable<StatementRule> Of(string slot, string name, string value)
    {
        // "My manager's Anna" is one; "my job's boring" and "my team's report" are not.
        var isShort = slot is "role" or "team" or "office" or "project" ? "" : "|['’]s";
        yield return new(slot, $$"""{{I}}my\s+{{New}}(?:{{name}})(?:['’]s\s+name)?(?:\s+(?:is|are|will\s+be|was\s+always|has\s+(?:always\s+)?been){{isShort}}){{Now}}\s+(?:the\s+one\s+)?(?:called\s+|named\s+|in\s+|at\s+|as\s+)?(?:the\s+)?{{value}}(?:\s+instead\s+of\s+(?<old>[^,.;:!?]{2,50}?))?{{Tail}}""") { Unless = slot is "desk" or "office" ? State + "|" + PlainRules.Passing : State };
        yield return new(slot, $$"""{{I}}my\s+{{New}}(?:{{name}})\s+(?:isn['’]t|aren['’]t|is\s+not|are\s+not|is\s+no\s+longer|are\s+no\s+longer)\s+{{Old}}(?:\s+any\s?more|\s+any\s+longer)?,?\s+(?:but(?:\s+it['’]s|\s+it\s+is|\s+they['’]re)?|it['’]s|it\s+is){{Now}}\s+(?:in\s+|the\s+|an?\s+)?{{value}}{{Tail}}""");
        yield return new(slot, $$"""{{I}}my\s+{{New}}(?:{{name}})\s+{{Has}}(?:changed|switched|moved|went)\s+(?:{{Old}}\s+)?to\s+(?:the\s+)?{{value}}{{Tail}}""");
        yield return new(slot, $$"""{{I}}my\s+{{New}}(?:{{name}})\s+{{Has}}(?:changed|switched|is\s+(?:new|different|another))[,:]?\s*(?:and\s+)?(?:now\s+)?(?:it['’]s|it\s+is|is|to)\s+(?:now\s+)?(?:in\s+)?{{value}}{{Tail}}""");
        yield return new(slot, $$"""{{I}}(?:in\s+)?(?:the\s+)?{{value}}(?:\s+is|['’]s|\s+has\s+become|\s+became|\s+becomes|\s+will\s+be){{Now}}\s+my\s+{{New}}(?:{{name}})(?:\s+instead\s+of\s+(?<old>[^,.;:!?]{2,50}?))?{{Tail}}""");
        yield return new(slot, $$"""{{I}}(?:i\s+(?:have|got|was\s+given|was\s+assigned(?:\s+to)?|have\s+been\s+given)|i['’]ve\s+(?:got|been\s+given)|there\s+is){{Now}}\s+an?\s+(?:new|different|another|other)\s+(?:{{name}})[,:]?\s+(?:it['’]s\s+|it\s+is\s+|called\s+|named\s+|in\s+)?{{value}}{{Tail}}""");
        yield return new(slot, $$"""{{I}}my\s+{{New}}(?:{{name}})\s+(?:was|is|has\s+been|got)\s+(?:replaced|exchanged|swapped|traded|substituted)\s+(?:by|with|for)\s+{{value}}{{Tail}}""");
        yield return new(slot, $$"""{{I}}{{value}}\s+{{Has}}(?:(?:replaced|replaces|succeeded|succeeds|followed|follows|took\s+over\s+from|taken\s+over\s+from|takes\s+over\s+from)(?:\s+{{Old}})?|took\s+over|taken\s+over|takes\s+over)\s+as\s+my\s+{{New}}(?:{{name}}){{Tail}}""");
        if (slot is "manager" or "deputy")
        {
            yield return new(slot, $$"""{{I}}{{value}}\s+(?:has\s+|have\s+)?(?:agreed|offered|volunteered|been\s+(?:asked|chosen|named|appointed))\s+to\s+(?:be|become|act\s+as|serve\s+as)\s+my\s+{{New}}(?:{{name}}){{Tail}}""");
            yield return new(slot, $$"""{{I}}{{value}}\s+has\s+been\s+my\s+{{New}}(?:{{name}})\s+(?:since|for)\b.*""");
        }

        yield return new(slot, $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:changed|switched|moved)\s+my\s+{{New}}(?:{{name}})\s+(?:{{Old}}\s+)?to\s+(?:the\s+)?{{value}}{{Tail}}""");
        if (slot is not ("role" or "team" or "laptop"))
        {
            yield return new(slot, $$"""{{I}}(?:the\s+)?(?:{{name}})\s+(?:for\s+me|(?:that\s+)?i\s+(?:belong\s+to|use|book\s+on|work\s+(?:in|from)|sit\s+at))\s+is{{Now}}\s+(?:the\s+)?{{value}}{{Tail}}""");
            yield return new(slot, $$"""{{I}}[^?]{0,60}?\b(?:to|at|in|on|by|ask|with|all\s+times)\s+(?:the\s+)?{{value}},\s+(?:(?:that['’]s|that\s+is|which\s+is|who\s+is|who['’]s)\s+)?my\s+{{New}}(?:{{name}}){{Tail}}""");
        }

        yield return new(slot, $$"""{{I}}i\s+have{{Now}}\s+(?:an?\s+)?{{value}}\s+(?:as|for)\s+(?:my|an?)\s+{{New}}(?:{{name}}){{Tail}}""");
    }

    private static IEnumerable<StatementRule> Special() =>
    [
        new("office", $$"""{{I}}(?:(?:{{They}}\s+{{Moved}}\s+me|{{Was}}{{Now}}\s+{{Moved}})\s+(?:from\s+(?:the\s+)?(?<old>[A-ZÄÖÜ][\p{L}\-]+(?:\s+[A-ZÄÖÜ][\p{L}\-]+)*?)(?:\s+(?:office|site|branch))?\s+)?(?:to|in|at|into)\s+(?:the\s+)?{{Place}}){{Tail}}""") { Unless = "\\b(?:team|department|group|unit|queue|project)\\b" },
        new("office", $$"""{{I}}(?:in\s+|at\s+)?(?:the\s+)?{{Place}}\s+is{{Now}}\s+where\s+(?:i{{Now}}\s+(?:work|sit)|{{Am}}{{Now}}\s+(?:based|located|working|sitting)|my\s+(?:desk|office)\s+is){{Tail}}"""),
        new("office", $$"""{{I}}(?:you\s+(?:can|will)|you['’]ll){{Now}}\s+find\s+me\s+(?:in|at)\s+(?:the\s+)?{{Place}}{{Tail}}""") { Unless = "\\b(?:today|tomorrow|meeting|this\\s+week|until)\\b" },
        new("office", $$"""{{I}}(?:{{Am}}|i){{Now}}\s+(?:at|in)\s+(?:the|our)\s+{{Place}}\s+(?:office|site|branch|campus|plant){{Tail}}""") { Unless = "\\b(?:today|tomorrow|meeting|this\\s+week|until)\\b" },
        new("office", $$"""{{I}}i{{Now}}\s+(?:have|['’]ve\s+got)\s+my\s+(?:desk|office)\s+(?:in|at)\s+(?:the\s+)?{{Place}}{{Tail}}"""),
        new("office", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:swapped|traded|exchanged|left)\s+(?:the\s+)?(?<old>[A-ZÄÖÜ][\p{L}\-]+(?:\s+[A-ZÄÖÜ][\p{L}\-]+)*?)(?:\s+(?:office|site|branch))?\s+(?:for|to\s+work\s+in)\s+(?:the\s+)?{{Place}}{{Tail}}""") { Unless = "\\b(?:team|department|group|unit|laptop)\\b|\\b(?:MacBook|ThinkPad|Surface|EliteBook|Latitude|XPS|Chromebook)\\b|\\b(?:German|English|French)\\b" },

        new("manager", $$"""{{I}}{{Person}}{{Now}}\s+(?:manages|supervises|leads|heads|runs|is\s+(?:managing|supervising|leading|heading))\s+(?:me|us|my\s+team|our\s+team){{Tail}}"""),
        new("manager", $$"""{{I}}{{Am}}{{Now}}\s+(?:managed|supervised|led)\s+by\s+{{Person}}{{Tail}}"""),
        new("manager", $$"""{{I}}i{{Now}}\s+work\s+(?:for|under)\s+{{Person}}{{Tail}}""") { Unless = "\\b(?:team|department|group|unit)\\b" },
        new("manager", $$"""{{I}}{{Person}}\s+is{{Now}}\s+(?:the\s+(?:one|person|manager)\s+(?:that\s+|who\s+|whom\s+)?i\s+report\s+to|who\s+i\s+report\s+to|responsible\s+for\s+me|in\s+charge\s+of\s+me)(?:\s+as\s+my\s+manager)?{{Tail}}"""),
        new("manager", $$"""{{I}}the\s+(?:one|person|manager)\s+(?:that\s+|who\s+|whom\s+)?i{{Now}}\s+report\s+to\s+is{{Now}}\s+{{Person}}{{Tail}}"""),

        new("team", $$"""{{I}}(?:{{They}}\s+{{Moved}}\s+me|{{Was}}{{Now}}\s+{{Moved}}|i(?:['’]ve|\s+have)?{{Now}}\s+(?:transferred|moved|changed|switched|gone|went))\s+(?:from\s+(?:the\s+)?(?<old>[\p{L}0-9&\- ]{2,30}?)(?:\s+(?:team|department|group|unit))?\s+)?(?:to|in|into|on|onto|over\s+to)\s+(?:the\s+)?{{Team}}\s+(?:team|department|group|unit){{Tail}}"""),
        new("team", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:swapped|traded|exchanged|left)\s+(?:the\s+)?(?<old>[\p{L}0-9&\- ]{2,30}?)(?:\s+(?:team|department|group|unit))?\s+for\s+(?:the\s+)?{{Team}}\s+(?:team|department|group|unit){{Tail}}"""),
        new("team", $$"""{{I}}(?:{{Am}}|i(?:['’]ve|\s+have)?){{Now}}\s+(?:been\s+|sit\s+|sitting\s+|working\s+|work\s+)?(?:with|in|on|assigned\s+to|a\s+member\s+of|part\s+of|joined)\s+(?:the\s+)?{{Team}}\s+(?:team|department|group|unit){{Tail}}"""),
        new("team", $$"""{{I}}{{Am}}{{Now}}\s+(?:an?|the)\s+{{Team}}\s+(?:team|department)\s+member{{Tail}}"""),
        new("team", $$"""{{I}}the\s+(?:team|department|group|unit)\s+(?:that\s+)?(?:{{Am}}|i){{Now}}\s+(?:(?:work|sit|belong)\s+)?(?:in|on|with|to)\s+is{{Now}}\s+(?:the\s+)?{{Team}}{{Tail}}"""),
        new("team", $$"""{{I}}(?:the\s+)?{{Team}}\s+is{{Now}}\s+the\s+(?:team|department|group|unit)\s+(?:that\s+)?(?:{{Am}}|i){{Now}}\s+(?:(?:work|sit|belong)\s+)?(?:in|on|with|to){{Tail}}"""),

        new("role", $$"""{{I}}(?:{{They}}\s+(?:promoted|made|appointed|hired|employed)\s+me|{{Was}}{{Now}}\s+(?:hired|promoted|made|appointed|employed))\s+(?:to\s+|as\s+)?(?:an?\s+|the\s+)?{{Job}}{{Tail}}""") { Unless = "\\bmade\\s+(?:me\\s+)?(?:to|switch|change|move|use|go|do|take|come|sign|install|write|aware|sure|available|wait|an?\\s+(?:offer|promise))\\b" },
        new("role", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:became|become)\s+(?:an?|the)\s+{{Job}}{{Tail}}"""),
        new("role", $$"""{{I}}i(?:{{Now}}\s+(?:hold|have|took|started\s+in)|['’]ve\s+taken|\s+have\s+taken)\s+(?:the|a)\s+(?:new\s+)?(?:position|role|job|post)\s+(?:of|as)\s+(?:an?\s+|the\s+)?{{Job}}{{Tail}}"""),
        new("role", $$"""{{I}}i{{Now}}\s+(?:serve|act)\s+as\s+(?:an?\s+|the\s+)?{{Job}}{{Tail}}"""),
        new("role", $$"""{{I}}by\s+(?:profession|trade|training)[,]?\s+{{Am}}\s+(?:an?\s+)?{{Job}}{{Tail}}"""),
        new("role", $$"""{{I}}i(?:['’]ve|\s+have){{Now}}\s+been\s+(?:working\s+as\s+)?(?:an?|the)\s+{{Job}}{{Tail}}""") { Unless = "\\b(?:while|bit|fan|user|customer|member|victim|problem|long\\s+time|few)\\b" },
        new("role", $$"""{{I}}{{Am}}{{Now}}\s+(?:an?|the)\s+{{Job}}\s+(?:now\s+)?instead\s+of\s+(?:an?\s+)?(?<old>[^,.;:!?]{2,50}?){{Tail}}"""),

        new("laptop", $$"""{{I}}(?:{{They}}\s+(?:replaced|exchanged|swapped)\s+my\s+(?<old>[^,.;:!?]{2,40}?)|my\s+(?<old>[^,.;:!?]{2,40}?)\s+(?:was|has\s+been|got)\s+(?:replaced|exchanged|swapped|traded))\s+(?:by|with|for)\s+(?:an?\s+|the\s+)?(?:new\s+)?(?<v>{{Device}}){{Tail}}"""),
        new("laptop", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:swapped|traded|exchanged|replaced)\s+(?:in\s+)?(?:the\s+|my\s+|an?\s+)?(?<old>[^,.;:!?]{2,40}?)\s+(?:for|with|by)\s+(?:an?\s+|the\s+)?(?:new\s+)?(?<v>{{Device}}){{Tail}}"""),
        new("laptop", $$"""{{I}}(?:{{They}}\s+(?:gave|handed|sent|issued|bought)\s+me|{{Was}}{{Now}}\s+(?:given|issued|handed|sent|using)|i(?:['’]ve|\s+have)?{{Now}}\s+(?:been\s+using|work\s+with|work\s+on|type\s+on|was\s+using|carry|own|got|received))\s+(?:an?\s+|the\s+)?(?:new\s+)?(?<v>{{Device}})(?:\s+instead\s+of\s+(?:the\s+|my\s+|an?\s+)?(?<old>[^,.;:!?]{2,40}?))?{{Tail}}"""),
        new("laptop", $$"""{{I}}(?:the\s+(?:laptop|notebook|computer|machine|device)\s+(?:that\s+)?i{{Now}}\s+(?:use|work\s+(?:on|with)|have)|my\s+(?:computer|laptop|machine|device)\s+at\s+work)\s+is{{Now}}\s+(?:an?\s+|the\s+)(?<v>[^,.;:!?]{2,40}?){{Tail}}""") { Unless = State },

        new("language", $$"""{{I}}(?:(?:use|switch\s+(?:back\s+)?(?:from\s+(?<old>{{Languages}})\s+)?to|change\s+(?:the\s+|your\s+)?language\s+to|let['’]s\s+(?:speak|talk|write|use|(?:switch|change)\s+(?:from\s+(?<old>{{Languages}})\s+)?to)|stick\s+(?:to|with))\s+)?(?:in\s+)?(?<v>{{Languages}})(?:\s+with\s+me)?(?:\s+(?:instead\s+of|rather\s+than|not)\s+(?<old>{{Languages}}))?{{Tail}}"""),
        new("language", $$"""{{I}}(?:i(?:['’]d\s+like|\s+want|\s+need|\s+would\s+like)\s+)(?:your\s+|the\s+|my\s+|all\s+)*(?:answers|replies|responses|messages)\s+in\s+(?<v>{{Languages}}){{Tail}}"""),
        new("language", $$"""{{I}}(?<v>{{Languages}})\s+(?:is{{Now}}\s+(?:the\s+)?(?:best|better|easier|easiest|fine|what\s+i\s+(?:prefer|speak))|works\s+(?:best|better)|suits\s+me)(?:\s+than\s+(?<old>{{Languages}}))?(?:\s+for\s+me)?{{Tail}}"""),
        new("language", $$"""{{I}}my\s+(?:mother\s+tongue|native\s+language|first\s+language)\s+is\s+(?<v>{{Languages}}){{Tail}}"""),

        new("contact", $$"""{{I}}(?:use|switch\s+to)\s+(?<v>{{Channels}})(?:\s+(?:instead\s+of|rather\s+than)\s+(?<old>{{Channels}}))?\s+(?:to\s+(?:reach|contact|notify|message|ping)\s+me|for\s+(?:contacting|reaching|notifying|messaging)\s+me|when\s+you\s+need\s+me){{Tail}}"""),
        new("contact", $$"""{{I}}(?:always\s+)?(?:you\s+can\s+)?(?:always\s+)?(?:contact|reach|notify|ping|message|inform|tell|update)\s+me\s+(?:by|via|on|through|over|in|using|with)\s+(?<v>{{Channels}})(?:\s+(?:instead\s+of|rather\s+than|and\s+not(?:\s+by)?|not(?:\s+by)?)\s+(?<old>{{Channels}}))?{{Tail}}"""),
        new("contact", $$"""{{I}}(?<v>{{Channels}})\s+(?:is{{Now}}\s+(?:the\s+)?(?:best|better|easier|easiest|quickest|fastest)(?:\s+than\s+(?<old>{{Channels}}))?(?:\s+(?:way|channel))?|works\s+(?:best|better)(?:\s+than\s+(?<old>{{Channels}}))?)(?:\s+(?:for|with)\s+me|\s+to\s+(?:reach|contact)\s+me|\s+for\s+(?:reaching|contacting)\s+me){{Tail}}"""),
        new("contact", $$"""{{I}}{{Am}}{{Now}}\s+(?:easiest|best|quickest|easier)\s+(?:to\s+)?(?:reach|reached|contact|contacted|get\s+hold\s+of)\s+(?:by|via|on|through|over|in)\s+(?<v>{{Channels}}){{Tail}}"""),
        new("contact", $$"""{{I}}(?:send|give)\s+me\s+(?:news|updates|notices|notifications|messages|everything|answers)\s+(?:by|via|on|through|over|in)\s+(?<v>{{Channels}}){{Tail}}"""),
        new("contact", $$"""{{I}}i{{Now}}\s+(?:want|like)\s+to\s+be\s+(?:contacted|reached|notified|informed|told)\s+(?:by|via|on|through|over)\s+(?<v>{{Channels}}){{Tail}}"""),

        .. Wishes(),

        new("allergy", $$"""{{I}}(?:i{{Now}}\s+(?:have|suffer\s+from)|i['’]ve\s+got)\s+(?:an|a\s+\w+)\s+allergy\s+(?:to|against)\s+{{Thing}}{{Tail}}"""),
        new("allergy", $$"""{{I}}(?:i(?:['’]ve|\s+have)\s+(?:always\s+)?been|i\s+became)\s+(?:\w+ly\s+)?allergic\s+to\s+{{Thing}}(?:\s+(?:all|since)\b.*)?{{Tail}}"""),
        new("allergy", $$"""{{I}}i{{Now}}\s+react\s+(?:\w+\s+)?(?:badly|strongly|severely|allergically)\s+to\s+{{Thing}}{{Tail}}"""),
        new("allergy", $$"""{{I}}{{Thing}}\s+(?:is|are)\s+(?:something|what|things?)\s+(?:that\s+)?{{Am}}\s+allergic\s+to{{Tail}}"""),
        new("allergy", $$"""{{I}}(?:no|i\s+(?:can['’]t|cannot|can\s+not)\s+(?:have|eat|touch|take|be\s+near|tolerate|drink)(?:\s+any)?)\s+(?<v>[^,.;:!?()]{2,60}?)(?:\s+for\s+me)?[,:]?\s+(?:because\s+|since\s+|as\s+)?{{Am}}\s+allergic(?:\s+to\s+(?:it|them|that))?{{Tail}}"""),
        new("allergy", $$"""{{I}}my\s+(?:\w+\s+)?(?:allergy|allergies)\s+(?:is|are)(?:\s+to)?\s+{{Thing}}{{Tail}}""") { Unless = State },
    ];

    // What somebody wants to be spoken to in, or reached by: with a verb or without one, with what it takes the place of or without.
    private static IEnumerable<StatementRule> Wishes()
    {
        const string Language = $"(?<v>{Languages})";
        const string Channel = $"(?<v>{Channels})";
        const string Soon = """(?:\s+(?:from\s+(?:now|here)(?:\s+on)?|again|instead|now|only|exclusively|with\s+me|for\s+me|all\s+the\s+time|most\s+often|from\s+here))*""";
        const string Reach = """(?:contact|reach|notify|ping|message|inform|tell|update|write\s+to|get\s+in\s+touch(?:\s+with\s+me)?|get\s+hold\s+of|get\s+back\s+to|find|leave\s+me\s+(?:a|any)\s+(?:note|message)s?|drop\s+me\s+a\s+(?:line|note|message)|send\s+(?:me\s+)?(?:everything|it|all|things|updates|news|notices|notifications|messages)(?:\s+to)?)""";
        const string Via = """(?:by|via|on|through|over|in|using|with)""";
        const string Instead = $"(?:[,]?\\s+(?:instead\\s+of|rather\\s+than|and\\s+not|not|no\\s+longer|over)\\s+(?:{Via}\\s+)?(?:the\\s+)?(?<old>{Languages}|{Channels}))?";
        const string Not = $"(?:not|forget|drop(?:\\s+the)?|skip|no|never\\s+mind|instead\\s+of|rather\\s+than)\\s+(?:{Via}\\s+)?(?:the\\s+)?(?<old>{Languages}|{Channels})[,]?\\s+(?:but\\s+)?";

        yield return new("language", $$"""{{I}}(?:{{Not}})?(?:(?:continue|carry\s+on|go\s+on|keep\s+going|go\s+back|stay|keep|stick|(?:let['’]s|we)\s+(?:continue|carry\s+on|go\s+on|stay|keep)|address\s+me|answer(?:\s+me)?|reply(?:\s+to\s+me)?|write(?:\s+to\s+me)?|talk(?:\s+to\s+me)?|speak(?:\s+to\s+me)?|respond(?:\s+to\s+me)?|use|switch|speak)\s+)?(?:in\s+|to\s+|with\s+)?{{Language}}{{Soon}}{{Instead}}{{Soon}}{{Tail}}""");
        yield return new("language", $$"""{{I}}(?:i(?:['’]d)?{{Now}}|i(?:['’]ve|\s+have))\s+(?:want|like|need|speak|use|understand|read|only\s+(?:speak|understand|read)|mostly\s+(?:speak|use)|like\s+to\s+(?:continue|go\s+on|speak|talk|write)|want\s+to\s+(?:speak|talk|write)|gone\s+over\s+to|switched\s+to|changed\s+to)\s+(?:in\s+)?{{Language}}{{Instead}}{{Soon}}{{Tail}}""");
        yield return new("language", $$"""{{I}}{{Am}}{{Now}}\s+(?:more\s+comfortable|better|best|most\s+comfortable|at\s+home|happier)\s+(?:in|with|at)\s+{{Language}}{{Tail}}""");
        yield return new("language", $$"""{{I}}{{Am}}{{Now}}\s+(?:an?\s+)?(?:native\s+)?{{Language}}[\s-]+speak(?:er|ing){{Tail}}""");
        yield return new("language", $$"""{{I}}{{Language}}\s+(?:would\s+be|is)\s+(?:better|best|easier|nicer|preferred|fine){{Instead}}{{Tail}}""");

        yield return new("contact", $$"""{{I}}(?:{{Not}})?(?:always\s+|best\s+)?(?:{{Reach}}(?:\s+me)?\s+{{Via}}|{{Via}}|use|switch\s+to|let['’]s\s+use|change\s+my\s+(?:contact\s+)?channel\s+to|(?:all\s+)?(?:updates|news|notices|notifications|messages|answers)\s+{{Via}})\s+{{Channel}}{{Soon}}{{Instead}}{{Soon}}{{Tail}}""");
        yield return new("contact", $$"""{{I}}(?:{{Not}})?{{Channel}}{{Instead}}{{Tail}}""");
        yield return new("contact", $$"""{{I}}(?:i(?:['’]d)?{{Now}}|i(?:['’]ve|\s+have))\s+(?:want|need|check|(?:only\s+)?read|(?:only\s+)?use|like\s+to\s+be\s+(?:told|contacted|reached|notified|informed)\s+{{Via}}|switched\s+to|gone\s+over\s+to|(?:moved|changed)\s+(?:from\s+(?<old>{{Channels}})\s+)?to)\s+{{Channel}}{{Instead}}{{Soon}}(?:\s+for\s+(?:all\s+)?(?:my\s+)?(?:messages|notifications|contact|updates|everything))?{{Tail}}""");
        yield return new("contact", $$"""{{I}}the\s+(?:best|quickest|fastest|easiest|surest)\s+(?:way\s+to\s+(?:reach|get|contact|find|catch)\s+me|channel\s+for\s+me)\s+is\s+(?:{{Via}}\s+)?{{Channel}}{{Tail}}""");
        yield return new("contact", $$"""{{I}}{{Channel}}\s+is\s+(?:better|best|easier|preferred){{Instead}}(?:\s+for\s+me)?{{Tail}}""");
    }
}
