using System.Text.RegularExpressions;
using Steward.Engines.Memory.Days;
using static Steward.Engines.Memory.Extraction.StatementRules;

namespace Steward.Engines.Memory.Extraction;

/// <summary>Since when something holds, and when somebody is away, where that is said by the day on which it is said: "since March", "from Monday on", "I'm off next week". Which day it is, <see cref="StatementDates"/> says.</summary>
internal static partial class WhenRules
{
    private const string Relative = $$"""(?:(?:(?:from|until|till|on|all|starting(?:\s+on)?|as\s+of)\s+)?(?:(?:tomorrow|the\s+day\s+after\s+tomorrow)|(?:this|next)\s+(?:coming\s+)?(?:\p{L}+day|week|month)|the\s+week\s+after\s+next|(?:the\s+)?end\s+of\s+(?:the|this|next)\s+(?:week|month|year))|(?:from|until|till|on|starting(?:\s+on)?)\s+(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|the\s+\d\d?(?:st|nd|rd|th)|\d\d?[./]\d\d?[./]\d\d\d\d|\d\d\d\d-\d\d-\d\d))(?:\s+(?:to|until|till|through)\s+{{SpokenDates.Point}})?(?:\s+on)?""";

    /// <summary>When somebody is away.</summary>
    public static IReadOnlyList<StatementRule> All { get; } =
    [
        new("absent", $$"""{{I}}(?:(?:{{Am}}|i\s+will\s+be|i['’]ll\s+be){{Now}}\s+(?:{{PlainRules.Away}}|on\s+(?:\p{L}+\s+)?leave)|i\s+(?:won['’]t|will\s+not)\s+be\s+(?:in|here|there|available))\s+(?<v>{{Relative}})[.!]*$""") { Unless = "\\b(?:meeting|call|workshop|training)\\b" },
        new("absent", $$"""{{I}}i(?:\s+have|['’]ve|\s+took|\s+am\s+taking|['’]m\s+taking)(?:\s+got|\s+taken)?\s+(?<v>{{Relative}})\s+off[.!]*$"""),
    ];

    /// <summary>The words of a clause, beside its value, that say since when or until when it holds; null where there are none.</summary>
    public static string? Of(string slot, string clause, string value) =>
        slot == "absent" ? IsRelative(value) ? value : null
        : Bounds().Match(value.Length == 0 ? clause : clause.Replace(value, "\u2026", StringComparison.Ordinal)) is { Success: true } bounds ? bounds.Value.Trim() : null;

    /// <summary>The words in a value that say since when or until when it holds; null where there are none.</summary>
    public static string? Within(string value) => Bounds().Match(value) is { Success: true } bounds ? bounds.Value : null;

    /// <summary>Whether somebody's being away is said by the day on which it is said.</summary>
    public static bool IsRelative(string value) => WholeRelative().IsMatch(value);

    /// <summary>A clause that only says when: "from Monday on" before what holds then.</summary>
    public static string? Only(string clause) => Bounds().Match(clause) is { Success: true } bounds && bounds.Length >= clause.TrimEnd(',', ' ').Length ? bounds.Value.Trim() : null;

    [GeneratedRegex($"^(?:{Relative})$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex WholeRelative();

    [GeneratedRegex($$"""\b(?:(?:since|as\s+of|as\s+from|starting(?:\s+(?:on|from))?|beginning|with\s+effect\s+from|until|till)\s+{{SpokenDates.Point}}|from\s+{{SpokenDates.Point}}\s+(?:on|onwards?)|from\s+(?:next|this)\s+(?:\p{L}+day|week|month|year)|for\s+(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|\d\d?)\s+(?:day|week|month|year)s?\s+(?:now|already))\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Bounds();
}
