using Steward.Engines.Triage.Learning;

namespace Steward.Triage;

/// <summary>A tenant's labels as they stood at one of them: who is believed, what is learnt from, what is kept away.</summary>
/// <param name="ThroughSequence">The last label.</param>
/// <param name="Guarded">Who is believed.</param>
/// <param name="Split">What is learnt from, and what is compared by.</param>
internal sealed record LearningLabels(long ThroughSequence, GuardedLabels Guarded, FrozenSplit Split)
{
    // Whom the intake names where a system does not say who it was, behind the system's name.
    private const string Unknown = "unknown";
    private const int PageSize = 500;
    private const int MostStatements = 200_000;

    // More of a text than features or an encoder read of it would only take memory.
    private const int MostCharacters = 4_000;

    // Of all texts together: what a silo holds while a tenant trains is bounded however long the texts are.
    private const long MostCharactersInAll = 100_000_000;

    /// <summary>Reads them.</summary>
    /// <param name="readPage">Reads so many labels after one.</param>
    /// <param name="through">The last one that counts; null for all.</param>
    /// <param name="zone">The tenant's zone.</param>
    /// <param name="room">Where they are read, and where it is decided who is believed: for one tenant at a time.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <param name="mostCharacters">How much text is held in all; of more, see <see cref="HeldStatements"/>.</param>
    public static Task<LearningLabels> ReadAsync(
        Func<long, int, Task<TriageLabelPage>> readPage, long? through, TimeZoneInfo zone, TrainingRoom room, CancellationToken cancellationToken, long mostCharacters = MostCharactersInAll) => room.RunAsync(
        () => ReadAsync(readPage, through, zone, mostCharacters, cancellationToken),
        (read, _) =>
        {
            var guarded = LabelGuard.Guard(read.Statements);
            return new LearningLabels(through ?? read.Through, guarded, FrozenSet.Split(guarded.Tickets));
        },
        cancellationToken);

    private static async Task<(IReadOnlyList<LabelStatement> Statements, long Through)> ReadAsync(
        Func<long, int, Task<TriageLabelPage>> readPage, long? through, TimeZoneInfo zone, long mostCharacters, CancellationToken cancellationToken)
    {
        var (statements, after) = (new HeldStatements(MostStatements, mostCharacters), 0L);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = await readPage(after, PageSize);
            foreach (var label in page.Labels.Where(label => label.Sequence <= (through ?? long.MaxValue) && label.Ticket.Id is not null))
            {
                statements.Add(Read(label, zone));
            }

            // A page that ends where it began could never end.
            if (!page.HasMore || page.ThroughSequence <= after || page.ThroughSequence >= through)
            {
                return (statements.ToList(), Math.Max(after, page.ThroughSequence));
            }

            after = page.ThroughSequence;
        }
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
        IsByUnknown = entry.By is Unknown || entry.By.EndsWith(":" + Unknown, StringComparison.Ordinal),
        At = entry.At,
        Decided = entry.DecidedLabel,
        IsOwnText = entry.IsOwnText,
    };

    private static string Cut(string text) => text.Length <= MostCharacters ? text : text[..MostCharacters];
}
