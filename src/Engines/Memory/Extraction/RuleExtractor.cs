using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// Finds what people say of themselves by the forms in which they say it, in English. Prefers to miss a statement over taking one that was not made: what is asked, imagined, quoted or said of somebody else is left out. Used where no model is configured.
/// </summary>
public sealed partial class RuleExtractor : IStatementExtractor
{
    private const int MaxStatements = 32;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Statement>> ExtractAsync(string text, CancellationToken cancellationToken) => ValueTask.FromResult(Extract(text));

    /// <summary>The statements of a message, in its order; 32 at most.</summary>
    public static IReadOnlyList<Statement> Extract(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var statements = new List<Statement>();
        try
        {
            foreach (var clause in Sentences.Asserted(WouldPrefer().Replace(text, "$1")))
            {
                if (!Reported().IsMatch(clause))
                {
                    statements.AddRange(Read(clause));
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

    private static IEnumerable<Statement> Read(string clause)
    {
        foreach (var rule in StatementRules.Retractions)
        {
            if (rule.Read(clause) is { } taken)
            {
                yield return State(rule.Slot, taken.Value, clause, isRetraction: true);
                yield break;
            }
        }

        foreach (var rule in StatementRules.All)
        {
            if (rule.Read(clause) is not { } said)
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

    [GeneratedRegex("""\bwould\s+(?:really\s+|much\s+)?(prefer|rather)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex WouldPrefer();

    // Somebody else's words, or the words of a text.
    [GeneratedRegex("""\b(?:said|says|say|told|tells|wrote|writes|thinks|claims|believes|according\s+to|asked|asks|mentioned|mentions|e-?mail\s+from|the\s+ticket|subject:|from:)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Reported();
}
