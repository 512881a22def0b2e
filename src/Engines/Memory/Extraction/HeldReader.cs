using System.Text.RegularExpressions;
using Steward.Engines.Memory.Facts;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// Reads a message against what holds of its author already, beside the forms: a value that the message says is over gives way though no form says so, and what stands in its place takes it. It finds what <see cref="RuleExtractor"/> or a model has left
/// out, and changes nothing that they have found. Prefers to miss a change over making one: what is asked, imagined, quoted, reported, said of somebody else or only so for a while ends nothing. Pure, and bounded in time.
/// </summary>
public static partial class HeldReader
{
    private const int MaxHeld = 64;

    // What people tell of themselves in passing is short; what is longer is pasted, or made to keep us busy.
    private const int MaxText = 2_000;
    private const int MaxSentences = 20;
    private const int MaxStatements = 32;
    private const int MaxSentence = 400;
    private const double Confidence = 0.7;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Whether a message may change something that holds; of others nobody has to be asked what does. Many words are such a sign: what is left out is what is longer than 2,000 characters, and what names no ending, change or place at all.</summary>
    /// <param name="text">The message.</param>
    public static bool MayChange(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return text.Length <= MaxText && HeldChanges.HasSign(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    /// <summary>The statements of a message with those that only show beside what holds.</summary>
    /// <param name="text">The message; what is longer than 2,000 characters is not read.</param>
    /// <param name="held">What holds of its author; of more than 64 values the first.</param>
    /// <param name="found">What was found in it without looking at that.</param>
    /// <param name="time">Tells when two seconds are over: what is not read by then is not read. Default the system's.</param>
    /// <returns>What was found, and behind it what ends or takes the place of what holds; 32 at most.</returns>
    public static IReadOnlyList<Statement> Read(string text, IReadOnlyList<HeldValue> held, IReadOnlyList<Statement> found, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(held);
        ArgumentNullException.ThrowIfNull(found);
        if (text.Length > MaxText)
        {
            return found;
        }

        var clock = time ?? TimeProvider.System;
        var began = clock.GetTimestamp();
        var statements = found.ToList();
        try
        {
            var sentences = Sentences.Sure(RuleExtractor.Prepared(Unmarked(text))).Where(sentence => sentence.Length is > 3 and <= MaxSentence && !Reported().IsMatch(sentence) && !HeldEndings.IsPlan(sentence)).Take(MaxSentences).ToList();
            foreach (var value in held.Where(value => MemorySlots.All.ContainsKey(value.Slot)).Take(MaxHeld))
            {
                if (statements.Count < MaxStatements && InTime() && !IsSaid(value, statements))
                {
                    Add(statements, value, found, sentences, 0, held.Count(other => other.Slot == value.Slot) == 1, InTime);
                }
            }

            // What the message itself said before holds for the rest of it.
            foreach (var said in found.Where(said => !said.IsRetraction && said.Source.Length > 0 && MemorySlots.All[said.Slot].IsSingle).GroupBy(said => said.Slot).Select(slot => slot.Last()))
            {
                if (sentences.FindLastIndex(sentence => sentence.Contains(said.Source, StringComparison.OrdinalIgnoreCase)) is >= 0 and var at && at + 1 < sentences.Count)
                {
                    Add(statements, new HeldValue(said.Slot, said.Value), found, sentences, at + 1, isOnly: true, InTime);
                }
            }

            if (statements.Count == 0 && held.FirstOrDefault(value => value.IsLatest) is { } latest && RuleExtractor.Repaired(text, latest.Slot) is { } repaired && !FactLedger.IsSame(repaired.Value, latest.Value))
            {
                statements.Add(repaired);
            }
        }
        catch (RegexMatchTimeoutException)
        {
            // A message made to keep us busy; what was found in time stands.
        }

        return statements.Count <= MaxStatements ? statements : statements.GetRange(0, MaxStatements);

        bool InTime() => clock.GetElapsedTime(began) < Limit;
    }

    // The forms say already what is so now, or the same again.
    private static bool IsSaid(HeldValue held, List<Statement> statements) =>
        statements.Exists(said => !said.IsRetraction && said.Slot == held.Slot && (MemorySlots.All[held.Slot].IsSingle || FactLedger.IsSame(said.Value, held.Value)));

    private static void Add(List<Statement> statements, HeldValue held, IReadOnlyList<Statement> found, List<string> sentences, int from, bool isOnly, Func<bool> inTime)
    {
        var mention = new HeldMention(held);
        var isOver = found.Any(said => said.IsRetraction && said.Slot == held.Slot && (said.Value.Length == 0 || FactLedger.IsSame(said.Value, held.Value)));
        var isTaken = isOver;
        var isSingle = MemorySlots.All[held.Slot].IsSingle;
        string? value = null;
        var at = -1;
        for (var i = from; i < sentences.Count && value is null && inTime(); i++)
        {
            var (named, noun) = (mention.ByName(sentences[i]), isSingle ? mention.ByNoun(sentences[i], i > 0 ? sentences[i - 1] : "") : null);
            if ((named ?? sentences[i]) is var seen && IsOfOthers(seen) && (held.Slot is "allergy" or "never" or "diet" or "likes" or "dislikes" || !First().IsMatch(Others().Replace(seen, " "))))
            {
                continue;
            }

            var isHere = (named is not null && (isOver || HeldEndings.IsSure(held.Slot, named))) || (noun is not null && HeldEndings.IsSureOfNoun(held.Slot, noun)) || (isSingle && HeldEndings.IsNew(held, sentences[i]));
            var isMaybe = !isHere && ((named is not null && HeldEndings.IsLikely(held.Slot, named)) || (noun is not null && HeldEndings.IsLikely(held.Slot, noun)));
            if (isHere || isMaybe)
            {
                var marked = named ?? noun ?? sentences[i];
                value = HeldValues.Instead(held, marked, isHere) ?? Beside(held, found, mention, sentences, i + 1, isHere) ?? (isHere && i > from ? Beside(held, found, mention, sentences, i - 1, isSure: true) : null);
                (isOver, at) = (isOver || isHere || value is not null, at < 0 || value is not null ? i : at);
            }
            else if (isSingle && HeldChanges.Said(held, named ?? sentences[i]) is { } said && !IsOfOthers(named ?? sentences[i]))
            {
                (value, at) = (said, i);
            }
        }

        // What must be kept to, what was disliked and when one was away: by plain words, wherever they stand.
        for (var i = from; i < sentences.Count && !isOver && inTime(); i++)
        {
            var next = i + 1 < sentences.Count && !IsOfOthers(sentences[i + 1]) ? sentences[i + 1] : "";
            isOver = !IsOfOthers(sentences[i]) && HeldPlainWords.IsOver(held, mention.ByName(sentences[i]), sentences[i], next, isOnly);
            at = isOver ? i : at;
            if (isOver && held.Slot == "dislikes" && !statements.Exists(said => said.Slot == "likes" && FactLedger.IsSame(said.Value, held.Value)))
            {
                statements.Add(State("likes", held.Value, sentences[i], isRetraction: false));
            }
        }

        if (isOver && !isTaken)
        {
            statements.Add(State(held.Slot, held.Value, sentences[at], isRetraction: true));
        }

        if (value is not null && statements.Count < MaxStatements && !statements.Exists(said => said.Slot == held.Slot && !said.IsRetraction && FactLedger.IsSame(said.Value, value)))
        {
            statements.Add(State(held.Slot, value, sentences[at], isRetraction: false));
        }
    }

    // What takes the place may stand in the sentence behind, or in the one before: of the author, or of what is over.
    private static string? Beside(HeldValue held, IReadOnlyList<Statement> found, HeldMention mention, List<string> sentences, int i, bool isSure)
    {
        if (i < 0 || i >= sentences.Count || found.Any(said => said.Source.Length > 0 && said.Slot != held.Slot && sentences[i].Contains(said.Source, StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        var sentence = sentences[i];
        return GoesOn().IsMatch(sentence) && !IsOfOthers(sentence) && (isSure || HeldNeighbours.IsOf(held.Slot, sentence)) ? HeldValues.Instead(held, mention.ByName(sentence) ?? sentence, isSure) : null;
    }

    private static bool IsOfOthers(string sentence) => Others().IsMatch(sentence);

    private static string Unmarked(string text) => text.IndexOfAny([HeldMention.Mark, HeldMention.OldMark]) < 0 ? text : text.Replace(HeldMention.Mark, ' ').Replace(HeldMention.OldMark, ' ');

    private static Statement State(string slot, string value, string sentence, bool isRetraction) => new()
    {
        Kind = MemorySlots.All[slot].Kind,
        Subject = Statement.Speaker,
        Slot = slot,
        Value = value,
        IsRetraction = isRetraction,
        Confidence = Confidence,
        When = isRetraction ? null : WhenRules.Of(slot, sentence, value),
        Source = sentence,
    };

    // A sentence that goes on about the same: with a pronoun, with what is new, or with the author.
    [GeneratedRegex("""\b(?:i|i['’]m|me|my|we|us|our|it|it['’]s|that['’]s|he|she|they|now|new|instead|from\s+now\s+on|these\s+days|since\s+then|took|takes|taken|over|place|replacement|in\s+charge|stepped|steps|mine|arrived|please)\b|^\W*(?-i:\p{Lu})[\p{L}'’\-]*(?:\s+(?-i:\p{Lu})[\p{L}'’\-]*)*\s*[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex GoesOn();

    // "Ben's manager", "my sister", "the customer": whose boss, desk or house it is.
    [GeneratedRegex("""\b(?:my|our|the|a|his|her|their|one\s+of\s+(?:my|our|the))\s+(?:new\s+|old\s+|former\s+|younger\s+|older\s+|big\s+|little\s+)?(?:colleagues?|coworkers?|co-workers?|wife|husband|partner|friends?|sisters?|brothers?|mother|father|mum|mom|dad|parents|sons?|daughters?|neighbou?rs?|flatmates?|cousins?|uncle|aunt|predecessor|interns?|customers?|vendors?|visitors?|guests?|trainees?|users?|starters?|joiners?|hires?|kids?|children|child|boy|girl|girlfriend|boyfriend|roommate|grandmother|grandfather|brother-in-law|sister-in-law)(?:['’]s)?\b|\b(?:my|our)\s+(?:manager|boss|supervisor|lead|director)['’]s\s|(?-i:\b(?!(?:It|That|What|There|Here|Let|He|She)\b)\p{Lu}\p{Ll}+(?:\s+\p{Lu}\p{Ll}+)?['’]s\s+(?:new\s+|old\s+)?(?:boss|manager|desk|laptop|machine|computer|team|office|number|phone|role|job|title|deputy|flat|house|hours|shift|cost)\b)|\b(?:her|his|their|your)\s+(?:new\s+|old\s+)?(?:boss|manager|desk|laptop|machine|computer|team|office|number|phone|deputy|flat|house|hours|shift|cost)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Others();

    [GeneratedRegex("""\b(?:i|me|my|myself|we|us|our|let['’]s)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex First();

    [GeneratedRegex("""(?<!\b(?:i|we)\s+(?:have\s+|already\s+|just\s+)?)\b(?:said(?!\s+(?:goodbye|good-bye|bye|farewell|yes|no|adieu|(?:my|our)\s+goodbyes?)\b)|(?<!\b(?:card|badge|contract|signature|sign|profile|title|door|directory|it)\s)says|(?<!\bnobody\s+(?:has\s+|have\s+)?)told(?!\s+(?:you|me\s+to)\b)|tells|wrote|writes|thinks|claims|believes|according\s+to|asked|asks|mentioned|mentions|heard|rumou?rs?|apparently|allegedly|the\s+ticket|subject:|from:)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Reported();
}
