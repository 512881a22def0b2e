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

    // Of which as many as are wanted may be shown.
    private const int MostLooked = 32;

    // What is usual within a day says what is not.
    private static readonly TimeSpan Recent = TimeSpan.FromHours(24);

    private readonly SimilarTickets _similar = new(parts.Options.Value.SimilarTickets);
    private readonly Func<ITicketWatch>? _newWatch = parts.Watches.FirstOrDefault();

    // What comes while the past is read back: it is later than that, and a watch goes by the latest time that it has seen.
    private readonly Queue<(string Id, Ticket? Ticket, DateTimeOffset At)> _meanwhile = new();
    private ITicketWatch? _watch;

    /// <summary>Labelled tickets that are most like a ticket. Those whose text was removed are not among them.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public Task<IReadOnlyList<SimilarTicket>> FindSimilarAsync(string? ticketId, Ticket ticket, int top, CancellationToken cancellationToken) =>
        TicketsAsync(_similar.Find(ticket, ticketId, MostLooked), top, cancellationToken);

    /// <summary>Labelled tickets of some groups whose words are most like a text; null for all groups. Those whose text was removed are not among them.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public Task<IReadOnlyList<SimilarTicket>> FindByWordsAsync(string text, IReadOnlyList<string>? groups, int top, CancellationToken cancellationToken)
    {
        var matches = _similar.Find(new Ticket { ShortDescription = text, Description = "" }, count: parts.Options.Value.SimilarTickets);
        return TicketsAsync([.. matches.Where(match => groups is null || groups.Contains(match.Label, StringComparer.Ordinal))], top, cancellationToken);
    }

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

        Remember((id, read, at));
        return default;
    }

    /// <summary>Takes note that a ticket was solved or closed.</summary>
    /// <returns>Whether that may have to be known after the next activation, too.</returns>
    public bool Close(string ticketId)
    {
        if (_watch is not null)
        {
            return _watch.Close(ticketId);
        }

        if (_newWatch is null)
        {
            return false;
        }

        Remember((ticketId, null, default));
        return true;
    }

    /// <summary>Begins where there is nothing to be read back.</summary>
    public void Begin() => _watch ??= _newWatch?.Invoke();

    /// <summary>Takes note of where a ticket belongs.</summary>
    /// <param name="ticketId">The ticket.</param>
    /// <param name="ticket">What it says.</param>
    /// <param name="label">Where it belongs.</param>
    /// <param name="content">The hash of its content.</param>
    public void Learn(string ticketId, Ticket ticket, string label, string content) => _similar.Add(ticketId, ticket, label, content);

    /// <summary>Reads back what was known, a little at a time, so that calls go on meanwhile. What they add is newer and stays.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public async Task LoadAsync(string journal, string labelJournal, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        await LoadWatchAsync(journal, zone, cancellationToken);
        if (parts.Options.Value.SimilarTickets == 0)
        {
            return;
        }

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
                    _similar.Add(said.TicketId, ticket.Read(zone), said.Label, said.Ticket);
                }
            },
            cancellationToken);
    }

    private static DateTimeOffset TimeOf(TriageTicket ticket, DateTimeOffset now) => ticket.OpenedAt is { } opened && opened < now ? opened : now;

    // What retention or somebody's wish has removed since is gone at once, its title, too: as many as are wanted of those that are there.
    private async Task<IReadOnlyList<SimilarTicket>> TicketsAsync(IReadOnlyList<SimilarMatch> matches, int top, CancellationToken cancellationToken)
    {
        var found = new List<SimilarTicket>();
        for (var at = 0; found.Count < top && at < matches.Count;)
        {
            var part = matches.Skip(at).Take(Math.Min(top - found.Count, ReadAtOnce)).ToList();
            var isThere = await Task.WhenAll(part.Select(match => parts.Contents.ReadAsync(tenantId, match.Content!, cancellationToken).AsTask()));
            foreach (var (match, content) in part.Zip(isThere))
            {
                if (content is not null)
                {
                    found.Add(new SimilarTicket { TicketId = match.TicketId, ShortDescription = match.Title, Label = match.Label, Similarity = match.Similarity });
                }
                else
                {
                    _similar.Remove(match.TicketId, match.Content!);
                }
            }

            at += part.Count;
        }

        return found;
    }

    private void Remember((string Id, Ticket? Ticket, DateTimeOffset At) happened)
    {
        if (_meanwhile.Count == MostRecent)
        {
            _meanwhile.Dequeue();
        }

        _meanwhile.Enqueue(happened);
    }

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
            var tail = await parts.Journals.ReadTailAsync(journal, MostRecent, cancellationToken);
            if (tail.Count(static entry => entry.Type == TriageFactTypes.Closed) is > 0 and var closed)
            {
                // As many decisions whatever was closed among them.
                tail = await parts.Journals.ReadTailAsync(journal, MostRecent + closed, cancellationToken);
            }

            var recent = tail.Where(entry => entry.At >= since && entry.Payload.Length > 0).ToList();
            var decided = recent
                .Where(entry => entry.Type == TriageFactTypes.Decided)
                .Select(entry => JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TicketDecided)!)
                .Where(one => one.Counts && one.Decision.TicketId is not null)
                .ToList();
            await LoadAsync(decided, static one => one.Ticket, (one, ticket) => watch.See(one.Decision.TicketId!, ticket.Read(zone), TimeOf(ticket, one.Decision.DecidedAt)), cancellationToken);
            foreach (var entry in recent.Where(entry => entry.Type == TriageFactTypes.Closed))
            {
                watch.Close(JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TicketClosed)!.TicketId);
            }
        }
        finally
        {
            // Also with a part of the past only: what is to come is watched.
            while (_meanwhile.TryDequeue(out var late))
            {
                if (late.Ticket is { } ticket)
                {
                    watch.See(late.Id, ticket, late.At);
                }
                else
                {
                    watch.Close(late.Id);
                }
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
