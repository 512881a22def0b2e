using System.Text.RegularExpressions;
using Steward.Engines.Memory.Facts;

namespace Steward.Engines.Memory.Extraction;

/// <summary>What stands in the place of a value that is over: by the form of the slot's values and the words before or behind them. Used only beside something that is over, so the words may be common ones.</summary>
internal static partial class HeldValues
{
    internal const string Languages = StatementRules.Languages + "|Russian|Ukrainian|Greek|Hungarian|Romanian|Bulgarian|Croatian|Serbian|Slovak|Slovenian|Hebrew|Thai|Vietnamese|Indonesian|Malay|Catalan|Icelandic|Estonian|Latvian|Lithuanian|Mandarin|Cantonese|Urdu|Bengali|Farsi|Persian|Irish|Welsh|Swahili|Tagalog";
    internal const string Channels = """e-?mails?|mail|(?:phone\s+)?calls?|(?:tele)?phone|chat|Slack|(?-i:Teams)|MS\s+Teams|text(?:\s+messages?)?|texts|SMS|WhatsApp|Signal|Telegram|Webex|Zoom|Mattermost|Skype|Google\s+Chat|Discord|voicemail|pager|fax""";
    internal const string Systems = """(?<v>(?:Windows|macOS|Mac\s?OS|OS\s?X|Ubuntu|Debian|Fedora|Linux(?:\s+Mint)?|Mint|Arch(?:\s+Linux)?|Manjaro|Red\s+Hat|RHEL|CentOS|Rocky(?:\s+Linux)?|AlmaLinux|openSUSE|SUSE|NixOS|Pop!?_?OS|Kali|FreeBSD|iOS|Android|ChromeOS|Chrome\s+OS)(?:\s+(?:[0-9][0-9.]*|Sonoma|Sequoia|Ventura|Monterey|Tahoe|Pro|Home|Enterprise|LTS|Linux|Mint))*)""";
    internal const string Meals = """(?<v>vegan|vegetarian|pescatarian|flexitarian|kosher|halal|gluten[\s-]free|lactose[\s-]free|dairy[\s-]free|low[\s-]carb|keto|paleo|coeliac|celiac|diabetic)""";
    internal const string Manners = """(?<v>(?:short|brief|long|detailed|simple|formal|informal|technical|concise|longer|shorter)\s+(?:answers|replies|responses|messages|explanations|summaries|ones)|bullet\s+(?:points|lists)|bullets|(?:numbered\s+)?step[\s-]by[\s-]step(?:\s+(?:instructions|guides|explanations))?|plain\s+(?:language|words|text|English)|numbered\s+(?:lists|steps)|tables|full\s+(?:sentences|paragraphs)|prose|one-liners|short|brief|detailed|concise|formal|informal|technical|casual|simple)""";
    internal const string Zones = """(?<v>(?-i:(?:[A-Z]\p{L}+\s+){1,2}(?:Standard\s+|Daylight\s+|Summer\s+)?Time\b|(?:A[CEW][SD]T|AW[SD]T|AE[SD]T|[ECMPA][SD]T|AK[SD]T|HST|GMT|UTC|BST|IST|CET|CEST|EET|EEST|WET|WEST|MSK|GST|PKT|SGT|MYT|HKT|JST|KST|NZ[SD]T|SAST|EAT|CAT|WAT|BRT|ART|CLT|PHT|WIB|ICT)(?:[+\-]\d{1,2})?\b))""";
    internal const string NotName = """(?!(?:Now|Since|Then|From|As|And|So|Please|Instead|Meanwhile|Also|Just|My|Our|Your|His|Her|Their|HR|IT|OK|VPN|PC|ID|Who|What|Where|When|Which|Here|There|After|Before|With|For|To|In|At|On|By|Luckily|Fortunately|Unfortunately|Sadly|Today|Yesterday|Tomorrow|Next|Last|Both|All|No|Not|Yes|Hi|Hello|Hey|Thanks|Dear|Old|New|Boss|Manager|Team|Office|Laptop|Update|FYI|Can|Could|Should|Is|Are|Was|Were|Has|Have|Had|Do|Does|Did|Will|Would|Finally|Effective|Starting|Kind|Regards|Best|I|It|The|This|That|They|She|He|We|You|A|An|If|But|Or|Of|One|Two|Three|January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Christmas|Easter|CEO|CTO|CFO|God|Excel|Word|Regarding|Concerning|About|Re|Subject|Funny|Quick|Heads|Because|While|Though|Although|Everything|Nothing|Something|Over|Under|Above|Said|Got|Gave|Put|Spent|Finished|Lost|Left|Came|Went|Sorry|Strange|Big|Well|Oh|Hm+|Note|Somebody|Someone|Everybody|Everyone|Nobody|Corporate|Management)\b)""";
    internal const string Human = $$"""(?<v>(?<![\p{L}\-])(?-i:{{NotName}}(?:Dr\.?\s+)?\p{Lu}[\p{L}\-'’]*\p{Ll}(?:\s+(?:van|von|de|der|da|di|la|al|el|bin|ten|O['’]\p{Lu}\p{L}+|\p{Lu}[\p{L}\-]*\p{Ll}))*))(?!['’]s\s+(?!(?:the|my|our|now|in|taken|been|got|taking|doing|running|stepping|covering|it)\b)|['’](?!s)|\p{L})""";
    internal const string Town = $$"""(?<v>(?-i:{{NotName}}\p{Lu}[\p{L}\-'’.]*\p{Ll}(?:\s+(?:am|an|der|de|la|upon|on|\p{Lu}[\p{L}\-'’]*\p{Ll}))*))(?!['’]s|\p{L})(?!\s+(?:trip|meeting|project|team))(?:\s+(?:office|branch|site|building|campus|plant|hub))?""";
    internal const string Called = $$"""(?<v>(?-i:{{NotName}}[\p{Lu}\d][\p{L}0-9+#&\-]*(?:\s+(?:[\p{Lu}\d][\p{L}0-9+#&\-]*))*))""";
    private const string Aux = """(?:['’]s|['’]ve|\s+(?:have|had|has|is|are|was|were|will|been|being|got|just|now|finally|recently|also|already|officially|currently|actually|who|then))*""";
    private const string Cue = """(?:\b(?:to|into|onto|in|at|on|for|with|by|is|are|now|use|using|have|has|got|get|joined|join|joining|called|named|new|as|under|it['’]s|that['’]s|favou?r\s+of|be|run|love|prefer|like|become|became|gives?|gave\s+me|handed\s+me|issued\s+me|received|took|take|taken|instead)|[-=]>|→|:)\s+(?:(?:an?|the|my|our|new|shiny|brand[\s-]new|proper|lighter|smaller|bigger|refurbished|replacement|spanking|lovely|sunny|beautiful|nice|little|good\s+old|project|team|desk|seat|number|old|now|office\s+in|flat\s+in|house\s+in|place\s+in)\s+)*""";

    private const string Where = """\s+(?:is\s+(?:now\s+)?(?:where|my|our|home)\b|it\s+is\b)""";

    private static readonly Dictionary<string, Regex[]> All = new(StringComparer.Ordinal)
    {
        ["manager"] = Humans(""),
        ["deputy"] = Humans(""),
        ["office"] = [Form(Cue + Town), Form(Town + Where)],
        ["home"] = [Form(Cue + Town), Form(Town + Where)],
        ["desk"] = [Form($$"""\b(?:grabbed|claimed|nabbed|bagged|took|taken|got|at|to|have|now|is)\s+(?:number\s+|desk\s+)?{{PlainRules.Seat}}(?=\s+(?:by|near|next|opposite|beside|in|on|so|and|now|instead|from)\b)"""), Form($$"""(?:{{Cue}}|\b(?:desk|seat)\s+)(?:desk\s+|seat\s+|number\s+)*{{PlainRules.Seat}}(?=[,;!?)]|\.?\s|\.?$)(?!\s+(?:years?|months?|weeks?|days?|hours?|minutes?|people|o['’]clock|am|pm|%))""")],
        ["laptop"] = [Form($$"""\b(?<v>(?:(?-i:Dell|HP|Lenovo|Apple|Asus|ASUS|Acer|Microsoft|Fujitsu|Samsung|Huawei)\s+)?(?:MacBook(?:\s+(?:Pro|Air))?|ThinkPad|Surface|Chromebook|EliteBook|ProBook|ZBook|ZenBook|IdeaPad|Precision|Latitude|XPS|Framework)(?:\s+(?-i:[A-Z0-9][\p{L}0-9\-]*))*(?:\s+\d+)?)\b"""), Form(Cue + """(?!(?:Windows|macOS|Ubuntu|Linux|Fedora|Debian)\b)""" + Called)],
        ["phone"] = [Form(NounRules.Number), Form($$"""\b(?:extension|ext\.?|number|line|to|is|now|on)\s+(?<v>\d{3,6})\b""")],
        ["hours"] = [Form(PlainRules.Hours), Form("""\b(?:i['’]m|am|now|to|work|working|do|doing|on|only)\s+(?<v>part-?time|full-?time|mornings|afternoons|nights|(?:early|late|night|day)\s+shifts?)\b""")],
        ["cost centre"] = [Form($$"""(?:{{Cue}}|\b(?:cent(?:re|er)|number|code|is|to|now|on)\s+){{NounRules.Code}}(?=[,;!?)]|\.?\s|\.?$)""")],
        ["time zone"] = [Form(Zones), Form($$"""(?:{{Cue}}|\bnow\s+)(?:the\s+)?(?<v>(?-i:[A-Z]{3,4}(?:[+\-]\d{1,2})?|UTC[+\-]\d{1,2}|[A-Z]\p{L}+/[A-Z][\p{L}_]+))\b"""), Form($$"""(?<v>(?-i:{{NotName}}[A-Z]\p{L}+(?:\s+(?:European|Standard|Daylight))?))\s+time(?:\s+zone)?\b""")],
        ["system"] = [Form(Systems)],
        ["software"] = [Form(Called + """(?:\s+(?:has|have|does|did|will|now))*\s+(?:replac\w+|took\s+(?:over|the\s+place)|taken\s+(?:over|the\s+place)|it\s+is|instead|does\s+the\s+job|is\s+(?:now\s+)?(?:what\s+i|my))"""), Form(Cue + Called)],
        ["project"] = [Form(Called + """\s+(?:(?:now|just)\s+)?(?:gets?|has|have|takes?|fills?|keeps?|is\s+(?:now\s+)?(?:what|where|my)|it\s+is)\b"""), Form(Cue + Called)],
        ["team"] = [Form(Cue + Called + """(?:\s+(?:team|department|group|unit|squad|crew))?"""), Form(Called + """\s+(?:took\s+(?:me|us)|it\s+is|is\s+(?:now\s+)?(?:my|where))""")],
        ["role"] = [Form("""\b(?:promoted\s+to|made\s+me|(?:i['’]m|i\s+am|am)\s+now|now|become|became|(?:works?|working|started|hired|employed|serving|acting)\s+as|as|to|into|says|title\s+is|role\s+is|job\s+is|it['’]s|is|i['’]m|i\s+am|for)\s+(?:an?\s+|the\s+|our\s+|their\s+|being\s+|now\s+|of\s+)*""" + PlainRules.Job + """(?![\p{L}\-])"""), Form("""\b(?:promoted\s+to|made\s+me|became|title\s+is\s+now|now\s+an?|working\s+as)\s+(?:an?\s+|the\s+)?(?<v>\p{L}[\p{L}\- ]{2,40}?)(?=\s*(?:$|[,.;:!?]|\b(?:in|at|for|since|from|now|instead|and|last|this)\b))""")],
        ["language"] = [Form($$"""\b(?<v>{{Languages}})\b""")],
        ["contact"] = [Form($$"""\b(?:by|via|on|over|through|use|to|prefer|with|a|in|check|read|me\s+an?|please|or|it['’]s|is)\s+(?:my\s+|the\s+|an?\s+)*(?<v>{{Channels}})\b"""), Form($$"""\b(?<v>{{Channels}})\s+(?:me|is|it\s+is|instead|works?|from\s+now\s+on|only|please|would\s+be|suits)\b""")],
        ["style"] = [Form($$"""\b{{Manners}}\b""")],
        ["diet"] = [Form($$"""\b{{Meals}}\b""")],
        ["name"] = [Form($$"""^\W*(?<v>(?-i:{{NotName}}\p{Lu}\p{Ll}[\p{L}\-]*))\s+(?:it\s+is|on\s+(?:everything|all|paper)|from\s+(?:now|here|today)|again|please|will\s+do|is\s+(?:my|what|how))"""), Form($$"""\b(?:call\s+me|i['’]m|i\s+am|me|by|to|is|use|it['’]s|as|just|now)\s+(?<v>(?-i:{{NotName}}\p{Lu}\p{Ll}[\p{L}\-]*))(?=\s*(?:$|[,.;:!?]|\b(?:now|please|from|instead|these|is|will|again)\b))""")],
    };

    // Beside what is only likely to be over, who takes over the call or runs the booth takes nobody's place.
    private static readonly Regex[] LikelyHumans = Humans($$"""\b(?!\s+(?:of\s+|for\s+|from\s+)?(?:the|an?|this|that|these|those|his|her|their|your)\s+(?!(?:whole\s+|entire\s+|new\s+)?(?:thing|business|team|group|unit|department|squad|crew|lot|job|role|post|position|reins|helm|lead|show|shop|ship|baton|duties|chair|shoes|seat|place|stead|manager|boss|supervisor|deputy|stand-in|substitute|backup|calls|cases|work|inbox|approvals|holidays|leave|expenses)\b)|\s+(?:head|boss|manager|lead|director|chief)\s+(?:of|for|in|at)\s+(?!(?:us|our|my|the\s+(?:team|group|unit|department))\b))""")[..2];

    /// <summary>Whether a sentence names another value by the narrowest form of the slot's: a laptop by its make, a desk by its number.</summary>
    public static bool IsOfKind(HeldValue held, string sentence) => All.TryGetValue(held.Slot, out var forms) && forms[0].Matches(sentence).Any(match => Taken(held, match.Groups["v"].Value) is not null);

    /// <summary>The value that a marked sentence puts in the place of the marked one; null where there is none. Behind the mark first.</summary>
    /// <param name="held">What is marked.</param>
    /// <param name="marked">The sentence.</param>
    /// <param name="isSure">Whether it is sure that it is over: else words that are common to many things do not count.</param>
    public static string? Instead(HeldValue held, string marked, bool isSure)
    {
        if (!All.TryGetValue(held.Slot, out var forms))
        {
            return null;
        }

        marked = HandedTo().Replace(marked, "");
        var at = marked.LastIndexOfAny([HeldMention.Mark, HeldMention.OldMark]);
        foreach (var form in isSure || held.Slot is not ("manager" or "deputy") ? forms : LikelyHumans)
        {
            var values = form.Matches(marked).Select(match => match.Groups["v"]).Where(value => Taken(held, value.Value) is not null && (isSure || held.Slot is not ("laptop" or "system" or "software" or "project") || !HeldMention.IsPart(marked[(value.Index + value.Length)..]))).ToList();
            if ((values.Find(value => value.Index > at) ?? values.FirstOrDefault()) is { } value)
            {
                return Taken(held, value.Value);
            }
        }

        return null;
    }

    private static string? Taken(HeldValue held, string value) =>
        value.Trim(' ', '.', ',', '\'', '’') is { Length: > 1 and <= 60 } taken && !FactLedger.IsSame(taken, held.Value) && !taken.Contains(HeldMention.Mark, StringComparison.Ordinal) && !taken.Contains(HeldMention.OldMark, StringComparison.Ordinal) && !IsOf(held, taken) ? taken : null;

    // "Now it's Berg" of Anna Berg names nobody new.
    private static bool IsOf(HeldValue held, string value) => held.Slot is "manager" or "deputy" && held.Value.Split(' ').Contains(value, StringComparer.OrdinalIgnoreCase);

    // "I handed it over to Marta" names who has it now, not what took its place.
    [GeneratedRegex("""(?<=\b(?:handed|gave|given|passed|turned|left)\s+(?:over\s+)?[\uE000\uE001](?:\s+(?:over|on|back))?)\s+to\s+(?:(?:the|my|our|an?)\s+\w+|(?-i:\p{Lu}\p{L}+)(?:\s+(?-i:\p{Lu}\p{L}+))?)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HandedTo();

    private static Regex[] Humans(string whose) =>
    [
        Form($$"""{{Human}}(?:,[^,.]{2,40},)?{{Aux}}\s+(?:(?:took|takes|taking|taken)\b[^.;]{0,12}\bover|step(?:s|ped|ping)\s+(?:in|up|into)|replac\w+|succeed\w*|inherit\w*|follow(?:ed|s)|runs?|running|leads?|leading|heads?|heading|manages?|managing|manager|boss|in\s+charge|at\s+the\s+helm|responsible|acting|doing|filling|fills|covers?|covering|stands?|standing|deputi\w+|acts|signs?|signing|approves?|approving|handles?|handling|does|the\s+(?:job|one|new|boss|person)|(?:my|our)\s+|his\s+|her\s+|gets?\b|named|appointed|made|chosen|promoted|brought|agreed|offered|volunteered|became|becomes|looks?\s+after|looking\s+after|instead|from\s+now\s+on|these\s+days|it\s+is|(?:taken|took|takes|got|acts?|acting|steps?|stepped|has|in|into)\s+(?:in\s+|into\s+)?(?:his|her|their|[\uE000\uE001]['’]s)\s+(?:place|shoes|seat|chair|stead|job|role|post|position)){{whose}}"""),
        Form($$"""\b(?:(?:replaced|succeeded|followed|taken\s+over|covered|run|led|headed|managed|supervised|looked\s+after|inherited)\s+by|(?:handed|passed|gave|given|transferred|moved|assigned|switched|changed|reassigned|went|gone|goes|go|fell|belong|belongs?|report|reports|reporting|answer|answers|answering|listen|listening)\b[^.;]{0,30}\b(?:to|under)|(?:work|working|now|are|am|be|placed|put|sit|sitting)\s+(?:under|for)|managed\s+by|it['’]s|it\s+is|that['’]s|that\s+would\s+be|that\s+is|but|he['’]s|she['’]s|successor\s+is|replacement\s+is|name\s+is|name['’]s|is|called|named|welcome|meet|appointed|hired|picked|chose|chosen|asked|new\s+\w+(?:\s+is)?|(?:[-=]>|→)|(?:put|write|note)\s+(?:down|in)|enter|there['’]s|there\s+is|meet|say\s+hello\s+to)[,:]?\s+(?:now\s+|a\s+certain\s+|called\s+|named\s+|one\s+)*{{Human}}"""),
        Form($$"""\b(?:have|has|had|got|get|ask|use|contact|call|put|made|by|under|for|with|to|now|then)[,:]?\s+{{Human}}\s*(?:$|[,.!]|\b(?:now|instead|in\s+charge|in\s+(?:his|her|their)|as|for|these\s+days|from\s+now|who|to\s+(?:cover|stand|lead|run|manage))\b)"""),
        Form($$"""^\s*(?:now|so|then|instead)?[,:]?\s*{{Human}}\s*[.!]*$"""),
    ];

    private static Regex Form(string pattern) => new(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(250));
}
