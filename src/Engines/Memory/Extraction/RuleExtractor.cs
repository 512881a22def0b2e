using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// Finds what people say of themselves by the forms in which they say it, in English. Prefers to miss a statement over taking one that was not made: what is asked, imagined, quoted or said of somebody else is left out. Used where no model is configured.
/// </summary>
public sealed partial class RuleExtractor : IStatementExtractor
{
    private const int MaxStatements = 32;

    private static readonly StatementRule[] Retractions = [.. OfficeRules.Retractions, .. StatementRules.Retractions, .. PlainRules.Retractions, .. NounRules.Retractions, .. ChangeRules.Retractions];
    private static readonly StatementRule[] Assertions = [.. PlainRules.All, .. StatementRules.All, .. NounRules.All, .. OfficeRules.All, .. ChangeRules.All, .. WhenRules.All, .. PlainRules.Last];

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Statement>> ExtractAsync(string text, CancellationToken cancellationToken) => ValueTask.FromResult(Extract(text));

    /// <summary>The statements of a message, in its order; 32 at most.</summary>
    public static IReadOnlyList<Statement> Extract(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var statements = new List<Statement>();
        try
        {
            var before = "";
            string? slot = null;
            string? when = null;
            string? last = null;
            foreach (var said in Sentences.Asserted(Prepared(text)))
            {
                var clause = Resolved(said, before, slot);
                var isOfOthers = StatementReader.IsOfSomebodyElse(before);
                before = clause;
                slot = null;
                if (!Reported().IsMatch(clause))
                {
                    var since = when;
                    var read = ReadWhole(clause).Select(statement => statement.When is null && since is not null && statement.Slot != "absent" ? statement with { When = since } : statement).ToList();
                    if (read.Count == 0)
                    {
                        read = [.. Turned(clause, last, isOfOthers)];
                    }

                    last = read.Count > 0 ? read[^1].Slot : Turns.Discarded(clause) is { } noun && SlotOf(noun) is { } named ? named : last;
                    statements.AddRange(read);
                    slot = read.Count > 0 ? read[^1] is { IsRetraction: true } taken ? taken.Slot : null : Changed(clause);
                }

                when = WhenRules.Only(said);
                if (statements.Count >= MaxStatements)
                {
                    return statements.GetRange(0, MaxStatements);
                }
            }
        }
        catch (RegexMatchTimeoutException)
        {
            // A message made to keep us busy; what was found in time stands.
        }

        return statements;
    }

    /// <summary>The author's own words of a message, as plain as forms need them.</summary>
    internal static string Prepared(string text) => WouldPrefer().Replace(Wording.Plain(FormLines.Spoken(Sentences.Unquoted(text))), match => match.Groups[1].Success ? match.Groups[1].Value : "is ");

    /// <summary>The value that a message puts in the place of the last thing that its author said, when it only says that: "actually it's 2.209", "make that 8 to 4". Null otherwise.</summary>
    /// <param name="text">The message.</param>
    /// <param name="last">The slot of the last thing.</param>
    internal static Statement? Repaired(string text, string last)
    {
        foreach (var clause in Sentences.Asserted(Prepared(text)))
        {
            if ((Turns.Instead(clause) ?? Turns.Again(clause)) is { } value
                && Read($"my {Called(last)} is {value}").Where(statement => !statement.IsRetraction && !Nothing().IsMatch(statement.Value)).Select(Placed).FirstOrDefault(statement => statement.Slot == last) is { } statement)
            {
                return statement with { Source = clause };
            }
        }

        return null;
    }

    // What no form says: that a form does not hold any more, another value for the last one, or a clause without its subject.
    private static IEnumerable<Statement> Turned(string clause, string? last, bool isOfOthers)
    {
        if (Turns.Base(clause) is { } held)
        {
            return Read(held).Where(statement => !statement.IsRetraction && !Nothing().IsMatch(statement.Value)).Take(1).Select(statement => statement with { IsRetraction = true });
        }

        if (last is not null && Turns.Instead(clause) is { } value)
        {
            return Read($"my {Called(last)} is {value}").Where(statement => statement.Slot == last && !statement.IsRetraction && !Nothing().IsMatch(statement.Value)).Select(Placed).Where(statement => statement.Slot == last);
        }

        if (Turns.Farewell(clause) is var (gone, before))
        {
            var taken = Read($"I no longer use the {gone}").Concat(Read($"I used to use {gone}")).Where(statement => statement is { IsRetraction: true, Slot: "laptop" or "system" or "software" }).Take(1);
            return before.Length == 0 ? taken : taken.Concat(ReadWhole(before) is var said && said.Any() ? said : ReadWhole(Wording.WithSubject(before)));
        }

        return !isOfOthers && Wording.WithSubject(clause) is var whole && whole.Length > clause.Length ? ReadWhole(whole) : [];
    }

    private static string Called(string slot) => slot switch { "contact" => "preferred channel", "name" => "preferred name", "system" => "operating system", _ => slot };

    // "I left Berlin and work in Porto", "My manager changed. It's Anna now": the second clause says only what is new.
    private static string Resolved(string clause, string before, string? slot) =>
        slot == "software" && Uses().IsMatch(clause) ? "my main tool is " + Uses().Replace(clause, "", 1)
        : Cleft().Match(clause) is { Success: true } cleft ? $"{cleft.Groups["said"].Value} {cleft.Groups["v"].Value}"
        : Apposed().Match(clause) is { Success: true } apposed ? $"my {apposed.Groups["n"].Value} is {apposed.Groups["v"].Value}"
        : slot is not null && It().Match(clause) is { Success: true } it ? $"my {(slot == "contact" ? "preferred channel" : slot)} is {clause[it.Length..]}"
        : slot == "desk" && At().Match(clause) is { Success: true } at ? "my desk is " + clause[at.Length..]
        : AlsoAllergic().IsMatch(clause) && FirstPerson().IsMatch(before) ? "I'm " + clause
        : LiveIn().IsMatch(clause) && We().IsMatch(before) ? "we " + clause
        : Wishes().IsMatch(clause) && IsLasting().IsMatch(before) ? "from now on, " + clause
        : Bare().IsMatch(clause) && FirstPerson().IsMatch(before) && !Read(clause).Any() ? "I " + clause
        : clause;

    // What the clause says has changed, without saying to what.
    private static string? Changed(string clause) => MovedDesks().IsMatch(clause) ? "desk"
        : WasOld().Match(clause) is { Success: true } old ? SlotOf(old.Groups["n"].Value)
        : HasChanged().Match(clause) is { Success: true } changed ? SlotOf(changed.Groups["n"].Value) : null;

    // The slot that is called so.
    private static string? SlotOf(string noun) =>
        NounRules.Names.FirstOrDefault(names => Regex.IsMatch(noun, $"^(?:{names.Value})$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1))).Key;

    // "Small update: my title is …", "Use Slack, not Teams, when …": what is before or behind belongs to no form.
    private static IEnumerable<Statement> ReadWhole(string clause)
    {
        var read = Read(clause).ToList();
        if (read.Count == 0 && Announced().Match(clause) is { Success: true } announced)
        {
            clause = clause[announced.Length..];
            read = [.. Read(clause)];
        }

        if (read.Count == 0 && Instead().Match(clause) is { Success: true } instead && Read(instead.Groups["said"].Value).ToList() is [{ IsRetraction: false } said])
        {
            read = [State(said.Slot, instead.Groups["old"].Value.Trim(), clause, isRetraction: true), said];
        }

        return read.Where(statement => !Nothing().IsMatch(statement.Value)).SelectMany(Several).Select(Placed);
    }

    // "Peanuts and shellfish" are two.
    private static IEnumerable<Statement> Several(Statement statement) =>
        statement.Slot is "allergy" or "software" ? And().Split(statement.Value).Where(value => value.Trim().Length > 1).Select(value => statement with { Value = value.Trim() }) : [statement];

    // One works in Berlin and in Finance: what is called like a department is one.
    private static Statement Placed(Statement statement) => statement.Slot == "office" && Department().IsMatch(statement.Value) ? statement with { Slot = "team", Kind = MemorySlots.All["team"].Kind } : statement;

    private static IEnumerable<Statement> Read(string clause)
    {
        var starts = LeadIn.Starts(clause);
        foreach (var rule in Retractions)
        {
            if (rule.Read(clause, starts) is { } taken)
            {
                yield return State(rule.Slot, taken.Value, clause, isRetraction: true);
                yield break;
            }
        }

        foreach (var rule in Assertions)
        {
            if (rule.Read(clause, starts) is not { } said)
            {
                continue;
            }

            if (said.Old is { Length: > 0 } old)
            {
                yield return State(rule.Slot, old, clause, isRetraction: true);
            }

            yield return State(rule.Slot, said.Value, clause, rule.IsRetraction);
            yield break;
        }
    }

    private static Statement State(string slot, string value, string clause, bool isRetraction) => new()
    {
        Kind = MemorySlots.All[slot].Kind,
        Subject = Statement.Speaker,
        Slot = slot,
        Value = value,
        IsRetraction = isRetraction,
        When = WhenRules.Of(slot, clause, value),
        Source = clause,
    };

    // "When you reply, use bullet points", "No short answers any more, answer with tables": what is wished is wished for longer than once.
    [GeneratedRegex("""\b(?:when(?:ever)?\s+you\s+(?:reply|answer|write|explain|respond)(?:\s+to\s+me)?|from\s+now\s+on|any\s?more|any\s+longer|changed\s+my\s+mind)\W*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex IsLasting();

    [GeneratedRegex("""^(?:please\s+)?(?:use|give\s+me|send\s+me|answer|reply|respond|write)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Wishes();

    [GeneratedRegex("""\bwould\s+(?:(?:really\s+|much\s+)?(prefer\b|rather\b|like(?=\s+(?:your\s+|the\s+|my\s+)?(?:answers|replies|responses)\s+in\b))|be\s+(?=(?:better|best|easier|nicer)\b))""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex WouldPrefer();

    // "I've stopped using Jira and use Visio", "now I use Visio".
    [GeneratedRegex("""^(?:now\s+)?(?:i\s+)?(?:now\s+)?(?:use|work\s+with)\s+(?=(?-i:[A-Z]))""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Uses();

    // "It's loud music I can't stand."
    [GeneratedRegex("""^(?:(?:now|but|these\s+days)\s+)*it['’]s\s+(?<v>[^,.;:!?]{2,50}?)\s+(?:that\s+)?(?<said>i\s+(?:can['’]t\s+stand|hate|dislike|like|love|prefer|report\s+to))[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Cleft();

    // "My manager, Priya Shah, asked me to": whatever was asked, that is who it is.
    [GeneratedRegex("""^my\s+(?:line\s+|direct\s+)?(?<n>manager|boss|supervisor|deputy|stand-in),\s+(?<v>(?-i:\p{Lu}[\p{L}\-'’]+(?:\s+\p{Lu}[\p{L}\-'’]+)+)),\s+\p{L}""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Apposed();

    [GeneratedRegex("""^(?:now\s+)?live\s+in\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex LiveIn();

    [GeneratedRegex("""^(?:[\w ]+,\s*)?we(?:['’]\w+)?\s""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex We();

    // "My shift was 8 to 4 until last week", "4711 was my old cost centre".
    [GeneratedRegex("""^(?:my\s+(?<n>[\p{L}\- ]{2,30}?)\s+(?:was|used\s+to\s+be)\s+.{2,50}?|.{2,50}?\s+was\s+my\s+(?:old|previous|former|last)\s+(?<n>[\p{L}\- ]{2,30}?))(?:\s+(?:until|till|before)\b.*)?[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex WasOld();

    [GeneratedRegex("""^(?:so\s+|and\s+)?(?:(?:now|these\s+days|nowadays|currently)\s+)?(?:my\s+new\s+one\s+is|the\s+new\s+one\s+is|it['’]s|it\s+is|that['’]s|that\s+is|he['’]s|she['’]s)\s+(?:now\s+)?(?!not\b|no\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex It();

    [GeneratedRegex("""^(?:i(?:\s+(?:was|have\s+been|got)|['’]ve\s+been)\s+\w+(?:\s+again)?|it['’]s\s+not\s+[\p{L} ]{2,40}|i(?:['’]ve)?\s+changed\s+\w+(?:\s+\w+)?|my\s+[\p{L}]+\s+(?:has\s+)?(?:moved|changed)|(?:a\s+)?(?:small\s+|quick\s+|short\s+)?(?:update|correction|news|change|note|info)|(?:good|big|sad)\s+news|important|new\s+\w+|no\s+more\s+[\p{L}\- ]{2,40}|no\s+changes?)(?:\s+any\s?more)?:\s+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Announced();

    [GeneratedRegex("""^(?<said>.{6,}?)(?:\s+(?:now|from\s+now\s+on|from\s+today))?,?\s+(?:and\s+not|and\s+no\s+longer|not|no\s+longer|instead\s+of|in\s+place\s+of|rather\s+than)\s+(?:(?:by|on|in|from|to|at|via|with|an?|the|my)\s+)*(?<old>(?:[^,.;:!?]|[.:](?=\d)){2,50}?)(?:,?\s+(?:now|any\s?more|any\s+longer|again|from\s+now\s+on|instead|please|when\s+you\b.*))*[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Instead();

    [GeneratedRegex("""^i(?:['’]ve|\s+have)?\s+moved\s+desks?\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex MovedDesks();

    [GeneratedRegex("""^i(?:['’]m|\s+am|\s+sit)\s+(?:now\s+)?at\s+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex At();

    [GeneratedRegex("""^(?:no|not|none|any|nothing|nobody|neither)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Nothing();

    [GeneratedRegex("""\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+(?:to\s+)?""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex And();

    [GeneratedRegex($@"\b(?:{StatementRules.Departments})$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Department();

    [GeneratedRegex("""^(?:severely\s+|very\s+|also\s+)?allergic\s+to\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex AlsoAllergic();

    [GeneratedRegex("""^(?:now\s+|currently\s+)?(?:work|sit|report|use|live|joined|switched|moved|prefer|became|have)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Bare();

    [GeneratedRegex("""^(?:[\w ]+,\s*)?i(?:['’]\w+)?\s""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FirstPerson();

    [GeneratedRegex("""^(?:(?:actually|btw|fyi|update|note|also|hi)[,:.!]?\s+)*(?:my\s+(?<n>[\p{L}\- ]{2,30}?)\s+(?:has\s+|have\s+|['’]s\s+)?(?:changed|switched|is\s+(?:different|new|another\s+one))|i\s+(?:have|got)\s+an?\s+(?:new|different|another)\s+(?<n>[\p{L}\- ]{2,30}?))(?:\s+(?:now|again|recently|lately|last\s+\w+|this\s+\w+))*[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HasChanged();

    // Somebody else's words, or the words of a text.
    [GeneratedRegex("""\b(?:said|says|say|told|tells|wrote|writes|thinks|claims|believes|according\s+to|asked|asks|mentioned|mentions|e-?mail\s+from(?!\s+now\b)|the\s+ticket|subject:|from:)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Reported();
}
