using System.Text.Json;
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
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private const int MostFresh = 10_000;
    private static readonly TimeSpan PlanRetry = TimeSpan.FromSeconds(2);

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
    private ChannelPlan? _plan;
    private long? _planAskedAt;
    private long? _scannedAt;
    private bool _planKnown;
    private bool _planWanted;
    private int _sending;
    private DateTimeOffset _pausedUntil;
    private string? _lastError;
    private bool _stopping;

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

                while (MaySend(now) && _board.TakeDue(now) is { } thread)
                {
                    Send(thread, thread.Head!, now);
                }
            }

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
            running = Task.WhenAll(_running);
        }

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
    }

    private bool MaySend(DateTimeOffset now) =>
        _sending < _parts.Options.Parallel && _pausedUntil <= now && _circuit.WouldEnter(now) && _rate.NextAt(now) <= now;

    private void Send(NoticeThread thread, QueueItem item, DateTimeOffset now)
    {
        if (item.Notice.ExpiresAt <= now)
        {
            Skip(item, "it was not worth sending any more");
            _board.Release(thread);
            return;
        }

        _circuit.TryEnter(now);
        _rate.Take(now);
        _sending++;
        Run(SendAsync(thread, item, _plan!, _parts.Sender!));
    }

    private async Task SendAsync(NoticeThread thread, QueueItem item, ChannelPlan plan, IChannelSender sender)
    {
        // Not with the gate held.
        await Task.Yield();
        SendResult? result = null;
        string? reference = null;
        try
        {
            reference = sender.Traits.CanUpdate ? await ReferenceAsync(item.Row.ThreadId) : null;
            if (reference is null && item.OnlyAsUpdate)
            {
                lock (_gate)
                {
                    _circuit.Abandoned();
                    Skip(item, Superseding.Closed);
                    End(thread);
                }

                return;
            }

            result = await DeliverAsync(sender, new ChannelMessage { Notice = item.Notice, Settings = plan.Settings, Reference = reference, Attempt = item.Row.Attempts + (item.MayHaveBeenTried ? 2 : 1) });
        }
        catch (StorageException exception)
        {
            LogReference(_parts.Logger, exception, _parts.TenantId, _parts.Channel);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The row stays open: it is sent again by whoever comes next.
            return;
        }

        string? nextError = null;
        lock (_gate)
        {
            var now = _parts.Time.GetUtcNow().ToMilliseconds();
            if (result is null)
            {
                // Nothing was sent; neither the notice nor the channel is to blame.
                _circuit.Abandoned();
                item.Row = item.Row with { NextAt = now + TimeSpan.FromSeconds(1) };
                End(thread);
                return;
            }

            NotificationDiagnostics.Attempts.Add(1, Tag(), new("outcome", result.Outcome.ToString().ToLowerInvariant()));
            Judge(result, now);
            var verdict = SendVerdict.Of(item, result, reference, sender.Traits, _retries, now);
            item.Row = verdict.Row;
            if (verdict.Row.Reference is { } known)
            {
                _references.Set(item.Row.ThreadId, known);
            }

            if (!verdict.IsLeaving)
            {
                _table.Update(item.Row);
                if (!item.Row.IsOpen)
                {
                    _board.Remove(item);
                    NotificationDiagnostics.Ended.Add(1, Tag(), new("state", item.Row.Delivery));
                    NotificationDiagnostics.Latency.Record((now - item.DueSince).TotalSeconds, Tag());
                }

                End(thread);
                return;
            }

            // Whoever waits for a place need not wait for this.
            _sending--;
            nextError = item.Row.Error;
        }

        Dispatch();
        await LeaveAsync([(thread, item)], nextError ?? "the channel did not take it");
    }

    private async Task<SendResult> DeliverAsync(IChannelSender sender, ChannelMessage message)
    {
        using var limit = new CancellationTokenSource(_parts.Options.SendTimeout, _parts.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        try
        {
            return await sender.SendAsync(message, either.Token);
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            return new SendResult { Outcome = SendOutcome.Unknown, Error = "the channel did not answer in time" };
        }
#pragma warning disable CA1031 // A sender that fails must not end the queue.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogSender(_parts.Logger, exception, _parts.TenantId, _parts.Channel);
            return new SendResult { Outcome = SendOutcome.FailedForNow, Error = "the channel could not be reached" };
        }
    }

    private async Task<string?> ReferenceAsync(string threadId)
    {
        lock (_gate)
        {
            if (_references.TryGet(threadId, out var known))
            {
                return known;
            }
        }

        var reference = (await _parts.Store.FindReferenceAsync(_parts.TenantId, _parts.Channel, threadId, _stop.Token))?.Reference;
        lock (_gate)
        {
            _references.Set(threadId, reference);
        }

        return reference;
    }

    /// <summary>What an answer says of the channel.</summary>
    private void Judge(SendResult result, DateTimeOffset now)
    {
        switch (result)
        {
            case { Outcome: SendOutcome.FailedForNow, RetryAfter: { } wait }:
                // It asks for rest, which is as good as an answer; all others wait, too.
                var until = now + (wait < LongestPause ? wait : LongestPause);
                _pausedUntil = until > _pausedUntil ? until : _pausedUntil;
                _circuit.Abandoned();
                break;
            case { Outcome: SendOutcome.FailedForNow or SendOutcome.Unknown }:
                _circuit.Failed(now);
                break;
            default:
                _circuit.Succeeded();
                break;
        }

        _lastError = result.Outcome is SendOutcome.FailedForNow or SendOutcome.Unknown ? result.Error ?? "the channel did not take a message" : _circuit.OpenUntil is null ? null : _lastError;
    }

    private void End(NoticeThread thread)
    {
        _sending--;
        Release(thread);
        Dispatch();
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

    [LoggerMessage(EventId = 1903, Level = LogLevel.Warning, Message = "The sender of {Channel} failed for {Tenant}; it is tried again")]
    private static partial void LogSender(ILogger logger, Exception exception, string tenant, string channel);

    [LoggerMessage(EventId = 1904, Level = LogLevel.Warning, Message = "Earlier messages of {Tenant} on {Channel} cannot be looked up now; notices wait")]
    private static partial void LogReference(ILogger logger, Exception exception, string tenant, string channel);
}
