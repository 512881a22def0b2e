using Microsoft.Extensions.Logging;
using Steward.Storage;

namespace Steward.Notifications;

/// <content>How notices leave for other channels.</content>
internal sealed partial class ChannelQueue
{
    private const int PassedAtOnce = 200;

    // The channel is down: what has waited for as long as its tries would have taken goes to the next one.
    private void LeaveOverdue(DateTimeOffset now) => Leave(item => now - item.DueSince >= SendRetries.Within, "the channel is down");

    private void LeaveAll(string reason) => Leave(item => true, reason);

    private void Leave(Func<QueueItem, bool> which, string reason)
    {
        List<(NoticeThread, QueueItem)> leaving = [];
        foreach (var item in _board.Items.Where(which).ToList())
        {
            // The first of each thread; the others follow.
            if (_board.FindThread(item.Row.ThreadId) is { IsBusy: false } thread && thread.Head == item && leaving.Count < PassedAtOnce)
            {
                thread.IsBusy = true;
                leaving.Add((thread, item));
            }
        }

        if (leaving.Count > 0)
        {
            Run(LeaveAsync(leaving, reason));
        }
    }

    /// <summary>Gives notices, which are the heads of busy threads, to their next channels; those without one are dead letters. Durable there before it is noted here.</summary>
    private async Task LeaveAsync(IReadOnlyList<(NoticeThread Thread, QueueItem Item)> leaving, string reason)
    {
        await Task.Yield();
        foreach (var group in leaving.GroupBy(pair => pair.Item.Next.Count > 0 ? pair.Item.Next[0] : null))
        {
            if (group.Key is { } next)
            {
                var now = _parts.Time.GetUtcNow().ToMilliseconds();
                await PassOnAsync(next, [.. group.Select(pair => new QueuedNotice { Notice = NoticeJson.Write(pair.Item.Notice), Next = [.. pair.Item.Next.Skip(1)], NotBefore = now, Again = true })]);
            }

            if (_stop.IsCancellationRequested)
            {
                return;
            }

            lock (_gate)
            {
                foreach (var (thread, item) in group)
                {
                    item.Row = item.Row with
                    {
                        Delivery = item.Row.Delivery == NoticeDelivery.Queued ? NoticeDelivery.Failed : item.Row.Delivery,
                        IsOpen = false,
                        IsDead = group.Key is null,
                        NextAt = null,
                        Error = item.Row.Error ?? reason,
                    };
                    _table.Update(item.Row);
                    _board.Remove(item);
                    NotificationDiagnostics.Ended.Add(1, Tag(), new("state", item.Row.IsDead ? "dead" : "passed_on"));
                    if (item.Row.IsDead)
                    {
                        LogDead(_parts.Logger, item.Row.NoticeId, item.Row.Kind, _parts.TenantId, _parts.Channel, item.Row.Error);
                    }

                    Release(thread);
                }
            }
        }

        Dispatch();
    }

    private async Task PassOnAsync(string next, IReadOnlyList<QueuedNotice> notices)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _parts.PassOn(next, notices);
                return;
            }
#pragma warning disable CA1031 // They stay here until they stand there.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (_stop.IsCancellationRequested)
                {
                    return;
                }

                LogNotPassedOn(_parts.Logger, exception, notices.Count, _parts.TenantId, _parts.Channel, next);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(30_000, 100 * Math.Pow(2, attempt))), _parts.Time, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    [LoggerMessage(EventId = 1907, Level = LogLevel.Warning, Message = "{Count} notices of {Tenant} could not be given from {Channel} to {Next} now; it is tried again")]
    private static partial void LogNotPassedOn(ILogger logger, Exception exception, int count, string tenant, string channel, string next);

    [LoggerMessage(EventId = 1908, Level = LogLevel.Warning, Message = "The notice {Notice} ({Kind}) of {Tenant} is a dead letter; its last channel, {Channel}, said: {Error}")]
    private static partial void LogDead(ILogger logger, string notice, string kind, string tenant, string channel, string? error);
}
