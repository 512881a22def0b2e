using Steward.Engines.Triage.Learning;

namespace Steward.Triage;

/// <summary>A tenant's labels as they stood at one of them: who is believed, what is learnt from, what is kept away.</summary>
/// <param name="ThroughSequence">The last label.</param>
/// <param name="Guarded">Who is believed.</param>
/// <param name="Split">What is learnt from, and what is compared by.</param>
internal sealed record LearningLabels(long ThroughSequence, GuardedLabels Guarded, FrozenSplit Split)
{
    private const int PageSize = 500;
    private const int MostStatements = 200_000;

    // More of a text than features or an encoder read of it would only take memory.
    private const int MostCharacters = 8_000;

    /// <summary>Reads them.</summary>
    /// <param name="readPage">Reads so many labels after one.</param>
    /// <param name="through">The last one that counts; null for all.</param>
    /// <param name="zone">The tenant's zone.</param>
    /// <param name="room">Where it is decided who is believed.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async Task<LearningLabels> ReadAsync(Func<long, int, Task<TriageLabelPage>> readPage, long? through, TimeZoneInfo zone, TrainingRoom room, CancellationToken cancellationToken)
    {
        var statements = new Queue<LabelStatement>();
        var after = 0L;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = await readPage(after, PageSize);
            foreach (var label in page.Labels.Where(label => label.Sequence <= (through ?? long.MaxValue) && label.Ticket.Id is not null))
            {
                statements.Enqueue(Read(label, zone));
                if (statements.Count > MostStatements)
                {
                    statements.Dequeue();
                }
            }

            // A page that ends where it began could never end.
            if (!page.HasMore || page.ThroughSequence <= after || page.ThroughSequence >= through)
            {
                after = Math.Max(after, page.ThroughSequence);
                break;
            }

            after = page.ThroughSequence;
        }

        return await room.RunAsync(
            _ =>
            {
                var guarded = LabelGuard.Guard(statements);
                return new LearningLabels(through ?? after, guarded, FrozenSet.Split(guarded.Tickets));
            },
            cancellationToken);
    }

    private static LabelStatement Read(TriageLabelEntry entry, TimeZoneInfo zone) => new()
    {
        Sequence = entry.Sequence,
        TicketId = entry.Ticket.Id!,
        Ticket = (entry.Ticket with { ShortDescription = Cut(entry.Ticket.ShortDescription), Description = Cut(entry.Ticket.Description) }).Read(zone),
        Label = entry.Label,
        Origin = entry.Source switch
        {
            TriageLabelSource.Import => LabelOrigin.Import,
            TriageLabelSource.Reassignment => LabelOrigin.Reassignment,
            TriageLabelSource.Confirmation => LabelOrigin.Confirmation,
            _ => LabelOrigin.Feedback,
        },
        By = entry.By,
        At = entry.At,
        Decided = entry.DecidedLabel,
    };

    private static string Cut(string text) => text.Length <= MostCharacters ? text : text[..MostCharacters];
}
