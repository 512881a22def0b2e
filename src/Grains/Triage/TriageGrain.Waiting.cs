using Steward.Errors;
using Steward.Identity;

namespace Steward.Triage;

/// <summary>What waits for a person.</summary>
internal sealed partial class TriageGrain
{
    private const int MostWaitingListed = 100;
    private const int MostTitle = 200;

    /// <inheritdoc/>
    public async Task<WaitingTickets> ListWaiting(long afterSequence, int limit, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        if (afterSequence < 0)
        {
            throw StewardException.Invalid("after", "must be at least 0.");
        }

        if (limit is < 1 or > MostWaitingListed)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MostWaitingListed}.");
        }

        // A label may take one out while others are read: on, until there are as many as were asked for.
        var places = _fold.Waiting.ToList().FindAll(place => place.Sequence > afterSequence);
        var (found, at) = (new List<WaitingTicket>(), 0);
        while (found.Count < limit && at < places.Count)
        {
            var part = places.GetRange(at, Math.Min(Math.Min(ReadAtOnce, limit - found.Count), places.Count - at));
            var read = await Task.WhenAll(part.Select(place => ReadWaitingAsync(place, cancellationToken)));
            found.AddRange(read.OfType<WaitingTicket>());
            at += part.Count;
        }

        return new WaitingTickets { Tickets = found, Waiting = _fold.Waiting.Count, Next = at < places.Count ? places[at - 1].Sequence : null };
    }

    private async Task<WaitingTicket?> ReadWaitingAsync(WaitingPlace place, CancellationToken cancellationToken)
    {
        using var turn = await _turns.EnterAsync(place.TicketId);
        var dossier = await _dossiers.ReadAsync(place.TicketId, cancellationToken);
        if (dossier.Last is not { IsSettled: false } decision)
        {
            return null;
        }

        var ticket = dossier.Ticket is { } hash ? await TicketContents.ReadAsync(_parts.Contents, _tenantId, hash, cancellationToken) : null;
        var title = (string.IsNullOrWhiteSpace(ticket?.ShortDescription) ? ticket?.Description : ticket.ShortDescription)?.Trim() ?? "";
        var shown = title.Length <= MostTitle ? title : title[..(char.IsHighSurrogate(title[MostTitle - 1]) ? MostTitle - 1 : MostTitle)] + "…";
        return new WaitingTicket { Sequence = place.Sequence, ShortDescription = shown, Decision = decision };
    }
}
