using System.Text.Json;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Connectors;

/// <summary>Publishes events in their order and decides when they are published again or given up. For the grain's scheduler only.</summary>
internal sealed class HookPublisher(FoldedJournal<HookState> journal, HookOptions options, TimeProvider time)
{
    private readonly IReadOnlyList<TimeSpan> _waits = options.RetryAfter.Count > 0 ? [.. options.RetryAfter] : HookOptions.DefaultRetryAfter;

    /// <summary>Publishes, or gives up, the oldest event that is due.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="publish">Publishes.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> PublishNextAsync(string tenantId, string instance, Func<ConnectorEvent, Task> publish, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (journal.State.Waiting.Where(waiting => waiting.NextAt <= now).MinBy(waiting => waiting.Number) is not { } due)
        {
            return false;
        }

        var open = due.OpenFor ?? journal.State.SubscribersOf(due.Route);
        if (due.Attempts >= _waits.Count && open.Count > 0)
        {
            await GiveUp(due, "not settled in time");
            return true;
        }

        var entry = await journal.ReadAsync(due.BodyAt, cancellationToken);
        if (journal.State.FindWaiting(due.Number) is null)
        {
            // A subscriber was done with its earlier publication meanwhile.
            return true;
        }

        if (entry is null)
        {
            await GiveUp(due, "its content is gone");
            return true;
        }

        var received = JsonSerializer.Deserialize(entry.Payload.Span, HookJson.Default.HookReceived)!.Events[due.Index];
        var happened = new ConnectorEvent
        {
            TenantId = tenantId,
            Instance = instance,
            Number = due.Number,
            EventId = due.EventId,
            Type = due.Type,
            Webhook = due.Webhook,
            Payload = received.Payload,
            ReceivedAt = due.ReceivedAt,
            Attempt = due.Attempts + 1,
            OpenFor = open,
            Route = due.Route ?? "",
        };
        if (open.Count == 0)
        {
            // Nobody says when it is done: it is over only when it is out.
            await publish(happened);
            await Record(due.Number, [], null);
        }
        else
        {
            // Noted first, since a subscriber may settle it before the publication returns. When it does not get out, it is due again after the wait.
            await Record(due.Number, open, now + _waits[due.Attempts]);
            if (journal.State.FindWaiting(due.Number) is null)
            {
                return true;
            }

            await publish(happened);
        }

        HookDiagnostics.Events.Add(1, new KeyValuePair<string, object?>("state", "published"));
        return true;
    }

    /// <summary>When the grain is to be woken once a subscriber has settled an event; 0 when none is over with it.</summary>
    public JournalWake WakeWithout(long number, string? subscriber) =>
        number != 0 && journal.State.FindWaiting(number) is { OpenFor: { } open } && open.TrueForAll(name => name == subscriber)
            ? WakeAt(number, null)
            : new JournalWake(journal.State.NextAt);

    /// <summary>When the grain is to be woken once nothing waits for a subscriber any more; never when nothing else waits.</summary>
    public JournalWake WakeWithoutAll(string subscriber) =>
        new(journal.State.Waiting.Where(waiting => waiting.OpenFor is not { Count: > 0 } open || !open.TrueForAll(name => name == subscriber)).Select(waiting => (DateTimeOffset?)waiting.NextAt).Min());

    private Task<bool> Record(long number, IReadOnlyList<string> open, DateTimeOffset? next) => journal.AppendAsync(
        HookRecordTypes.Published, new HookPublished { Number = number, OpenFor = open, NextAt = next }, HookJson.Default.HookPublished, () => WakeAt(number, next));

    private async Task GiveUp(HookEventState due, string reason)
    {
        HookDiagnostics.Events.Add(1, new KeyValuePair<string, object?>("state", "given_up"));
        var note = new HookNote { Number = due.Number, Error = due.Error ?? reason };
        await journal.AppendAsync(HookRecordTypes.GivenUp, note, HookJson.Default.HookNote, () => WakeAt(due.Number, null));
    }

    // Asked when it is the append's turn: an event that was settled before that waits for nothing, and a wake time of its own would wake the grain for ever.
    private JournalWake WakeAt(long number, DateTimeOffset? own)
    {
        own = journal.State.FindWaiting(number) is null ? null : own;
        var others = journal.State.Waiting.Where(waiting => waiting.Number != number).Select(waiting => (DateTimeOffset?)waiting.NextAt).Min();
        return new JournalWake(own is { } next && (others is null || next < others) ? next : others);
    }
}
