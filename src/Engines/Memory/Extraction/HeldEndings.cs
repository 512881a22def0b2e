using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>How people say that something which is marked in a sentence is over for them. A sure ending stands alone; a likely one ("it broke", "she moved") only counts where something else takes its place.</summary>
internal static partial class HeldEndings
{
    private const string M = "[\uE000\uE001]";
    private const string Me = """\b(?:i|we)(?:['’](?:ve|m|re|d))?""";
    private const string Aux = """(?:\s+(?:have|had|has|am|are|is|was|were|been|being|got|get|just|now|finally|recently|also|already|sadly|unfortunately|since|officially|completely|totally|kind\s+of|pretty\s+much|actually|really|gladly|happily|eventually|meanwhile|then|both|all|last\s+\w+|this\s+\w+|on\s+\w+day|in\s+\p{Lu}\p{Ll}+|\w+ly))*""";
    private const string Author = $$"""(?:{{Me}}(?:[^.;:!?{{"\uE000\uE001"}}]{0,80}?(?:,|\s(?:and|but|then))(?:\s+(?:have|had|then|so))?)?|^(?:(?:so|and|but|well|ok|okay|yes|fyi|btw|finally|news|update)[,:]?\s+)*){{Aux}}\s*""";
    private const string To = """(?:\s+(?:with|of|from|in|at|on|to|as|using|doing|being|working|writing|the|my|our|an?|job|role|title|life|team|post|position|project|desk|number|folks|people|life\s+as|house|flat|apartment|place|home|office|lease|tenancy|licen[cs]e|contract|account|subscription|that|this|those))*\s*""";
    private const string Out = """(?:(?:moved|relocated|transferred|switched|changed|migrated|graduated|converted|rotated|shifted|stepped|walked|departed|escaped|upgraded|defected|been\s+\w+ed)(?:\s+(?:away|on|off|out|over|back|house|home|desks?|teams?|offices?|jobs?|flats?|laptops?|departments?|tools?|roles?))*\s+(?:from|off|out\s+of|of)|(?:got|get|gotten)\s+(?:off|rid\s+of|away\s+from|shot\s+of)|rid\s+of|rolled\s+off|come\s+off|came\s+off|dropped\s+out\s+of|packed\s+(?:up|in)|packed\s+my\s+\w+\s+in|checked\s+out\s+of|cleared\s+out(?:\s+of)?|vacated|gave\s+up(?:\s+on)?|given\s+up(?:\s+on)?|gave\s+back|given\s+back|(?:gave|given|handed|sent|turned|brought|shipped|passed)\s+(?:back|in|over|on)|surrendered|relinquished|parted\s+(?:(?:ways|company)\s+)?with|said\s+(?:goodbye|good-bye|farewell|adieu|bye(?:\s+bye)?)\s+to|waved\s+(?:goodbye|farewell|bye)(?:\s+to)?|turned\s+my\s+back\s+on|gone\s+off|went\s+off|lost\s+(?:all\s+|any\s+)?(?:my\s+|the\s+)?(?:interest|taste|appetite|enthusiasm|love|passion|patience)\s+(?:in|for|of|with)|had\s+(?:it\s+with|(?:quite\s+)?enough\s+of|my\s+fill\s+of)|retired|replaced|swapped(?:\s+out)?|traded(?:\s+in)?|exchanged|sold|returned|cancell?ed|scrapped|ditched|dumped|binned|abandoned|uninstalled|deleted|wiped|quit|stopped|ceased|kicked|wound\s+(?:up|down)|wrapped\s+up|finished(?:\s+(?:with|off|up))?|completed|concluded|closed\s+out|outgrew|outgrown|grown\s+out\s+of|divorced|weaned\s+(?:myself|off)(?:\s+off)?|(?:done|through|finished|over|fed\s+up|tired|sick|bored|cured|past)(?=\s+(?:with|of)?)|off(?!\s+(?:to|for|on|at)\b)|let\s+go\s+of|unlearn(?:ed|t)|struck\s+(?:out|off)|crossed\s+(?:out|off)|said\s+(?:my|our)\s+goodbyes?\s+to|broke(?:n)?\s+up\s+with|split\s+(?:up\s+)?(?:with|from)|muted|silenced|unsubscribed\s+from|signed\s+out\s+of|logged\s+out\s+of|moved\s+on\s+from|walked\s+away\s+from|backed\s+out\s+of|pulled\s+out\s+of|bowed\s+out\s+of|resigned\s+(?:from|as)|retired\s+(?:from|as)|stood\s+down\s+(?:from|as)|stepped\s+down\s+(?:from|as)|stepped\s+back\s+from|put\s+(?:an\s+end\s+to|away)|drew\s+a\s+line\s+under|closed\s+the\s+(?:book|chapter|door)\s+on|turned\s+(?:my|our)\s+backs?\s+on|had\s+to\s+(?:give\s+(?:up|back)|hand\s+(?:in|back|over)|return|leave|drop|surrender)|burned|burnt|shelved|retired|unplugged|killed\s+off)""";
    private const string Moved = """(?:moved|taken|pulled|transferred|reassigned|rotated|promoted|shifted|switched|migrated|kicked|bumped|rolled|relocated|posted|thrown|upgraded|freed|relieved|released|removed|evicted|swapped|reallocated)""";
    private const string Agent = """\b(?:they|(?:the\s+)?(?:company|management|firm|landlord|help\s?desk|service\s+desk|admins?|facilities|bosses|powers\s+that\s+be|bank|business)|(?-i:IT|HR)|(?:my|the|our)\s+(?:boss|manager|landlord|IT|admin|lead|doctor|allergist)|somebody|someone)(?:['’]ve|['’]s)?""";
    private const string Took = """(?:took|taken|moved|pulled|transferred|replaced|swapped|exchanged|collected|closed|shut|sold|scrapped|cancell?ed|wound\s+(?:up|down)|dissolved|disbanded|killed|axed|retired|withdrew|withdrawn|revoked|wiped|discontinued|disconnected|ended|dropped|decommissioned|switched\s+off|recalled|merged|gave\s+up|given\s+up|broke\s+up|split\s+up|let\s+go\s+of|reassigned|carved\s+up|pulled\s+the\s+plug\s+on|pulled|froze|blocked|cut|made\s+off\s+with|stole|nicked|pinched|let\s+(?=\S+\s+lapse)|called\s+time\s+on|put\s+an\s+end\s+to)""";
    private const string Over = """gone\s+back\s+to\s+(?:IT|the)|gone(?!\s+(?:to|for|home|on\b(?!\s+to)|away|through|out|off|down|up|into|over|back|mad|crazy|missing|live|wrong|well|quiet|silent|dark|slow))|history|no\s+more|a\s+thing\s+of\s+the\s+past|(?:firmly\s+|all\s+|well\s+and\s+truly\s+)?behind\s+(?:me|us)|(?:an?\s+)?closed\s+(?:chapter|book)|ancient\s+history|yesterday['’]s\s+news|water\s+under\s+the\s+bridge|(?:ran|run)\s+its\s+course|(?:has\s+to|have\s+to|must|can|will\s+have\s+to)\s+(?:manage|do|live|cope|get\s+(?:by|along|on))\s+without\s+me|went\s+(?:under|up\s+in\s+(?:smoke|flames)|overboard|swimming|bust)|drowned|melted|perished|is\s+(?:toast|kaput|no\s+more)|(?:been\s+)?(?:carved\s+up|broken\s+up|absorbed|swallowed(?:\s+up)?|folded(?:\s+into)?|outsourced|frozen|cut(?!\s+off)|withdrawn|revoked|released|pensioned\s+off|put\s+out\s+to\s+pasture|struck\s+off|drowned|crushed|smashed|run\s+over|shipped\s+(?:off|back)|boxed\s+up|replaced|scrapped|discontinued|cancell?ed|wound\s+(?:up|down)|dissolved|disbanded|axed|decommissioned|sold|reassigned|reallocated|disconnected|deactivated|swapped|exchanged|traded\s+in|recycled|abolished|terminated|handed\s+(?:back|over|in|on)|given\s+(?:back|up|away|to)|taken\s+(?:away|back|over|off\s+me)|merged|renamed|split\s+up|phased\s+out)|closed\s+(?:down|for\s+good|its\s+doors|permanently)|shut\s+(?:down\s+for\s+good|for\s+good|its\s+doors)|over(?!\s+(?:budget|there|here|in|at|the|by|\d))|(?:done|finished|completed|ended|complete)(?=\s*(?:$|[,.;!)]|(?:and|for\s+(?:good|me|us)|now|last|this|at\s+last|since|so|after|in|on|yesterday|today)\b))|(?:been\s+|was\s+|got\s+)stopped(?!\s+by\s+(?:the\s+)?(?:\w+\s+)?(?:scheduler|system|firewall|server|service|antivirus|policy|error|rain|police)\b)|shelved|canned|mothballed|abandoned|killed\s+off|put\s+on\s+ice|obsolete|outdated|out\s+of\s+date|off\s+the\s+(?:table|menu|list)|out\s+of\s+the\s+picture|passé|expired|went\s+back(?:\s+to\s+(?:IT|the\s+\w+))?|returned\s+to\s+IT|beyond\s+repair|gave\s+up\s+the\s+ghost|bit\s+the\s+dust|no\s+longer\s+(?:my|mine|ours|me|current|valid|right|correct|true|the|a\s+thing|an?|with\s+us|in\s+charge|exists?|applies|in\s+use|responsible|suits?|for\s+me|with\s+(?:the|our)|works?\s+(?:for|here|with\s+(?:us|me))|manages?|leads?|runs?|covers?|stands?|heads?|supervises?|signs?|approves?|deputi[sz]es|fills?|it|needed|an\s+issue|a\s+problem|on\s+(?:it|my)|on\s+the\s+(?:team|list)|do(?:es)?\s+(?:it|that))""";
    private const string NoLonger = """no\s+longer\s+(?:my|mine|ours|me|current|valid|right|correct|true|the|a\s+thing|an?|with\s+us|in\s+charge|exists?|applies|in\s+use|responsible|suits?|for\s+me|with\s+(?:the|our)|works?\s+(?:for|here|with\s+(?:us|me))|manages?|leads?|runs?|covers?|stands?|heads?|supervises?|signs?|approves?|deputi[sz]es|fills?|it|needed|an\s+issue|a\s+problem|on\s+(?:it|my)|on\s+the\s+(?:team|list)|do(?:es)?\s+(?:it|that))""";
    private const string OverOfPerson = """gone(?=\s*(?:$|[,.;:!?)]|(?:for\s+good|since|now|and|these|from\s+(?:us|our|the\s+(?:company|firm|team|bank|business)))\b))|history|no\s+more|a\s+thing\s+of\s+the\s+past|behind\s+(?:me|us)(?!\s+in\b)|(?:an?\s+)?closed\s+(?:chapter|book)|ancient\s+history|yesterday['’]s\s+news|water\s+under\s+the\s+bridge|(?:been\s+)?(?:pensioned\s+off|put\s+out\s+to\s+pasture|replaced(?!\s+(?:on|in|at)\b)|swapped|reallocated|relieved|outsourced)|off\s+the\s+list|out\s+of\s+the\s+picture|""" + NoLonger;
    private const string Left = """left(?=\s*(?:$|[,.;:!?)]|(?:us(?!\s+(?:an?|the|some|no|with|alone|all|in|at|out|two|three|her|his|their|to\s+(?:it|our))\b)|the\s+(?:company|firm|business|organi[sz]ation|bank|team|department|group|ship|agency|unit|job|post|role)(?=\s*(?:$|[,.;:!?)]|(?:and|for|last|in|on|yesterday|today|after|because|so|to|two|three|now|completely|altogether|abruptly|suddenly|recently|with|a\s+\w+\s+ago)\b))|for\s+(?:good|another|an?\s+(?:new|different|bigger|better|competitor|start-?up|rival)|pastures|greener)|in\s+(?:(?-i:\p{Lu})|\d|the\s+(?:spring|summer|autumn|winter|end|middle)|early|late|mid)|at\s+the\s+end|last|and|after(?=\s+(?:[\p{L}\d]+\s+){1,3}(?:years?|months?|decades?)|\s+the\s+(?:merger|reorg\p{L}*|takeover|acquisition))|so|because\s+of|since|to\s+(?:join|work|start|run|become|pursue|head|lead|found|retire|live)|on\s+(?:friday|monday|tuesday|wednesday|thursday|the)(?!\s+(?:for|at)\b)|(?:two|three|a\s+few|some|several|\d+|an?)\s+(?:years?|months?|weeks?|days?)\s+ago|this\s+(?:month|year|spring|summer|autumn|winter)|yesterday(?!\s+(?:at|for|to|early|evening|afternoon)\b)|recently|abruptly|suddenly|with\s+(?:immediate|no\s+notice))\b))(?!\s+(?:early|late|me\b|you\b|a\b|at\s+\d))""";
    private const string PersonOver = Left + """|(?:went|gone|moved|kicked)\s+(?:upstairs|up\s+the\s+ladder|to\s+the\s+(?:board|top|other\s+side|competition)|into\s+(?:retirement|politics|teaching))|(?:off\s+)?(?:having|expecting)\s+(?:\w+\s+)?(?:baby(?!\s+shower)|twins|child)|(?:asked|begged|wants|wanted)\s+(?:to\s+be\s+(?:let\s+off|relieved|released|excused)|out)|(?:bowed|opted|backed)\s+out|threw\s+in\s+the\s+towel|called\s+it\s+a\s+day(?!\s+(?:at|early|around|after)\b)|hung\s+up\s+(?:her|his|their)|quit(?!\s+(?:the|an?|my|our|that|this|out)\b(?!\s+(?:company|firm|job|team|bank|business|department)))|resigned(?!\s+(?:her|him|them)sel)|departed|(?:has\s+|been\s+|be\s+)?retire[sd]?(?!\s+(?:the|an?|our|my|that|this|all|some|her|his|their|it|old)\b)|moved\s+(?:on\b(?!\s+(?:to\s+(?:the\s+(?:next|last|second|third|other)|an?other|item|point|topic)|with|from)\b)|up\b(?!\s+(?:the|our|my|her|his|their|an?|by)\b(?!\s+ladder))|elsewhere|abroad|sideways|across(?!\s+the\b)|upstairs|to\s+(?:an?(?:other)?|the|our|her|his)\s+(?:[\p{L}&\-]+\s+){0,3}(?:team|department|unit|group|role|job|company|branch|division|side|position|headquarters|HQ|firm|business|subsidiary|board)|into\s+(?:an?(?:other)?|the)\s+(?:[\p{L}&\-]+\s+){0,3}(?:team|department|unit|role|job|position|division))|stepped\s+(?:(?:down|aside)(?!\s+(?:the|to\s+the|for|here|there)\b)|(?:back|up|away)(?=\s*[.!]?$|\s+(?:as|to\s+the\s+board|from\s+(?:management|leadership|leading|running|being|(?:her|his|their|the|this|all)\s+(?:\p{L}+\s+)?(?:duties|roles?|posts?|positions?|jobs?|lead|leadership|management|team)))\b))|handed\s+(?:over(?=\s*(?:$|[,.;!)]|(?:to|last|on|in|her|his|their|the\s+(?:team|reins|baton|lead|department|group|keys))\b))(?!\s+(?:her|his|their)\s+(?:laptop|phone|badge|report|form|papers?|notes?)\b)|in\s+(?:his|her|their|the)\s+(?:notice|resignation|badge))|(?:given|gave)\s+notice(?!\s+(?:to|of|that)\b)|passed\s+away|passed\s+the\s+baton|died(?!\s+(?:laughing|on\b|of\s+(?:laughter|boredom|embarrassment|shame)))|transferred(?=\s*(?:$|[,.;!)]|(?:to\s+(?!me\b|us\b|you\b)|out|into|away|last|this|yesterday|and|in\s+(?-i:\p{Lu}))))|(?:been\s+)?(?:let\s+go|laid\s+off|fired(?!\s+(?:up|off)\b)|sacked|made\s+redundant|seconded|poached|headhunted|posted\s+(?:to|abroad|overseas)|reassigned)|(?:went|gone|off)\s+(?:over\s+)?to\s+(?:an?(?:other)?|the|our|her|his)\s+(?:[\p{L}&\-]+\s+){0,3}(?:team|department|unit|group|role|job|company|branch|division|side|position|headquarters|HQ|firm|business|subsidiary|board|competitor|competition|start-?up)|(?:changed|switched|swapped)\s+(?:jobs|teams|departments|roles|sides|companies|employers)|(?:took|taken|found|accepted|got)\s+(?:early\s+retirement|(?:another|an?\s+(?:new|different|better))\s+(?:job|role|position|post)(?!\s+(?:description|title|ad\b|offer|mail))|(?:an?|the)\s+(?:job|role|position|post)\s+(?:at|in|with|elsewhere))|emigrated|became\s+(?:head|director|chief|ceo|cto|cfo)(?!\s+of\s+(?:the|an?)\s+(?:association|club|society|board|jury|committee))|joined\s+(?:an?(?:other)?|the|our)?\s*(?:(?-i:\p{Lu})|competitor|start-?up|other|different)""";
    private const string Likely = """(?:been\s+)?(?:broke|broken|died|dead|crashed|lost|stolen|packed\s+(?:up|in)|conked\s+out|gave\s+out|given\s+out|failed|fell\s+apart|toast|kaput|fried|collected|moved|promoted|went|gone|left|off|retired|returned|wiped|closed|shut|ending|done|full|too\s+\w+|out|upgraded|changed|dropped|split|on\s+(?:leave|parental\s+leave|maternity\s+leave|sabbatical)|busy|was|taken|keeps?\s+\w+ing|didn['’]t\s+work\s+out|doesn['’]t\s+\w+|never|useless|no\s+(?:good|use)|drives?\s+me)""";
    private const string Lost = """(?:(?:has|have)\s+lost\s+me|lost\s+(?:its|their)\s+(?:charm|appeal|magic|shine)|bores?\s+me|(?:isn['’]t|aren['’]t|is\s+not|are\s+not)\s+(?:really\s+)?(?:my\s+(?:thing|cup\s+of\s+tea)|for\s+me)|leaves?\s+me\s+cold|turns?\s+my\s+stomach|does\s+nothing\s+for\s+me|do\s+nothing\s+for\s+me|doesn['’]t\s+do\s+it\s+for\s+me|don['’]t\s+do\s+it\s+for\s+me)""";
    private const string Fine = """(?:(?:has|have)\s+grown\s+on\s+me|grew\s+on\s+me|(?:have\s+|has\s+)?(?:stopped|ceased|quit)\s+(?:bothering|annoying|irritating|getting\s+to)\s+me|won\s+me\s+over|(?:doesn['’]t|don['’]t|no\s+longer)\s+(?:bother|annoy|disturb|upset|irritate)s?\s+me|(?:is|are)\s+(?:actually\s+|quite\s+|perfectly\s+|totally\s+)?(?:fine|okay|ok|all\s+right|alright|great|not\s+so\s+bad|not\s+that\s+bad)(?:\s+(?:by|with|for)\s+me)?\s+(?:now|after\s+all|these\s+days|nowadays|again))""";
    private const string Change = """(?:moved|switched|changed|went|gone|swapped|transferred|relocated|migrated|upgraded|shifted|converted|rolled|reassigned|rotated|switch|change|move|go|transfer)""";
    private const string NotMore = """(?:any\s?more|any\s+longer|these\s+days|nowadays|after\s+all|from\s+now\s+on|in\s+(?:the\s+)?future|ever\s+again)""";

    private const string Do = """(?:work|working|based|sit|sitting|live|living|report|reporting|use|using|have|having|on|in|at|with|under|part|an?|the|doing|do|run|running|go|going|eat|eating|drink|drinking|like|love|enjoy|prefer|want|need|read|reading|check|checking|belong|assigned|attached|commute|book|booking|speak|write|managed|led|responsible|fond|keen|into|interested|come|travel|own|carry|member|answer|look|care|touch|open|play|take|be|am|bother|stand|doing|my|find|call|rely|log|head|supervised|owner)""";
    private const string Owned = """(?:boss|manager|supervisor|lead|leader|head|deputy|stand-in|backup|substitute|office|workplace|base|home|house|flat|apartment|place|address|desk|seat|laptop|machine|notebook|computer|system|os|number|extension|hours|shift|zone|cent(?:re|er)|language|channel|diet|role|job|title|position|team|department|group|unit|project|tool|name)""";
    private const string Start = """(?:^|[.,;:!?(]\s*|\b(?:and|but|so|because|since|that|as|when|after|now|then|with|while|unfortunately|sadly|today|yesterday|finally|also)\s+)""";
    private const string Aside = """(?:,[^,.]{2,50},|\s*\([^)]{2,50}\))?""";

    private const string OutOfPerson = """(?:said\s+(?:our\s+|my\s+)?(?:goodbyes?|good-bye|farewell|adieu|bye(?:\s+bye)?)\s+to|waved\s+(?:goodbye|farewell|bye)(?:\s+to)?|parted\s+(?:ways|company)\s+with|got\s+rid\s+of|moved\s+(?:away|on|out)\s+from(?:\s+under)?)""";

    private static readonly Regex OfAuthor = Authored(Out);
    private static readonly Regex OfAuthorAndPerson = Authored(OutOfPerson);

    // "I dropped Greta from the invite" lets nobody go.
    private static readonly Regex OfExchanged = Form($$"""{{Author}}(?:replaced|swapped(?:\s+out)?|exchanged|dropped|removed){{To}}{{M}}(?!\s+(?:on|in|from|off|at|to|over|an?)\b)""");
    private static readonly Regex OfDropped = Form($$"""{{Author}}dropped\s+(?:using\s+)?{{M}}""");

    // What the author does, or what is done to them.
    private static Regex Authored(string @out) => Form(
        $$"""{{Author}}{{@out}}{{To}}{{M}}"""
        + $$"""|\b(?:i|we|(?:my|our)\s+(?:[\p{L}\-]+\s+){0,2}{{Owned}})\s+(?:is|are|was)(?:n['’]t|\s+not|\s+no\s+longer)\s+(?:the\s+|in\s+|at\s+|on\s+|an?\s+)*{{M}}"""
        + $$"""|{{Author}}(?:handed|given|gave|passed|turned|sent|brought|shipped|traded|packed|wound|wrapped|put|left|taken|took|closed|cleared|thrown|threw|chucked|tossed|shut)\s+{{M}}\s+(?:back|in(?=\s*(?:$|[,.;]|last|this|on|yesterday|today|and))|over|on(?=\s*(?:$|[,.;]|to|last|this))|up|away|down|out|behind|off|aside|to\s+rest)\b"""
        + $$"""|{{Me}}{{Aux}}\s+{{Moved}}(?:\s+(?:away|back|over|out))?\s+(?:off|from|out\s+of|of){{To}}{{M}}"""
        + $$"""|{{Agent}}{{Aux}}\s+(?:{{Took}}(?:\s+(?:back|away|down|up))?(?:\s+(?:my|our|the))?|(?:{{Moved}}|took|put)\s+(?:me|us|my\s+\w+|our\s+\w+)(?:\s+(?:away|over|out))?\s+(?:off|from|out\s+of|of)){{To}}{{M}}"""
        + $$"""|{{Me}}\s*(?:am\s+|are\s+)?no\s+longer\s+{{Do}}\s+(?:[\p{Ll}'’]+\s+){0,4}{{M}}|{{Me}}\s*(?:am\s+|are\s+)?no\s+longer\s+{{M}}"""
        + $$"""|{{Me}}\s*(?:don['’]t|do\s+not|won['’]t|will\s+not|not|am\s+not|are\s+not|aren['’]t|haven['’]t|never|have\s+no|am\s+never|hardly(?:\s+ever)?|barely(?:\s+ever)?|rarely|seldom)\s+(?:{{Do}}\s+(?:[\p{Ll}'’]+\s+){0,4})?{{M}}[\s,]*(?:[\p{Ll}'’]+\s+){0,4}(?:{{NotMore}})"""
        + $$"""|(?:^|[,:;]\s*|\b(?:and|but|so|please)\s+)(?:not(?=[^.;]*\b(?:any\s?more|any\s+longer|these\s+days|nowadays|now|from\s+now\s+on)\b)|no\s+more|no\s+longer|never\s+again|enough(?:\s+of|\s+with)?|that['’]s\s+it\s+(?:with|for))\s+(?:with\s+|the\s+|my\s+|all\s+|in\s+|at\s+|by\s+|via\s+|on\s+|from\s+|to\s+|\p{L}+ing\s+){0,3}{{M}}"""
        + $$"""|(?<!['’]m\s|\bam\s|\bget\s|\bgot\s|\bare\s)\b(?:{{Me}})\s+(?:used\s+to\s+(?!(?:be\s+able|ask|open|print|save|find|get|send|see|call|log|click|export|import|share|sync|access|start|install|meet|write\s+to)\b)(?:[\p{L}'’]+\s+){0,6}|(?:once|previously|formerly)\s+(?:worked|lived|sat|reported|used|had|was|were|belonged|ran|ate|drank|loved|liked|spoke)\s+(?:[\p{L}'’]+\s+){0,3}){{M}}"""
        + $$"""|\b(?:after|following)\s+(?:[\p{L}\d]+\s+){0,4}(?:years?|months?|weeks?|ages|decades?)(?:\s+(?:in|at|with|of|on|under|as|working|being|living|doing|for|an?|the|reporting|to|from))+\s+{{M}}"""
        + $$"""|\b(?:until|till|up\s+to)\s+(?:last\s+\w+|recently|yesterday|this\s+\w+|the\s+\w+|\w+day|\d+|(?-i:\p{Lu}\p{Ll}+))[^.;]{0,30}?\b(?:was|were|had|used|worked|lived|sat|reported){{Aux}}\s+(?:[\p{Ll}]+\s+){0,3}{{M}}"""
        + $$"""|\b(?:my|our)\s+(?:[\p{L}\-]+\s+){1,3}(?:used\s+to\s+be|was|were)\s+(?:(?:in|at|an?|the)\s+)*{{M}}(?=\s*(?:$|[,.;]|until|till|before|but|once|and\s+(?:now|is)|up\s+to))"""
        + $$"""|\bmy\s+(?:days|time|years|stint|life|chapter|career|adventure)(?:\s+(?:in|at|with|on|of|as|an?|the|under))+\s+{{M}}{{Aux}}\s+(?:over|done|finished|behind|history|at\s+an\s+end|ended|come\s+to|came\s+to)"""
        + $$"""|\b(?:bye(?:[\s-]bye)?|good-?bye|farewell|so\s+long|adieu|adios|rip|r\.i\.p\.|good\s+riddance|cheerio)(?:\s+to)?,?\s+(?:my\s+|dear\s+)*{{M}}"""
        + $$"""|\b(?:forget(?:\s+about)?|disregard|ignore|scratch|strike(?:\s+(?:out|off))?|cross\s+(?:out|off)|take\s+(?:off|out)|rub\s+out|erase)\s+(?:what\s+i\s+(?:said|told\s+you|wrote)\s+about\s+)?(?:the\s+|my\s+)?{{M}}"""
        + $$"""|{{M}}\s+(?:was|used\s+to\s+be)\s+(?:my\s+\w+\s+)?(?:until|till|up\s+to|before|once)\b"""
        + $$"""|{{M}}(?:\s+\(|,\s+)?\s*(?:is|are|was)\s+(?:my|the)\s+(?:old|former|previous|ex)\b"""
        + $$"""|{{M}}\s*(?:[-=]>|→)\s*\S"""
        + $$"""|\b(?:formerly|previously|no\s+longer|used\s+to\s+be|was|before|ex|instead\s+of|not)[:\s]+(?:an?\s+|the\s+|my\s+|in\s+|at\s+|on\s+)*{{M}}\s*\)""");

    // "It and I have broken up", "that has cured me of it".
    private const string Parted = $$"""(?:^|[.,;:!?]\s*|\b(?:and|but|so|because|since|that)\s+)(?:{{M}}\s+and\s+(?:i|me|myself)|(?:i|me)\s+and\s+{{M}}|between\s+me\s+and\s+{{M}}|it['’]s\s+over\s+between\s+me\s+and\s+{{M}})(?:,\s*(?:that['’]s|it['’]s|we['’]re))?{{Aux}}\s+(?:parted|broken?\s+up|split|divorced|through|done|finished|over|history|separated|closed|an?\s+(?:closed|finished)|no\s+longer|not\s+(?:friends|together|on\s+speaking)|fallen\s+out|fell\s+out|went\s+our|gone\s+our|called\s+it)|\b(?:cured|weaned|broke|rid|robbed|freed|relieved)\s+(?:me|us)\s+(?:of|off|from)\s+(?:the\s+|my\s+)?{{M}}|\b(?:put|turned)\s+me\s+off\s+{{M}}""";

    // What has become of the thing itself.
    private static readonly Regex OfItself = Became(Over);
    private static readonly Regex OfItselfAndPerson = Became(OverOfPerson);

    private static Regex Became(string over) => Form(
        $$"""{{M}}\s+used\s+to\s+be\b"""
        + $$"""|{{Start}}{{M}}{{Aside}}(?:['’]s|['’]ve|['’]re)?{{Aux}}\s+(?:{{over}}|belongs?\s+to(?=\s+(?!me\b))|wrapped\s+up)(?=\s|[,.;:!?)]|$)"""
        + $$"""|\b(?:leases?|tenancy|licen[cs]es?|contract|subscription|secondment|rental|warranty)\s+(?:in|at|for|of|to|with|on)\s+{{M}}{{Aux}}\s+(?:ran\s+out|run\s+out|expired|ended|lapsed|terminated|cancell?ed|is\s+up|up|over|gone|not\s+renewed)"""
        + "|" + Parted
        + $$"""|{{M}}\s+(?:days|years|times?|life|chapter|era|career|phase)\s+(?:is|are|was|were|has|have|lies?)\b{{Aux}}\s*(?:behind|over|done|finished|gone|history|past|ended|numbered|at\s+an\s+end|come\s+to|came\s+to)"""
        + $$"""|\bthat\s+(?:was|is)\s+(?:it|that|all)\s+(?:with|for|from|of)\s+{{M}}|\b(?:there(?:['’]s|\s+is)|we\s+have|i\s+have)\s+no\s+(?:more\s+)?{{M}}|\bno\s+{{M}}\s+(?:any\s?more|left|to\s+\w+)"""
        + $$"""|\blet\s+(?:[\p{Ll}]+\s+){0,2}{{M}}\s+(?:[\p{Ll}]+\s+){0,2}(?:lapse|go|expire|run\s+out|be\b)|\bpulled\s+the\s+plug\s+on\s+{{M}}|\b(?:made\s+off\s+with|stole|nicked)\s+{{M}}"""
        + $$"""|\b(?:access\s+card|badge|keys?|pass|fob|parking\s+(?:space|permit))\s+(?:to|for|of|in|at)\s+{{M}}[^.;]{0,20}\b(?:back|in|over|returned)\b|\b(?:gave|handed|given|sent|turned)\s+(?:back|in|over)\s+(?:my|the)\s+{{M}}\s+(?:access|badge|keys?|pass|fob|card)"""
        + $$"""|\b(?:somebody|someone)\s+else(?:['’]s)?\s+(?:does|has|runs|leads|handles|took|looks|sits|uses|owns|is|got)\b[^.;]{0,20}{{M}}"""
        + $$"""|{{M}}(?:['’]s)?\s*(?:is|are|does|do|was|will|has)?\s*(?:isn['’]t|aren['’]t|doesn['’]t|don['’]t|won['’]t|hasn['’]t|not)\s+(?:[\p{L}'’]+\s+){0,7}(?:{{NotMore}})"""
        + $$"""|{{M}}\s+(?:isn['’]t|aren['’]t|is\s+not|are\s+not)\s+(?:my|the\s+right|right|correct|current|valid|up\s+to\s+date|true|where\s+i|it)\b(?!\s+(?:fault|problem|favou?rite|\p{L}+\s+(?:fault|problem)))"""
        + """|\uE001\s*,?\s*(?:is|was|has|['’]s)?\s*(?:gone|dead|replaced|history|returned|back\s+(?:at|with|to|in)|retired|out|over|went|died|broke|recycled|stays|goes|taken)\b""");

    private static readonly Regex OfPerson = Form(
        $$"""{{Start}}{{M}}{{Aside}}(?:['’]s|['’]ve)?{{Aux}}\s+(?:{{PersonOver}})(?![\p{L}])"""
        + $$"""|(?<!\bi(?:['’]ve|['’]m|\s+have|\s+am)?\s+(?:\w+\s+)?)\b(?:took|takes|taking|taken)\s+over\s+(?:from|for)\s+{{M}}|(?<!\bi(?:['’]ve|['’]m|\s+have|\s+am)?\s+(?:\w+\s+)?)\b(?:replac(?:ed|es|ing)|succeed(?:ed|s)|succeeding)\s+{{M}}|\b(?:took|takes|taken|taking|got|has|have|filling|fills|filled|stepp?(?:ed|s|ing)\s+into|in|follow\w*\s+in)\s+{{M}}['’]s\s+(?:place|job|role|post|position|seat|chair|shoes|stead|boots|footsteps|mantle)|{{M}}['’]s\s+(?:successor|replacement)\b"""
        + $$"""|\b(?:in\s+(?:the\s+)?place\s+of|instead\s+of|rather\s+than|in\s+lieu\s+of|inherited\s+(?:me|us|the\s+team|my\s+team|our\s+team)\s+from)\s+{{M}}"""
        + $$"""|\b(?:moved|switched|handed|passed|reassigned|transferred|changed|went)\s+(?:(?:me|us|my\s+team|our\s+team|over)\s+)*from\s+{{M}}\s+(?:over\s+)?to\b""");

    // What one moves from, out of and away to something else.
    private static readonly Regex OfThing = Form(
        $$"""{{Me}}\s*(?:am\s+|are\s+)?(?:now\s+|finally\s+)?out\s+of\s+{{M}}(?=\s*(?:$|[,.;]|now|and|for\s+good))|{{Author}}left(?:\s+(?:behind|life\s+in|the\s+job\s+in|work\s+in|the\s+\w+\s+(?:of|in)))?\s+{{M}}(?=\s*(?:$|[,.;:!?)]|(?:for|in|last|after|behind|when|because|since|and|altogether|completely|entirely|once|this\s+(?:month|year|spring|summer|autumn|winter)|to\s+(?:join|work|live|move|be|start|run|become)|(?:two|three|a\s+few|some|several|\d+|an?)\s+\w+\s+ago)\b))(?!\s+for\s+(?:lunch|the\s+(?:day|weekend|night)|an?\s+(?:meeting|walk|week|day|moment)|today))"""
        + $$"""|\b(?:(?:my|our)\s+(?:[\p{L}\-]+\s+){0,2}[\p{L}\-]+{{Aux}}\s+{{Change}}|(?:{{Me}}|(?:made|let|had)\s+(?:me|us)){{Aux}}\s+{{Change}}|{{Change}}\s+(?:me|us|my\s+\w+|everything)|my\s+(?:transfer|move|switch|change|relocation))(?:\s+(?:me|us|over|house|home|desks?|teams?|offices?|jobs?|flats?|laptops?|departments?|tools?|roles?|everything|my\s+\w+))*\s+from\s+(?:an?\s+|the\s+|being\s+|my\s+)*{{M}}\s+(?:over\s+)?(?:to|into)\b"""
        + $$"""|\b(?:instead\s+of|rather\s+than|in\s+(?:the\s+)?place\s+of|in\s+lieu\s+of|in\s+exchange\s+for|as\s+opposed\s+to)\s+(?:an?\s+|the\s+|in\s+|at\s+|on\s+|by\s+|via\s+|with\s+|my\s+)*{{M}}"""
        + $$"""|\b(?:replac(?:ed|es)|took\s+the\s+place\s+of|supersed(?:ed|es))\s+{{M}}"""
        + $$"""|{{Author}}(?:swapped|traded|exchanged|left|switched|changed)\s+(?:[\p{Ll}]+\s+)?{{M}}\s+for\b"""
        + $$"""|{{Author}}(?:gave|given|handed|passed|left)\s+{{M}}\s+(?:over\s+|on\s+)?to\s+(?!repair|be\b|fix)"""
        + $$"""|\b(?:say|said|saying|wave|waved)\s+(?:goodbye|bye|farewell)\s+to\s+{{M}}""");

    private static readonly Regex OfNumber = Form($$"""\b(?:stop|quit|cease|no\s+need\s+to|(?:don['’]t|do\s+not))\s+(?:book|call|ring|us|send|deliver|look|phone|dial|charg|com)(?:ing|e|ge)?\s+(?:it\s+|things\s+|stuff\s+|for\s+me\s+|anything\s+)?(?:to\s+|on\s+|at\s+|with\s+|in\s+|for\s+|by\s+|via\s+|the\s+)*{{M}}|\b(?:delete|remove|strike)\s+(?:the\s+)?{{M}}|(?<!\b(?:at|in|on|by|near|beside|behind|of|from|to|under|with|for)\s+){{M}}{{Aux}}\s+(?:is\s+)?(?:taken|free\s+(?:now|again)|dead|closed)\b""");
    private static readonly Regex OfLiked = Form(Parted + $$"""|{{M}}{{Aux}}\s+{{Lost}}|{{M}}{{Aux}}\s+(?:history|over|behind\s+me|a\s+thing\s+of\s+the\s+past|no\s+longer\s+(?:my|for\s+me))\b|{{M}}\s+(?:isn['’]t|aren['’]t|is\s+not|are\s+not)\s+(?:[\p{L}'’]+\s+){0,4}{{NotMore}}""");
    private static readonly Regex OfDisliked = Form($$"""{{M}}{{Aux}}\s+{{Fine}}|{{Me}}{{Aux}}\s+(?:come\s+round\s+to|come\s+around\s+to|came\s+(?:a)?round\s+to|warmed\s+to|made\s+(?:my\s+)?peace\s+with|learned\s+to\s+(?:love|like|live\s+with)|learnt\s+to\s+(?:love|like|live\s+with)|got(?:ten)?\s+used\s+to|fine\s+with|okay\s+with|ok\s+with|come\s+to\s+(?:like|love|enjoy)|grown\s+to\s+(?:like|love|enjoy)|started\s+to\s+(?:like|love|enjoy))\s+{{M}}""");
    private static readonly Regex OfWished = Form($$"""(?:^|[,:;!]\s*|\b(?:and|but|so|please|just)\s+)(?:please\s+)?(?:stop|quit|skip|drop|lose|ditch|cut|cancel|spare\s+me|leave|avoid|scrap|kill|enough|forget|no)\s+(?:out\s+|about\s+|with\s+|the\s+|my\s+|all\s+|using\s+|sending\s+|calling\s+me\s+|me\s+|those\s+|these\s+|that\s+|(?:writing|answering|replying|talking|speaking|contacting|reaching|messaging|pinging|writing\s+to)\s+(?:to\s+)?(?:me\s+)?(?:in|by|via|on|with|over|through)\s+)*{{M}}(?!\s+(?:is|was|has))|\b(?:don['’]t|do\s+not|never)\s+(?:use|send|call\s+me|write|reply|answer|contact\s+me|reach\s+me|message\s+me|ping\s+me|look\s+at|read|check)\s+(?:me\s+)?(?:in|by|via|on|with|over|through|to\s+me\s+in)?\s*{{M}}|{{Me}}\s+(?:never|hardly\s+ever|rarely|don['’]t|do\s+not|no\s+longer)\s+(?:look\s+at|read|check|use|open|answer|monitor|want|need|understand|see|have|speak)\s+(?:in\s+|my\s+|at\s+|the\s+|answers\s+in\s+)*{{M}}""");

    /// <summary>Whether a sentence allows what was forbidden: what it allows is compared by its words.</summary>
    public static bool IsAllowed(string text) => OfLeave().IsMatch(text) && !IsPassing().IsMatch(text);

    [GeneratedRegex("""\b(?:you\s+(?:may|can|are\s+(?:welcome|free|allowed)\s+to)|feel\s+free\s+to|go\s+ahead\s+and|bring\s+on|bring\s+it\s+on|(?:is|are|it['’]s)\s+(?:quite\s+|perfectly\s+|totally\s+|absolutely\s+)?(?:fine|ok|okay|all\s+right|alright|welcome)(?:\s+(?:by|with|for)\s+me|\s+to\b|\s+now|\s+again)|i\s+(?:don['’]t|do\s+not|no\s+longer)\s+mind)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfLeave();

    // What must be kept to goes by plain words only.
    private static readonly Regex OfConstraint = Form(
        $$"""\b(?:don['’]t|do\s+not)\s+(?:eat|keep|follow|do|stick\s+to)\s+(?:\w+\s+)?{{M}}(?:\s+\w+)?\s+(?:{{NotMore}})|\b(?:not\s+allergic\s+to|no\s+longer\s+allergic\s+to|outgrew|outgrown|grew\s+out\s+of|grown\s+out\s+of|cured\s+of|tested\s+negative\s+for|can\s+(?:safely\s+)?(?:eat|have|take|tolerate|drink)(?=\s+{{M}}\s*(?:$|[,.;!]|(?:again|now|after|these|without|safely|any)\b))|no\s+(?:known\s+)?allergy\s+to|never\s+(?:was|been)\s+allergic\s+to)\s+(?:my\s+|the\s+|an?\s+)*{{M}}(?:\s+(?:again|now|after\s+all|any\s?more|any\s+longer|these\s+days|these\s+days))?"""
        + $$"""|{{M}}(?:\s+allergy)?{{Aux}}\s+(?:(?:turned\s+out|proved)\s+(?:to\s+be\s+)?(?:an?\s+)?(?:\w+ly\s+)?(?:false\s+alarm|wrong|mistake|misdiagnosis|nothing|fine|harmless|safe|ok|okay|all\s+right)|ruled\s+out(?!\s+as\b)|all\s+clear|cured|outgrown|a\s+false\s+alarm|no\s+longer\s+an?\s+(?:problem|issue)|fine\s+(?:for\s+me\s+)?(?:again|now)|not\s+(?:an?\s+)?(?:problem|issue)\s+any\s?more|no\s+problem\s+any\s?more)"""
        + $$"""|(?:{{M}}\s+(?:allergy|intolerance)|\b(?:(?:allergy|intolerance)\s+(?:to|of)|what(?:ever)?\s+i\s+had\s+(?:with|against))\s+{{M}}){{Aux}}\s+(?:worn\s+off|wore\s+off|went\s+away|gone\s+away|faded|lifted|gone|over|cleared\s+up|disappeared|vanished)"""
        + $$"""|\bno\s+{{M}}\s+(?:allergy|intolerance|food|diet)\s+(?:after\s+all|any\s?more)|\bhave\s+no\s+{{M}}\s+allergy"""
        + $$"""|\b(?:am|['’]m)\s+(?:no\s+longer|not)\s+(?:an?\s+)?{{M}}|\b(?:stopped|quit|gave\s+up|given\s+up|dropped|done\s+with|ditched|abandoned|finished\s+with|over)\s+(?:being\s+|with\s+)*(?:an?\s+|the\s+)?{{M}}|\bused\s+to\s+be\s+(?:an?\s+)?{{M}}|\bno\s+longer\s+(?:eat\s+|keep\s+|follow\s+|an?\s+)*{{M}}"""
        + $$"""|\b(?:you\s+(?:can|may)|feel\s+free\s+to|(?:it['’]s|it\s+is|that['’]s)\s+(?:fine|ok|okay|all\s+right)\s+to)\s+{{M}}|{{M}}\s+is\s+(?:fine|ok|okay|allowed)\s+(?:now|again)""");

    private static readonly Regex OfDiet = Form($$"""{{M}}{{Aux}}\s+(?:over|history|gone|behind\s+me|didn['’]t\s+last|a\s+thing\s+of\s+the\s+past)""");

    private static readonly Regex OfLikely = Form($$"""(?:^|[.,;:!?(]\s*|\b(?:and|but|so|because|since|that|as|when|after|now|then|with|while|unfortunately|sadly|today|yesterday|finally)\s+){{M}}(?:,[^,.]{2,50},)?(?:['’]s)?{{Aux}}\s+(?:{{Likely}})(?![\p{L}])|\uE001|{{Me}}{{Aux}}\s+(?:lost|broke|smashed|dropped|left|crashed|moved|had|was|were)\s+(?:[\p{Ll}]+\s+){0,2}{{M}}|(?:\b(?:i|we)(?:['’]m|['’]re|\s+(?:(?:now|actually|really)\s+)*(?:am|are|sit|work|live|report|use|have|mean|meant|prefer|want|speak|said|do|run))\b|\bmy\s+[^.;,]{2,30}\s(?:is|['’]s)\b|(?:^|[,:]\s*)(?:it['’]s|it\s+is|that['’]s|sorry|actually|correction|oops|no,)\s)[^.;]{0,60}?\bnot\s+(?:an?\s+|the\s+|in\s+|at\s+|on\s+|by\s+)*{{M}}|{{M}}\s+(?:is|was)\s+(?:out|wrong|a\s+typo)\b|\b(?:don['’]t|do\s+not|no\s+need\s+to|stop)\s+(?:bother|ask|send|call|contact|cc|copy)(?:ing)?\s+(?:[\p{Ll}]+\s+){0,3}{{M}}""");

    private static readonly Regex OfNoun = Form(
        $$"""(?:^|[.,;:!?(]\s*|\b(?:and|but|so|because|since|that|as|when|after|now|then|with|while|also)\s+){{M}}(?:['’]s)?{{Aux}}\s+(?:changed|switched|a\s+(?:new|different)\s+one|(?:somebody|someone|something)\s+else|another\s+one|a\s+different\s+(?:person|one)|{{Over}})(?=\s|[,.;:!?)]|$)"""
        + $$"""|{{Author}}(?:replaced|swapped|traded(?:\s+in)?|exchanged|returned|handed\s+(?:back|in)|gave\s+back|given\s+back|got\s+rid\s+of|changed|switched|sold)\s+{{M}}"""
        + $$"""|{{Agent}}{{Aux}}\s+(?:replaced|swapped|exchanged|collected|gave\s+away|given\s+away|sold|took\s+(?:away|back)|closed(?:\s+down)?|shut(?:\s+down)?|scrapped|dissolved|disbanded|changed|withdrew|disconnected|reassigned)\s+{{M}}""");

    private static readonly Dictionary<string, Regex> Renewed = new(StringComparer.Ordinal)
    {
        ["desk"] = New("desks?|seats?"),
        ["office"] = New("offices?|sites?|buildings?|branch(?:es)?"),
        ["home"] = New("house|houses|home|homes|flats?|apartments?"),
        ["team"] = New("teams?|departments?|squads?"),
        ["manager"] = New("manager|managers|boss|bosses|supervisors?|team\\s+leads?|line\\s+manager"),
        ["deputy"] = New("deputy|deputies|stand-ins?|substitutes?|backups?"),
        ["laptop"] = New("laptops?|notebooks?|machines?|computers?"),
        ["phone"] = New("numbers?|phone\\s+numbers?|extensions?"),
        ["hours"] = New("shifts?|hours|working\\s+hours"),
        ["cost centre"] = New("cost\\s+cent(?:re|er)s?"),
        ["time zone"] = New("time\\s?zones?"),
        ["role"] = New("roles?|job\\s+titles?|titles?"),
        ["system"] = New("operating\\s+systems?|OS"),
    };

    /// <summary>Whether a marked sentence says that what is marked is over.</summary>
    /// <param name="slot">The slot of what is marked.</param>
    /// <param name="marked">The sentence.</param>
    public static bool IsSure(string slot, string marked)
    {
        if (IsPassing().IsMatch(marked) || HeldTroubles.IsTrouble(slot, marked))
        {
            return false;
        }

        return slot switch
        {
            "allergy" or "never" or "diet" => OfMine().IsMatch(marked) && (OfConstraint.IsMatch(marked) || (slot == "diet" && OfDiet.IsMatch(marked))),
            "manager" or "deputy" => !HeldTroubles.IsPassing(marked) && (OfAuthorAndPerson.IsMatch(marked) || OfExchanged.IsMatch(marked) || OfItselfAndPerson.IsMatch(marked) || OfPerson.IsMatch(marked)),
            "likes" => OfAuthor.IsMatch(marked) || OfDropped.IsMatch(marked) || OfLiked.IsMatch(marked),
            "dislikes" => OfDisliked.IsMatch(marked),
            "name" => OfAuthor.IsMatch(marked) || OfWished.IsMatch(marked) || (OfMe().IsMatch(marked) && OfThing.IsMatch(marked)),
            "language" or "contact" or "style" => OfAuthor.IsMatch(marked) || OfWished.IsMatch(marked) || (OfMe().IsMatch(marked) && (OfThing.IsMatch(marked) || OfItself.IsMatch(marked))),
            "absent" => OfAbsence().IsMatch(marked),
            "desk" or "phone" or "cost centre" when OfNumber.IsMatch(marked) => true,
            "software" or "project" when OfDropped.IsMatch(marked) => true,
            _ => OfAuthor.IsMatch(marked) || OfItself.IsMatch(marked) || (OfMe().IsMatch(marked) && OfThing.IsMatch(marked)),
        };
    }

    /// <summary>Whether a sentence in which a slot's noun is marked ("my boss", "the old machine") says that what it holds is over.</summary>
    public static bool IsSureOfNoun(string slot, string marked) => !IsPassing().IsMatch(marked) && !HeldTroubles.IsTrouble(slot, marked) && !(slot is "manager" or "deputy" && HeldTroubles.IsPassing(marked)) && !(slot == "team" && OfOwner().IsMatch(marked)) && (OfNoun.IsMatch(marked) || (slot is "manager" or "deputy" && OfPerson.IsMatch(marked)));

    /// <summary>Whether a sentence says that the slot holds something else, without naming either: "I have a new boss", "we moved desks".</summary>
    public static bool IsNew(HeldValue held, string sentence) =>
        held.Slot == "diet" ? !IsPassing().IsMatch(sentence) && Eating().Match(sentence) is { Success: true } eaten && IsAgainst(held.Value, eaten.Groups["v"].Value)
        : Renewed.TryGetValue(held.Slot, out var renewed) && !IsPassing().IsMatch(sentence) && renewed.IsMatch(sentence);

    // Who eats bread again may be a vegetarian still.
    private static bool IsAgainst(string diet, string food) => food.ToUpperInvariant() switch
    {
        "ANYTHING" or "EVERYTHING" => true,
        "BREAD" or "GLUTEN" or "PASTA" => Starchless().IsMatch(diet),
        "CHEESE" or "DAIRY" or "MILK" => Milkless().IsMatch(diet),
        _ => Meatless().IsMatch(diet),
    };

    [GeneratedRegex("""\bi(?:['’](?:ve|m)|\s+have|\s+am)?\s+(?:(?:now|just|actually|happily|finally|started|been)\s+)*(?:eat|eating|back\s+(?:on|to)|enjoy|enjoying)\s+(?:eating\s+)?(?:(?:my|some|red|white|a|the)\s+)*(?<v>meat|steaks?|everything|anything|cheese|dairy|milk|gluten|pasta|bread|bacon|sausages?|burgers)\b(?!\s+(?:house|but|except|other|bar))(?=\s*(?:$|[,.;!])|[^.;]{0,30}\b(?:again|now|these\s+days)\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Eating();

    [GeneratedRegex("gluten|c(?:o)?eliac|carb|keto|paleo", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Starchless();

    [GeneratedRegex("vegan|dairy|lactose", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Milkless();

    [GeneratedRegex("veg|plant|meat", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Meatless();

    /// <summary>Whether a marked sentence says that something is the matter with what is marked, so that something else may be in its place.</summary>
    public static bool IsLikely(string slot, string marked) => slot is not ("allergy" or "never" or "diet" or "likes" or "dislikes" or "absent") && !IsPassing().IsMatch(marked) && !HeldTroubles.IsTrouble(slot, marked) && !(slot is "manager" or "deputy" && (HeldTroubles.IsPassing(marked) || OfDoing().IsMatch(marked))) && OfLikely.IsMatch(marked);

    // Who moves, loses or closes something does not move on.
    [GeneratedRegex("""[\uE000\uE001](?:['’]s)?(?:\s+(?:has|have|had|just|also|already|then))*\s+(?:broke|broken|lost|moved|promoted|left|closed|shut|changed|dropped|split|returned|collected|wiped|upgraded|keeps?\s+\p{L}+ing)\s+(?:the|an?|my|our|her|his|their|this|that|these|those|some|all|two|three|every)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfDoing();

    private static Regex New(string nouns) => Form(
        $$"""^\W*(?:finally\s+)?(?:(?:got|my)\s+(?:an?\s+)?)*new\s+(?:{{nouns}})(?:\s+(?:pattern|day|time|here|for\s+me))*\s*(?:[:!.,–-]|$)|{{Author}}(?:moved|changed|switched|swapped)\s+(?:{{nouns}})(?=\s*(?:$|[,.;:!?(]|(?:and|again|now|last|this|yesterday|today|on|in|recently|because|so|twice)\b))(?!\s+with\b)"""
        + $$"""|{{Me}}{{Aux}}\s+(?:(?:got|have|had|given|assigned|received|chosen|found)\s+)?(?:an?|my)\s+(?:brand[\s-]new|new|different|another)\s+(?:\w+\s+)?(?:{{nouns}})(?=\s*(?:$|[,.;:!?(]|(?:and|now|since|from|last|this|yesterday|today|called|named|who|which|as\s+of|in\s+the|again)\b))""");

    private static Regex Form(string pattern) => new(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(250));

    // A team that somebody else leads is the same team.
    [GeneratedRegex("""\b(?:handed|given|passed|taken)\s+(?:over|on|to)\b|\bnew\s+(?:boss|head|lead|manager)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfOwner();

    [GeneratedRegex("""\b(?:i|i['’]m|me|my|we|our|you)\b|allerg""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfMine();

    [GeneratedRegex("""\b(?:i|i['’]m|me|my|mine|we|us|our|please)\b|^\W*(?:so\s+|and\s+|now\s+)*(?:switched|changed|moved|swapped|traded|exchanged|replaced|left|got|use|answer|reply|write|call|upgraded|migrated|went|transferred|relocated|said)\b|^[^.;]{0,25}\b(?:instead\s+of|rather\s+than)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfMe();

    /// <summary>Whether a sentence speaks of what is so today, for a while, or while somebody is away.</summary>
    public static bool IsForNow(string text) => IsPassing().IsMatch(text);

    /// <summary>Whether a sentence speaks of what may come.</summary>
    public static bool IsPlan(string text) => OfPlan().IsMatch(text);

    [GeneratedRegex("""\b(?:nothing(?:['’]s|\s+is|\s+has\s+been|\s+was)?\s+(?:settled|decided|fixed|final|signed|official)|toying\s+with|the\s+idea\s+of|talk\s+of|in\s+talks|rumou?rs?|joked?|joking|jokes|undecided|not\s+(?:yet\s+)?(?:decided|final|settled)|proposal|proposed|suggested|mark\s+my\s+words|thinking|tempted|dream(?:ing|t|ed)?|next\s+(?:year|quarter)|some\s+day|one\s+day|eventually\s+want|offered\s+me)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfPlan();

    // What is so today, for a while, or while somebody is away.
    [GeneratedRegex("""\b(?:temporar(?:y|ily)|for\s+(?:the\s+)?(?:now|today|tonight|time\s+being|moment|day|night|week|weekend|afternoon|morning|rest\s+of)|for\s+(?:an?|one|two|three|four|five|six|a\s+few|a\s+couple\s+of|\d+)\s+(?:hour|day|week|night|month|minute)s?(?!\s+(?:now|already))|(?<!\b(?:was|were|used|had|worked|sat|lived|reported|been)\b[^.;]{0,40})until\s+(?!(?:last|recently|yesterday|now)\b)[\p{L}]+|till\s+(?!(?:last|recently|yesterday|now)\b)[\p{L}]+|just\s+(?:for\s+)?(?:today|this\s+once|this\s+time)|only\s+(?:for\s+)?(?:today|tomorrow|this\s+\w+)|(?:today|tomorrow|tonight|this\s+week)\s+only|left\s+early|in\s+the\s+meantime|while\s+\S+(?:\s+\S+)?\s+(?:is|are|was)\s+(?:away|off|out|ill|sick|on)|by\s+accident|by\s+mistake|for\s+repairs?)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex IsPassing();

    [GeneratedRegex("""(?:holidays?|leave|vacation|time\s+off|trip|break|absence)[^.;]{0,30}[\uE000\uE001][^.;]{0,20}\b(?:cancell?ed|off|called\s+off|fell\s+through|postponed|moved)|\b(?:cancell?ed|called\s+off|postponed|scrapped)\s+(?:my\s+)?(?:holidays?|leave|vacation|time\s+off|trip|break)[^.;]{0,20}[\uE000\uE001]|\bnot\s+(?:away|off|out|on\s+(?:leave|holiday|vacation))[^.;]{0,12}[\uE000\uE001]|\b(?:here|in|around|available|working)\s+[\uE000\uE001]\s+after\s+all""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfAbsence();
}
