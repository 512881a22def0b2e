using System.Text.Json;
using Steward.Engines.Triage.Incidents;
using Steward.Engines.Triage.Similarity;
using Steward.Engines.Triage.Tickets;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>
/// What other tickets of a tenant say of one: the labelled ones that are alike, and those of the last day of which it may be one of many. Both are in memory only, and read back from the journals beside the calls
/// when the triage is activated. For the grain's scheduler only.
/// </summary>
internal sealed class TicketNeighbourhood(TriageParts parts, string tenantId)
{
    private const int ReadAtOnce = 32;
    private const int MostRecent = 1_024;

    // What is usual within a day says what is not.
    private static readonly TimeSpan Recent = TimeSpan.FromHours(24);

    private readonly SimilarTickets _similar = new(parts.Options.Value.SimilarTickets);
    private readonly Func<ITicketWatch>? _newWatch = parts.Watches.FirstOrDefault();

    // What comes while the past is read back: it is later than that, and a watch goes by the latest time that it has seen.
    private readonly Queue<(string Id, Ticket Ticket, DateTimeOffset At)> _meanwhile = new();
    private ITicketWatch? _watch;

    /// <summary>Labelled tickets that are most like a ticket.</summary>
    public IReadOnlyList<SimilarTicket> FindSimilar(string? ticketId, Ticket ticket) =>
        [.. _similar.Find(ticket, ticketId).Select(match => new SimilarTicket { TicketId = match.TicketId, ShortDescription = match.Title, Label = match.Label, Similarity = match.Similarity })];

    /// <summary>Labelled tickets of some groups whose words are most like a text; null for all groups.</summary>
    public IReadOnlyList<SimilarTicket> FindByWords(string text, IReadOnlyList<string>? groups, int top) =>
    [
        .. _similar.Find(new Ticket { ShortDescription = text, Description = "" }, count: parts.Options.Value.SimilarTickets)
            .Where(match => groups is null || groups.Contains(match.Label, StringComparer.Ordinal))
            .Take(top)
            .Select(match => new SimilarTicket { TicketId = match.TicketId, ShortDescription = match.Title, Label = match.Label, Similarity = match.Similarity }),
    ];

    /// <summary>Takes note of a new ticket. Nothing is known of it until what was before is read back.</summary>
    /// <param name="ticket">The ticket; without an id it is nobody's duplicate and has none.</param>
    /// <param name="zone">The tenant's time zone.</param>
    /// <param name="now">When it was decided: it came then, or was opened before.</param>
    public TicketSighting See(TriageTicket ticket, TimeZoneInfo zone, DateTimeOffset now)
    {
        if (ticket.Id is not { } id || _newWatch is null)
        {
            return default;
        }

        var (read, at) = (ticket.Read(zone), TimeOf(ticket, now));
        if (_watch is not null)
        {
            return _watch.See(id, read, at);
        }

        if (_meanwhile.Count == MostRecent)
        {
            _meanwhile.Dequeue();
        }

        _meanwhile.Enqueue((id, read, at));
        return default;
    }

    /// <summary>Begins where there is nothing to be read back.</summary>
    public void Begin() => _watch ??= _newWatch?.Invoke();

    /// <summary>Takes note of where a ticket belongs.</summary>
    public void Learn(string ticketId, Ticket ticket, string label) => _similar.Add(ticketId, ticket, label);

    /// <summary>Reads back what was known, a little at a time, so that calls go on meanwhile. What they add is newer and stays.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public async Task LoadAsync(string journal, string labelJournal, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        await LoadWatchAsync(journal, zone, cancellationToken);
        var labels = (await parts.Journals.ReadTailAsync(labelJournal, parts.Options.Value.SimilarTickets, cancellationToken))
            .Where(entry => entry.Type == TriageFactTypes.Labelled && entry.Payload.Length > 0)
            .Select(entry => JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TicketLabelled)!)
            .GroupBy(said => said.TicketId, StringComparer.Ordinal)
            .Select(said => said.Last())
            .ToList();
        await LoadAsync(
            labels,
            static said => said.Ticket,
            (said, ticket) =>
            {
                if (!_similar.Contains(said.TicketId))
                {
                    _similar.Add(said.TicketId, ticket.Read(zone), said.Label);
                }
            },
            cancellationToken);
    }

    private static DateTimeOffset TimeOf(TriageTicket ticket, DateTimeOffset now) => ticket.OpenedAt is { } opened && opened < now ? opened : now;

    private async Task LoadWatchAsync(string journal, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        if (_newWatch is null || _watch is not null)
        {
            return;
        }

        var watch = _newWatch();
        try
        {
            var since = parts.Time.GetUtcNow() - Recent;
            var decided = (await parts.Journals.ReadTailAsync(journal, MostRecent, cancellationToken))
                .Where(entry => entry.Type == TriageFactTypes.Decided && entry.At >= since && entry.Payload.Length > 0)
                .Select(entry => JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TicketDecided)!)
                .Where(one => one.Counts && one.Decision.TicketId is not null)
                .ToList();
            await LoadAsync(decided, static one => one.Ticket, (one, ticket) => watch.See(one.Decision.TicketId!, ticket.Read(zone), TimeOf(ticket, one.Decision.DecidedAt)), cancellationToken);
        }
        finally
        {
            // Also with a part of the past only: what is to come is watched.
            while (_meanwhile.TryDequeue(out var late))
            {
                watch.See(late.Id, late.Ticket, late.At);
            }

            _watch = watch;
        }
    }

    private async Task LoadAsync<T>(List<T> facts, Func<T, string> hash, Action<T, TriageTicket> take, CancellationToken cancellationToken)
    {
        foreach (var part in facts.Chunk(ReadAtOnce))
        {
            var tickets = await Task.WhenAll(part.Select(fact => TicketContents.ReadAsync(parts.Contents, tenantId, hash(fact), cancellationToken).AsTask()));
            foreach (var (fact, ticket) in part.Zip(tickets))
            {
                // Without a text, retention has removed it.
                if (ticket is not null)
                {
                    take(fact, ticket);
                }
            }

            // Stores that answer at once would keep the calls waiting.
            await Task.Yield();
        }
    }
}
