using static Steward.Engines.Memory.Extraction.StatementRules;

namespace Steward.Engines.Memory.Extraction;

/// <summary>How people come to something without saying that it changed, for all slots that one can come to: "ended up in", "settled in", "was put on", "was handed", "am back at". Groups as in <see cref="StatementRules"/>.</summary>
internal static class ChangeRules
{
    private const string Came = """(?:(?:i|we)(?:['’]ve|['’]m|['’]re|\s+have|\s+am|\s+are|\s+was|\s+were)?(?:\s+(?:now|just|finally|eventually|recently|already|again))*\s+(?:ended\s+up|landed|settled(?:\s+down)?|finished\s+up|back|returned|gone\s+back|went\s+back|come\s+back|came\s+back|(?:been\s+)?(?:put|placed|moved|brought|sent|transferred|switched|assigned)(?:\s+back)?)|they(?:['’]ve|\s+have)?\s+(?:put|placed|moved|brought|sent|transferred|switched)\s+me(?:\s+back)?)\s+(?:back\s+)?(?:in|into|at|on|onto|with|to)\s+(?:the\s+|my\s+)?""";
    private const string Given = """(?:(?:they|(?:the\s+)?(?:company|IT|help\s?desk|service\s+desk|admins?))(?:['’]ve|\s+have|\s+has)?\s+(?:gave|given|handed|issued|sent|provided|shipped|supplied|lent|equipped)\s+me(?:\s+with)?|i(?:['’]ve|\s+have|\s+was|\s+am)?(?:\s+(?:now|just|finally|recently|been))*\s+(?:got|given|handed|issued|received|equipped\s+with|stuck\s+(?:on|with)))\s+(?:an?\s+|my\s+|the\s+)?(?:new\s+)?""";

    /// <summary>What holds.</summary>
    public static IReadOnlyList<StatementRule> All { get; } =
    [
        new("desk", $$"""{{I}}{{Came}}(?:desk|seat)\s+{{PlainRules.Seat}}{{Tail}}""") { Unless = PlainRules.Passing },
        new("office", $$"""{{I}}{{Came}}{{Place}}(?<=\s(?:office|branch|site|campus|plant)){{Tail}}""") { Unless = "\\b(?:team|department|project|queue)\\b|" + PlainRules.Passing },
        new("team", $$"""{{I}}{{Came}}(?<v>[\p{L}0-9&\-]+(?:\s+[\p{L}0-9&\-]+)?)\s+(?:team|department|group|unit){{Tail}}""") { Unless = PlainRules.Passing },
        new("project", $$"""{{I}}{{Came}}(?:{{PlainRules.Project}}\s+project|project\s+{{PlainRules.Project}}){{Tail}}""") { Unless = PlainRules.Passing },
        new("home", $$"""{{I}}(?:i|we)(?:['’]ve|\s+have)?(?:\s+(?:now|finally|eventually|recently))*\s+settled(?:\s+down)?\s+in\s+{{Place}}{{Tail}}""") { Unless = "\\b(?:office|branch|site|campus|plant)\\b" },
        new("laptop", $$"""{{I}}{{Given}}(?<v>{{Device}}){{Tail}}""") { Unless = "\\b(?:for|to)\\s+(?!me\\b)" },
    ];

    /// <summary>What does not hold any more.</summary>
    public static IReadOnlyList<StatementRule> Retractions { get; } =
    [
        new("project", $$"""{{I}}(?:the\s+)?(?:project\s+{{PlainRules.Project}}|{{PlainRules.Project}}\s+project)\s+(?:was|has\s+been|is|got)\s+(?:now\s+)?(?:wound\s+up|cancelled|closed(?:\s+down)?|finished|shut\s+down|over|stopped|completed|handed\s+over|done){{Tail}}"""),
    ];
}
