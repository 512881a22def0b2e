using System.Buffers;

namespace Steward.Engines.Memory.Extraction;

/// <summary>The words without which no form of a slot fits.</summary>
internal static class StatementWords
{
    private static readonly Dictionary<string, SearchValues<string>> All = new(StringComparer.Ordinal)
    {
        ["language"] = Any(StatementRules.Languages.Split('|')),
        ["contact"] = Any("mail", "phone", "chat", "slack", "teams", "text", "sms", "call", "whatsapp"),
        ["laptop"] = Any("macbook", "thinkpad", "surface", "chromebook", "elitebook", "latitude", "xps", "laptop", "notebook", "workstation", "computer", "machine", "device", "pc"),
        ["allergy"] = Any("allerg", "react"),
        ["manager"] = Any("manage", "boss", "supervis", "report", "answer", "lead", "superior", "work", "head", "run", "charge", "responsible", "led "),
        ["deputy"] = Any("deputy", "stand-in", "substitute", "backup"),
        ["team"] = Any("team", "department", "group", "unit"),
        ["role"] = Any("role", "job", "title", "position", "profession", "occupation", "promoted", "made", "appointed", "hired", "employed", "become", "became", "post", "serve", "act", "trade", "training", "been", "being", "work", "i am ", "i'm ", "i’m "),
        ["office"] = Any("office", "work", "location", "base", "site", "moved", "relocat", "transferred", "assigned", "posted", "seconded", "placed", "put", "find me", "desk", "swapped", "traded", "exchanged", "left", "located", "stationed", "sit", "branch", "campus", "plant", "i'm ", "i’m ", "i am "),
    };

    /// <summary>The words of a slot; null when any clause may be about it.</summary>
    public static SearchValues<string>? Of(string slot) => All.GetValueOrDefault(slot);

    private static SearchValues<string> Any(params string[] words) => SearchValues.Create(words, StringComparison.OrdinalIgnoreCase);
}
