using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>Reads the values of slots from a message, the requester and the working memory. Never guesses: what is not there stays empty.</summary>
public static partial class SlotFiller
{
    private static readonly HashSet<string> SelfWords = new(StringComparer.Ordinal) { "my", "mine", "me", "i", "im", "ive", "myself", "id" };

    private static readonly HashSet<string> OtherPersonWords = new(StringComparer.Ordinal) { "her", "his", "him", "he", "she", "their", "them", "they" };

    // "my manager's password" is not the requester's own.
    private static readonly HashSet<string> RelationWords = new(StringComparer.Ordinal)
    {
        "manager", "boss", "colleague", "colleagues", "coworker", "co-worker", "teammate", "supervisor", "assistant", "wife", "husband", "friend", "partner", "intern", "report", "reports",
        "team", "lead", "director", "employee", "user", "customer", "client", "son", "daughter", "secretary", "buddy", "mate", "peer",
    };

    // Words that may stand where a name could, but are none.
    private static readonly HashSet<string> NoNames = new(StringComparer.Ordinal)
    {
        "a", "an", "the", "my", "mine", "me", "i", "im", "you", "your", "our", "us", "we", "it", "its", "this", "that", "these", "those", "her", "his", "him", "he", "she", "their", "them", "they",
        "please", "pls", "thanks", "thank", "hi", "hello", "hey", "dear", "good", "morning", "can", "could", "would", "will", "should", "need", "want", "help", "and", "or", "but", "for", "of", "to", "in", "on", "at", "with",
        "from", "by", "as", "is", "are", "was", "be", "been", "has", "have", "had", "do", "does", "did", "not", "no", "yes", "who", "whom", "whos", "whose", "what", "whats", "which", "when", "where", "why", "how", "tell", "show", "give",
        "reset", "unlock", "unblock", "password", "passwords", "passwort", "account", "accounts", "login", "log", "access", "okta", "servicenow", "jira", "salesforce", "vpn", "outlook", "teams", "slack", "windows", "microsoft", "google",
        "manager", "boss", "supervisor", "reports", "report", "line", "direct", "colleague", "user", "users", "someone", "somebody", "anyone", "everyone", "everybody", "all", "team", "office", "it", "helpdesk", "hr", "sales", "marketing",
        "engineering", "finance", "department", "company", "today", "tomorrow", "now", "asap", "again", "also", "just", "locked", "out", "forgot", "forgotten", "lost", "expired", "change", "new", "incident", "ticket", "issue",
        "status", "email", "mail", "laptop", "computer", "phone", "admin", "root", "service", "system", "systems", "app", "application", "so", "because", "since", "after", "before", "urgent", "urgently", "about", "monday", "tuesday", "wednesday",
        "thursday", "friday", "saturday", "sunday", "there", "here", "s", "one", "person", "employee", "guy", "name", "named", "called", "if", "then", "up", "whether", "know", "find", "look", "make", "get", "let", "find-out", "responsible", "head",
    };

    /// <summary>Fills every slot that can be filled.</summary>
    /// <param name="playbook">Whose slots.</param>
    /// <param name="message">The message.</param>
    /// <param name="requester">Who wrote it.</param>
    /// <param name="memory">The session's working memory.</param>
    /// <param name="known">Values that are known already, by slot; they stay.</param>
    public static JsonObject Fill(Playbook playbook, MessageText message, Requester requester, IReadOnlyDictionary<string, string> memory, JsonObject? known = null)
    {
        ArgumentNullException.ThrowIfNull(playbook);
        var slots = new JsonObject();
        foreach (var slot in playbook.Slots)
        {
            slots[slot.Name] = known?[slot.Name]?.DeepClone() ?? Fill(slot, message, requester, memory);
        }

        return slots;
    }

    /// <summary>Whether the message or the working memory, and not just the requester, fills a slot.</summary>
    public static bool IsMentioned(SlotDefinition slot, MessageText message, Requester requester, IReadOnlyDictionary<string, string> memory)
    {
        ArgumentNullException.ThrowIfNull(slot);
        return slot.From.Where(source => source != "requester").Any(source => FromSource(slot, source, message, requester, memory) is not null);
    }

    /// <summary>Reads the answer to a question for one slot: the message is expected to be the value.</summary>
    public static JsonNode? FillAsked(SlotDefinition slot, MessageText message, Requester requester)
    {
        ArgumentNullException.ThrowIfNull(slot);
        ArgumentNullException.ThrowIfNull(message);
        if (slot.Type == SlotType.Person)
        {
            return Person(message, requester) ?? BareName(message);
        }

        if (FromMessage(slot, message, requester) is { } value)
        {
            return value;
        }

        var text = Clean(message.Original);
        return slot.Type is SlotType.Text or SlotType.Application && text.Length > 0 ? JsonValue.Create(text) : null;
    }

    private static JsonNode? Fill(SlotDefinition slot, MessageText message, Requester requester, IReadOnlyDictionary<string, string> memory)
    {
        foreach (var source in slot.From)
        {
            if (FromSource(slot, source, message, requester, memory) is { } value)
            {
                return value;
            }
        }

        return null;
    }

    private static JsonNode? FromSource(SlotDefinition slot, string source, MessageText message, Requester requester, IReadOnlyDictionary<string, string> memory)
    {
        if (source == "message")
        {
            return FromMessage(slot, message, requester);
        }

        if (source == "requester")
        {
            return slot.Type == SlotType.Person && !MentionsSomeoneElse(message) ? Self(requester) : null;
        }

        // "memory.KEY"; a person from there only when the message refers to one.
        if (!memory.TryGetValue(source["memory.".Length..], out var remembered) || remembered.Length == 0
            || (slot.Type == SlotType.Person && !message.Words.Any(word => OtherPersonWords.Contains(word.Text))))
        {
            return null;
        }

        return FromMessage(slot, new MessageText(SlotValue.AsText(remembered)), requester);
    }

    private static JsonNode? FromMessage(SlotDefinition slot, MessageText message, Requester requester) => slot.Type switch
    {
        SlotType.Person => Person(message, requester),
        SlotType.Incident => Incident(message),
        SlotType.Issue => Issue(message),
        SlotType.Enum => slot.Values.Where(value => value.Value.Any(phrase => phrase.Find(message) is not null)).Select(value => JsonValue.Create(value.Key)).FirstOrDefault(),
        _ => Text(slot, message),
    };

    private static JsonValue? Incident(MessageText message)
    {
        var numbers = IncidentPattern().Matches(message.Original).Select(match => "INC" + match.Groups["digits"].Value.PadLeft(7, '0')).Distinct(StringComparer.Ordinal).ToList();
        return numbers is [var number] ? JsonValue.Create(number) : null;
    }

    private static JsonValue? Issue(MessageText message)
    {
        var named = IssueWordPattern().IsMatch(message.Original);
        var keys = IssuePattern().Matches(message.Original)
            .Select(match => match.Value)
            .Where(key => named || key.All(c => !char.IsAsciiLetterLower(c)))
            .Select(key => key.ToUpperInvariant())
            .Where(key => !key.StartsWith("UTF-", StringComparison.Ordinal) && !key.StartsWith("ISO-", StringComparison.Ordinal) && !key.StartsWith("COVID-", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return keys is [var key] ? JsonValue.Create(key) : null;
    }

    private static JsonValue? Text(SlotDefinition slot, MessageText message)
    {
        int? start = null;
        var introduction = message.Words.Count;
        foreach (var phrase in slot.After)
        {
            if (phrase.Find(message) is { } found)
            {
                start = start is null ? found.End : Math.Max(start.Value, found.End);
                introduction = Math.Min(introduction, found.Start);
            }
        }

        if (start is null && !slot.WholeMessage)
        {
            return null;
        }

        var words = message.Words;
        var first = start ?? 0;
        var last = words.Count;
        foreach (var phrase in slot.Before)
        {
            if (phrase.Find(message, first) is { } found && found.Start < last)
            {
                last = found.Start;
            }
        }

        if (last - first < slot.MinWords)
        {
            // "My screen is broken, please open an incident": what matters stands before the request.
            if (!slot.WholeMessage || introduction < slot.MinWords || introduction == words.Count)
            {
                return null;
            }

            (first, last) = (0, introduction);
        }

        // Up to the next word, so that punctuation inside and behind the value stays for Clean to judge.
        var end = last == words.Count ? message.Original.Length : words[last].Start;
        var text = Clean(message.Original[words[first].Start..end]);
        return text.Length == 0 ? null : JsonValue.Create(text);
    }

    private static JsonObject? Person(MessageText message, Requester requester)
    {
        var emails = EmailPattern().Matches(message.Original).Select(match => match.Value.ToLowerInvariant()).Distinct(StringComparer.Ordinal).ToList();
        if (emails.Count > 0)
        {
            return emails is [var email]
                ? string.Equals(email, requester.Email, StringComparison.OrdinalIgnoreCase) ? Self(requester) : Other("email", email, email)
                : null;
        }

        var names = Names(message);
        if (names.Count > 1)
        {
            // Two people: nobody can tell which one is meant.
            return null;
        }

        if (names is [var name])
        {
            return string.Equals(name, requester.Name, StringComparison.OrdinalIgnoreCase)
                ? Self(requester)
                : name.Contains('.', StringComparison.Ordinal) && !name.Contains(' ', StringComparison.Ordinal) ? Other("login", name.ToLowerInvariant(), name) : Other("name", name, name);
        }

        return !MentionsSomeoneElse(message) && message.Words.Any(word => SelfWords.Contains(word.Text)) ? Self(requester) : null;
    }

    private static bool MentionsSomeoneElse(MessageText message)
    {
        var words = message.Words;
        for (var i = 0; i < words.Count; i++)
        {
            // "my manager's password", "my new colleague": a relation near "my", unless it is what is asked for ("who is my manager").
            if (words[i].Text is "my" or "a" or "our" or "the" or "another" or "this" && Enumerable.Range(i + 1, 2).Any(next => next < words.Count && RelationWords.Contains(words[next].Text)
                && next + 1 < words.Count && words[next + 1].Text == "s"))
            {
                return true;
            }

            if (OtherPersonWords.Contains(words[i].Text))
            {
                return true;
            }

            // "for my colleague", "of a user", "reset a colleague"
            if (words[i].Text is "for" or "of" or "unlock" or "reset" && i + 2 < words.Count && words[i + 1].Text is "my" or "a" or "our" or "the" or "another"
                && Enumerable.Range(i + 2, 2).Any(next => next < words.Count && RelationWords.Contains(words[next].Text)))
            {
                return true;
            }

            if (words[i].Text is "someone" or "somebody" or "everyone" or "everybody" or "anyone" or "whole" || (words[i].Text is "all" && i + 1 < words.Count && words[i + 1].Text is "users" or "employees" or "people" or "accounts" or "passwords"))
            {
                return true;
            }
        }

        return Names(message).Count > 0 || EmailPattern().IsMatch(message.Original);
    }

    // "for Grace Hopper", "Grace Hopper's password", "unlock grace.hopper", "does Grace Hopper report to".
    private static List<string> Names(MessageText message)
    {
        var words = message.Words;
        var names = new List<string>();
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i].Text;
            if (word == "s")
            {
                var start = i;
                while (start > 0 && i - start < 3 && CouldBeName(words[start - 1].Text))
                {
                    start--;
                }

                Add(start, i);
            }
            else if (word is "for" or "of" or "about" or "does" or "do" or "unlock" or "unblock" or "reset" or "user" or "is" or "named" or "called" or "colleague")
            {
                var end = i + 1;
                while (end < words.Count && end - i <= 3 && CouldBeName(words[end].Text) && !Separated(message, end - 1, end, i))
                {
                    end++;
                }

                // Lower-case words are names only where nothing else can stand: the end, or before a word of the request.
                var capital = end > i + 1 && Enumerable.Range(i + 1, end - i - 1).All(n => char.IsUpper(message.Original[words[n].Start]));
                var login = end == i + 2 && words[i + 1].Text.Contains('.', StringComparison.Ordinal);
                var direct = word is "for" or "of" or "unlock" or "unblock" or "user" or "does" or "named" or "called" && end - i - 1 is 2 or 3 && !Enumerable.Range(i + 1, end - i - 1).Any(n => words[n].Text.Any(char.IsDigit));
                if (capital || login || (direct && (end == words.Count || NoNames.Contains(words[end].Text))))
                {
                    Add(i + 1, end);
                }
            }
            else if (char.IsUpper(message.Original[words[i].Start]) && i > 0 && CouldBeName(word) && i + 1 < words.Count && char.IsUpper(message.Original[words[i + 1].Start]) && CouldBeName(words[i + 1].Text)
                && !Separated(message, i, i + 1, -1) && !message.Original[words[i].Start..words[i].End].All(c => char.IsUpper(c) || !char.IsLetter(c)))
            {
                Add(i, i + 2);
            }
        }

        // A longer form of the same name wins ("Grace" in "Grace Hopper"), and a login over the name that it spells.
        var distinct = names.Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        distinct.RemoveAll(shorter => distinct.Exists(longer => longer.Length > shorter.Length && longer.Contains(shorter, StringComparison.OrdinalIgnoreCase)));
        distinct.RemoveAll(name => name.Contains(' ', StringComparison.Ordinal) && distinct.Contains(name.Replace(' ', '.'), StringComparer.OrdinalIgnoreCase));
        return distinct;

        void Add(int start, int end)
        {
            if (end > start)
            {
                var name = string.Join(' ', Enumerable.Range(start, end - start).Select(n => message.Original[words[n].Start..words[n].End]));
                names.Add(name.Any(char.IsUpper) || name.Contains('.', StringComparison.Ordinal) ? name : Capitalize(name));
            }
        }
    }

    private static bool Separated(MessageText message, int left, int right, int ignore) =>
        left != ignore && message.Original[message.Words[left].End..message.Words[right].Start].AsSpan().Trim().Length > 0;

    private static bool CouldBeName(string word) =>
        !NoNames.Contains(word) && word.Length > 1 && !word.Contains('@', StringComparison.Ordinal) && !word.All(char.IsDigit) && !IncidentPattern().IsMatch(word);

    private static JsonObject? BareName(MessageText message)
    {
        var words = message.Words.Where(word => !NoNames.Contains(word.Text)).ToList();
        if (words.Count is 0 or > 4 || words.Exists(word => word.Text.Any(char.IsDigit)))
        {
            return null;
        }

        var name = string.Join(' ', words.Select(word => message.Original[word.Start..word.End]));
        return words is [{ Text: var login }] && login.Contains('.', StringComparison.Ordinal) ? Other("login", login, name) : Other("name", Capitalize(name), Capitalize(name));
    }

    private static string Capitalize(string name) =>
        string.Join(' ', name.Split(' ').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));

    private static JsonObject Self(Requester requester) => new()
    {
        ["kind"] = "self",
        ["self"] = true,
        ["email"] = requester.Email,
        ["login"] = null,
        ["name"] = null,
        ["label"] = "you",
        ["possessive"] = "your",
    };

    private static JsonObject Other(string kind, string value, string label) => new()
    {
        ["kind"] = kind,
        ["self"] = false,
        ["email"] = kind == "email" ? value : null,
        ["login"] = kind == "login" ? value : null,
        ["name"] = kind == "name" ? value : null,
        ["label"] = label,
        ["possessive"] = label + "'s",
    };

    /// <summary>What expressions may refer to under <c>slots.NAME</c>.</summary>
    internal static ValueShape ShapeOf(SlotType type) => type == SlotType.Person
        ? ValueShape.Fielded(new Dictionary<string, ValueShape>(StringComparer.Ordinal)
        {
            ["kind"] = ValueShape.Text,
            ["self"] = ValueShape.Boolean,
            ["email"] = ValueShape.Text,
            ["login"] = ValueShape.Text,
            ["name"] = ValueShape.Text,
            ["label"] = ValueShape.Text,
            ["possessive"] = ValueShape.Text,
        })
        : ValueShape.Text;

    private static string Clean(string text)
    {
        text = text.Trim().Trim(',', ';', ':', '-', '–', '"', '\'', ' ').TrimEnd('.', '!', '?', ' ');
        return PolitePattern().Replace(text, "").Trim().TrimEnd('.', ',', '!', ' ');
    }

    [GeneratedRegex(@"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(\.[A-Za-z0-9\-]{1,63}){1,8}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex EmailPattern();

    [GeneratedRegex(@"\b(inc|(incident|ticket)\s+(number\s+|no\.?\s*|nr\.?\s*|#\s*)?(inc)?)[\s#-]?0*(?<digits>[0-9]{3,10})\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex IncidentPattern();

    [GeneratedRegex(@"\b[A-Za-z][A-Za-z0-9]{1,9}-[0-9]{1,7}\b", RegexOptions.CultureInvariant)]
    private static partial Regex IssuePattern();

    [GeneratedRegex(@"\b(jira|issue|ticket|bug|story|task|epic|status|progress|state|assigned|working)\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex IssueWordPattern();

    [GeneratedRegex(@"[\s,]*\b(and|so)?\s*((can|could|would|will) you)?\s*\b(please|pls|thanks|thank you|asap|thx|cheers|(can|could|would|will) you)\b[\s.!,]*\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex PolitePattern();
}
