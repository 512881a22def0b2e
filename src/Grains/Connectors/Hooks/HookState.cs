using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Connectors;

/// <summary>What is known of an instance's events, folded from their journal: those that wait, those that were given up, and which came lately. Pure.</summary>
internal sealed class HookState : IFolded
{
    /// <summary>How many ids are remembered, of which some events have two, and for how long: no sender repeats an event after days.</summary>
    public const int MaxRecent = 4000;
    public const int MaxDead = 500;
    private static readonly TimeSpan RecentFor = TimeSpan.FromDays(3);
    private static readonly TimeSpan DeadFor = TimeSpan.FromDays(30);

    private HashSet<string>? _recent;

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>How many events ever came.</summary>
    public long LastNumber { get; set; }

    /// <summary>The names of those whom events wait for.</summary>
    public List<string> Subscribers { get; set; } = [];

    /// <summary>The routes of those that want only some.</summary>
    public Dictionary<string, List<string>> Routes { get; set; } = [];

    /// <summary>Events that wait, oldest first.</summary>
    public List<HookEventState> Waiting { get; set; } = [];

    /// <summary>Events that were given up, oldest first.</summary>
    public List<HookEventState> Dead { get; set; } = [];

    /// <summary>The ids that came lately, oldest first.</summary>
    public List<HookRecent> Recent { get; set; } = [];

    /// <summary>When the next publication is due.</summary>
    [JsonIgnore]
    public DateTimeOffset? NextAt => Waiting.Count == 0 ? null : Waiting.Min(waiting => waiting.NextAt);

    /// <summary>Whether nothing is known that a deletion would have to remove.</summary>
    [JsonIgnore]
    public bool IsEmpty => LastNumber == 0 && Subscribers.Count == 0;

    /// <summary>Whether an event with this id came lately.</summary>
    public bool HasSeen(string eventId) => (_recent ??= [.. Recent.Select(recent => recent.Id)]).Contains(eventId);

    /// <summary>Whom events of a route wait for.</summary>
    public List<string> SubscribersOf(string? route) => [.. Subscribers.Where(name => !Routes.TryGetValue(name, out var routes) || routes.Contains(route ?? ""))];

    /// <summary>Whether a subscriber is known with just these routes.</summary>
    public bool IsSubscribed(string name, IReadOnlyCollection<string>? routes) =>
        Subscribers.Contains(name) && (Routes.TryGetValue(name, out var present) ? routes is not null && present.Count == routes.Count && present.TrueForAll(routes.Contains) : routes is null);

    public HookEventState? FindWaiting(long number) => Waiting.Find(waiting => waiting.Number == number);

    public HookEventState? FindDead(long number) => Dead.Find(dead => dead.Number == number);

    public void Apply(JournalEntry entry)
    {
        if (entry.Payload.IsEmpty)
        {
            return;
        }

        var payload = entry.Payload.Span;
        switch (entry.Type)
        {
            case HookRecordTypes.Received:
                Take(JsonSerializer.Deserialize(payload, HookJson.Default.HookReceived)!, entry);
                break;
            case HookRecordTypes.Published:
                Publish(JsonSerializer.Deserialize(payload, HookJson.Default.HookPublished)!);
                break;
            case HookRecordTypes.Settled:
                Settle(JsonSerializer.Deserialize(payload, HookJson.Default.HookNote)!);
                break;
            case HookRecordTypes.GivenUp:
                GiveUp(JsonSerializer.Deserialize(payload, HookJson.Default.HookNote)!, entry.At);
                break;
            case HookRecordTypes.Replayed:
                Replay(JsonSerializer.Deserialize(payload, HookJson.Default.HookNote)!.Number, entry.At);
                break;
            case HookRecordTypes.Closed:
                var closed = JsonSerializer.Deserialize(payload, HookJson.Default.HookNote)!.Number;
                Dead.RemoveAll(dead => dead.Number == closed);
                break;
            case HookRecordTypes.Subscribed:
                Join(JsonSerializer.Deserialize(payload, HookJson.Default.HookSubscriber)!);
                break;
            case HookRecordTypes.Removed:
                // Numbers go on: an event of an instance that is created anew is never taken for one of before.
                (Subscribers, Routes, Waiting, Dead, Recent, _recent) = ([], [], [], [], [], null);
                break;
            case HookRecordTypes.Unsubscribed:
                Leave(JsonSerializer.Deserialize(payload, HookJson.Default.HookSubscriber)!.Name);
                break;
        }
    }

    private void Take(HookReceived received, JournalEntry entry)
    {
        for (var at = 0; at < received.Events.Count; at++)
        {
            var happened = received.Events[at];
            Waiting.Add(new HookEventState
            {
                Number = ++LastNumber,
                EventId = happened.Id,
                Type = happened.Type,
                Webhook = received.Webhook,
                Route = happened.Route,
                BodyAt = entry.Sequence,
                Index = at,
                ReceivedAt = entry.At,
                NextAt = entry.At,
            });
            Remember(happened.Id, entry.At);
            if (happened.SignedId is { } signed)
            {
                Remember(signed, entry.At);
            }
        }

        var old = Math.Max(Recent.Count - MaxRecent, Recent.FindIndex(recent => recent.At >= entry.At - RecentFor));
        if (old > 0)
        {
            Recent.RemoveRange(0, old);
            _recent = null;
        }

        Dead.RemoveAll(dead => dead.FailedAt < entry.At - DeadFor);
    }

    private void Remember(string id, DateTimeOffset at)
    {
        Recent.Add(new HookRecent { Id = id, At = at });
        _recent?.Add(id);
    }

    private void Publish(HookPublished published)
    {
        if (FindWaiting(published.Number) is not { } waiting)
        {
            return;
        }

        waiting.Attempts++;
        waiting.OpenFor = [.. published.OpenFor];
        waiting.NextAt = published.NextAt ?? waiting.NextAt;
        if (waiting.OpenFor.Count == 0)
        {
            Waiting.Remove(waiting);
        }
    }

    private void Settle(HookNote settled)
    {
        if ((FindWaiting(settled.Number) ?? FindDead(settled.Number)) is not { OpenFor: { } open } happened)
        {
            return;
        }

        if (settled.Error is { } error)
        {
            happened.Error = error;
            return;
        }

        open.Remove(settled.Subscriber!);
        if (open.Count == 0)
        {
            Waiting.Remove(happened);
            Dead.Remove(happened);
        }
    }

    private void GiveUp(HookNote note, DateTimeOffset at)
    {
        if (FindWaiting(note.Number) is { } waiting)
        {
            Waiting.Remove(waiting);
            waiting.FailedAt = at;
            waiting.Error = note.Error ?? waiting.Error;
            Dead.Add(waiting);
            if (Dead.Count > MaxDead)
            {
                Dead.RemoveAt(0);
            }
        }
    }

    private void Replay(long number, DateTimeOffset at)
    {
        if (FindDead(number) is { } dead)
        {
            Dead.Remove(dead);
            dead.Attempts = 0;
            dead.FailedAt = null;
            dead.NextAt = at;
            Waiting.Add(dead);
        }
    }

    private void Join(HookSubscriber joined)
    {
        if (!Subscribers.Contains(joined.Name))
        {
            Subscribers.Add(joined.Name);
        }

        Routes.Remove(joined.Name);
        if (joined.Routes is { } routes)
        {
            Routes[joined.Name] = [.. routes];
        }
    }

    private void Leave(string name)
    {
        Subscribers.Remove(name);
        Routes.Remove(name);
        foreach (var happened in Waiting.Concat(Dead).Where(happened => happened.OpenFor?.Remove(name) == true && happened.OpenFor.Count == 0).ToList())
        {
            Waiting.Remove(happened);
            Dead.Remove(happened);
        }
    }
}

/// <summary>One event. Its content stays in the journal.</summary>
internal sealed class HookEventState
{
    public required long Number { get; init; }

    public required string EventId { get; init; }

    public required string Type { get; init; }

    public required string Webhook { get; init; }

    /// <summary>Null when it has none.</summary>
    public string? Route { get; init; }

    /// <summary>The sequence number of the entry that holds it.</summary>
    public required long BodyAt { get; init; }

    /// <summary>Its place in that entry.</summary>
    public required int Index { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public required DateTimeOffset NextAt { get; set; }

    /// <summary>Publications since it came, or was asked for again.</summary>
    public int Attempts { get; set; }

    /// <summary>The subscribers that have not settled it; null before it was first published.</summary>
    public List<string>? OpenFor { get; set; }

    public string? Error { get; set; }

    public DateTimeOffset? FailedAt { get; set; }
}

/// <summary>An id that came lately.</summary>
internal sealed record HookRecent
{
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }
}
