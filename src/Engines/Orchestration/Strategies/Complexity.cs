using System.Text.RegularExpressions;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Playbooks;

namespace Steward.Engines.Orchestration.Strategies;

/// <summary>
/// How much work a message looks like; deterministic. Counts requests, the systems that are named, and words. It only picks between strategies that
/// could all answer: a wrong estimate costs time, never rights.
/// </summary>
/// <param name="Level"><c>conversation</c>: answerable without the company's systems. <c>complex</c>: several requests or systems. Else <c>simple</c>.</param>
/// <param name="Requests">How many things are asked for.</param>
/// <param name="Systems">How many of the connected systems are named.</param>
internal sealed partial record Complexity(string Level, int Requests, int Systems)
{
    private const int LongMessage = 120;
    private const int ShortMessage = 40;

    // What people ask a writer, a translator or a polite stranger.
    private static readonly Phrase[] Conversational =
    [
        .. new[]
        {
            "hello", "hi", "hey", "good (morning|afternoon|evening)", "thanks", "thank you", "translate", "rephrase", "rewrite", "reword", "proofread", "shorten this", "summarise this", "summarize this",
            "write a (poem|text|mail|message|summary|joke)", "draft a (mail|message|text)", "explain", "what does", "what is the difference",
        }.Select(Phrase.Parse),
    ];

    /// <summary>
    /// The same with what a classifier is sure of. It was trained on other people's messages and takes many a short request to a company's systems for conversation: that counts only where
    /// nothing here speaks against it.
    /// </summary>
    public Complexity With(string? judged) => judged switch
    {
        "complex" => this with { Level = "complex" },
        "simple" when Level == "conversation" => this with { Level = "simple" },
        _ => this,
    };

    public static Complexity Of(MessageText message, IReadOnlyList<ConnectorOperation> operations)
    {
        var words = message.Words.Select(word => word.Text).ToHashSet(StringComparer.Ordinal);
        var systems = operations.Select(operation => operation.Connector).Distinct(StringComparer.Ordinal).Count(words.Contains);
        var requests = 1 + Sequence().Count(message.Original);
        if (requests > 1 && (requests > 2 || systems > 1 || words.Count > 8) || systems > 1 || message.Words.Count > LongMessage)
        {
            return new Complexity("complex", requests, systems);
        }

        // The things that tools are about: "users", "incidents", "issues" out of the operations' ids, in both numbers.
        var things = operations.SelectMany(operation => operation.Id.Split('.')).SelectMany(part => new[] { part, part.TrimEnd('s') }).Any(words.Contains);
        var isConversation = systems == 0 && !things && message.Words.Count <= ShortMessage && !Identifier().IsMatch(message.Original)
            && Array.Exists(Conversational, phrase => phrase.Find(message) is { Start: 0 });
        return new Complexity(isConversation ? "conversation" : "simple", requests, systems);
    }

    [GeneratedRegex(@"\b(and then|after that|afterwards|and also|as well as|and finally|then also)\b|[;?!.]\s+(then|also|next|finally)\b|(?m:^\s*([-*•]|\d+[.)])\s)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Sequence();

    // Ticket numbers and mail addresses are about something in a system.
    [GeneratedRegex(@"\b[A-Za-z]{2,}-?\d{2,}\b|@", RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();
}
