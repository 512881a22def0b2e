using System.Globalization;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Incidents;

/// <summary>
/// Compares each ticket with those that came lately. It belongs to a major incident when, within minutes, more of the tickets are like it than their usual share of all tickets explains: a busy morning brings more of everything
/// and is none. It says the same as another one when nearly all of its words are the same, from the same place. What is remembered is bounded, however many tickets come. The same tickets at the same times give the same answers.
/// </summary>
public sealed class TicketWatch : ITicketWatch
{
    private const int FewestWords = 3;

    private readonly TicketWatchOptions _options;
    private readonly WordRarity _rarity = new();
    private readonly LinkedList<Seen> _seen = new();
    private readonly Dictionary<string, Seen> _byId = new(StringComparer.Ordinal);
    private readonly List<Incident> _incidents = [];
    private DateTimeOffset _now = DateTimeOffset.MinValue;

    /// <summary>Begins with nothing known.</summary>
    /// <param name="options">What counts as many, and as alike; null for the standards.</param>
    public TicketWatch(TicketWatchOptions? options = null) => _options = options ?? new TicketWatchOptions();

    /// <summary>How many tickets are remembered.</summary>
    public int Count => _seen.Count;

    /// <inheritdoc/>
    public TicketSighting See(string ticketId, Ticket ticket, DateTimeOffset at)
    {
        ArgumentException.ThrowIfNullOrEmpty(ticketId);
        ArgumentNullException.ThrowIfNull(ticket);
        if (_byId.TryGetValue(ticketId, out var known))
        {
            return known.Sighting;
        }

        // Whoever comes late is taken for one of now.
        _now = at > _now ? at : _now;
        Forget();
        var words = TicketSketch.WordsOf(ticket);
        var seen = new Seen(ticketId, _now, TicketSketch.Of(words, _rarity), Place(ticket));
        if (seen.Sketch.Count >= FewestWords)
        {
            var incident = IncidentOf(seen);
            seen.Sighting = new TicketSighting(incident is null ? SameAs(seen) : null, incident);
        }

        _rarity.Learn([.. words.Keys]);
        _seen.AddLast(seen);
        _byId[ticketId] = seen;
        return seen.Sighting;
    }

    /// <inheritdoc/>
    public bool Close(string ticketId)
    {
        if (!_byId.TryGetValue(ticketId, out var known) || known.IsClosed)
        {
            return false;
        }

        known.IsClosed = true;
        return true;
    }

    private string? SameAs(Seen seen)
    {
        for (var node = _seen.First; node is not null; node = node.Next)
        {
            var other = node.Value;
            if (!other.IsClosed && _now - other.At <= _options.SameWithin && other.Place == seen.Place && other.Sketch.Cosine(seen.Sketch) >= _options.SameFrom)
            {
                // The first of several, while it is open: what says the same as it, says the same as that one.
                return other.Sighting.DuplicateOf is { } first && _byId.TryGetValue(first, out var known) && !known.IsClosed ? first : other.Id;
            }
        }

        return null;
    }

    private string? IncidentOf(Seen seen)
    {
        var open = _incidents.Where(incident => incident.Middle.Cosine(seen.Sketch) >= _options.AlikeFrom).MaxBy(incident => incident.Middle.Cosine(seen.Sketch));
        if (open is not null)
        {
            open.LastAt = _now;
            return open.Id;
        }

        var (alike, recent, before, beforeAlike) = Compare(seen);
        if (alike.Count + 1 < _options.FewestTickets || recent + before + 1 < _options.FewestKnown)
        {
            return null;
        }

        // If everything were as always, each of those alike would be as likely to be among the last ones as any other ticket is. That holds whatever their share of all tickets is, and however well it is known
        // (Przyborowski and Wilenski, 1940). The ticket itself is left out: it is alike by being the one that is asked about.
        return BinomialTail.AtLeast(alike.Count, alike.Count + beforeAlike, (double)recent / (recent + before)) < _options.Chance ? Open(seen, alike) : null;
    }

    private (List<Seen> Alike, int Recent, int Before, int BeforeAlike) Compare(Seen seen)
    {
        var alike = new List<Seen>();
        var (recent, before, beforeAlike) = (0, 0, 0);
        for (var node = _seen.Last; node is not null; node = node.Previous)
        {
            var other = node.Value;
            var isAlike = other.Sketch.Cosine(seen.Sketch) >= _options.AlikeFrom;
            if (_now - other.At <= _options.Window && recent < _options.MostRemembered / 4)
            {
                recent++;
                if (isAlike)
                {
                    alike.Add(other);
                }
            }
            else
            {
                before++;
                beforeAlike += isAlike ? 1 : 0;
            }
        }

        return (alike, recent, before, beforeAlike);
    }

    private string Open(Seen seen, List<Seen> alike)
    {
        var first = alike[^1];
        var incident = new Incident(
            string.Create(CultureInfo.InvariantCulture, $"mi-{first.At.UtcDateTime:yyyyMMdd-HHmm}-{StableHash.Of("incident", first.Id):x8}"),
            TicketSketch.Middle(alike.Select(other => other.Sketch).Append(seen.Sketch)))
        {
            LastAt = _now,
        };
        if (_incidents.Count >= _options.MostIncidents)
        {
            _incidents.Remove(_incidents.MinBy(open => open.LastAt)!);
        }

        _incidents.Add(incident);
        return incident.Id;
    }

    private void Forget()
    {
        while (_seen.First is { Value: var oldest } && (_seen.Count >= _options.MostRemembered || _now - oldest.At > _options.RememberedFor))
        {
            _seen.RemoveFirst();
            _byId.Remove(oldest.Id);
        }

        _incidents.RemoveAll(incident => _now - incident.LastAt > _options.IncidentEndsAfter);
    }

    // Who asks is not told; that two come from the same department and place says a little of it.
    private static string Place(Ticket ticket) => $"{ticket.Department?.Trim()}\n{ticket.Location?.Trim()}".ToUpperInvariant();

    private sealed class Seen(string id, DateTimeOffset at, TicketSketch sketch, string place)
    {
        public string Id => id;

        public DateTimeOffset At => at;

        public TicketSketch Sketch => sketch;

        public string Place => place;

        public TicketSighting Sighting { get; set; }

        public bool IsClosed { get; set; }
    }

    private sealed class Incident(string id, TicketSketch middle)
    {
        public string Id => id;

        public TicketSketch Middle => middle;

        public DateTimeOffset LastAt { get; set; }
    }
}
