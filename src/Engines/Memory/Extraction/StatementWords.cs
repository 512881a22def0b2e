using System.Buffers;

namespace Steward.Engines.Memory.Extraction;

/// <summary>The words without which no form of a slot fits.</summary>
internal static class StatementWords
{
    private static readonly Dictionary<string, SearchValues<string>> All = new(StringComparer.Ordinal)
    {
        ["name"] = Any("call", "name", "address me", "know me", "i'm ", "i’m ", "i am ", "go by", "say", "addressed", "meet you"),
        ["home"] = Any("moved", "settled", "live", "living", "home", "flat", "house", "apartment", "reside", "commute"),
        ["desk"] = Any("desk", "at ", "seat", "room", "sit", "find me"),
        ["system"] = Any("windows", "mac", "ubuntu", "debian", "fedora", "linux", "red hat", "rhel", "suse", "ios", "android", "chromeos"),
        ["software"] = Any("switched", "use", "using", "work", "tool", "program", "application", "reports in", "installed", "rely", "replaced", "given up"),
        ["project"] = Any("project", "taken off", "work", "assigned", "finished", "handed", "i'm o", "i’m o", "i am o"),
        ["diet"] = Any("vegan", "vegetarian", "pescatarian", "coeliac", "celiac", "lactose", "diabetic", "kosher", "halal", "gluten"),
        ["style"] = Any("short", "brief", "long", "detailed", "simple", "formal", "technical", "concise", "bullet", "step", "plain", "numbered", "tables"),
        ["likes"] = Any("like", "love", "enjoy", "prefer", "fond", "fan", "into", "keen", "care", "interest", "gone off"),
        ["dislikes"] = Any("hate", "annoy", "nerves", "dislike", "stand", "like", "fan", "keen", "fond", "into", "for me", "mind"),
        ["language"] = Any(StatementRules.Languages.Split('|')),
        ["contact"] = Any("mail", "phone", "chat", "slack", "teams", "text", "sms", "call", "whatsapp"),
        ["laptop"] = Any("macbook", "thinkpad", "surface", "chromebook", "elitebook", "latitude", "xps", "laptop", "zbook", "probook", "zenbook", "ideapad", "precision", "notebook", "workstation", "computer", "machine", "device", "pc"),
        ["allergy"] = Any("allerg", "react"),
        ["manager"] = Any("manage", "boss", "supervis", "report", "answer", "lead", "superior", "work", "head", "run", "charge", "responsible", "led "),
        ["deputy"] = Any("deputy", "deputises", "fills in", "stand-in", "substitute", "backup", "delegate", "for me"),
        ["team"] = Any(["team", "department", "group", "unit", .. StatementRules.Departments.Split('|')]),
        ["hours"] = Any("work", "hours", "shift", "i'm in", "i’m in", "i am in", "in from", "reach", "available", "time is"),
        ["role"] = Any("joined", "started", "moved", "used to be", "as a", "role", "job", "title", "position", "profession", "occupation", "promoted", "made", "appointed", "hired", "employed", "become", "became", "post", "serve", "act", "trade", "training", "been", "being", "work", "i am ", "i'm ", "i’m "),
        ["office"] = Any("office", "based", "work", "location", "base", "site", "moved", "relocat", "transferred", "assigned", "posted", "seconded", "placed", "put", "find me", "desk", "swapped", "traded", "exchanged", "left", "located", "stationed", "sit", "branch", "campus", "plant", "i'm ", "i’m ", "i am "),
    };

    /// <summary>The words of a slot; null when any clause may be about it.</summary>
    public static SearchValues<string>? Of(string slot) => All.GetValueOrDefault(slot);

    private static SearchValues<string> Any(params string[] words) => SearchValues.Create(words, StringComparison.OrdinalIgnoreCase);
}
