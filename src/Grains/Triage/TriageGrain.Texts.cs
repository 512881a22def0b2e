namespace Steward.Triage;

/// <summary>Which text somebody's word is about.</summary>
internal sealed partial class TriageGrain
{
    /// <summary>
    /// The platform and admins say what a ticket is. What anybody else sends along is its text only where nobody knows a better one, and is then no more than their word: nobody chooses a text for a label that a head, an import or somebody else gave to another one.
    /// </summary>
    /// <returns>Null when no text is known.</returns>
    private async Task<SaidText?> TextOfAsync(TriageLabel label, Speaker speaker, TicketDossier dossier, CancellationToken cancellationToken)
    {
        var given = label.Ticket is { } sent ? sent with { Id = label.TicketId } : null;
        var decided = dossier.DecisionFor(speaker.Id);
        if (speaker.IsVouchedFor)
        {
            var said = given is null && decided is null ? dossier.WithKnownText ?? dossier.Labels.LastOrDefault() : null;
            var ticket = given ?? await ReadTextAsync(decided?.Ticket ?? said?.Ticket, cancellationToken);

            // Whoever moves a record in its system has not read what somebody asked about under its id.
            var isOthers = given is null && label.Source is TriageLabelSource.Reassignment or TriageLabelSource.Confirmation && decided is { Counts: false, By: not null };
            return ticket is null ? null : new SaidText(ticket, decided, isOthers || said is { IsOwnText: true });
        }

        if (decided is { Counts: true } && await ReadTextAsync(decided.Ticket, cancellationToken) is { } counted)
        {
            return new SaidText(counted, decided, IsOwn: false);
        }

        if (dossier.WithKnownText is { } known && await ReadTextAsync(known.Ticket, cancellationToken) is { } imported)
        {
            return new SaidText(imported, decided?.Ticket == known.Ticket ? decided : null, IsOwn: false);
        }

        var isOwn = decided is { Counts: false } && decided.By == speaker.Id;
        var seen = await ReadTextAsync(decided?.Ticket, cancellationToken);
        if (given is null)
        {
            return seen is not null ? new SaidText(seen, decided, isOwn)
                : await ReadTextAsync(dossier.Labels.LastOrDefault()?.Ticket, cancellationToken) is { } spoken ? new SaidText(spoken, null, IsOwn: true)
                : null;
        }

        // Retention may have removed the text that was decided, and not what it was.
        return seen is not null && given.ShortDescription == seen.ShortDescription && given.Description == seen.Description ? new SaidText(seen, decided, isOwn)
            : decided is not null && TicketContents.Of(given).Hash == decided.Ticket ? new SaidText(given, decided, isOwn)
            : new SaidText(given, null, IsOwn: true);
    }

    private async ValueTask<TriageTicket?> ReadTextAsync(string? hash, CancellationToken cancellationToken) =>
        hash is null ? null : await TicketContents.ReadAsync(_parts.Contents, _tenantId, hash, cancellationToken);

    /// <param name="Id">Whose word it is.</param>
    /// <param name="IsVouchedFor">Whether the platform or an admin says so.</param>
    private readonly record struct Speaker(string Id, bool IsVouchedFor);

    /// <param name="Ticket">The ticket as it was read.</param>
    /// <param name="Decided">What had been decided of it; null when nothing was, or of another text.</param>
    /// <param name="IsOwn">See <see cref="TicketLabelled.IsOwnText"/>.</param>
    private sealed record SaidText(TriageTicket Ticket, TicketDecided? Decided, bool IsOwn);
}
