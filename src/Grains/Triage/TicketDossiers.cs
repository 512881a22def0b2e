using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Steward.Errors;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>
/// Finds what the journals hold of a ticket, however long they are: entries about one ticket are numbered in their deduplication ids. Those used last are kept in memory. For the grain's scheduler only.
/// </summary>
internal sealed class TicketDossiers(IJournalStore journals, string journal, string labelJournal)
{
    private const int Kept = 1_000;

    private readonly Dictionary<string, LinkedListNode<TicketDossier>> _kept = new(StringComparer.Ordinal);
    private readonly LinkedList<TicketDossier> _order = new();

    /// <summary>The deduplication id of a ticket's next entry. Two writers cannot both have written it.</summary>
    public static string IdOf(string ticketId, int number) => FormattableString.Invariant($"t/{number}/{ticketId}");

    /// <summary>The dossier of a ticket; empty when there is nothing. Within the ticket's turn.</summary>
    /// <exception cref="StewardException"><c>unavailable</c>.</exception>
    public async Task<TicketDossier> ReadAsync(string ticketId, CancellationToken cancellationToken)
    {
        if (_kept.TryGetValue(ticketId, out var kept))
        {
            _order.Remove(kept);
            _order.AddFirst(kept);
            return kept.Value;
        }

        var dossier = new TicketDossier(ticketId);
        try
        {
            await ReadAsync(journal, ticketId, TicketDossier.MostWithOthers, dossier.Decisions, TriageJson.Default.TicketDecided, cancellationToken);
            await ReadAsync(labelJournal, ticketId, TicketDossier.Most, dossier.Labels, TriageJson.Default.TicketLabelled, cancellationToken);
        }
        catch (StorageException exception)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The journal cannot be read now.", exception) { IsRetryable = true };
        }

        if (!_kept.ContainsKey(ticketId))
        {
            _kept[ticketId] = _order.AddFirst(dossier);
        }

        while (_order.Count > Kept)
        {
            _kept.Remove(_order.Last!.Value.TicketId);
            _order.RemoveLast();
        }

        return _kept.TryGetValue(ticketId, out var held) ? held.Value : dossier;
    }

    /// <summary>Forgets a ticket, whose last entry may not stand.</summary>
    public void Forget(string ticketId)
    {
        if (_kept.Remove(ticketId, out var node))
        {
            _order.Remove(node);
        }
    }

    private async Task ReadAsync<T>(string key, string ticketId, int most, List<T> into, JsonTypeInfo<T> json, CancellationToken cancellationToken)
    {
        while (into.Count < most && await journals.FindAsync(key, IdOf(ticketId, into.Count + 1), cancellationToken) is { Payload.Length: > 0 } entry)
        {
            into.Add(JsonSerializer.Deserialize(entry.Payload.Span, json)!);
        }
    }
}
