using System.Runtime.InteropServices;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Similarity;

/// <summary>A labelled ticket that is like another one.</summary>
/// <param name="TicketId">The ticket.</param>
/// <param name="Title">Its title, or the beginning of its text.</param>
/// <param name="Label">Where it belonged.</param>
/// <param name="Similarity">The cosine of both, 0 to 1.</param>
/// <param name="Content">What it was added with.</param>
public readonly record struct SimilarMatch(string TicketId, string Title, string Label, double Similarity, string? Content = null);

/// <summary>
/// One tenant's last labelled tickets, found again by their words: cosine of TF-IDF over an index of words. Holds hashes, titles and labels; the oldest leave when it is full. For one thread.
/// </summary>
/// <param name="capacity">The most tickets; 0 for none.</param>
public sealed class SimilarTickets(int capacity)
{
    /// <summary>The longest title that is kept.</summary>
    public const int LongestTitle = 200;

    // What a ticket is about is said at its beginning; a log at its end only fills the index.
    private const int MostWords = 150;

    // A word of most tickets tells nothing and costs most.
    private const double CommonShare = 0.5;
    private const int CommonFrom = 50;

    private readonly Document?[] _documents = new Document?[capacity];
    private readonly float[] _dots = new float[capacity];
    private readonly Dictionary<string, int> _slots = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, List<int>> _postings = [];
    private int _next;

    /// <summary>Tickets held.</summary>
    public int Count => _slots.Count;

    /// <summary>Whether a ticket is held.</summary>
    public bool Contains(string ticketId) => _slots.ContainsKey(ticketId);

    /// <summary>Adds a ticket; one with its id is replaced and counts as new.</summary>
    /// <param name="ticketId">Its id.</param>
    /// <param name="ticket">The ticket.</param>
    /// <param name="label">Where it belongs.</param>
    /// <param name="content">What its text is kept as; comes back with what is found.</param>
    public void Add(string ticketId, Ticket ticket, string label, string? content = null)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        Remove(ticketId);
        if (_documents.Length == 0)
        {
            return;
        }

        // The place of the oldest, or one that a replaced ticket left.
        var slot = _next;
        _next = (_next + 1) % _documents.Length;
        if (_documents[slot] is not null)
        {
            Remove(slot);
        }

        var (keys, counts) = Read(ticket);
        _documents[slot] = new Document(ticketId, TitleOf(ticket), label, content, keys, counts);
        _slots[ticketId] = slot;
        foreach (var key in keys)
        {
            (CollectionsMarshal.GetValueRefOrAddDefault(_postings, key, out _) ??= []).Add(slot);
        }
    }

    /// <summary>Forgets a ticket, if it is held.</summary>
    /// <param name="ticketId">Its id.</param>
    /// <param name="content">Only if it was added with this; null for whatever it was added with.</param>
    public void Remove(string ticketId, string? content = null)
    {
        if (_slots.TryGetValue(ticketId, out var held) && (content is null || _documents[held]!.Content == content))
        {
            Remove(held);
        }
    }

    /// <summary>Finds what is most like a ticket, best first.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="except">The id of one that is not wanted: its own.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="least">The least similarity that is worth telling.</param>
    public IReadOnlyList<SimilarMatch> Find(Ticket ticket, string? except = null, int count = 3, double least = 0.2)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        var (keys, counts) = Read(ticket);
        var norm = Norm(keys, counts);
        if (norm == 0)
        {
            return [];
        }

        var touched = new List<int>();
        for (var i = 0; i < keys.Length; i++)
        {
            if (!_postings.TryGetValue(keys[i], out var postings) || IsCommon(postings.Count))
            {
                continue;
            }

            var weight = counts[i] * Idf(postings.Count) * Idf(postings.Count);
            foreach (var slot in postings)
            {
                if (_dots[slot] == 0)
                {
                    touched.Add(slot);
                }

                var document = _documents[slot]!;
                _dots[slot] += weight * document.Counts[Array.BinarySearch(document.Keys, keys[i])];
            }
        }

        var found = new List<SimilarMatch>();
        foreach (var slot in touched)
        {
            var (dot, document) = (_dots[slot], _documents[slot]!);
            _dots[slot] = 0;
            if (document.TicketId != except && dot / (norm * NormOf(document)) is var similarity && similarity >= least)
            {
                found.Add(new SimilarMatch(document.TicketId, document.Title, document.Label, Math.Min(1, similarity), document.Content));
            }
        }

        return [.. found.OrderByDescending(match => match.Similarity).ThenBy(match => match.TicketId, StringComparer.Ordinal).Take(count)];
    }

    /// <summary>A ticket's title, or the beginning of its text; at most <see cref="LongestTitle"/> characters.</summary>
    public static string TitleOf(Ticket ticket)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        var title = ticket.ShortDescription.Trim() is { Length: > 0 } written ? written : ticket.Description.Trim();
        if (title.Length <= LongestTitle)
        {
            return title;
        }

        // Half a character is none.
        return title[..(char.IsHighSurrogate(title[LongestTitle - 1]) ? LongestTitle - 1 : LongestTitle)];
    }

    private static (uint[] Keys, float[] Counts) Read(Ticket ticket)
    {
        var counts = new Dictionary<uint, int>();
        foreach (var word in TicketWords.Of(ticket.ShortDescription).Concat(TicketWords.Of(ticket.Description)).Take(MostWords))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, StableHash.Of("w", word), out _)++;
        }

        var keys = counts.Keys.ToArray();
        Array.Sort(keys);
        return (keys, [.. keys.Select(key => 1 + MathF.Log(counts[key]))]);
    }

    private float Idf(int tickets) => MathF.Log(1 + ((float)Count / tickets));

    private bool IsCommon(int tickets) => Count >= CommonFrom && tickets > Count * CommonShare;

    // Words that nobody else wrote count in the length: a ticket that says much more is less alike.
    private float Norm(uint[] keys, float[] counts)
    {
        var sum = 0f;
        for (var i = 0; i < keys.Length; i++)
        {
            var tickets = _postings.TryGetValue(keys[i], out var postings) ? postings.Count : 1;
            if (!IsCommon(tickets))
            {
                var weight = counts[i] * Idf(tickets);
                sum += weight * weight;
            }
        }

        return MathF.Sqrt(sum);
    }

    // Frequencies move slowly: a length that is a tenth out of date orders the same.
    private float NormOf(Document document)
    {
        if (document.Norm == 0 || Math.Abs(Count - document.NormAt) > document.NormAt / 10)
        {
            (document.Norm, document.NormAt) = (Norm(document.Keys, document.Counts), Count);
        }

        return document.Norm;
    }

    private void Remove(int slot)
    {
        var document = _documents[slot]!;
        foreach (var key in document.Keys)
        {
            var postings = _postings[key];
            if (postings.Count == 1)
            {
                _postings.Remove(key);
            }
            else
            {
                postings.Remove(slot);
            }
        }

        _slots.Remove(document.TicketId);
        _documents[slot] = null;
    }

    private sealed class Document(string ticketId, string title, string label, string? content, uint[] keys, float[] counts)
    {
        public string TicketId { get; } = ticketId;

        public string Title { get; } = title;

        public string Label { get; } = label;

        public string? Content { get; } = content;

        public uint[] Keys { get; } = keys;

        public float[] Counts { get; } = counts;

        public float Norm { get; set; }

        public int NormAt { get; set; }
    }
}
