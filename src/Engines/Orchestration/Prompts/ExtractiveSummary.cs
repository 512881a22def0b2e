using System.Text;
using System.Text.RegularExpressions;

namespace Steward.Engines.Orchestration.Prompts;

/// <summary>
/// Sums earlier messages up without a model: by their own sentences, in their order, those first that name something: a number, an id, an address. Can be summed up again with what came later. Deterministic, and linear in what it is given.
/// </summary>
public static partial class ExtractiveSummary
{
    private const int MaxSentence = 240;
    private const int MaxRead = 4_000;

    /// <summary>Sums up.</summary>
    /// <param name="earlier">A summary of what came before; null when there is none.</param>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="maxLength">The most characters.</param>
    /// <returns>Lines such as <c>user: The printer 4711 is broken.</c>; null when nothing is left to say.</returns>
    public static string? Of(string? earlier, IEnumerable<ConversationMessage> messages, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var lines = new List<(string Text, double Weight)>();
        foreach (var line in (earlier ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            lines.Add((line, 0));
        }

        foreach (var message in messages)
        {
            lines.AddRange(Sentences(message));
        }

        // Later ones and those that name something stay; what is said twice is said once.
        var order = Enumerable.Range(0, lines.Count)
            .DistinctBy(i => lines[i].Text, StringComparer.OrdinalIgnoreCase)
            .OrderByDescending(i => lines[i].Weight + (Names().IsMatch(lines[i].Text) ? 1 : 0) + ((double)i / lines.Count))
            .ThenBy(i => i);
        var kept = new List<int>();
        var length = 0;
        foreach (var i in order)
        {
            if (length + lines[i].Text.Length + 1 <= maxLength)
            {
                kept.Add(i);
                length += lines[i].Text.Length + 1;
            }
        }

        return kept.Count == 0 ? null : string.Join('\n', kept.Order().Select(i => lines[i].Text));
    }

    // The first sentence mostly says what a message is about; of the user's messages it is what was wanted.
    private static IEnumerable<(string Text, double Weight)> Sentences(ConversationMessage message)
    {
        var text = message.Text.Length <= MaxRead ? message.Text : message.Text[..MaxRead];
        var isFirst = true;
        foreach (var sentence in End().Split(text))
        {
            var line = OneLine(sentence);
            if (line.Length > 2)
            {
                yield return ($"{message.Role}: {line}", isFirst ? message.Role == "user" ? 1 : 0.5 : 0);
                isFirst = false;
            }
        }
    }

    private static string OneLine(string sentence)
    {
        var line = new StringBuilder(Math.Min(sentence.Length, MaxSentence));
        foreach (var c in sentence.Trim())
        {
            if (line.Length == MaxSentence)
            {
                break;
            }

            line.Append(char.IsControl(c) ? ' ' : c);
        }

        return line.ToString().Trim();
    }

    [GeneratedRegex("""(?<=[.!?])\s+|[\r\n]+""", RegexOptions.CultureInvariant)]
    private static partial Regex End();

    [GeneratedRegex("""\d{2,}|\b[A-Z]{2,}-?\d+|\S+@\S+|https?://""", RegexOptions.CultureInvariant)]
    private static partial Regex Names();
}
