using Microsoft.Extensions.Logging;
using Steward.Engines.Notifications;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>
/// Sends what the notification table holds for one channel of a tenant: threads beside each other, each in order; within the channel's rate; again when the channel did not take it, and then by the next channel. The table is the
/// truth; here is a bounded part of it. Safe for concurrent use; knows no grains.
/// </summary>
internal sealed partial class ChannelQueue : IDisposable
{
    // What is due later stays in the table.
    private static readonly TimeSpan Horizon = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan BetweenOverdue = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenScans = TimeSpan.FromMinutes(10);

    // Whoever waits for one of the silo's places stays in memory and is called when it has one.
    private static readonly TimeSpan BetweenPlaces = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private const int MostFresh = 10_000;
    private const string Defect = "it met a defect";

    private readonly ChannelQueueParts _parts;
    private readonly Lock _gate = new();
    private readonly QueueBoard _board = new();
    private readonly QueueTable _table;
    private readonly SendRate _rate = new();
    private readonly SendRetries _retries;
    private readonly ChannelCircuit _circuit;
    private readonly ParkedThreads _parked = new();
    private readonly KnownReferences _references = new();
    private readonly HashSet<Task> _running = [];
    private readonly HashSet<string> _fresh = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _noMore = new();
    private ChannelPlan? _plan;
    private long? _planAskedAt;
    private long? _scannedAt;
    private bool _planKnown;
    private bool _planWanted;
    private int _sending;
    private DateTimeOffset _pausedUntil;
    private string? _lastError;
    private bool _stopping;
    private bool _waitsForPlace;
    private bool _hasPlace;

    public ChannelQueue(ChannelQueueParts parts)
    {
        _parts = parts;
        _retries = new SendRetries(parts.Random);
        _circuit = new ChannelCircuit(parts.Random);
        _table = new QueueTable(parts.TenantId, parts.Channel, parts.Store, parts.Time, _gate, parts.Options.Window, () => _board.Count, Adding, Take, parts.Logger);
    }

    /// <summary>Notices that wait, as far as they are known here, and since when the oldest has been due; what went wrong last, while it does.</summary>
    public (int Waiting, DateTimeOffset? OldestAt, string? LastError) Info()
    {
        lock (_gate)
        {
            return (_board.Count + _parked.Count, _board.Count == 0 ? null : _board.Items.Min(item => item.DueSince), _lastError);
        }
    }

    /// <summary>Takes notices; durable when this returns.</summary>
    public Task EnqueueAsync(IReadOnlyList<QueuedNotice> notices)
    {
        var now = _parts.Time.GetUtcNow().ToMilliseconds();
        var rows = notices.Select(queued => RowOf(queued, now)).ToList();
        NotificationDiagnostics.Accepted.Add(rows.Count, Tag());
        return _table.AddAsync(rows, [.. notices.Zip(rows).Where(pair => pair.First.Again).Select(pair => pair.Second.NoticeId)]);
    }

    /// <summary>Notes what a person did with a thread's message.</summary>
    public void Engage(string threadId, string engagement) => _table.Engage(threadId, engagement);

    /// <summary>Goes on: whatever is open in the table and not in memory is taken up, unless that was looked for lately and there is something to do.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            if (_board.Count == 0 || _scannedAt is not { } at || _parts.Time.GetElapsedTime(at) > BetweenScans)
            {
                _scannedAt = _parts.Time.GetTimestamp();
                _parked.Clear();
                _table.Read(fromStart: true);
            }
        }

        Dispatch();
    }

    /// <summary>Sends what is due, as far as may be, and asks to be called again when something else is.</summary>
    public void Dispatch()
    {
        lock (_gate)
        {
            if (_stopping || !IsPlanned())
            {
                return;
            }

            var now = _parts.Time.GetUtcNow();
            if (_parked.Until <= now)
            {
                _parked.Clear();
                _table.Read(fromStart: true);
            }

            if (_plan is null || _parts.Sender is null)
            {
                LeaveAll("this channel is not set up");
            }
            else
            {
                if (_circuit.OpenUntil is not null)
                {
                    LeaveOverdue(now);
                }

                while (MaySend(now) && _board.NextAt <= now && TryTakePlace())
                {
                    if (_board.TakeDue(now) is not { } thread || !TrySend(thread, thread.Head!, now))
                    {
                        _parts.Places.Give();
                    }
                }
            }

            GivePlaceBack();
            Measure(now);
            Rearm(now);
        }
    }

    /// <summary>Lets what is on its way arrive, writes what became of it, and sends nothing more.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        Task running;
        lock (_gate)
        {
            _stopping = true;
            GivePlaceBack();
            running = Task.WhenAll(_running);
        }

        await _noMore.CancelAsync();
        await running.WaitAsync(patience, _parts.Time).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        _stop.Cancel();
        await running.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        await _table.StopAsync(patience);
        NotificationDiagnostics.Depths.Forget(_parts.TenantId, _parts.Channel);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _table.Dispose();
        _stop.Dispose();
        _noMore.Dispose();
    }

    private bool MaySend(DateTimeOffset now) =>
        _sending < _parts.Options.Parallel && _pausedUntil <= now && _circuit.WouldEnter(now) && _rate.NextAt(now) <= now;

    /// <summary>Begins to send; false when it is not worth it any more.</summary>
    private bool TrySend(NoticeThread thread, QueueItem item, DateTimeOffset now)
    {
        if (item.Notice.ExpiresAt <= now)
        {
            Skip(item, "it was not worth sending any more");
            _board.Release(thread);
            return false;
        }

        _circuit.TryEnter(now);
        _rate.Take(now);
        _sending++;
        Run(SendAsync(new Sending(thread, item), _plan!, _parts.Sender!));
        return true;
    }

    /// <summary>One of the silo's places; when there is none, it is waited for beside everything else.</summary>
    private bool TryTakePlace()
    {
        if (_hasPlace)
        {
            _hasPlace = false;
            return true;
        }

        if (!_waitsForPlace && _parts.Places.TryTake())
        {
            return true;
        }

        if (!_waitsForPlace)
        {
            _waitsForPlace = true;
            _ = WaitForPlaceAsync();
        }

        return false;
    }

    private async Task WaitForPlaceAsync()
    {
        try
        {
            await _parts.Places.WaitAsync(_parts.TenantId, _noMore.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (_gate)
        {
            _waitsForPlace = false;
            _hasPlace = true;
            if (_stopping)
            {
                GivePlaceBack();
                return;
            }
        }

        Dispatch();
    }

    /// <summary>What was waited for and is not needed any more is for others.</summary>
    private void GivePlaceBack()
    {
        if (_hasPlace)
        {
            _hasPlace = false;
            _parts.Places.Give();
        }
    }

    private void Release(NoticeThread thread)
    {
        thread.IsBusy = false;
        Settle(thread);
        _board.Release(thread);
    }

    private void Settle(NoticeThread thread)
    {
        foreach (var (item, reason) in Superseding.Settle(thread.Items))
        {
            Skip(item, reason);
        }
    }

    private void Skip(QueueItem item, string reason)
    {
        item.Row = item.Row with { Delivery = item.MayBeOut ? NoticeDelivery.Unknown : NoticeDelivery.Skipped, IsOpen = false, NextAt = null, Error = reason };
        _table.Update(item.Row);
        _board.Remove(item);
        NotificationDiagnostics.Ended.Add(1, Tag(), new("state", "skipped"));
    }

    private void Run(Task task)
    {
        _running.Add(task);
        _ = Forget();

        async Task Forget()
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            lock (_gate)
            {
                _running.Remove(task);
            }

            if (task.Exception is { } exception)
            {
                LogDefect(_parts.Logger, exception, _parts.TenantId, _parts.Channel);
            }
        }
    }

    private void Rearm(DateTimeOffset now)
    {
        var next = DateTimeOffset.MaxValue;
        if (_board.NextAt is { } due && _sending < _parts.Options.Parallel)
        {
            next = _circuit.IsProbing ? next : Latest(due, _pausedUntil, _rate.NextAt(now), _circuit.OpenUntil ?? due);
            next = _waitsForPlace && next <= now ? now + BetweenPlaces : next;
            next = _circuit.OpenUntil is not null && now + BetweenOverdue is var look && look < next ? look : next;
        }

        next = _parked.Until is { } until && until < next ? until : next;
        _parts.Arm(next == DateTimeOffset.MaxValue ? Timeout.InfiniteTimeSpan : next > now ? next - now : TimeSpan.FromMilliseconds(1));
    }

    private static DateTimeOffset Latest(params ReadOnlySpan<DateTimeOffset> times)
    {
        var latest = DateTimeOffset.MinValue;
        foreach (var time in times)
        {
            latest = time > latest ? time : latest;
        }

        return latest;
    }

    private void Measure(DateTimeOffset now)
    {
        var oldest = _board.NextAt is { } due && due < now ? now - due : TimeSpan.Zero;
        NotificationDiagnostics.Depths.Set(_parts.TenantId, _parts.Channel, _board.Count + _parked.Count, oldest);
    }

    private KeyValuePair<string, object?> Tag() => new("channel", _parts.Channel);

    [LoggerMessage(EventId = 1902, Level = LogLevel.Error, Message = "A notice of {Tenant} on {Channel} met a defect; it is sent again after the queue was loaded again")]
    private static partial void LogDefect(ILogger logger, Exception exception, string tenant, string channel);
}
