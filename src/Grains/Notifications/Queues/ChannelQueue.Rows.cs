using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Errors;
using Steward.Storage;

namespace Steward.Notifications;

/// <content>How rows come in.</content>
internal sealed partial class ChannelQueue
{
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
                Address = notice.Recipient.Email?.ToLowerInvariant() ?? "",
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

    [LoggerMessage(EventId = 1905, Level = LogLevel.Error, Message = "The notice {Notice} of {Tenant} on {Channel} cannot be read; it is a dead letter")]
    private static partial void LogUnreadable(ILogger logger, Exception exception, string notice, string tenant, string channel);
}
