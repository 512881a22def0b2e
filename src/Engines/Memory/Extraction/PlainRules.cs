using static Steward.Engines.Memory.Extraction.StatementRules;

namespace Steward.Engines.Memory.Extraction;

/// <summary>Forms of single slots that need words of their own: what one is called, where one lives and sits, what one works with and on, when one is there, what one eats, likes and wants. Groups as in <see cref="StatementRules"/>.</summary>
internal static class PlainRules
{
    internal const string Job = """(?<v>(?:[\p{L}\-]+\s+){0,3}(?:engineer|developer|programmer|manager|analyst|accountant|designer|administrator|admin|consultant|architect|lead|leader|head|director|assistant|technician|recruiter|controller|scientist|researcher|nurse|doctor|buyer|planner|intern|trainee|writer|editor|specialist|expert|officer|clerk|coordinator|representative|supervisor|operator|tester|auditor|lawyer|counsel|secretary|receptionist|teacher|trainer|chemist|economist|statistician|strategist|owner|partner|driver|mechanic|electrician|paralegal|solicitor|broker|bookkeeper|translator|copywriter|journalist|librarian|pharmacist|psychologist|physicist|biologist|geologist|chef|cook|porter|guard|dispatcher|associate|executive|adviser|advisor|agent|steward|foreman|surveyor|mediator|apprentice|student|actuary))""";
    private const string AfterJob = """(?:\s+(?:in|at|for|with|by)\s+[^,.;:!?]{2,40})?""";
    internal const string Name = """(?<v>(?!(?:I|It|If|The|My|On|In|At|We|You|He|She|They|Not|Just|So|But|And|As|When|What|That|This)\b)(?-i:[A-Z]\p{Ll}[\p{L}\-]{0,20}))""";
    internal const string Seat = """(?<v>(?=[\p{L}0-9.\-/]*\d)[\p{L}0-9][\p{L}0-9.\-/]{0,11}?)""";
    internal const string AtSeat = $"(?:desk\\s+|seat\\s+|number\\s+)?{Seat}(?:\\s+on\\s+the\\s+\\w+\\s+floor)?";
    internal const string Os = """(?<v>(?:Windows|macOS|Mac\s?OS|Ubuntu|Debian|Fedora|Linux|Red\s+Hat|RHEL|openSUSE|iOS|Android|ChromeOS)(?:\s+(?:[0-9][0-9.]*|Sonoma|Sequoia|Ventura|Monterey|Tahoe|Pro|Home|Enterprise|LTS))*)""";
    internal const string App = """(?<v>(?!(?:I|It|The|My|We|You|He|She|They|This|That|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b)(?-i:[A-Z][\p{L}0-9+#\-]*(?:\s+[A-Z0-9][\p{L}0-9+#\-]*){0,2}))""";
    internal const string OldApp = """(?<old>(?-i:[A-Z][\p{L}0-9+#\-]*(?:\s+[A-Z0-9][\p{L}0-9+#\-]*){0,2}))""";
    internal const string Project = """(?<v>(?!(?:I|It|The|My|Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)(?:day)?s?\b|[A-Z]+-?\d+\b)(?-i:[A-Z0-9][\p{L}0-9\-]*(?:\s+[A-Z0-9][\p{L}0-9\-]*){0,2}))""";
    internal const string Time = """\d{1,2}(?:[:.]\d\d)?(?:\s*[ap]m)?""";
    internal const string Hours = $"(?:from\\s+)?(?<v>{Time}\\s*(?:to|until|till|-|–)\\s*{Time})";
    private const string Month = """(?:jan(?:uary)?|feb(?:ruary)?|march|april|may|june|july|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)""";
    internal const string Dates = $"(?<v>(?:(?:from|on|in|between)\\s+)?(?:the\\s+)?[\\w.\\- ]{{0,30}}\\b{Month}\\b(?:\\s+(?!instead|after\\s+all|any)[\\w.\\-]+){{0,4}}?)";
    internal const string Away = """(?:away|off|out(?:\s+of\s+(?:the\s+)?office)?|on\s+(?:leave|holidays?|vacation|parental\s+leave)|not\s+(?:in|here|there|available))""";
    internal const string Meal = """(?<v>vegan|vegetarian|pescatarian|kosher|halal|gluten-free|lactose-free)""";
    internal const string Manner = """(?<v>(?:short|brief|long|detailed|simple|formal|informal|technical|concise)\s+(?:answers|replies|responses|messages|explanations|summaries)|bullet\s+(?:points|lists)|bullets|(?:numbered\s+)?step-by-step(?:\s+(?:instructions|guides|explanations))?|step\s+by\s+step(?:\s+(?:instructions|guides|explanations))?|plain\s+(?:language|words|text|English)|numbered\s+(?:lists|steps)|tables)""";
    internal const string Liked = """(?<v>(?!(?:it|this|that|them|these|those|your|you|the\s+idea)\b)[^,.;:!?()]{2,60}?)""";
    internal const string Department = $"(?<v>(?-i:(?:[A-Z][\\p{{L}}&]*\\s+){{0,2}}(?:{Departments})\\b))";
    internal const string OldDepartment = $"(?<old>(?-i:(?:[A-Z][\\p{{L}}&]*\\s+){{0,2}}(?:{Departments})\\b))";
    internal const string Passing = "\\b(?:today|tomorrow|tonight|this\\s+(?:week|morning|afternoon|evening|month)|next\\s+\\w+|on\\s+\\w+day|until|till|for\\s+(?:a|the|one|two|three)\\s+\\w+|right\\s+now|at\\s+the\\s+moment)\\b";
    internal const string Errand = "\\bfor\\s+(?:this|that|the)\\b";
    internal const string Lasting = "\\b(?:always|from\\s+now\\s+on|in\\s+(?:the\\s+)?future|going\\s+forward|prefer|rather|generally|usually|normally|every\\s+time|when(?:ever)?\\s+you|in\\s+your|with\\s+me|for\\s+me|from\\s+you|stick\\s+to|instead\\s+of)\\b";
    private const string Past = "\\s(?:was|(?:has|is|will)\\s+(?:(?:now|just|already|recently|be)\\s+)*(?:left|leav\\w*|quit\\w*|resign\\w*|retir\\w*|gone|moved|replaced|been\\s+replaced|no\\s+longer|not\\s+my))\\b";
    internal const string Verb = """(?:call|phone|ring|text|e-?mail|message|contact|reach|ping|disturb|share|use|book|install|schedule|send|change|restart|reboot|delete|forward)""";
    internal const string Ending = """(?:\s+(?:any\s?more|any\s+longer|these\s+days|at\s+the\s+moment))""";

    /// <summary>What holds.</summary>
    public static IReadOnlyList<StatementRule> All { get; } =
    [
        new("name", $$"""{{I}}(?:(?:just\s+)?call\s+me|you\s+(?:can|may)\s+(?:just\s+)?(?:call\s+me|say(?=\s+\S+\s+to\s+me))|my\s+(?:first\s+)?name\s+is|i\s+prefer\s+to\s+be\s+(?:called|addressed\s+as)){{Now}}\s+{{Name}}(?:\s+to\s+me)?(?:,\s.*|{{Tail}})""") { Unless = "\\bme\\s+(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\\b" },
        new("name", $$"""{{I}}(?:everybody|everyone|people|my\s+colleagues|they|friends)(?:\s+here)?{{Now}}\s+calls?\s+me\s+{{Name}}{{Tail}}"""),
        new("name", $$"""{{I}}i(?:['’]ve|\s+have)?\s+changed\s+my\s+name(?:\s+to|[,:]?\s+it['’]s){{Now}}\s+{{Name}}{{Tail}}"""),
        new("name", $$"""{{I}}nobody\s+calls\s+me\s+(?<old>[A-Z][\p{L}\-]+)(?:\s+these\s+days|{{Ending}})?,?\s+(?:but\s+)?it['’]s{{Now}}\s+{{Name}}{{Tail}}"""),
        new("name", $$"""{{I}}{{Am}}\s+{{Name}},?\s+(?:nice\s+to\s+meet\s+you|pleased\s+to\s+meet\s+you)\b.*"""),

        new("role", $$"""{{I}}(?:i{{Now}}\s+work|{{Am}}{{Now}}\s+(?:working|employed))\s+(?:here\s+)?as\s+(?:an?\s+|the\s+)?{{Job}}{{AfterJob}}{{Tail}}"""),
        new("role", $$"""{{I}}{{Am}}{{Now}}\s+(?:an?|the\s+new)\s+{{Job}}{{AfterJob}}{{Tail}}""") { Unless = "\\bnot\\b|" + Errand },
        new("role", $$"""{{I}}as\s+an?\s+{{Job}},?\s+i\s+(?:need|have|can|must|work|see|use|am|write|get)\b.*""") { Unless = "\\bas\\s+an?\\s+(?:\\w+\\s+)?(?:admin|administrator|owner|partner)\\b" },
        new("role", $$"""{{I}}i\s+(?:joined|started)(?:\s+(?:in|on|last|here)(?:\s+\w+)?)?\s+as\s+(?:an?|the)\s+(?:new\s+)?{{Job}}{{AfterJob}}{{Tail}}"""),
        new("role", $$"""{{I}}my\s+(?:new\s+|current\s+)*(?:job\s+title|title|role|job|position)\s+(?:here\s+)?(?:is|has\s+changed\s+to|changed\s+to){{Now}}\s+(?:an?\s+|the\s+)?{{Job}}{{Tail}}"""),
        new("role", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+moved\s+from\s+(?<old>[\p{L}\-]+(?:\s+[\p{L}\-]+){0,3}?)\s+to\s+(?:an?\s+)?{{Job}}(?:,\s+that['’]s\s+my\s+new\s+(?:role|job|title))?{{Tail}}"""),

        new("team", $$"""{{I}}(?:{{Am}}{{Now}}\s+(?:in|part\s+of|working\s+(?:in|for))|i{{Now}}\s+(?:work\s+(?:in|for)|belong\s+to)|i(?:['’]ve|\s+have)?{{Now}}\s+joined)\s+(?:the\s+)?{{Department}}(?:\s+(?:team|department))?(?:,\s+cost\s+cent.*|{{Tail}})""") { Unless = Passing },
        new("team", $$"""{{I}}{{Am}}{{Now}}\s+(?:with|in|on)\s+the\s+{{Department}}\s+(?:team|department)\s+(?:in|at)\s+[A-Z][\p{L}\-]+{{Tail}}"""),
        new("team", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:moved\s+(?:over\s+)?from\s+(?:the\s+)?{{OldDepartment}}\s+to|left\s+(?:the\s+)?{{OldDepartment}}\s+(?:and\s+(?:have\s+)?joined|for))\s+(?:the\s+)?{{Department}}(?:\s+(?:team|department))?{{Tail}}"""),

        new("manager", $$"""{{I}}(?:ask\s+|cc\s+|copy\s+)?my\s+(?:new\s+|line\s+|direct\s+)*(?:manager|boss|supervisor),?\s+{{Person}}(?:,\s.*|\s+(?:is|was|has|will|can|needs|wants|knows|signs)\b.*)""") { Unless = Past },
        new("manager", $$"""{{I}}{{Person}}\s+manages\s+me\b.*"""),
        new("deputy", $$"""{{I}}(?:ask\s+|cc\s+|copy\s+)?my\s+(?:new\s+)?(?:deputy|stand-in|substitute|delegate),?\s+{{Person}}(?:,\s.*|\s+(?:is|was|has|will|can|needs|wants|knows|signs)\b.*)""") { Unless = Past },
        new("deputy", $$"""{{I}}my\s+(?:new\s+)?delegate\s+is{{Now}}\s+{{Person}}{{Tail}}"""),
        new("deputy", $$"""{{I}}{{Person}}\s+(?:is\s+(?:standing\s+in|covering|deputising)\s+for|stands\s+in\s+for|covers\s+for|acts\s+for|deputises\s+for|fills\s+in\s+for)\s+me(?:\s+(?:when|while|whenever)\b.*)?{{Tail}}""") { Unless = Passing },
        new("deputy", $$"""{{I}}(?:treat|use|see)\s+{{Person}}\s+as\s+my\s+(?:deputy|substitute|stand-in|delegate|backup){{Tail}}"""),
        new("deputy", $$"""{{I}}i(?:['’]ve|\s+have)?\s+(?:replaced\s+(?<old>[^,.;:!?]{2,40}?)\s+(?:with|by)|named|chosen|made|appointed)\s+{{Person}}\s+(?:as\s+)?my\s+(?:new\s+)?(?:deputy|substitute|stand-in|delegate|backup){{Tail}}"""),

        new("office", $$"""{{I}}i{{Now}}\s+(?:sit|work)\s+(?:in|at|from)\s+our\s+{{Place}}{{Tail}}""") { Unless = Passing },
        new("office", $$"""{{I}}the\s+(?:office|site|branch)\s+(?:that\s+)?i{{Now}}\s+(?:go\s+to|work\s+(?:in|from)|sit\s+in)\s+is{{Now}}\s+(?:in\s+)?{{Place}}{{Tail}}""") { Unless = Passing },
        new("home", $$"""{{I}}(?:i{{Now}}\s+reside|{{Am}}{{Now}}\s+living|my\s+(?:home|flat|house|apartment){{Now}}\s+is{{Now}})\s+(?:in\s+)?{{Place}}{{Tail}}""") { Unless = Passing },
        new("home", $$"""{{I}}home\s+for\s+me\s+is{{Now}}\s+(?:in\s+)?{{Place}}{{Tail}}"""),
        new("home", $$"""{{I}}i{{Now}}\s+commute\s+(?:in\s+)?from\s+{{Place}}(?:,\s.*|{{Tail}})"""),

        new("desk", $$"""{{I}}(?:i{{Now}}\s+sit\s+at|(?:you['’]ll|you\s+(?:can|will))\s+find\s+me\s+at|{{Am}}{{Now}}\s+at(?=\s+(?:desk|seat))|bring\s+it\s+to\s+my\s+desk,?|my\s+(?:new\s+)?(?:desk|seat)(?:\s+number)?\s+is){{Now}}\s+{{AtSeat}}{{Tail}}""") { Unless = Passing },
        new("desk", $$"""{{I}}(?:they|i\s+was|i['’]ve\s+been)\s+moved\s+(?:me\s+)?(?:from\s+(?:desk\s+)?(?<old>[\p{L}0-9.\-/]{1,12})\s+)?to\s+desk\s+{{Seat}}{{Tail}}"""),
        new("desk", $$"""{{I}}i(?:['’]ve|\s+have)?\s+moved\s+desks?,?\s+(?:i['’]m|i\s+am|i\s+sit){{Now}}\s+at\s+{{AtSeat}}{{Tail}}"""),

        new("laptop", $$"""{{I}}my\s+(?:computer|laptop|notebook|machine)(?:['’]s|\s+is)\s+an?\s+(?<v>{{Device}})(?:\s+(?:and|but)\s.*|{{Tail}})"""),
        new("laptop", $$"""{{I}}(?:{{Am}}{{Now}}\s+(?:using|on)|i{{Now}}\s+use)\s+an?\s+(?<v>{{Device}})\s+(?:and|but)\s.*"""),
        new("laptop", $$"""{{I}}(?:i(?:['’]ve|\s+have)?{{Now}}\s+(?:got|have)|they\s+gave\s+me)\s+an?\s+(?<v>{{Device}})\s+as\s+(?:my\s+)?(?:work\s+)?laptop{{Tail}}"""),

        new("system", $$"""{{I}}(?:my\s+(?:laptop|computer|machine|pc|notebook){{Now}}\s+(?:runs|is\s+(?:on|running)|uses)|my\s+(?:os|operating\s+system)\s+is|the\s+system\s+on\s+my\s+(?:laptop|computer|pc)\s+is|{{Am}}{{Now}}\s+(?:on|running)|i{{Now}}\s+(?:run|use)){{Now}}\s+{{Os}}(?:\s+(?:here|as\s+my\s+\w+(?:\s+\w+)?))?(?:\s+(?:and|but)\s.*|{{Tail}})""") { Unless = Passing },
        new("system", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:switched|upgraded|moved|changed)\s+(?:from\s+(?<old>[^,.;]+?)\s+)?to\s+{{Os}}{{Tail}}"""),
        new("system", $$"""{{I}}(?:they(?:['’]ve|\s+have)?|IT(?:\s+has)?|i(?:['’]ve|\s+have)?)\s+(?:re)?installed\s+(?:my\s+(?:laptop|computer|pc|machine)\s+with\s+{{Os}}|{{Os}}\s+on\s+my\s+(?:laptop|computer|pc|machine)){{Tail}}"""),

        new("software", $$"""{{I}}(?:i{{Now}}\s+do\s+(?:most|all|much)\s+of\s+my\s+work\s+in\s+{{App}}|{{Am}}\s+an?\s+{{App}}\s+user|my\s+main\s+(?:tool|program|application)\s+is{{Now}}\s+{{App}}){{Tail}}""") { Unless = $"\\b(?:{Languages}|{Channels})\\b" },
        new("software", $$"""{{I}}i{{Now}}\s+use\s+{{App}}{{Now}}\s+instead\s+of\s+{{OldApp}}{{Now}}{{Tail}}""") { Unless = $"\\b(?:{Languages}|{Channels})\\b" },

        new("project", $$"""{{I}}(?:my\s+(?:new\s+|current\s+|main\s+)*project|the\s+project\s+(?:that\s+)?(?:{{Am}}\s+(?:working\s+)?on|i\s+work\s+on))\s+is{{Now}}\s+(?:called\s+)?(?:project\s+)?{{Project}}{{Tail}}""") { Unless = State },
        new("project", $$"""{{I}}(?:{{Am}}{{Now}}\s+(?:working\s+)?(?:on|part\s+of|leading|assigned\s+to)|i(?:['’]ve|\s+have|\s+was){{Now}}\s+(?:been\s+)?(?:assigned|moved|put)\s+(?:to|on)|i{{Now}}\s+(?:lead|run|work\s+on))\s+(?:the\s+)?(?:{{Project}}\s+project|project\s+{{Project}}){{Tail}}"""),
        new("project", $$"""{{I}}{{Am}}\s+(?:off|done\s+with)\s+(?:the\s+|project\s+)*(?<old>[A-Z][\p{L}0-9\- ]*?)(?:\s+project)?\s+and{{Now}}\s+on\s+(?:the\s+|project\s+)*{{Project}}(?:\s+project)?{{Tail}}"""),
        new("project", $$"""{{I}}i(?:['’]ve|\s+have)?\s+finished\s+(?:the\s+|project\s+)*(?<old>[A-Z][\p{L}0-9\- ]*?)(?:\s+project)?\s+and{{Now}}\s+work\s+on\s+(?:the\s+|project\s+)*{{Project}}(?:\s+project)?{{Tail}}"""),

        new("hours", $$"""{{I}}(?:{{Am}}{{Now}}\s+in|i{{Now}}\s+work|my\s+(?:new\s+)?(?:working\s+)?(?:hours|day|time)\s+(?:are|is)){{Now}}\s+{{Hours}}(?:\s+now)?\s*(?:instead\s+of\s+(?:from\s+)?(?<old>[\w:.\- ]+?))?{{Tail}}""") { Unless = Passing },
        new("hours", $$"""{{I}}(?:you\s+(?:can|will)\s+reach\s+me|{{Am}}{{Now}}\s+(?:available|reachable))\s+{{Hours}},?\s+(?:those|these)\s+are\s+my\s+(?:working\s+)?hours{{Tail}}"""),

        new("absent", $$"""{{I}}(?:(?:{{Am}}|i\s+will\s+be|i['’]ll\s+be){{Now}}\s+{{Away}}|i\s+(?:won['’]t|will\s+not)\s+be\s+(?:in|here|there|available)|i(?:\s+have|['’]ve)\s+taken\s+time\s+off)\s+{{Dates}}(?:\s+instead)?[.!]*$""") { Unless = "\\b(?:meeting|call|workshop|training|floor|project|team)\\b" },

        new("language", $$"""{{I}}i(?:['’]d)?{{Now}}\s+rather\s+(?:read|write|speak|use)\s+(?<v>{{Languages}}){{Tail}}"""),
        new("language", $$"""{{I}}i(?:['’]d|\s+would)?\s+like\s+(?:your\s+|the\s+|my\s+)?(?:answers|replies|responses)\s+in\s+(?<v>{{Languages}}){{Tail}}"""),
        new("contact", $$"""{{I}}(?:you\s+(?:get|reach)\s+me\s+(?:best|fastest|quickest|soonest)|i(?:['’]d|\s+would)?\s+(?:like|prefer)\s+to\s+hear\s+from\s+you)\s+(?:by|via|on|through|in)\s+(?<v>{{Channels}}){{Tail}}"""),
        new("style", $$"""{{I}}(?:i{{Now}}\s+(?:prefer|want)|(?:always\s+)?(?:give\s+me|use|send\s+me|write)|(?:answer|reply|respond)(?:\s+to)?(?:\s+me)?\s+(?:with|in|using)|for\s+me)\s+{{Manner}}(?:\s+(?:from\s+you|when\s+you\s+(?:answer|reply|write)))?{{Tail}}""") { Unless = "\\bfor\\s+(?!me\\b)|\\b(?:here|this)\\b", Demands = Lasting },
        new("style", $$"""{{I}}{{Manner}}\s+(?:instead\s+of|rather\s+than)\s+(?<old>[^,.;:!?]{2,50}?)(?:,\s.*|{{Tail}})"""),

        new("allergy", $$"""{{I}}i{{Now}}\s+suffer\s+from\s+an?\s+(?<v>[\p{L}\s]{2,30}?)\s+allergy{{Tail}}"""),
        new("allergy", $$"""{{I}}(?:please\s+)?(?:note|remember|mind)\s+my\s+allergy(?::|\s+to)\s+{{Thing}}{{Tail}}"""),
        new("allergy", $$"""{{I}}i\s+react\s+(?:\w+\s+)?(?:badly|strongly|severely)\s+to\s+{{Thing}},\s+it['’]s\s+an\s+allergy{{Tail}}"""),
        new("diet", $$"""{{I}}(?:{{Am}}{{Now}}\s+(?:strictly\s+)?|i{{Now}}\s+(?:only\s+|strictly\s+)?eat\s+(?:only\s+)?|i(?:['’]ve|\s+have)\s+(?:gone|become|turned)\s+|my\s+diet\s+is\s+|(?:always\s+)?order\s+){{Meal}}(?:\s+(?:food|meals))?(?:\s+for\s+me)?{{Tail}}""") { Unless = "\\border\\s+\\S+(?:\\s+(?:food|meals))?(?!\\s+(?:food|meals|for\\s+me))\\s*(?:$|[,.])" },
        new("never", $$"""{{I}}(?:don['’]t\s+ever|do\s+not\s+ever|you\s+must\s+never(?=.*\b(?:me|my|mine)\b)|i\s+never\s+want\s+you\s+to|under\s+no\s+circumstances)\s+(?<v>{{Verb}}\b[^,.;:!?]{1,60}?){{Tail}}"""),
        new("dislikes", $$"""{{I}}{{Am}}\s+not\s+(?:really\s+)?(?:an?\s+(?:big\s+|great\s+)?fan\s+of|keen\s+on|fond\s+of)\s+{{Liked}}{{Tail}}"""),
        new("likes", $$"""{{I}}{{Am}}{{Now}}\s+(?:fond\s+of|an?\s+(?:big\s+|great\s+|huge\s+)?fan\s+of|keen\s+on)\s+{{Liked}}{{Tail}}"""),
    ];

    /// <summary>What only fits when nothing else does. Of what somebody switched from and to, the names do not say what they are; what is not known does not have to be taken back.</summary>
    public static IReadOnlyList<StatementRule> Last { get; } =
    [
        new("software", $$"""{{I}}i(?:['’]ve|\s+have)?{{Now}}\s+(?:switched\s+from|replaced)\s+{{App}}\s+(?:to|with|by)\s+(?-i:[A-Z])[^,.;:!?]{1,40}[.!]*$""") { IsRetraction = true },
    ];

    /// <summary>What does not hold any more.</summary>
    public static IReadOnlyList<StatementRule> Retractions { get; } =
    [
        new("name", $$"""{{I}}(?:stop\s+calling\s+me|nobody\s+calls\s+me|i\s+(?:don['’]t|do\s+not|no\s+longer)\s+go\s+by|(?:don['’]t|do\s+not)\s+call\s+me)\s+{{Name}}{{Ending}}?{{Tail}}"""),
        new("role", $$"""{{I}}i\s+used\s+to\s+be\s+an?\s+{{Job}}{{Tail}}"""),
        new("deputy", $$"""{{I}}{{Person}}\s+(?:(?:doesn['’]t|does\s+not)\s+(?:stand\s+in|cover|act|deputise)|no\s+longer\s+(?:stands\s+in|covers|acts|deputises))\s+for\s+me{{Ending}}?{{Tail}}"""),
        new("desk", $$"""{{I}}i\s+(?:don['’]t|do\s+not|no\s+longer)\s+sit\s+at\s+{{AtSeat}}{{Ending}}?{{Tail}}"""),
        new("laptop", $$"""{{I}}i(?:['’]ve|\s+have)?\s+(?:gave|given)\s+my\s+(?:old\s+)?(?<v>{{Device}})\s+back{{Tail}}"""),
        new("home", $$"""{{I}}i\s+used\s+to\s+live\s+in\s+{{Place}}{{Tail}}"""),
        new("system", $$"""{{I}}(?:{{Am}}\s+(?:not|no\s+longer)\s+(?:on|running)|i\s+(?:don['’]t|do\s+not|no\s+longer)\s+(?:run|use))\s+{{Os}}{{Ending}}?{{Tail}}"""),
        new("software", $$"""{{I}}i(?:['’]ve|\s+have)?\s+(?:stopped\s+using|given\s+up(?:\s+using)?|(?:don['’]t|do\s+not|no\s+longer)\s+(?:use|work\s+with))\s+{{App}}{{Ending}}?{{Tail}}""") { Unless = $"{Device}|\\b(?:{Channels}|{Languages})\\b" },
        new("project", $$"""{{I}}(?:{{Am}}\s+(?:not|no\s+longer)\s+(?:working\s+)?on|i\s+(?:don['’]t|do\s+not|no\s+longer)\s+work\s+on|i(?:['’]ve|\s+have)?\s+(?:finished|handed\s+over|left)|my\s+work\s+on)\s+(?:the\s+)?(?:{{Project}}\s+project|project\s+{{Project}}|(?<=(?:on|finished)\s+(?:the\s+)?){{Project}})(?:\s+is\s+(?:done|over|finished))?{{Ending}}?{{Tail}}"""),
        new("hours", $$"""{{I}}i\s+(?:don['’]t|do\s+not|no\s+longer)\s+work\s+{{Hours}}{{Ending}}?{{Tail}}"""),
        new("absent", $$"""{{I}}my\s+(?:holidays?|leave|vacation|time\s+off)\s+{{Dates}}\s+(?:is|was|has\s+been)\s+(?:cancelled|canceled|off){{Tail}}"""),
        new("absent", $$"""{{I}}(?:i\s+will\s+be|i['’]ll\s+be|{{Am}})\s+(?:here|in|there)\s+{{Dates}}\s+after\s+all[.!]*$"""),
        new("absent", $$"""{{I}}{{Am}}\s+(?:no\s+longer|not)\s+{{Away}}\s+{{Dates}}{{Ending}}?[.!]*$"""),
        new("language", $$"""{{I}}you\s+(?:don['’]t|do\s+not|no\s+longer)\s+(?:have|need)\s+to\s+(?:answer|write|reply|respond)(?:\s+to)?(?:\s+me)?\s+in\s+(?<v>{{Languages}}){{Ending}}?{{Tail}}"""),
        new("contact", $$"""{{I}}(?<v>{{Channels}})\s+is\s+(?:no\s+good|not\s+good|no\s+use|useless)\s+(?:for\s+reaching\s+me|to\s+reach\s+me){{Ending}}?{{Tail}}"""),
        new("style", $$"""{{I}}(?:i\s+(?:don['’]t|do\s+not|no\s+longer)\s+(?:need|want|like)|no\s+more|i(?:['’]ve|\s+have)\s+changed\s+my\s+mind\s+about)\s+{{Manner}}{{Ending}}?{{Tail}}"""),
        new("allergy", $$"""{{I}}(?:i(?:['’]ve|\s+have)\s+(?:grown\s+out\s+of|outgrown|lost)\s+my\s+(?<v>[\p{L}\s]{2,30}?)\s+allergy|i\s+(?:don['’]t\s+have|do\s+not\s+have|have\s+no)\s+(?:an?\s+)?(?<v>[\p{L}\s]{2,30}?)\s+allergy){{Ending}}?{{Tail}}"""),
        new("diet", $$"""{{I}}(?:{{Am}}\s+(?:not|no\s+longer)|i\s+used\s+to\s+be|i\s+(?:don['’]t|do\s+not|no\s+longer)\s+eat(?:\s+only)?)\s+(?:an?\s+)?{{Meal}}{{Ending}}?{{Tail}}"""),
        new("never", $$"""{{I}}(?:you\s+(?:can|may)|it['’]s\s+(?:fine|ok|okay)\s+to|feel\s+free\s+to)\s+(?<v>{{Verb}}\b[^,.;:!?]{1,60}?)\s+(?:again|now){{Tail}}"""),
        new("likes", $$"""{{I}}(?:i\s+(?:don['’]t|do\s+not|no\s+longer)\s+care\s+for|i(?:['’]ve|\s+have)\s+(?:lost\s+interest\s+in|gone\s+off)|i\s+used\s+to\s+(?:like|love|enjoy))\s+{{Liked}}{{Ending}}?{{Tail}}"""),
        new("dislikes", $$"""{{I}}(?:i\s+(?:don['’]t|do\s+not|no\s+longer)\s+(?:mind|hate|dislike)|i\s+used\s+to\s+(?:hate|dislike))\s+{{Liked}}{{Ending}}?{{Tail}}"""),
    ];
}
