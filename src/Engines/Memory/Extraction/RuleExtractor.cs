using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// Finds what people say of themselves by the forms in which they say it, in English. Prefers to miss a statement over taking one that was not made: what is asked, imagined, quoted or said of somebody else is left out. Used where no model is configured.
/// </summary>
public sealed partial class RuleExtractor : IStatementExtractor
{
    private const int MaxStatements = 32;

    private static readonly StatementRule[] Retractions = [.. StatementRules.Retractions, .. NounRules.Retractions];
    private static readonly StatementRule[] Assertions = [.. StatementRules.All, .. NounRules.All];

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
            foreach (var said in Sentences.Asserted(WouldPrefer().Replace(text, match => match.Groups[1].Success ? match.Groups[1].Value : "is ")))
            {
                var clause = Resolved(said, before, slot);
                before = clause;
                slot = null;
                if (!Reported().IsMatch(clause))
                {
                    var read = Read(clause).ToList();
                    statements.AddRange(read);
                    slot = read.Count > 0 ? read[^1] is { IsRetraction: true } taken ? taken.Slot : null : Changed(clause);
                }

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

    // "I left Berlin and work in Porto", "My manager changed. It's Anna now": the second clause says only what is new.
    private static string Resolved(string clause, string before, string? slot) =>
        slot is not null && It().Match(clause) is { Success: true } it ? $"my {(slot == "contact" ? "preferred channel" : slot)} is {clause[it.Length..]}"
        : Bare().IsMatch(clause) && FirstPerson().IsMatch(before) && !Read(clause).Any() ? "I " + clause
        : clause;

    // What the clause says has changed, without saying to what.
    private static string? Changed(string clause) =>
        HasChanged().Match(clause) is { Success: true } changed ? NounRules.Names.FirstOrDefault(names => Regex.IsMatch(changed.Groups["n"].Value, $"^(?:{names.Value})$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1))).Key : null;

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

            yield return State(rule.Slot, said.Value, clause, isRetraction: false);
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
        Source = clause,
    };

    [GeneratedRegex("""\bwould\s+(?:(?:really\s+|much\s+)?(prefer|rather)\b|be\s+(?=(?:better|best|easier|nicer)\b))""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex WouldPrefer();

    [GeneratedRegex("""^(?:so\s+|and\s+)?(?:now\s+)?(?:it['’]s|it\s+is|that['’]s|that\s+is|he['’]s|she['’]s)\s+(?:now\s+)?(?!not\b|no\b)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex It();

    [GeneratedRegex("""^(?:now\s+|currently\s+)?(?:work|sit|report|use|live|joined|switched|moved|prefer|became|have)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Bare();

    [GeneratedRegex("""^(?:[\w ]+,\s*)?i(?:['’]\w+)?\s""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FirstPerson();

    [GeneratedRegex("""^(?:(?:actually|btw|fyi|update|note|also|hi)[,:.!]?\s+)*(?:my\s+(?<n>[\p{L}\- ]{2,30}?)\s+(?:has\s+|have\s+|['’]s\s+)?(?:changed|switched|is\s+(?:different|new|another\s+one))|i\s+(?:have|got)\s+an?\s+(?:new|different|another)\s+(?<n>[\p{L}\- ]{2,30}?))(?:\s+(?:now|again|recently|lately|last\s+\w+|this\s+\w+))*[.!]*$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HasChanged();

    // Somebody else's words, or the words of a text.
    [GeneratedRegex("""\b(?:said|says|say|told|tells|wrote|writes|thinks|claims|believes|according\s+to|asked|asks|mentioned|mentions|e-?mail\s+from|the\s+ticket|subject:|from:)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Reported();
}
