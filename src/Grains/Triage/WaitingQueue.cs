namespace Steward.Triage;

/// <summary>
/// The places of tickets that wait for a person. Those that the platform brought from systems have a bound of their own, and so have those of trusted senders, so that nobody pushes them out with tickets that were made up.
/// For the grain's scheduler only.
/// </summary>
internal sealed class WaitingQueue
{
    /// <summary>How many tickets of the platform wait at most, how many of trusted senders, and how many of all others; of more the oldest leave.</summary>
    public const int Most = 1_000;

    // While journals are read one after the other, those that the second one takes out are still in it.
    private const int MostWhileReading = 20 * Most;

    private readonly Dictionary<string, WaitingPlace> _byTicket = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, WaitingPlace> _platform = [];
    private readonly SortedDictionary<long, WaitingPlace> _trusted = [];
    private readonly SortedDictionary<long, WaitingPlace> _others = [];

    /// <summary>How many wait.</summary>
    public int Count => _byTicket.Count;

    /// <summary>Whether the journals are being read, so that more than <see cref="Most"/> may be in it until that ends.</summary>
    public bool IsReading
    {
        get;
        set
        {
            field = value;
            Trim(_platform);
            Trim(_trusted);
            Trim(_others);
        }
    }

    /// <summary>The places, oldest first; a copy.</summary>
    public List<WaitingPlace> ToList() => [.. _byTicket.Values.OrderBy(place => place.Sequence)];

    /// <summary>The place of a ticket; null when it does not wait.</summary>
    public WaitingPlace? Find(string ticketId) => _byTicket.GetValueOrDefault(ticketId);

    /// <summary>Puts a ticket behind the others of its kind.</summary>
    public void Add(WaitingPlace place)
    {
        Remove(place.TicketId);
        var places = Of(place);
        _byTicket[place.TicketId] = places[place.Sequence] = place;
        Trim(places);
    }

    /// <summary>Takes a ticket out, if it is there.</summary>
    public void Remove(string ticketId)
    {
        if (_byTicket.Remove(ticketId, out var place))
        {
            Of(place).Remove(place.Sequence);
        }
    }

    private SortedDictionary<long, WaitingPlace> Of(WaitingPlace place) => place.IsFromPlatform ? _platform : place.IsTrusted ? _trusted : _others;

    private void Trim(SortedDictionary<long, WaitingPlace> places)
    {
        while (places.Count > (IsReading ? MostWhileReading : Most))
        {
            Remove(places.First().Value.TicketId);
        }
    }
}

/// <summary>A ticket's place in the queue of those that wait for a person: that of its decision in the journal.</summary>
/// <param name="TicketId">The ticket.</param>
/// <param name="Sequence">The decision's entry.</param>
/// <param name="IsFromPlatform">Whether the platform had it from a system.</param>
/// <param name="By">Who asked; null where that was not kept.</param>
/// <param name="IsTrusted">Whether a trusted sender sent it.</param>
internal sealed record WaitingPlace(string TicketId, long Sequence, bool IsFromPlatform = false, string? By = null, bool IsTrusted = false);
