using System.Text.RegularExpressions;
using static Steward.Engines.Memory.Extraction.HeldValues;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// Sentences that say what is so now of a slot that holds something else already, in words that would say too little by themselves: whoever has a boss and says that somebody runs the team now has another one. What is over is not named.
/// </summary>
internal static partial class HeldChanges
{
    private const string Aux = """(?:['’]s|['’]ve|['’]m|['’]re|\s+(?:have|had|has|is|am|are|was|were|will|been|being|got|just|now|finally|recently|also|already|officially|currently|actually|who|then|since|mostly|always|usually))*""";
    private const string Us = """(?:(?:me|us)(?!\s+(?:at|through|to|around|into|towards|with|in\s+(?:the|an?)|on\s+(?:the|an?))\b)|(?:my|our|the(?=[^.;]*\b(?:now|these\s+days|from\s+now\s+on|since|as\s+of|instead)\b))\s+(?:whole\s+)?(?:team|group|unit|department|squad|crew|lot)(?=\s*(?:$|[,.;:!?)]|(?:and|now|since|from|these|as|instead|for\s+good|again|after|in\s+(?:future|the\s+future|(?-i:\p{Lu}))|at\s+the\s+moment|on\s+\w+day|then|while|because|so|who|when|last|this|next|here|any\s?more|going)\b)))""";
    private const string Boss = """(?:boss|manager|supervisor|team\s+lead(?:er)?|line\s+manager|lead|superior|head)""";
    private const string Cover = """(?:deputy|stand-in|substitute|backup|delegate|cover|replacement)""";
    private const string Changed = """(?:now(?!\s+and\s+(?:then|again))|new|as\s+(?:of|from)|these\s+days|nowadays|from\s+(?:now|today|\p{L}+day|next\s+\w+|this\s+\w+|the\s+\w+|\p{L}+)(?:\s+on)|since|switch(?:ed)?|chang(?:e|ed|es)|became|become|moved|no\s+longer|instead|back\s+(?:to|in|at|on)|again|promoted|transferred|rotated|finally|replaced|another|different|latest|currently|going\s+forward|in\s+future|starting|effective|actually|correction|turns?\s+out|amended|updated?|rather|better|easier|best|after\s+all|upgraded|migrated|recently|lately|ended\s+up|landed|settled|gone|went|come|got|on\s+second\s+thoughts?|on\s+reflection|since\s+then|any\s?more|changed\s+my\s+mind|relocated|please|from\s+(?:this|here|today)\b[^.;]{0,20}?|from\s+here\s+on|today\s+onwards?|at\s+last|allotted|assigned|grabbed|cut\s+down|these\s+\p{L}+|whenever|always|henceforth|permanent(?:ly)?|for\s+(?:good|me)|replacement)""";

    private static readonly Dictionary<string, (Regex Form, Regex? Demands)[]> All = new(StringComparer.Ordinal)
    {
        ["name"] = [Rule($$"""\b(?:settle\s+(?:on|for)|go(?:ing|es)?\s+(?:by|back\s+to)|go\s+with|stick\s+(?:to|with)|back\s+to|sign(?:ing)?\s+as|known\s+as|answer\s+to|it['’]s(?=\s+(?:Ms|Mr|Mrs|Dr|Prof)\b)|say)\s+(?:just\s+|plain\s+|being\s+)?(?<v>(?-i:{{NotName}}(?:(?:Ms|Mr|Mrs|Dr|Prof)\.?\s+)?\p{Lu}\p{Ll}[\p{L}\-]*))(?=\s*(?:$|[,.;!]|\b(?:for\s+me|again|now|from|please|instead|these|on\s+everything|when\s+you)\b))(?!\s*(?:meeting|on\s+\p{Lu}))""", "for\\s+me|again|from\\s+(?:now|here|today)|as\\s+of|instead|these\\s+days|any\\s?more|call|name|divorce|married|wedding")],
        ["manager"] =
        [
            Rule($$"""{{Human}}{{Aux}}\s+(?:in\s+charge\s+of|responsible\s+for|head(?:s|ing)(?:\s+up)?|lead(?:s|ing)|run(?:s|ning)?|manag(?:es|ing)|look(?:s|ing)\s+after|supervis(?:es|ing)|oversee(?:s|ing)|taken\s+over|took\s+over|takes\s+over|taking\s+over|inherited|in\s+command\s+of)\s+{{Us}}\b"""),
            Rule($$"""{{Human}}{{Aux}}\s+(?:(?:the\s+(?:one|person)\s+who\s+)?(?:signs?|approves?|signing|approving|okays?)(?:\s+off)?(?:\s+on)?)\s+(?:all\s+)?my\s+\p{L}+""", Changed),
            Rule($$"""\b(?:my|our)\s+(?:brand[\s-]new|new)\s+{{Boss}}(?:{{Aux}}|,|:|['’]s\s+name)\s*(?:is\s+|called\s+|named\s+|it['’]s\s+)*{{Human}}"""),
            Rule($$"""\b(?:the|an?)\s+(?:brand[\s-]new|new)\s+{{Boss}}(?:{{Aux}}|,|:|['’]s\s+name)\s*(?:is\s+|called\s+|named\s+|it['’]s\s+)*{{Human}}(?=\s*[.!]*$|,?\s+(?:and|since|from|as\s+of|now)\b)"""),
            Rule($$"""{{Human}}{{Aux}}\s+(?:become\s+|became\s+|made\s+|named\s+|appointed\s+|as\s+)?(?:the|my|our)\s+(?:brand[\s-]new|new)\s+{{Boss}}\b(?!\s+(?:of|for|in|at|over)\s+(?!(?:my|our|us|me|the\s+team)\b))"""),
            Rule($$"""{{Human}}{{Aux}}\s+(?:become\s+|became\s+|made\s+|named\s+|appointed\s+|as\s+)(?:my|our)\s+{{Boss}}\b"""),
            Rule($$"""{{Human}}{{Aux}}\s+(?:my|our)\s+{{Boss}}\b(?!['’])""", Changed),
            Rule($$"""\b(?:appointed|named|made|put|hired|brought\s+in|promoted|have|got|gave\s+(?:me|us))\s+{{Human}}\s+(?:in\s+charge(?:\s+of\s+{{Us}}|(?!\s+of\b))|(?:as\s+)?(?:my|our)\s+(?:new\s+)?{{Boss}}|as\s+(?:the\s+|an?\s+)?(?:new\s+)?{{Boss}}(?!\s+(?:of|for|in|at|over)\s+(?!(?:my|our|us|me|the\s+team)\b)))\b"""),
            Rule($$"""\b(?:i|we)(?:['’]m|['’]re|['’]ve|\s+am|\s+are|\s+have)?{{Aux}}\s+(?:report(?:ing)?\s+(?:directly\s+|straight\s+)?(?:in)?to|answer(?:ing)?\s+to|(?:sit(?:ting)?\s+)?under|work(?:ing)?\s+(?:for|under)|belong\s+to|led\s+by|managed\s+by)\s+{{Human}}(?!\s+(?:on|about|for|in)\s+(?!(?:now|future|place)\b))""", Changed),
            Rule($$"""\b(?:my|our)\s+(?:whole\s+)?(?:team|group|unit|department|squad|crew)(?:{{Aux}}|\s+gets?)\s+(?:handed|passed|given|transferred|assigned|reassigned|reports?|reporting|answers?|belongs?|fell|led|run|headed|managed|taken)(?:\s+over)?(?:\s+on)?\s+(?:to|under|by)\s+{{Human}}"""),
            Rule($$"""{{Human}}[^.;]{0,60}?,?\s+(?:and|so|whom|who)\s+(?:it['’]s\s+(?:him|her)\s+)?(?:i|we)\s+(?:now\s+)?(?:answer|report|listen|owe\s+\w+)(?:\s+to)?(?:\s+(?:him|her|them))?\b"""),
            Rule($$"""\b(?:over|above)\s+(?:me|us),?\s+(?:now\s+)?(?:there['’]s|there\s+is|sits|stands|is|we\s+have|comes)\s+(?:now\s+)?{{Human}}(?![^.;]*\bfloor)"""),
            Rule($$"""\bmy\s+(?:approvals?|leave|holidays?|expenses?|timesheets?|requests?|reviews?|appraisals?)\b[^.;]{0,30}?\b(?:go(?:es)?|signed\s+by|approved\s+by|land)\s+(?:now\s+)?(?:to\s+|with\s+|by\s+)?{{Human}}""", Changed),
        ],
        ["deputy"] =
        [
            Rule($$"""{{Human}}{{Aux}}\s+(?:cover(?:s|ing)?\s+for\s+me|cover(?:s|ing)?\s+(?:my\s+\w+|me)|stand(?:s|ing)\s+in(?:\s+for\s+me)?|fill(?:s|ing)\s+in(?:\s+for\s+me)?|step(?:s|ping)\s+in\s+for\s+me|deputi[sz](?:es|ing)(?:\s+for\s+me)?|act(?:s|ing)\s+for\s+me|back(?:s|ing)\s+me\s+up|has\s+my\s+back|tak(?:es|ing)\s+(?:over\s+)?my\s+(?:calls|cases|work|mails?|inbox)|look(?:s|ing)\s+after\s+my\s+\w+|hold(?:s|ing)\s+the\s+fort\s+for\s+me)""", Changed),
            Rule($$"""\b(?:the|my|our|an?)\s+(?:brand[\s-]new|new)\s+{{Cover}}(?:{{Aux}}|,|:)\s*(?:is\s+|called\s+|named\s+|it['’]s\s+)*{{Human}}"""),
            Rule($$"""{{Human}}{{Aux}}\s+(?:become\s+|became\s+|made\s+|named\s+|appointed\s+|as\s+)?(?:the|my)\s+(?:brand[\s-]new\s+|new\s+){{Cover}}\b"""),
            Rule($$"""{{Human}}{{Aux}}\s+my\s+{{Cover}}\b(?!['’])""", Changed),
            Rule($$"""{{Human}}{{Aux}}\s+(?:volunteered|agreed|offered|asked|chosen|appointed|picked|willing)\s+to\s+(?:cover|stand\s+in|fill\s+in|act|deputi[sz]e|step\s+in|be\s+my)"""),
            Rule($$"""\b(?:when(?:ever)?|while|if)\s+i(?:['’]m|\s+am)\s+(?:out|away|off|not\s+(?:in|here|around)|on\s+leave)[^.;]{0,20}?\b(?:ask|go\s+to|contact|call|it['’]s|talk\s+to|turn\s+to|ring)\s+(?:now\s+)?{{Human}}""", Changed),
        ],
        ["office"] =
        [
            Rule($$"""\b(?:i|we)(?:['’]m|['’]re|['’]ve|\s+am|\s+are|\s+have|\s+was|\s+were|\s+got)?{{Aux}}(?:\s+all)?\s+(?:working|work|based|sit|sitting|located|stationed|operating|operate|moved|relocated|transferred|ended\s+up|landed|settled|posted|sent|shipped|back)(?:\s+(?:over|out|down|up|everything))*\s+(?:in|at|from|to|out\s+of|into)\s+(?:the\s+|our\s+|sunny\s+|lovely\s+)*{{Town}}""", $"(?:{Changed}).*(?:office|desk|site|branch|work|badge|based|building|campus|floor|colleagues|transferred|stationed)|(?:office|desk|site|branch|work|badge|based|building|campus|floor|colleagues|transferred|stationed).*(?:{Changed})"),
            Rule($$"""\b(?:i|we)\b[^.;]{0,60}?\b(?:ended\s+up|landed|settled)(?:\s+(?:over|out|down|up))*\s+(?:in|at)\s+(?:the\s+|our\s+|sunny\s+)*{{Town}}""", "transferred|relocated|moved|office|site|branch|work|posted|sent|reorg|campus"),
            Rule($$"""\b(?:my|our)\s+(?:new\s+|whole\s+|entire\s+)*(?:office|desk|workplace|base|place\s+of\s+work|site|team|department|group|unit)\b{{Aux}}\s+(?:moved\s+to|relocated\s+to|went\s+to|in|at)\s+(?:the\s+|our\s+)?{{Town}}""", Changed),
            Rule($$"""\b(?:i|we)(?:['’]ve|['’]re|['’]m|\s+have|\s+were|\s+was|\s+are|\s+am|\s+got)\s+(?:now\s+|all\s+|just\s+|both\s+)*(?:been\s+|being\s+)?(?:moved|relocated|transferred|herded|shifted|posted|reassigned|assigned|shipped|shuffled|bundled|carted|packed|banished|dispatched|evacuated|rehoused|redeployed|deployed|seconded|sent|put|thrown|brought)\s+(?:over|across|down|up|out|off|away|back)?\s*(?:to|into)\s+(?:the\s+|our\s+)?{{Town}}(?!\s+(?:team|department|group|project))"""),
            Rule($$"""(?:you['’]ll|you\s+(?:can|will|may))\s+(?:now\s+)?find\s+me\s+(?:in|at)\s+(?:the\s+|our\s+)?{{Town}}""", Changed),
            Rule($$"""\b(?:in|into|to|at)\s+(?:the\s+|our\s+)?{{Town}}[^.;]{0,30}?\bmy\s+(?:new\s+)?(?:workplace|office|base|place\s+of\s+work|work\s+address)\b"""),
            Rule($$"""\b(?:moved|relocated|transferred|sent|posted|reassigned|shipped)\s+(?:me|us|everyone|everybody|the\s+whole\s+\w+|all\s+of\s+us)\s+(?:over\s+)?to\s+(?:the\s+|our\s+)?{{Town}}(?!\s+for\s+(?:the|an?)\b)"""),
        ],
        ["home"] =
        [
            Rule($$"""\b(?:i|we)(?:['’]m|['’]re|['’]ve|\s+am|\s+are|\s+have)?{{Aux}}\s+(?:live|living|moved|bought|found|rent|renting|settled(?:\s+down)?|moved\s+in|ended\s+up|resident|home)\b[^.;,]{0,30}?\b(?:in|to|near)\s+(?:the\s+|sunny\s+|lovely\s+)*{{Town}}""", "live|living|house|flat|apartment|home|address|rent|landlord|family|neighbourhood|mortgage|settled|kids|commute"),
            Rule($$"""\b(?:i|we|me|us|my|our|sleeping|living|unpacking|sitting)\b[^.;]{0,80}?\b(?:in|to|near)\s+(?:the\s+|sunny\s+)*{{Town}}""", "new\\s+(?:house|flat|home|place|apartment)|own\\s+roof|boxes|removal\\s+van|unpack|moved\\s+in|keys\\s+to\\s+(?:the|our|my)\\s+(?:new|house|flat|apartment|place)|first\\s+night|new\\s+neighbou?rs|mortgage"),
            Rule($$"""\b(?:my|our)\s+(?:new\s+)?(?:house|flat|place|home|apartment|address|digs)\b{{Aux}}\s+(?:in|at)\s+{{Town}}"""),
        ],
        ["desk"] =
        [
            Rule($$"""(?:^|\bi\s+(?:have\s+)?|[,.]\s+)(?:grabbed|claimed|nabbed|bagged|took|moved\s+(?:over\s+)?to|switched\s+to)\s+(?:desk\s+|seat\s+|number\s+)?{{PlainRules.Seat}}(?=\s+(?:by|near|next|opposite|beside|instead|now|in\s+the)\b)"""),
            Rule($$"""\b(?:desk|seat|sit|sitting|seated|find\s+me|moved\s+(?:me\s+)?to|moved\s+desks|place)\b[^.;]{0,30}?(?:\b(?:to|at|in|is|now|desk|seat|number|have|got)\s+|:\s*)(?:the\s+|desk\s+|number\s+)*{{PlainRules.Seat}}(?=[,;!?)]|\.?\s|\.?$)(?!\s+(?:years?|months?|weeks?|days?|hours?|people|o['’]clock|am|pm|%))""", Changed),
        ],
        ["laptop"] =
        [
            Rule($$"""(?:\b(?:handed|gave|issued|sent|given|shipped)\s+me|\bi(?:['’]m|['’]ve|\s+am|\s+have|\s+was)?{{Aux}}\s+(?:got|have|handed|issued|given|received|picked\s+up|unpacked|collected|typing(?:\s+this)?\s+on|working\s+on|work\s+on|switched\s+to|upgraded\s+to|moved\s+to|on|use|using|writing\s+this\s+on))\s+(?:an?\s+|my\s+|the\s+)*(?:new\s+|shiny\s+|brand[\s-]new\s+)*(?<v>(?:MacBook(?:\s+(?:Pro|Air))?|ThinkPad|Surface|Chromebook|EliteBook|ProBook|ZBook|ZenBook|IdeaPad|Precision|Latitude|XPS|Framework)(?:\s+(?-i:[A-Z0-9][\p{L}0-9\-]*))*(?:\s+\d+)?)(?!\s+(?:to|for)\s+(?!me\b))""", Changed + "|handed|issued|given|gave"),
            Rule("""\bmy\s+(?:(?:brand[\s-]new|shiny|new|lovely)\s+)+(?<v>(?:MacBook(?:\s+(?:Pro|Air))?|ThinkPad|Surface|Chromebook|EliteBook|ProBook|ZBook|ZenBook|IdeaPad|Precision|Latitude|XPS|Framework)(?:\s+(?-i:[A-Z0-9][\p{L}0-9\-]*))*(?:\s+\d+)?)"""),
            Rule($$"""\b(?:my|the)\s+(?:new|replacement)\s+(?:laptop|notebook|computer|machine|device|one)\b(?:{{Aux}}|:|,)\s*(?:is\s+|it['’]s\s+)?(?:an?\s+)?{{Called}}"""),
        ],
        ["phone"] = [Rule($$"""(?=(?:[^\d]*\d){7}){{NounRules.Number}}[^.;]{0,60}?\b(?:my\s+(?:pocket|desk|phone)|rings|reach(?:es)?\s+me|is\s+(?:the\s+(?:one|number)|mine|how))\b"""), Rule($$"""\b(?:allotted|given|assigned|got)\s+(?:the\s+(?:new\s+)?(?:number|line|one)\s+)?(?=(?:[^\d]*\d){7}){{NounRules.Number}}"""), Rule($$"""\bmy\s+(?:table|desk|set|phone|handset)\b[^.;]{0,40}?\b(?:answers\s+to|is|on|now|listens\s+to)\s+(?<v>\d{3,6})\b"""), Rule($$"""(?:\b(?:my|me|i)\b|^\W*(?:new|changed)\s)[^.;]{0,60}?(?=(?:[^\d]*\d){7}){{NounRules.Number}}""", Changed), Rule($$"""{{NounRules.Number}}[^.;]{0,40}?\b(?:my|me|mine)\b""", $"(?:{Changed}).*(?:number|reach|call|ring|phone|line|extension|mobile|dial)|(?:number|reach|call|ring|phone|line|extension|mobile|dial).*(?:{Changed})")],
        ["hours"] = [Rule($$"""^(?:cut|gone|went|switched|moved|changed|down|reduced|back|dropped|started|shifted)\b[^.;]{0,80}?\b{{PlainRules.Hours}}"""), Rule($$"""\b(?:roster|schedule|book|have|put|has|got|expect|find|need)(?:s|ed)?\s+me\b[^.;]{0,30}?\b{{PlainRules.Hours}}"""), Rule($$"""\b{{PlainRules.Hours}}\s+(?:for\s+me|is\s+(?:my|when\s+i)|are\s+my|suits\s+me)\b"""), Rule($$"""\b(?:i|my|me)\b[^.;]{0,60}?\b{{PlainRules.Hours}}""", Changed), Rule($$"""^\W*(?:(?:so|it['’]s|it\s+is|now|and|ok|okay|these\s+days)[,:]?\s+)*{{PlainRules.Hours}}\s+(?:now|from\s+now\s+on|instead|these\s+days)[.!]*$""")],
        ["system"] = [Rule($$"""\b(?:put|installed|threw|slapped|stuck|got|have)\s+{{Systems}}\s+on\s+(?:it|mine|my|the\s+(?:machine|laptop|disk|box|thing|computer))\b"""), Rule($$"""\b(?:back\s+to|greeted\s+(?:me\s+)?(?:by|with)|woke\s+up\s+to|has|with|in\s+front\s+of|looking\s+at|stuck\s+with)\s+an?\s+{{Systems}}\s+(?:start\s+menu|desktop|login|screen|machine|box|laptop)"""), Rule($$"""{{Systems}}\s+for\s+(?:all\s+of\s+us|every(?:body|one)\b[^.;]{0,60}?\b(?:me|us)\b|me\b)"""), Rule($$"""\b(?:i|we|i['’]m|we['’]re|(?:moved|switched|migrated|upgraded|put|made|reinstalled|set)\s+(?:me|my\s+\w+)|my\s+(?:new\s+|old\s+)?(?:laptop|computer|machine|pc|notebook|os|operating\s+system|device|box|system))(?:\s+(?!forget\b)[\p{L}'’]+){0,7}?\s+{{Systems}}""", "(?:" + Changed.Replace("|please", "", StringComparison.Ordinal) + "|installed|runs|reinstalled)"), Rule($$"""{{Systems}}\s+(?:now|is\s+on\s+(?:it|my)|instead|from\s+now\s+on|it\s+is)""")],
        ["time zone"] = [Rule($$"""{{Zones}}(?=[^.;]*\b(?:me|my|i|i['’]m)\b)"""), Rule($$"""\b(?:me|my|i|i['’]m)\b[^.;]{0,80}?\b{{Zones}}"""), Rule($$"""\b(?:i|my|me)\b[^.;]{0,60}?\b(?:on|in|to|is|now)\s+(?:the\s+)?(?<v>(?-i:(?!CEO|CTO|CFO|VPN|ERP|SAP|CRM|USB|PDF|FYI|PTO|OOO|USA)[A-Z]{3,4}(?:[+\-]\d{1,2})?|[A-Z]\p{L}+/[A-Z][\p{L}_]+))\b""", $"(?:{Changed}).*(?:time|zone|clock)|(?:time|zone|clock).*(?:{Changed})")],
        ["cost centre"] = [Rule($$"""\b(?:cost\s+cent(?:re|er)|book|charge|cc)\b[^.;]{0,40}?\b(?:is|to|on|now|number|code|it['’]s|with)\s+(?:number\s+|code\s+)?{{NounRules.Code}}(?=[,;!?)]|\.?\s|\.?$)""", $"\\b(?:my|i|me|we|our)\\b.*(?:{Changed})|(?:{Changed}).*\\b(?:my|i|me|we|our)\\b")],
        ["language"] =
        [
            Rule($$"""\b(?:reply|write|answer|respond|speak|talk|switch|stick|go|use|change|continue|prefer|back|rather|keep|try|have|get|read|understand|comfortable|want)(?:ing)?(?:\s+(?:to|with|in|me|back|over|on|your|all|answers?|replies|responses|messages|from|now|please|it|things|better|easier|more|rather|always|everything|going|speaking|writing|again|only|just|instead|prefer|of|for|us|them)){0,6}\s+(?<v>{{Languages}})\b(?!\s+(?:customer|manual|version|office|team|colleague|translation|course|class|lesson))""", Changed),
            Rule($$"""\b(?:have|get|do|keep|make|take)\s+(?:it|them|things|this|everything|your\s+\w+)\s+(?:all\s+)?in\s+(?<v>{{Languages}})\b"""),
            Rule($$"""(?:^|[,:;.]\s*|\b(?:so|but|and|then)\s+)(?<v>{{Languages}})\s+(?:will\s+do|from\s+you|for\s+me|is\s+(?:fine|enough|plenty|better|easier)|it\s+is|from\s+(?:now|here|today)|again)\b"""),
            Rule($$"""\b(?<v>{{Languages}})\s*(?:,\s*please|please|would|is|suits|works|it\s+is|from\s+now|instead|will\s+do)\b(?!\s+(?:(?:too|very|rather|really|quite|so|a\s+bit|still)\s+)*(?:hard|harder|difficult|tough|tricky|rusty|impossible|beyond|not|no|never|new|foreign|a\s+(?:struggle|problem|mystery|challenge))\b)[^.;]{0,40}""", """please|for\s+me|suits?\s+me|from\s+now|instead|better|easier|it\s+is|with\s+me|to\s+me"""),
        ],
        ["contact"] =
        [
            Rule($$"""\b(?:reach|contact|ping|message|text|write|notify|get|find|catch|prefer|rather|use|switch|back|read|check|answer|come|stick|person|more\s+of\s+an?)\b[^.;?]{0,30}?\b(?:to|via|by|on|over|through|use|prefer|an?|me\s+an?|read|check|answer|in|with|stick\s+to)\s+(?<v>{{Channels}})\b(?!\s+(?:to\s+(?!me|reach)|the\s+supplier|from))""", $"(?:{Changed}).*\\b(?:me|i|my)\\b|\\b(?:me|i|my)\\b.*(?:{Changed})"),
            Rule($$"""\b(?:drop|send|shoot|write|leave|give)\s+me\s+an?\s+(?:quick\s+|short\s+)?(?<v>{{Channels}})\b(?!\s+(?:with|about|from|of|saying|when|by|once|as\s+soon))""", """instead|from\s+now|any\s?more|i['’]ll\s+see|i\s+see|these\s+days|always|better|rather|and\s+i\b"""),
            Rule($$"""\b(?<v>{{Channels}})\s+is\s+(?:now\s+)?(?:what|where|how|the\s+(?:one|way|only|place|thing))\b[^.;]{0,40}?\b(?:me|i)\b"""),
            Rule("""(?:^|[,:;]\s*|\b(?:please|just|and|but|so|rather|better)\s+)(?<v>text|call|phone|e-?mail|mail|Slack|WhatsApp|message)\s+me\s+(?:instead|from\s+now\s+on|these\s+days|rather|on\s+it)\b"""),
            Rule($$"""\b(?<v>{{Channels}})\s+(?:is|works?|would\s+be|will\s+be|suits?)\s+(?:now\s+|much\s+|far\s+)*(?:better|best|easier|easiest|quicker|quickest|faster|fastest|what\s+i|where\s+i|fine\s+(?:for|by|with)\s+me|preferred|my)\b"""),
        ],
        ["style"] =
        [
            Rule($$"""\b(?:you|your|me|replies|answers|things|it)\b[^.;?]{0,30}?\b{{Manners}}\b(?!\s+(?:report|document|mail|letter|guide|training|notice|term))""", """from\s+(?:now\s+on|today|here)|going\s+forward|always|instead|rather|any\s?more|in\s+(?:the\s+)?future"""),
            Rule($$"""\b(?:keep|make|give|write|answer|reply|use|prefer|want|like|send|be|need|with|switch\s+to|back\s+to|go\s+for|in)\b[^.;?]{0,30}?\b{{Manners}}\b(?!\s+(?:report|document|mail|letter|guide|training|support|team|question|call|meeting|break|term|notice))""", """from\s+now\s+on|going\s+forward|in\s+(?:the\s+)?future|always|instead|rather|not|again|these\s+days|second\s+thoughts?|reflection|changed\s+my\s+mind|after\s+all|any\s?more|now"""),
            Rule($$"""(?:^|[:,;]\s*){{Manners}}\s*,?\s*(?:please|from\s+now\s+on|instead|it\s+is)\b""", """from\s+now\s+on|going\s+forward|in\s+(?:the\s+)?future|always|instead|rather|again|these\s+days|any\s?more"""),
        ],
        ["diet"] = [Rule($$"""\b{{Meals}}\s+(?:is|was)\s+(?:as\s+far|what\s+i|where\s+i|the\s+(?:most|new)|how\s+i|enough)"""), Rule($$"""\b(?:i|we)(?:['’]m|['’]ve|\s+am|\s+have|\s+eat|\s+went|\s+turned|\s+became|\s+keep|\s+follow|\s+do|\s+go|\s+need){{Aux}}[^.;,]{0,20}?\b{{Meals}}\b""", Changed)],
        ["role"] =
        [
            Rule($$"""\b(?:says|reads)\s+(?:an?\s+|the\s+)?{{PlainRules.Job}}\s+on\s+(?:my|the)\b"""),
            Rule($$"""^\W*(?:an?\s+|fully\s+(?:fledged|qualified)\s+)*{{PlainRules.Job}}\s*,?\s+(?:at\s+last|finally|now|since|as\s+of|from\s+(?:now|today)|that['’]s\s+me)\b"""),
            Rule("""\b(?:promoted|bumped|stepped\s+up|moved\s+up|advanced|elevated|appointed)(?:\s+(?:me|up))*\s+(?:to|as)\s+(?:an?\s+|the\s+)?(?<v>\p{L}[\p{L}\- ]{2,40}?)(?=\s*(?:$|[,.;:!?]|\b(?:in|at|for|since|from|now|instead|and|last|this|with|on|after|effective)\b))(?<=\b(?:i|me|my|we)\b.*)"""),
            Rule($$"""\b(?:i|i['’]m|me|my\s+(?:(?:new|current|business|job|office)\s+)*(?:job|role|title|position|card|badge|contract|jacket|profession|signature))\b[^.;]{0,50}?\b(?:now|became|become|as|me|is|says|title|called|am|i['’]m)\s+(?:an?\s+|the\s+|now\s+)*{{PlainRules.Job}}(?![\p{L}\-])""", """now|became|become|promoted|new|these\s+days|no\s+longer|since|made\s+me|title|retrained|switched|changed|any\s?more"""),
        ],
        ["team"] =
        [
            Rule($$"""\b(?:i|we|me|us)\b(?:['’]m|['’]re|['’]ve|\s+am|\s+have|\s+was)?{{Aux}}\s*(?:joined|moved|transferred|switched|landed|ended\s+up|with|part\s+of|belong|assigned|rotated|placed|in|working|reassigned|seconded|over)(?:\s+(?:over|with|to|into|in|on|for))*\s+(?:the\s+)?{{Called}}\s+(?:team|department|group|unit|squad|crew|folks|people|guys|lot|bunch)\b""", Changed + "|joined"),
            Rule($$"""{{Called}}(?:\s+(?:team|department|group|unit|squad|crew))?\s+(?:has|have|gets?|got|took|owns|claimed|adopted|picked)\s+(?:me|us)\b(?:\s+(?:up|in|on))?(?=\s*(?:$|[,.;!]|from|now|since|as|instead|for\s+good)\b)"""),
            Rule($$"""\b(?:i|we)\b[^.;]{0,60}?\b(?:ended\s+up|landed|settled|washed\s+up|finished\s+up)\s+(?:with|on)\s+(?:the\s+)?{{Called}}(?:\s+(?:team|department|group|unit|squad|crew))?(?=\s*(?:$|[,.;!]|and|now|since)\b|\s*[,.;!]|\s*$)""", "reorg\\p{L}*|team|department|moved|split|carved|restructur\\p{L}*|merged|transferred|shuffl\\p{L}*"),
            Rule($$"""\b(?:my|our)\s+new\s+(?:team|department|squad|group|unit|crew|home)\b(?:{{Aux}}|:)\s*(?:is\s+|called\s+)?(?:the\s+)?{{Called}}"""),
        ],
    };

    /// <summary>What a sentence says is so now of a slot; null where it says nothing of it.</summary>
    /// <param name="held">What holds of the slot as yet.</param>
    /// <param name="sentence">The sentence, in which what holds may be marked.</param>
    public static string? Said(HeldValue held, string sentence)
    {
        if (!All.TryGetValue(held.Slot, out var rules) || NotNow().IsMatch(sentence) || NotDone().IsMatch(sentence) || HeldTroubles.IsTrouble(held.Slot, sentence))
        {
            return null;
        }

        if ((held.Slot is "language" or "style" or "contact" && OfText().IsMatch(sentence)) || (held.Slot == "system" && OfMachine().IsMatch(sentence)) || (held.Slot is "phone" or "desk" or "cost centre" && OfNumber().IsMatch(sentence)))
        {
            return null;
        }

        if (held.Slot is "desk" or "cost centre" && OfShape(held, sentence) is { } shaped)
        {
            return shaped;
        }

        foreach (var (form, demands) in rules)
        {
            if (form.Match(sentence) is { Success: true } match && Cleaned(held, match.Groups["v"].Value) is { } value && demands?.IsMatch(sentence) != false)
            {
                return value;
            }
        }

        return null;
    }

    // "4.112" and "5.207" are written alike: whoever has the one and says that they have moved to the other has another desk.
    private static string? OfShape(HeldValue held, string sentence)
    {
        if (!held.Value.Any(char.IsAsciiDigit) || held.Value.Length is < 3 or > 12 || !Mine().IsMatch(sentence))
        {
            return null;
        }

        var shape = Regex.Replace(Regex.Replace(Regex.Escape(held.Value), "(?<!\\\\)[A-Za-z]", "[A-Z]"), "[0-9]", @"\d");
        return Regex.Matches(sentence, $@"(?<![\p{{L}}\d.\-]){shape}(?![\p{{L}}\d\-]|[.,:]\d)", RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(250)).Select(match => Cleaned(held, match.Value)).FirstOrDefault(value => value is not null);
    }

    [GeneratedRegex($@"\b(?:i|me|my|us|our)\b.*\b(?:{Changed}|over\s+(?:at|to)|new|got|gave|took|where|sit|turned\s+up)\b|\b(?:{Changed}|got|gave|took|moved|turned\s+up)\b.*\b(?:i|me|my|us|our)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Mine();

    /// <summary>Whether a sentence has a word of change, and whether it is worth while to look at it.</summary>
    public static bool HasSign(string sentence) => Sign().IsMatch(sentence);

    private static (Regex, Regex?) Rule(string form, string? demands = null) => (Form(form), demands is null ? null : Form($@"\b(?:{demands})"));

    private static Regex Form(string pattern) => new(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(250));

    // How a text is to be written, what a server runs and which number an order has says nothing of the person.
    [GeneratedRegex("""\b(?:the|this|that|a|our)\s+(?:\w+\s+)?(?:reports?|documents?|minutes|slides|presentation|letter|form|contract|offer|manual|article|invoice|policy|page|website|translation|version)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfText();

    [GeneratedRegex("""\b(?:servers?|vms?|virtual\s+machines?|containers?|tablet|kiosk|lab\s+\w+|test\s+(?:machine|box|laptop|pc)|(?:an?\s+)?(?:e-?mail|mail|message|notification|pop-?up|reminder|update)|tried|tries|fail(?:s|ed)|spare)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfMachine();

    [GeneratedRegex("""\b(?:orders?|tickets?|invoices?|cases?|account|customer|tracking|serial|asset|reference|version|release|build|firmware|section|chapter|hotline|spam|forward(?:ed|ing)?|(?:called|rung|texted)\s+by|(?:calls?|texts?|sms|messages?)\s+from|paid|price|costs|euros?|dollars?|pounds?)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfNumber();

    // One is transferred to a department as well as to a town.
    [GeneratedRegex($@"\b(?:{StatementRules.Departments})$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Unit();

    [GeneratedRegex("""(?:\bnot|n['’]t|\bnever|\bno\s+longer)\s+(?:been\s+|being\s+|get\s+|got\s+)?(?:promoted|moved|transferred|given|made|appointed|named|changed?|switch(?:ed)?|in\s+charge|become|bumped)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NotDone();

    // One day, for a while, for somebody, as a plan, or not so: none of it changes what holds.
    [GeneratedRegex("""\b(?:(?<!\b(?:from|as\s+of|since|starting|onwards)\s+)today(?!\s+on)|tomorrow|tonight|temporar(?:y|ily)|for\s+(?:the\s+)?(?:now|today|time\s+being|moment|day|week|weekend)|for\s+(?:an?|one|two|three|four|five|six|a\s+few|a\s+couple\s+of|\d+)\s+(?:hour|day|week|month|minute)s?(?!\s+(?:now|already))|until\s+(?!(?:last|recently|yesterday|now)\b)\p{L}+|this\s+(?:week|afternoon|once|time)|on\s+call|(?:is|are|['’]s)\s+down|rented\s+out|just\s+(?:this|once)|meeting|appointment|dentist|workshop|visit(?:ing|ed)?|trip|training|conference|customer|client|supplier|vendor|visitor|guest|he|she|his|her|their|translate|translation|this\s+(?:report|document|mail|text|one|letter))\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NotNow();

    [GeneratedRegex($$"""\b{{Changed}}\b|n['’]t\b|\b(?:left|quit|gone|retired|resigned|died|broke|returned|handed|gave|given|got|swapped|ditched|dropped|dumped|done|over|off|bye|goodbye|farewell|no|not|never|old|former|previous|was|were|used|until|till|after|replac\w*|took|takes|taken|closed|shut|sold|cancell?ed|finished|wound|scrapped|cut|stop(?:ped)?|history|mean|meant|typo|wrong|sorry|cancel|forget|ignore|disregard|scratch|joined|promoted|made|bought|runs?|leads?|manages?|charge|covers?|stands?|outgrew|outgrown|grown|grew|can|may|fine|enough|tired|sick|bored|lost|out|away|back|here|in|it)\b|[-=]>|→""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Sign();

    private static string? Cleaned(HeldValue held, string value) =>
        value.Trim(' ', '.', ',', '\'', '’') is { Length: > 1 and <= 60 } taken && !(held.Slot is "office" or "home" && Unit().IsMatch(taken)) && !Facts.FactLedger.IsSame(taken, held.Value) && taken.IndexOfAny([HeldMention.Mark, HeldMention.OldMark]) < 0 ? taken : null;
}
