using Microsoft.Extensions.Logging;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>
/// A channel's part of the notification table: writes and reads it for as much as has gathered meanwhile, one step after the other, so that what is read is never older than what was written. Safe for concurrent use.
/// </summary>
/// <param name="tenantId">The tenant.</param>
/// <param name="channel">The channel.</param>
/// <param name="store">The table.</param>
/// <param name="time">The clock.</param>
/// <param name="gate">Guards what is here and what the owner keeps.</param>
/// <param name="window">How many notices the owner takes at most.</param>
/// <param name="held">How many it has; called with the gate held.</param>
/// <param name="adding">Told of the notices that are new, or are about to be; called with the gate held, once what was there before was read.</param>
/// <param name="take">Hands rows that are open to the owner; called with the gate held.</param>
/// <param name="logger">The log.</param>
internal sealed partial class QueueTable(
    string tenantId, string channel, INotificationStore store, TimeProvider time, Lock gate, int window, Func<int> held, Action<IEnumerable<string>> adding, Action<IReadOnlyList<NoticeRow>> take,
    ILogger logger) : IDisposable
{
    private const int Page = 500;
    private const int MostAtOnce = 2000;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly List<Arrival> _arrivals = [];
    private readonly Dictionary<string, NoticeRow> _updates = new(StringComparer.Ordinal);
    private readonly HashSet<string> _writing = new(StringComparer.Ordinal);
    private readonly List<(string ThreadId, string Engagement)> _engagements = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private bool _isWorking;
    private bool _hasMore;
    private bool _fromStart;
    private long _after;

    /// <summary>Adds rows; durable when this returns.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="again">Those of them, by notice, that are opened again if they failed before.</param>
    public Task AddAsync(IReadOnlyList<NoticeRow> rows, IReadOnlyList<string> again)
    {
        var arrival = new Arrival(rows, again);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            _arrivals.Add(arrival);
            Work();
        }

        return arrival.Done.Task;
    }

    /// <summary>Writes what became of a row, soon. Until then it is not read again.</summary>
    public void Update(NoticeRow row)
    {
        lock (gate)
        {
            _updates[row.NoticeId] = row;
            Work();
        }
    }

    /// <summary>Notes soon what a person did with a thread's message.</summary>
    public void Engage(string threadId, string engagement)
    {
        lock (gate)
        {
            _engagements.Add((threadId, engagement));
            Work();
        }
    }

    /// <summary>Reads what is open and not in memory, as far as there is room.</summary>
    /// <param name="fromStart">Whether everything is read again.</param>
    public void Read(bool fromStart)
    {
        lock (gate)
        {
            _fromStart |= fromStart;
            _hasMore |= fromStart;
            Work();
        }
    }

    /// <summary>Whether what is in the table about a notice is out of date; the gate is held.</summary>
    public bool IsSettling(string noticeId) => _updates.ContainsKey(noticeId) || _writing.Contains(noticeId);

    /// <summary>Completes when all that was asked for is written, or the store fails.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        Task work;
        lock (gate)
        {
            work = _work;
        }

        await work.WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        _stop.Cancel();
        await work.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private void Work()
    {
        if (!_isWorking && HasWork() && !_stop.IsCancellationRequested)
        {
            _isWorking = true;
            _work = WorkAsync();
        }
    }

    // A few free places are not worth a read.
    private bool HasWork() => _arrivals.Count > 0 || _updates.Count > 0 || _engagements.Count > 0 || (_hasMore && window - held() >= Math.Max(1, Math.Min(Page, window) / 5));

    private async Task WorkAsync()
    {
        // Not with the gate held, and after what else comes in this moment.
        await Task.Yield();
        var failures = 0;
        while (true)
        {
            List<Arrival> arrivals;
            List<NoticeRow> updates;
            List<(string ThreadId, string Engagement)> engagements;
            lock (gate)
            {
                if (!HasWork() || _stop.IsCancellationRequested)
                {
                    _isWorking = false;
                    Refuse([.. _arrivals], new ObjectDisposedException(nameof(QueueTable)));
                    _arrivals.Clear();
                    return;
                }

                arrivals = TakeArrivals();
                updates = [.. _updates.Values];
                engagements = [.. _engagements];
                _updates.Clear();
                _engagements.Clear();
                _writing.UnionWith(updates.Select(row => row.NoticeId));
            }

            try
            {
                if (_fromStart)
                {
                    // What was there before is told apart from what comes now.
                    await ReadAsync();
                }

                await AddAsync(arrivals);
                await UpdateAsync(updates);
                updates.Clear();
                await EngageAsync(engagements);
                engagements.Clear();
                await ReadAsync();
                failures = 0;
            }
#pragma warning disable CA1031 // What could not be written is written later; what could not be read stays in the table.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (failures++ == 0 && !_stop.IsCancellationRequested)
                {
                    LogFailed(logger, exception, tenantId, channel);
                }

                Refuse(arrivals, exception);
                PutBack(updates, engagements);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(LongestWait.TotalMilliseconds, 20 * Math.Pow(2, failures))), time, _stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private List<Arrival> TakeArrivals()
    {
        var (count, rows) = (0, 0);
        while (count < _arrivals.Count && (count == 0 || rows + _arrivals[count].Rows.Count <= MostAtOnce))
        {
            rows += _arrivals[count++].Rows.Count;
        }

        var taken = _arrivals.GetRange(0, count);
        _arrivals.RemoveRange(0, count);
        return taken;
    }

    private async Task AddAsync(List<Arrival> arrivals)
    {
        if (arrivals.Count == 0)
        {
            return;
        }

        lock (gate)
        {
            // Those that are opened again were tried.
            adding(arrivals.SelectMany(arrival => arrival.Rows.Select(row => row.NoticeId).Except(arrival.Again, StringComparer.Ordinal)));
        }

        try
        {
            await store.AddAsync([.. arrivals.SelectMany(arrival => arrival.Rows)], _stop.Token);
            foreach (var noticeId in arrivals.SelectMany(arrival => arrival.Again).Distinct(StringComparer.Ordinal))
            {
                await ReopenAsync(noticeId);
            }
        }
        catch (Exception exception)
        {
            // Whoever brought them brings them again; some may stand already.
            lock (gate)
            {
                _hasMore = true;
            }

            Refuse(arrivals, exception);
            throw;
        }

        lock (gate)
        {
            _hasMore = true;
        }

        foreach (var arrival in arrivals)
        {
            arrival.Done.TrySetResult();
        }
    }

    private async Task ReopenAsync(string noticeId)
    {
        var row = (await store.FindAsync(tenantId, noticeId, _stop.Token)).FirstOrDefault(row => row.Channel == channel);
        if (row is null || row.IsOpen || !(row.IsDead || NoticeDelivery.HasFailed(row.Delivery)))
        {
            return;
        }

        var reopened = row with { IsOpen = true, IsDead = false, Delivery = NoticeDelivery.Queued, Attempts = 0, NextAt = null, Error = null };
        await store.UpdateAsync([reopened], _stop.Token);
        lock (gate)
        {
            take([reopened]);
        }
    }

    private async Task UpdateAsync(List<NoticeRow> updates)
    {
        if (updates.Count == 0)
        {
            return;
        }

        await store.UpdateAsync(updates, _stop.Token);
        lock (gate)
        {
            _writing.Clear();
        }
    }

    private async Task EngageAsync(List<(string ThreadId, string Engagement)> engagements)
    {
        List<NoticeRow> rows = [];
        foreach (var (threadId, engagement) in engagements.DistinctBy(note => note))
        {
            var at = rows.FindIndex(row => row.ThreadId == threadId);
            var row = at >= 0 ? rows[at] : await store.FindReferenceAsync(tenantId, channel, threadId, _stop.Token);
            if (row is null || !NoticeEngagement.IsMore(row.Engagement, engagement))
            {
                continue;
            }

            // Who saw it got it.
            row = row with { Engagement = engagement, Delivery = row.Delivery == NoticeDelivery.Sent ? NoticeDelivery.Delivered : row.Delivery };
            if (at >= 0)
            {
                rows[at] = row;
            }
            else
            {
                rows.Add(row);
            }
        }

        if (rows.Count > 0)
        {
            await store.UpdateAsync(rows, _stop.Token);
        }
    }

    private async Task ReadAsync()
    {
        int limit;
        long after;
        lock (gate)
        {
            limit = _hasMore ? Math.Min(window - held(), Page) : 0;
            if (limit <= 0)
            {
                return;
            }

            after = _fromStart ? 0 : _after;
            _fromStart = false;
        }

        IReadOnlyList<NoticeRow> rows;
        try
        {
            rows = await store.ListOpenAsync(tenantId, channel, after, limit, _stop.Token);
        }
        catch
        {
            lock (gate)
            {
                _fromStart |= after == 0;
            }

            throw;
        }

        lock (gate)
        {
            _after = rows.Count > 0 ? rows[^1].Number : after;
            _hasMore = rows.Count == limit || _fromStart;
            take(rows);
        }
    }

    private void PutBack(List<NoticeRow> updates, List<(string ThreadId, string Engagement)> engagements)
    {
        lock (gate)
        {
            foreach (var row in updates)
            {
                _updates.TryAdd(row.NoticeId, row);
            }

            _writing.Clear();
            _engagements.InsertRange(0, engagements);
        }
    }

    private static void Refuse(List<Arrival> arrivals, Exception exception)
    {
        foreach (var arrival in arrivals)
        {
            arrival.Done.TrySetException(exception);
        }
    }

    private sealed record Arrival(IReadOnlyList<NoticeRow> Rows, IReadOnlyList<string> Again)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(EventId = 1901, Level = LogLevel.Warning, Message = "The notices of {Tenant} on {Channel} cannot be written or read now; it will be tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string tenant, string channel);
}
