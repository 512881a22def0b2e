using System.Buffers;
using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>The forms in which people say things of themselves, in English. Groups: <c>v</c> is the value, <c>old</c> a value that no longer holds, <c>who</c> another person.</summary>
internal static class StatementRules
{
    // Where a rule begins: behind the words that lead in, see LeadIn.
    internal const string I = """\G""";
    internal const string Am = """i(?:\s+am|['’]m)""";
    internal const string Now = """(?:\s+(?:now|currently|also|just|recently|already|always|usually|mostly|still|really|actually|mainly|normally|typically|generally))*""";
    internal const string Place = """(?<v>(?!(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|september|october|november|december)\b)(?-i:[A-ZÄÖÜ][\p{L}\-'’.]*(?:\s+(?:[A-ZÄÖÜ0-9][\p{L}0-9\-'’.]*|am|an|der|de|la|upon))*)(?:\s+(?:office|branch|site|building|campus|plant))?)""";
    internal const string Person = """(?<v>(?!(?:i|i['’]\w+|it|they|she|he|we|you|the|that|this|my|if|when|so|but|and|maybe|nobody|somebody|everybody)(?:\b|['’]))(?!(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|september|october|november|december)\b)(?-i:[A-ZÄÖÜ][\p{L}\-'’]+(?:\s+(?:van|von|de|der|da|di|la|[A-ZÄÖÜ][\p{L}\-'’.]+))*))""";
    internal const string Thing = """(?<v>[^,.;:!?()]{2,60}?)""";
    private const string Month = """(?:january|february|march|april|may|june|july|august|september|october|november|december)""";
    private const string When = $"""(?:now|today|yesterday|tomorrow|currently|these days|lately|last\s+\w+|this\s+\w+|next\s+\w+|in\s+(?:{Month}|\d\d\d\d|spring|summer|autumn|fall|winter)\b.*|(?:a|two|three|some|few)\s+\w+\s+ago|on\s+\w+day|from\s+now\s+on|since\b.*|as\s+of\b.*|starting\b.*|for\b.*|until\b.*|at\s+the\s+moment|again|already|any\s?more|any\s+longer|after\s+all|instead)""";
    internal const string Tail = $"""(?:[,\s]\s*(?:{When}|here|at\s+(?:this|the|our)\s+\w+|in\s+case\b.*|because\b.*|so\b.*|in\s+(?:the\s+)?(?:reorg|reorganisation|restructuring|merger)|on\s+weekdays|every\s+day|from\s+work|with\b.*|please|thanks|thank\s+you|actually|by\s+the\s+way|btw))*\s*[.!]*$""";

    /// <summary>All forms, most special first: a clause is read by the first that fits.</summary>
    public static IReadOnlyList<StatementRule> All { get; } =
    [
        // What must be kept to always.
        new("never", $$"""{{I}}never\s+(?:ever\s+)?(?<v>(?:call|phone|ring|text|e-?mail|message|contact|reach|ping|disturb|share|use|book|install|schedule|send|change|restart|reboot)\b[^,.;:!?]{1,60}?){{Tail}}"""),
        new("never", $$"""{{I}}(?:do\s+not|don['’]t)\s+(?:ever\s+)?(?<v>(?:call|phone|ring|text|e-?mail|message|contact|reach|ping|disturb)\s+me\b[^,.;:!?]{0,60}?){{Tail}}""") { Unless = "\\b(?:today|tomorrow|yet|until|before|this|right now|back)\\b" },
        new("allergy", $$"""{{I}}{{Am}}{{Now}}\s+(?:severely\s+|very\s+)?allergic\s+to\s+{{Thing}}{{Tail}}""") { Unless = "\\bto\\s+(?:it|them|that|this|those)\\b" },
        new("allergy", $$"""{{I}}i\s+have\s+an?\s+(?<v>[\p{L}\s]{2,30}?)\s+allergy{{Tail}}"""),
        new("diet", $$"""{{I}}{{Am}}{{Now}}\s+(?:an?\s+)?(?<v>vegan|vegetarian|pescatarian|coeliac|celiac|lactose intolerant|diabetic){{Tail}}"""),

        // Names and people.
        new("name", $$"""{{I}}(?:just\s+)?call\s+me\s+{{Person}}{{Tail}}""") { Unless = "\\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\\b|\\bme\\s+(?:at|on|back|when)\\b|(?-i:\\bme\\s+[A-Z]{2,}\\b)" },
        new("name", $$"""{{I}}i\s+(?:go\s+by|prefer\s+to\s+be\s+called)\s+{{Person}}{{Tail}}"""),
        new("manager", $$"""{{I}}my\s+(?:new\s+|current\s+|line\s+|direct\s+)*(?:manager|boss|supervisor)\s+is{{Now}}\s+{{Person}}{{Tail}}"""),
        new("manager", $$"""{{I}}i{{Now}}\s+(?:report|answer)\s+(?:directly\s+)?to\s+{{Person}}{{Tail}}"""),
        new("manager", $$"""{{I}}{{Person}}\s+is{{Now}}\s+my\s+(?:new\s+|current\s+|line\s+|direct\s+)*(?:manager|boss|supervisor){{Tail}}"""),
        new("deputy", $$"""{{I}}my\s+(?:new\s+|current\s+)*(?:deputy|stand-in|substitute|backup)\s+is{{Now}}\s+{{Person}}{{Tail}}"""),

        // Places.
        new("office", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:moved|relocated|transferred)\s+(?:from\s+(?:the\s+)?(?<old>[A-ZÄÖÜ][\p{L}\-]+(?:\s+[A-ZÄÖÜ][\p{L}\-]+)*)(?:\s+office)?\s+)?to\s+(?:the\s+)?{{Place}}{{Tail}}""") { Unless = "\\b(?:team|department|flat|apartment|house|slack|teams|e-?mail|phone|chat)\\b" },
        new("office", $$"""{{I}}(?:{{Am}}|i(?:\s+have|['’]ve)?){{Now}}\s+(?:been\s+)?(?:based|located|stationed|working|work|sit|sitting)\s+(?:in|at|from|out\s+of)\s+(?:the\s+)?{{Place}}{{Tail}}""") { Unless = "\\b(?:team|department|home|on)\\b|" + PlainRules.Passing },
        new("office", $$"""{{I}}my\s+(?:new\s+|current\s+)*(?:office|workplace|work location|location)\s+is{{Now}}\s+(?:in|at)?\s*(?:the\s+)?{{Place}}{{Tail}}""") { Unless = PlainRules.Passing },
        new("home", $$"""{{I}}i{{Now}}\s+live\s+in\s+{{Place}}{{Tail}}"""),
        new("desk", $$"""{{I}}my\s+(?:new\s+|current\s+)*(?:desk|room|seat)\s+is{{Now}}\s+(?<v>[\p{L}0-9][\p{L}0-9.\-/ ]{0,20}?){{Tail}}""") { Unless = State + "|" + PlainRules.Passing },

        // Work.
        new("team", $$"""{{I}}(?:{{Am}}|i){{Now}}\s+(?:(?:work|working)\s+)?(?:in|on|with|for|part\s+of|a\s+member\s+of|belong\s+to|joined|moved\s+to|joining|switched\s+to)\s+(?:the\s+)?(?<v>[\p{L}0-9&\-]+(?:\s+[\p{L}0-9&\-]+)?)\s+(?:team|department|group|unit){{Tail}}"""),
        new("team", $$"""{{I}}my\s+(?:new\s+|current\s+)*(?:team|department)\s+is{{Now}}\s+(?:the\s+)?(?<v>[\p{L}0-9&\- ]{2,30}?)(?:\s+team|\s+department)?{{Tail}}""") { Unless = State },
        new("role", $$"""{{I}}i(?:['’]ve|\s+have|\s+was|\s+got|['’]ve\s+been|\s+have\s+been)?{{Now}}\s+(?:been\s+)?promoted\s+to\s+(?:an?\s+|the\s+)?{{Thing}}{{Tail}}"""),
        new("role", $$"""{{I}}(?:i{{Now}}\s+work|{{Am}}{{Now}}\s+(?:working|employed))\s+(?:here\s+|there\s+)?as\s+(?:an?\s+|the\s+)?{{Thing}}{{Tail}}"""),
        new("role", $$"""{{I}}my\s+(?:new\s+|current\s+)*(?:role|job|title|job title|position)\s+is{{Now}}\s+(?:an?\s+|the\s+)?{{Thing}}{{Tail}}""") { Unless = State },
        new("role", $$"""{{I}}{{Am}}{{Now}}\s+(?:an?|the)\s+(?:new\s+)?(?<v>(?:[\p{L}\-]+\s+){0,3}(?:engineer|developer|manager|analyst|accountant|designer|administrator|admin|consultant|architect|lead|director|assistant|technician|recruiter|controller|scientist|nurse|buyer|planner|intern|trainee)){{Tail}}""") { Unless = PlainRules.Errand },
        new("project", $$"""{{I}}(?:{{Am}}|i){{Now}}\s+(?:work|working)\s+on\s+(?:the\s+)?(?:project\s+(?<v>[\p{L}0-9\-]+)|(?<v>[\p{L}0-9\-]+(?:\s+[\p{L}0-9\-]+)?)\s+project){{Tail}}"""),
        new("hours", $$"""{{I}}(?:i{{Now}}\s+work|my\s+(?:new\s+)?(?:working\s+)?hours\s+are{{Now}})\s+(?:from\s+)?(?<v>(?:\d|part-?time|full-?time|mornings|afternoons|nights)[^,.;!?]{0,25}?){{Tail}}""") { Unless = PlainRules.Passing },
        new("absent", $$"""{{I}}i\s+(?:don['’]t|do\s+not|never)\s+work\s+(?:on\s+)?(?<v>(?:mon|tues|wednes|thurs|fri|satur|sun)days?(?:\s+(?:and|or)\s+\w+days?)?|weekends){{Tail}}"""),
        new("time zone", $$"""{{I}}(?:my\s+time\s*zone\s+is|{{Am}}\s+in\s+the\s+time\s*zone){{Now}}\s+(?<v>[A-Za-z/_+\-0-9:]{2,30}){{Tail}}"""),
        new("cost centre", $$"""{{I}}my\s+(?:new\s+)?cost\s+cent(?:re|er)\s+is{{Now}}\s+(?<v>[A-Za-z0-9\-]{2,20}){{Tail}}"""),

        // Devices and software.
        new("laptop", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:switched|changed|upgraded|moved)\s+(?:from\s+(?:an?\s+|my\s+)?(?<old>[^,.;]+?)\s+)?to\s+(?:an?\s+|the\s+)?(?:new\s+)?(?<v>{{Device}}){{Tail}}"""),
        new("laptop", $$"""{{I}}(?:i(?:['’]ve|\s+have)?{{Now}}\s+(?:been\s+)?(?:use|using|have|got|work\s+on|own|carry|received|given)|{{Am}}{{Now}}\s+using|they{{Now}}\s+gave\s+me)\s+(?:an?\s+|the\s+)?(?:new\s+)?(?<v>{{Device}}){{Tail}}"""),
        new("laptop", $$"""{{I}}my\s+(?:new\s+|current\s+|work\s+)*(?:laptop|notebook|computer|machine|pc)\s+is{{Now}}\s+(?:an?\s+|the\s+)(?<v>[^,.;:!?]{2,40}?){{Tail}}""") { Unless = State },
        new("phone", $$"""{{I}}my\s+(?:new\s+|current\s+|mobile\s+|work\s+|phone\s+)*(?:number|phone|mobile|extension)\s+is{{Now}}\s+(?<v>\+?[0-9][0-9 \-/()]{2,20}[0-9]){{Tail}}"""),
        new("system", $$"""{{I}}(?:(?:{{Am}}|i){{Now}}\s+(?:run|running|on|use|using)|i(?:['’]ve|\s+have)?{{Now}}\s+(?:upgraded|switched|moved)\s+(?:from\s+(?<old>[^,.;]+?)\s+)?to)\s+(?<v>(?:Windows|macOS|Mac\s?OS|Ubuntu|Debian|Fedora|Linux|iOS|Android|ChromeOS)(?:\s+[0-9][0-9.]*)?){{Tail}}""") { Unless = "\\b(?:run|running|on|use|using)\\s.*" + PlainRules.Passing },
        new("software", $$"""{{I}}i{{Now}}\s+(?:use|work\s+with)\s+(?<v>(?-i:[A-Z][\p{L}0-9+#.\-]*(?:\s+[A-Z0-9][\p{L}0-9+#.\-]*){0,2}))\s+(?:daily|every\s+day|for\s+(?:my\s+)?[\p{L}\s]+|at\s+work){{Tail}}"""),

        // How they like things.
        new("language", $$"""{{I}}(?:answer|reply|write|speak|talk|respond)\s+(?:to\s+)?(?:me\s+)?in\s+(?<v>{{Languages}}){{Tail}}"""),
        new("language", $$"""{{I}}i(?:['’]d)?{{Now}}\s+(?:prefer|rather\s+(?:speak|write))\s+(?<v>{{Languages}})(?:\s+(?:over|to|than|rather\s+than)\s+.+)?{{Tail}}"""),
        new("contact", $$"""{{I}}(?:always\s+)?(?:contact|reach|notify|ping|message|inform|tell)\s+me\s+(?:by|via|on|through|over|in)\s+(?<v>{{Channels}}){{Tail}}"""),
        new("contact", $$"""{{I}}i(?:['’]d)?{{Now}}\s+(?:prefer|rather\s+(?:use|have|get))\s+(?:to\s+be\s+(?:contacted|reached)\s+(?:by|via|on)\s+)?(?<v>{{Channels}})(?:\s+(?:over|to|than|rather\s+than|instead\s+of)\s+.+)?{{Tail}}"""),
        new("contact", $$"""{{I}}(?:the\s+best\s+way\s+to\s+reach\s+me\s+is|{{Am}}\s+best\s+reached)\s+(?:by|via|on|through)?\s*(?<v>{{Channels}}){{Tail}}"""),
        new("style", $$"""{{I}}(?:keep|make)\s+(?:your\s+|the\s+|it\s+|all\s+)*(?:answers|replies|responses|messages|it)?\s*(?<v>short|brief|long|detailed|simple|formal|informal|technical){{Tail}}"""),
        new("style", $$"""{{I}}i{{Now}}\s+prefer\s+(?<v>short|brief|long|detailed|simple|formal|informal|technical)\s+(?:answers|replies|responses|messages|explanations)(?:\s+(?:over|to)\s+.+)?{{Tail}}"""),
        new("dislikes", $$"""{{I}}i\s+(?:(?:really\s+)?(?:hate|dislike|can['’]t\s+stand)|(?:don['’]t|do\s+not)\s+(?:really\s+)?like)\s+{{Thing}}{{Tail}}""") { Unless = "\\b(?:hate|dislike|stand|like)\\s+(?:that|when|how|it|this|what|to|the\\s+way)\\b" },
        new("likes", $$"""{{I}}i{{Now}}\s+(?:like|love|enjoy|prefer)\s+{{Thing}}(?:\s+(?:over|rather\s+than|instead\s+of)\s+.+)?{{Tail}}""") { Unless = "\\b(?:to\\s+(?:know|have|ask|get|see|request|order|report|be)|it|this|that|your|you|the\\s+idea)\\b" },
    ];

    /// <summary>The forms in which people take something back.</summary>
    public static IReadOnlyList<StatementRule> Retractions { get; } =
    [
        new("allergy", $$"""{{I}}{{Am}}\s+(?:not|no\s+longer)\s+(?:really\s+)?allergic\s+to\s+{{Thing}}{{Tail}}"""),
        new("diet", $$"""{{I}}{{Am}}\s+(?:not|no\s+longer)\s+(?:an?\s+)?(?<v>vegan|vegetarian|pescatarian|diabetic){{Tail}}"""),
        new("diet", $$"""{{I}}{{Am}}\s+not\s+(?:an?\s+)?(?<v>vegan|vegetarian|pescatarian|diabetic)\s+any\s?more{{Tail}}"""),
        new("office", $$"""{{I}}i(?:\s+no\s+longer|\s+don['’]t|\s+do\s+not|['’]m\s+no\s+longer|\s+am\s+no\s+longer)\s+(?:work|based|working|sit)\s+(?:in|at|from)\s+(?:the\s+)?{{Place}}{{Tail}}""") { Unless = "\\b(?:team|department)\\b" },
        new("home", $$"""{{I}}i(?:\s+no\s+longer|\s+don['’]t|\s+do\s+not)\s+live\s+in\s+{{Place}}{{Tail}}"""),
        new("team", $$"""{{I}}(?:{{Am}}|i)\s+(?:no\s+longer|not)\s+(?:work(?:ing)?\s+)?(?:in|on|with|for|part\s+of)\s+(?:the\s+)?(?<v>[\p{L}0-9&\-]+(?:\s+[\p{L}0-9&\-]+)?)\s+(?:team|department|group|unit){{Tail}}"""),
        new("team", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+left\s+(?:the\s+)?(?<v>[\p{L}0-9&\-]+(?:\s+[\p{L}0-9&\-]+)?)\s+(?:team|department|group|unit){{Tail}}"""),
        new("manager", $$"""{{I}}{{Person}}\s+is\s+(?:no\s+longer|not)\s+my\s+(?:manager|boss|supervisor){{Tail}}"""),
        new("manager", $$"""{{I}}i\s+(?:no\s+longer|don['’]t|do\s+not)\s+report\s+to\s+{{Person}}{{Tail}}"""),
        new("laptop", $$"""{{I}}i\s+(?:no\s+longer|don['’]t|do\s+not)\s+(?:use|have|own)\s+(?:an?\s+|the\s+|my\s+)?(?<v>{{Device}}){{Tail}}"""),
        new("project", $$"""{{I}}(?:{{Am}}|i)\s+(?:no\s+longer|not|don['’]t|do\s+not)\s+(?:work(?:ing)?\s+)?on\s+(?:the\s+)?(?:project\s+(?<v>[\p{L}0-9\-]+)|(?<v>[\p{L}0-9\-]+)\s+project){{Tail}}"""),
        new("never", $$"""{{I}}(?:you\s+(?:can|may)|it['’]s\s+(?:fine|ok|okay)\s+to|feel\s+free\s+to)\s+(?<v>(?:call|phone|ring|text|e-?mail|message|contact|reach|ping)\b[^,.;:!?]{1,60}?)\s+(?:again|now){{Tail}}"""),
        new("likes", $$"""{{I}}i\s+no\s+longer\s+(?:like|love|enjoy)\s+{{Thing}}{{Tail}}"""),
    ];

    internal const string Device = """(?:[\p{L}0-9\-]+\s+){0,3}?(?:MacBook(?:\s+(?:Pro|Air))?|ThinkPad(?:\s+[A-Z0-9]+)?|Surface(?:\s+[A-Z][\p{L}0-9]*)?|Chromebook|EliteBook|ProBook|ZBook(?:\s+[A-Z][\p{L}0-9]*)?|ZenBook|IdeaPad|Precision(?:\s+[0-9]+)?|Latitude(?:\s+[0-9]+)?|XPS(?:\s+[0-9]+)?|laptop|notebook|workstation)(?:\s+[0-9]+)?""";
    internal const string Departments = "Treasury|Finance|Accounting|Accounts|HR|Human Resources|Legal|Marketing|Sales|Procurement|Purchasing|Logistics|Engineering|Operations|Security|Support|Service|Services|Governance|Controlling|Compliance|IT|R&D|Research|Development|Design|Product|Facilities|Payroll|Audit|Risk|Communications|Analytics|Infrastructure|Quality|Production|Recruiting|Platform|Planning|Planning Office|Warehouse|Reporting|Tax|Insurance|Claims|Desk";
    internal const string Languages = "English|German|French|Spanish|Italian|Portuguese|Dutch|Polish|Czech|Turkish|Arabic|Hindi|Japanese|Chinese|Korean|Swedish|Danish|Norwegian|Finnish";
    internal const string Channels = "e-?mails?|mail|phone|telephone|chat|Slack|Teams|text(?:\\s+messages?)?|SMS|calls?|phone\\s+calls?|WhatsApp";
    internal const string State = "\\b(?:broken|down|slow|dead|stolen|lost|gone|missing|locked|full|empty|stuck|frozen|working|not|too|very|so|still|about|on fire|great|nice|late|ready|ok|okay|fine|important|urgent|hot|loud|noisy|cold|old)\\b";
}

/// <summary>One form of a statement.</summary>
internal sealed class StatementRule(string slot, string pattern)
{
    private readonly Regex _form = new(pattern, RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1));
    private readonly SearchValues<string>? _words = StatementWords.Of(slot);
    private readonly Regex? _demands;
    private readonly Regex? _unless;

    /// <summary>What it tells of.</summary>
    public string Slot { get; } = slot;

    /// <summary>Whether it says that the value does not hold any more.</summary>
    public bool IsRetraction { get; init; }

    /// <summary>What must be in the clause; null when nothing more must.</summary>
    public string? Demands
    {
        init => _demands = value is null ? null : new Regex(value, RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1));
    }

    /// <summary>What must not be in the part of the clause that has the form, from where it begins to its end, the value included.</summary>
    public string? Unless
    {
        init => _unless = value is null ? null : new Regex(value, RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1));
    }

    /// <summary>The value and what no longer holds, or null when the clause has another form.</summary>
    /// <param name="clause">The clause.</param>
    /// <param name="starts">Where what it says may begin, the last first.</param>
    public (string Value, string? Old)? Read(string clause, List<int> starts)
    {
        // Most clauses are about something else, and a form takes long to say so.
        if (_words is not null && !clause.AsSpan().ContainsAny(_words))
        {
            return null;
        }

        foreach (var start in starts)
        {
            var match = _form.Match(clause, start);
            if (match.Success && match.Groups["v"].Value.Trim() is { Length: > 0 } value)
            {
                return _unless?.IsMatch(match.Value) == true || _demands?.IsMatch(clause) == false ? null : (value, match.Groups["old"].Success ? match.Groups["old"].Value.Trim() : null);
            }
        }

        return null;
    }
}
