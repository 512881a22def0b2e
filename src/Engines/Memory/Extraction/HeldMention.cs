using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>Finds where a message speaks of a value that holds: by the value, by a part of it that stands for it (a surname, a model, the last word of a thing), or by what its slot is called ("my boss", "the old machine").</summary>
internal sealed partial class HeldMention
{
    /// <summary>What stands for the value in a marked sentence.</summary>
    public const char Mark = '\uE000';

    /// <summary>What stands for it where it is called the old one.</summary>
    public const char OldMark = '\uE001';

    private const string Old = """old|former|previous|ex|erstwhile|last|original|ancient|trusty|beloved|good|dear""";
    private const string NotPart = """(?!['’]s\b(?!\s+(?:gone|left|retired|moved|been|no|not|now|off|out|quit|taken|handed|stepped|changed|become|got|dead|history|over|done|closed|finished|had|resigned|given|also|just|finally|since|place|shoes|seat|chair|post|position|role|job|successor|replacement|stead|boots|footsteps|mantle)\b))(?!['’](?!s\b)|-\p{L})""";

    // A noun behind it makes it a part of something else: "the Lisbon trip", "my Latitude bag".
    private const string Next = """(?!\s+(?:(?-i:\p{Lu}\p{Ll})|\p{Ll}+\b(?<!\b(?:is|are|was|were|has|had|have|will|does|doesn|did|didn|do|don|isn|aren|wasn|hasn|won|got|gets|gave|died|broke|went|fell|bit|packed|conked|crashed|left|moved|closed|shut|ended|finished|ran|became|become|turned|stopped|used|lost|took|takes|belongs|came|comes|goes|stays|keeps|never|no|not|and|or|but|for|to|in|on|at|by|with|via|from|over|after|before|behind|because|since|when|while|whereas|as|so|then|than|though|any|anymore|last|this|these|those|until|till|up|down|out|off|away|back|again|now|here|there|altogether|completely|entirely|permanently|finally|just|only|anyway|already|also|longer|please|instead|rather|ago|which|who|where|that|it|i|we|they|she|he|my|our|me|us|all|an|a|the|years|either|earlier|late|next|once|officially|feels|too|into|through|somewhere|sometime|yesterday|today|recently|wound|wrapped|was|replaced|merged|didn|drives|drowns|bores|drives|makes|suits|works|being|myself|of|after|ended|expired|got|retired|split|changed|can|cannot|couldn|half|six|five|four|three|two|some|many|folks|people|guys|crew|lot|bunch|gang|days|access|licence|licences|license|licenses))))""";

    private static readonly ConcurrentDictionary<string, Regex> Nouns = new(StringComparer.Ordinal);
    private static readonly Regex NotPartOfOther = Form("^" + Next);

    private readonly string _pattern;
    private readonly string[] _keys;
    private readonly Regex? _noun;
    private readonly Regex? _owned;
    private readonly Regex? _newOther;
    private Regex? _names;

    public HeldMention(HeldValue held)
    {
        (Held, var core) = (held, Core(held));
        var names = Names(held.Slot, core).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var owned = NounRules.Names.TryGetValue(held.Slot, out var called) ? called : null;
        var after = held.Slot is "office" ? "office|branch|site|building|campus|plant|location|hub|job" : held.Slot is "home" ? "flat|house|apartment|place|home" : held.Slot is "manager" or "deputy" or "name" or "allergy" ? null : held.Slot is "likes" or "dislikes" or "never" or "absent" or "role" ? "thing|job|role|business|stuff" : owned is null ? "thing" : owned + "|thing|one";
        _pattern = names.Count == 0 ? "" : ($$"""(?<!['’]s\s)(?<!\b(?:his|her|their|your|whose)\s)(?:\b(?:the|my|our|an?|that|this|all)\s+)?(?:\b(?<old>{{Old}})\b[\s-]+)*(?:\b(?:{{Before(held.Slot)}})\s+)?(?<![\p{L}0-9+\-])(?:{{string.Join('|', names)}})(?![\p{L}0-9]|[.,:]\d)(?:\s+(?:{{after ?? "(?!)"}})\b)?{{NotPart}}{{NotFurther(held.Slot)}}""");
        _keys = held.Slot is "contact" or "hours" || names.Count == 0 ? [] : [.. core.Split([' ', '-'], StringSplitOptions.RemoveEmptyEntries).Select(word => word.Length > 4 ? word[..^1] : word), .. held.Slot == "diet" ? ["veggie"] : Array.Empty<string>()];
        if (owned is not null)
        {
            _noun = Nouns.GetOrAdd(held.Slot, _ => Form($$"""\b(?:(?:my|our)\s+(?:(?:{{Old}}|current|own|work|line|direct)\s+)*(?:{{owned}})|the\s+old\s+(?:{{owned}})|(?<=^|[.:]\s*)old\s+(?:{{owned}}))\b{{NotPart}}"""));
            _owned = Nouns.GetOrAdd(held.Slot + "\n", _ => Form($$"""\b(?:{{owned}})s?\b"""));
            _newOther = Nouns.GetOrAdd(held.Slot + "\nnew", _ => Form($$"""\bnew\s+(?!(?:\p{Ll}+\s+){0,2}(?:{{owned}}|one)s?\b|(?-i:\p{Lu}))"""));
        }
    }

    public HeldValue Held { get; }

    /// <summary>The sentence with a mark where it names the value, or null where it does not.</summary>
    public string? ByName(string sentence)
    {
        // Most sentences have none of its words, and a form is slow to make.
        if (_pattern.Length == 0 || (_keys.Length > 0 && !_keys.Any(key => sentence.Contains(key, StringComparison.OrdinalIgnoreCase))))
        {
            return null;
        }

        _names ??= Form(_pattern);
        return _names.IsMatch(sentence) ? _names.Replace(sentence, match => Marked(match, match.Groups["old"].Success)) : null;
    }

    /// <summary>The sentence with a mark where it speaks of the value by what the slot is called, or null where it does not. "The old one" is what was spoken of last: it counts where the sentence or the one before names the value or what the slot is called, and nothing else that is new, or where another value stands there that can only be the slot's.</summary>
    /// <param name="sentence">The sentence.</param>
    /// <param name="before">The sentence before it; empty where there is none.</param>
    public string? ByNoun(string sentence, string before)
    {
        if (_noun?.IsMatch(sentence) == true)
        {
            return _noun.Replace(sentence, match => Marked(match, match.Value.Contains("old", StringComparison.OrdinalIgnoreCase)));
        }

        return _owned is not null && OldOne().IsMatch(sentence) && (IsSpokenOf(sentence) || IsSpokenOf(before) || (Held.Slot is "laptop" or "system" or "phone" or "desk" or "time zone" or "language" && (HeldValues.IsOfKind(Held, sentence) || HeldValues.IsOfKind(Held, before)))) ? OldOne().Replace(sentence, OldMark.ToString()) : null;
    }

    /// <summary>Whether what stands before a text is only a part of something else there: the "Samsung" of "a Samsung drive".</summary>
    public static bool IsPart(string rest) => !NotPartOfOther.IsMatch(rest);

    private bool IsSpokenOf(string sentence) => !_newOther!.IsMatch(sentence) && (_owned!.IsMatch(sentence) || ByName(sentence) is not null);

    private static string Marked(Match match, bool isOld) => (isOld ? OldMark : Mark).ToString();

    // Another surname, a version or a model behind it makes it something else, and a noun behind it what it is only part of.
    private static string NotFurther(string slot) => slot switch
    {
        "manager" or "deputy" or "name" => """(?!\s+(?-i:\p{Lu}\p{Ll}))""",
        "laptop" or "system" or "software" or "phone" or "project" => """(?!\s+\d)""" + Next,
        "office" or "home" or "team" => Next,
        _ => """(?!\s+(?:team\s+(?:lost|won|has|is)|trip|meeting|ticket|mail|report|course|menu|dish|market)\b)""",
    };

    private static string Before(string slot) => slot switch
    {
        "desk" => "desk|seat|number",
        "phone" => "number|extension|line",
        "project" => "project",
        "cost centre" => @"cost\s+cent(?:re|er)|number",
        _ => "(?!)",
    };

    private static string Core(HeldValue held)
    {
        var core = Article().Replace(held.Value.Trim(), "");
        return held.Slot is "office" or "home" or "team" or "project" or "diet" or "laptop" ? Trailing().Replace(core, "") is { Length: > 1 } bare ? bare : core : core;
    }

    private static IEnumerable<string> Names(string slot, string core)
    {
        var words = core.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            yield break;
        }

        yield return Whole(slot, words);
        switch (slot)
        {
            case "manager" or "deputy":
                foreach (var word in words.Where(word => word.Length >= 3 && char.IsUpper(word[0])))
                {
                    yield return $"(?-i:{Regex.Escape(word)})";
                }

                break;
            case "laptop" or "phone" or "system" or "software" or "project" or "team" when words.Length > 1:
                if (words[0].Length >= 4 && char.IsLetter(words[0][0]))
                {
                    yield return Regex.Escape(words[0]) + """(?!\s+(?:\d|(?-i:\p{Lu})))""";
                }

                if (slot is "laptop" or "phone" && words[^1].Length >= 2 && words[^1].Any(char.IsDigit))
                {
                    yield return Regex.Escape(words[^1]);
                }

                break;
            case "likes" or "dislikes" or "role" or "allergy" when words.Length > 1 && words[^1].Length >= 4:
                yield return Inflected(words[^1]);
                break;
            case "style":
                if (words[0].StartsWith("bullet", StringComparison.OrdinalIgnoreCase))
                {
                    yield return @"bullet(?:s|\s+(?:points?|lists?))?";
                }

                yield return Regex.Escape(words[0]) + @"(?:\s+(?:answers|replies|ones?|stuff|texts?|messages))?";
                break;
            case "contact":
                yield return core.ToLowerInvariant() switch { "email" or "e-mail" or "mail" or "emails" or "e-mails" => "e-?mails?|mails?", "phone" or "call" or "calls" or "phone calls" or "telephone" => @"(?:phone\s+)?calls?|(?:tele)?phone", "text" or "sms" or "text message" or "text messages" or "texts" => @"sms|texts?|text\s+messages?", "chat" => "chats?", _ => Regex.Escape(core) };
                break;
            case "diet" when words[0].Length >= 5:
                yield return Regex.Escape(words[0]) + "(?:ism)?";
                if (words[0].StartsWith("veg", StringComparison.OrdinalIgnoreCase))
                {
                    yield return "veggie";
                }

                break;
        }
    }

    // Whether "9 to 5" or "9-5", with or without the spaces of a number, in the singular or the plural.
    private static string Whole(string slot, string[] words)
    {
        if (slot == "hours")
        {
            return HoursBetween().Replace(string.Join(' ', words), "~").Replace("from ", "", StringComparison.OrdinalIgnoreCase) is var hours && hours.Contains('~', StringComparison.Ordinal) ? $@"(?:from\s+)?{Escaped(hours).Replace("~", @"\s*(?:to|until|till|-|–)\s*", StringComparison.Ordinal)}" : Escaped(hours);
        }

        var whole = new StringBuilder();
        for (var i = 0; i < words.Length; i++)
        {
            whole.Append(i > 0 ? @"[\s\-]+" : "").Append(i == words.Length - 1 && slot is "likes" or "dislikes" or "allergy" or "role" ? Inflected(words[i]) : Escaped(words[i]));
        }

        return whole.ToString();
    }

    private static string Inflected(string word) => word.Length > 3 && word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal) ? Escaped(word[..^1]) + "s?" : Escaped(word) + "s?";

    private static string Escaped(string word) => Regex.Escape(word).Replace("'", "['’]", StringComparison.Ordinal);

    private static Regex Form(string pattern) => new(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(250));

    [GeneratedRegex("""^(?:an?|the|my|our|project|desk|seat)\s+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Article();

    [GeneratedRegex("""\s+(?:office|branch|site|building|campus|plant|team|department|group|unit|project|food|diet|laptop)$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Trailing();

    [GeneratedRegex($$"""\bthe\s+old\s+(?:thing|one|box|brick)\b{{NotPart}}""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OldOne();

    [GeneratedRegex("""\s*(?:to|until|till|-|–)\s*""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HoursBetween();
}
