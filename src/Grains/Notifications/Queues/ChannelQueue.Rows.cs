using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Errors;
using Steward.Storage;

namespace Steward.Notifications;

/// <content>How rows come in, and how they leave for other channels.</content>
internal sealed partial class ChannelQueue
{
    private const int PassedAtOnce = 200;

    private NoticeRow RowOf(QueuedNotice queued, DateTimeOffset now)
    {
        try
        {
            var notice = NoticeJson.Read(queued.Notice);
            var document = new QueueDocument { Notice = notice, Next = queued.Next, NotBefore = queued.NotBefore ?? (queued.Again ? now : notice.CreatedAt) };
            return new NoticeRow
            {
                TenantId = _parts.TenantId,
                NoticeId = notice.NoticeId,
                Channel = _parts.Channel,
                ThreadId = notice.ThreadId,
                SubjectId = notice.SubjectId,
                Kind = notice.Kind,
                Recipient = notice.Recipient.UserId,
                Document = JsonSerializer.Serialize(document, NoticeJson.Default.QueueDocument),
                CreatedAt = notice.CreatedAt,
                Delivery = NoticeDelivery.Queued,
                IsOpen = true,
                NextAt = queued.NotBefore,
            };
        }
        catch (JsonException exception)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, "notice: must be one in the form of the notifications engine.", exception) { Field = "notice" };
        }
    }

    /// <summary>Nobody can have tried these before; the gate is held. What is in memory already came from the table, and was told again.</summary>
    private void Adding(IEnumerable<string> noticeIds)
    {
        if (_fresh.Count > MostFresh)
        {
            // Those that are forgotten count as ones that may have been tried.
            _fresh.Clear();
        }

        _fresh.UnionWith(noticeIds.Where(noticeId => !_board.Holds(noticeId)));
    }

    /// <summary>Takes rows that are open; the gate is held.</summary>
    private void Take(IReadOnlyList<NoticeRow> rows)
    {
        var now = _parts.Time.GetUtcNow();
        foreach (var row in rows)
        {
            if (_board.Holds(row.NoticeId) || _table.IsSettling(row.NoticeId))
            {
                continue;
            }

            QueueItem item;
            try
            {
                item = QueueItem.Of(row, mayHaveBeenTried: !_fresh.Remove(row.NoticeId));
            }
            catch (JsonException exception)
            {
                LogUnreadable(_parts.Logger, exception, row.NoticeId, _parts.TenantId, _parts.Channel);
                _table.Update(row with { Delivery = NoticeDelivery.Failed, IsOpen = false, IsDead = true, NextAt = null, Error = "the notice cannot be read" });
                continue;
            }

            if (_parked.Keeps(item, _board.FindThread(row.ThreadId) is not null, now + Horizon, out var company))
            {
                if (company)
                {
                    // What waits for later is needed now: the thread goes in order.
                    _table.Read(fromStart: true);
                }

                continue;
            }

            _board.Add(item);
            if (_board.FindThread(row.ThreadId) is { IsBusy: false } thread)
            {
                Settle(thread);
            }
        }

        Dispatch();
    }

    /// <summary>Whether it is known what the tenant set up; otherwise that is asked for, and this is called again.</summary>
    private bool IsPlanned()
    {
        var isFresh = _planAskedAt is { } at && _parts.Time.GetElapsedTime(at) < _parts.Options.SettingsFor;
        if (!isFresh && !_planWanted && (_board.Count > 0 || !_planKnown))
        {
            _planWanted = true;
            Run(PlanAsync());
        }

        return _planKnown;
    }

    private async Task PlanAsync()
    {
        await Task.Yield();
        ChannelPlan? plan = null;
        var isKnown = false;
        try
        {
            plan = await _parts.Plan(_stop.Token);
            isKnown = true;
        }
#pragma warning disable CA1031 // Those that were known hold; without any nothing is sent until they are.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!_stop.IsCancellationRequested)
            {
                LogNoPlan(_parts.Logger, exception, _parts.TenantId, _parts.Channel);
            }
        }

        lock (_gate)
        {
            _planWanted = false;
            if (isKnown)
            {
                (_plan, _planKnown, _planAskedAt) = (plan, true, _parts.Time.GetTimestamp());
                _rate.Set(plan?.PerSecond ?? 1);
            }
            else
            {
                if (_planKnown)
                {
                    _planAskedAt = _parts.Time.GetTimestamp();
                }
                else
                {
                    if (!_stopping)
                    {
                        _parts.Arm(PlanRetry);
                    }

                    return;
                }
            }
        }

        Dispatch();
    }

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

    [LoggerMessage(EventId = 1905, Level = LogLevel.Error, Message = "The notice {Notice} of {Tenant} on {Channel} cannot be read; it is a dead letter")]
    private static partial void LogUnreadable(ILogger logger, Exception exception, string notice, string tenant, string channel);

    [LoggerMessage(EventId = 1906, Level = LogLevel.Warning, Message = "The settings of {Channel} of {Tenant} cannot be had now; those known before hold")]
    private static partial void LogNoPlan(ILogger logger, Exception exception, string tenant, string channel);

    [LoggerMessage(EventId = 1907, Level = LogLevel.Warning, Message = "{Count} notices of {Tenant} could not be given from {Channel} to {Next} now; it is tried again")]
    private static partial void LogNotPassedOn(ILogger logger, Exception exception, int count, string tenant, string channel, string next);

    [LoggerMessage(EventId = 1908, Level = LogLevel.Warning, Message = "The notice {Notice} ({Kind}) of {Tenant} is a dead letter; its last channel, {Channel}, said: {Error}")]
    private static partial void LogDead(ILogger logger, string notice, string kind, string tenant, string channel, string? error);
}
