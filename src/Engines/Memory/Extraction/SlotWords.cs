namespace Steward.Engines.Memory.Extraction;

/// <summary>The words with which people ask for what a slot holds: "who is my boss" finds a manager.</summary>
public static class SlotWords
{
    private static readonly Dictionary<string, string> Other = new(StringComparer.Ordinal)
    {
        ["name"] = "called nickname",
        ["role"] = "job position title work profession",
        ["team"] = "department group unit",
        ["manager"] = "boss supervisor lead report",
        ["deputy"] = "substitute stand-in cover replacement",
        ["office"] = "location site building branch where work",
        ["home"] = "live address city where",
        ["desk"] = "seat place sit",
        ["laptop"] = "computer notebook device machine hardware",
        ["phone"] = "mobile smartphone device",
        ["system"] = "operating",
        ["software"] = "tool application program use",
        ["project"] = "working topic",
        ["hours"] = "working time schedule available",
        ["absent"] = "away holiday vacation leave out of office",
        ["time zone"] = "timezone clock",
        ["cost centre"] = "center budget account",
        ["language"] = "speak write",
        ["contact"] = "reach channel call mail message",
        ["style"] = "answers tone format",
        ["likes"] = "prefer favourite",
        ["dislikes"] = "hate avoid",
        ["diet"] = "food eat lunch meal catering",
        ["allergy"] = "allergic food eat lunch meal catering health",
        ["never"] = "do not forbidden avoid",
        ["conversation"] = "asked talked earlier last time",
    };

    /// <summary>What a value is found by.</summary>
    public static string Searchable(string slot, string value) => Other.TryGetValue(slot, out var words) ? $"{slot} {value} {words}" : $"{slot} {value}";
}
