using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>Finds the playbooks that a message asks for. Deterministic: the same message and memory always give the same scores.</summary>
public static class PlaybookMatcher
{
    // A question how something is done is not yet the wish to have it done.
    private static readonly Phrase[] Asking =
    [
        .. new[]
        {
            "how (do|can|does|would|should|could|to)", "what happens (if|when)", "is it possible", "how often", "how long", "why (do|does|did|must|should|is|are|was|were)", "what if", "when (do|does|will|should)",
            "what is the (policy|process|procedure|rule)", "where (can|do)", "explain", "example of",
        }.Select(Phrase.Parse),
    ];

    private static readonly System.Buffers.SearchValues<char> ClauseEnds = System.Buffers.SearchValues.Create(",.;:!?");

    private static readonly HashSet<string> Negations = new(StringComparer.Ordinal) { "dont", "not", "never", "without", "nobody", "shouldnt", "doesnt", "didnt", "wont", "stop", "no" };

    /// <summary>All playbooks with a score above zero, best first.</summary>
    public static IReadOnlyList<PlaybookMatch> Match(
        IEnumerable<Playbook> playbooks, MessageText message, Requester requester, IReadOnlyDictionary<string, string> memory)
    {
        ArgumentNullException.ThrowIfNull(playbooks);
        ArgumentNullException.ThrowIfNull(message);
        var asks = Array.Exists(Asking, phrase => phrase.Find(message) is not null);
        var matches = new List<PlaybookMatch>();
        foreach (var playbook in playbooks)
        {
            var score = 0.0;
            foreach (var rule in playbook.Rules)
            {
                score = Math.Max(score, Score(playbook, rule, message, requester, memory));
            }

            if (score > 0)
            {
                // Reading never hurts; what changes something is only offered.
                var changes = playbook.Steps.Any(step => step.When is not null || !IsRead(step.Call)) || playbook.Steps.Count == 0;
                matches.Add(new PlaybookMatch(playbook, asks && changes ? score / 2 : score));
            }
        }

        return [.. matches.OrderByDescending(match => match.Score).ThenByDescending(match => match.Playbook.Priority).ThenBy(match => match.Playbook.Id, StringComparer.Ordinal)];
    }

    /// <summary>Classifies a message.</summary>
    public static JsonObject Classify(Playbook playbook, MessageText message)
    {
        ArgumentNullException.ThrowIfNull(playbook);
        var values = new JsonObject();
        foreach (var classifier in playbook.Classifiers)
        {
            foreach (var (name, value) in classifier.Default)
            {
                values[name] = value?.DeepClone();
            }

            var rule = classifier.Rules.FirstOrDefault(rule => rule.Any.Any(phrase => phrase.Find(message) is not null) && !rule.None.Any(phrase => phrase.Find(message) is not null));
            foreach (var (name, value) in rule?.Set ?? [])
            {
                values[name] = value?.DeepClone();
            }
        }

        return values;
    }

    private static double Score(Playbook playbook, MatchRule rule, MessageText message, Requester requester, IReadOnlyDictionary<string, string> memory)
    {
        // Cheapest first: most rules fail in their first group.
        for (var group = 0; group < rule.All.Count; group++)
        {
            if (!(group == 0 ? AnyOccurs(rule.All[group], message) : IsAnyIn(rule.All[group], message)))
            {
                return 0;
            }
        }

        if (IsAnyIn(rule.None, message)
            || !rule.Requires.All(name => SlotFiller.IsMentioned(playbook.Slots.First(slot => slot.Name == name), message, requester, memory)))
        {
            return 0;
        }

        return rule.Score;
    }

    private static bool IsAnyIn(IReadOnlyList<Phrase> phrases, MessageText message)
    {
        for (var i = 0; i < phrases.Count; i++)
        {
            if (phrases[i].Find(message) is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static bool AnyOccurs(IReadOnlyList<Phrase> phrases, MessageText message)
    {
        for (var i = 0; i < phrases.Count; i++)
        {
            if (Occurs(phrases[i], message))
            {
                return true;
            }
        }

        return false;
    }

    // "do not reset my password": a phrase of the first group right behind a negation does not count, unless the negation is part of it.
    private static bool Occurs(Phrase phrase, MessageText message)
    {
        for (var from = 0; phrase.Find(message, from) is { } found; from = found.Start + 1)
        {
            var negated = false;
            for (var i = Math.Max(0, found.Start - 2); i < found.Start; i++)
            {
                // "not sure", "no idea", "can not log in, please reset": only within the clause.
                negated |= Negations.Contains(message.Words[i].Text) && message.Original.AsSpan(message.Words[i].End, message.Words[found.Start].Start - message.Words[i].End).IndexOfAny(ClauseEnds) < 0;
            }

            if (!negated)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsRead(string operation)
    {
        var verb = operation[(operation.LastIndexOf('.') + 1)..];
        return verb is "find" or "get" or "search" or "groups" or "manager" or "list";
    }
}

/// <summary>A playbook that a message may ask for.</summary>
/// <param name="Playbook">The playbook.</param>
/// <param name="Score">How sure it is; 0 to 1.</param>
public sealed record PlaybookMatch(Playbook Playbook, double Score);
