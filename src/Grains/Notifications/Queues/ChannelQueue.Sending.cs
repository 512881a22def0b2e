using Microsoft.Extensions.Logging;
using Steward.Engines.Notifications;
using Steward.Storage;

namespace Steward.Notifications;

/// <content>How one notice is sent, and what follows from the answer.</content>
internal sealed partial class ChannelQueue
{
    private async Task SendAsync(Sending sending, ChannelPlan plan, IChannelSender sender)
    {
        // Not with the gate held.
        await Task.Yield();
        try
        {
            await TryAsync(sending, plan, sender);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The row stays open: it is sent again by whoever comes next.
        }
#pragma warning disable CA1031 // Whatever went wrong, neither the place nor the thread may be lost with it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogDefect(_parts.Logger, exception, _parts.TenantId, _parts.Channel);
            GiveUp(sending);
        }
    }

    private async Task TryAsync(Sending sending, ChannelPlan plan, IChannelSender sender)
    {
        var item = sending.Item;
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
                    End(sending);
                }

                return;
            }

            result = await DeliverAsync(sender, item, new ChannelMessage { Notice = item.Notice, Settings = plan.Settings, Reference = reference, MayBeOut = item.MayBeOut || item.MayHaveBeenTried });
        }
        catch (StorageException exception)
        {
            LogReference(_parts.Logger, exception, _parts.TenantId, _parts.Channel);
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
                End(sending);
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

                End(sending);
                return;
            }

            // Whoever waits for a place need not wait for this.
            LeavePlace(sending);
            sending.IsReleased = true;
            nextError = item.Row.Error;
        }

        Dispatch();
        await LeaveAsync([(sending.Thread, item)], nextError ?? "the channel did not take it");
    }

    private async Task<SendResult> DeliverAsync(IChannelSender sender, QueueItem item, ChannelMessage message)
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
            // How far it came nobody can say.
            LogSender(_parts.Logger, exception, _parts.TenantId, _parts.Channel);
            item.MayHaveBeenTried = true;
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
            case { Outcome: SendOutcome.FailedForNow, RetryAfter: not null, IsOfRecipient: true }:
                _circuit.Abandoned();
                break;
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

    /// <summary>A defect came in between: the notice has used up one of its tries.</summary>
    private void GiveUp(Sending sending)
    {
        lock (_gate)
        {
            var item = sending.Item;
            _circuit.Abandoned();
            LeavePlace(sending);
            if (sending.IsReleased || !_board.Holds(item.Row.NoticeId))
            {
                LeaveThread(sending);
            }
            else if (_retries.After(item.Row.Attempts + 1, null) is { } wait)
            {
                item.Row = item.Row with { Attempts = item.Row.Attempts + 1, NextAt = _parts.Time.GetUtcNow().ToMilliseconds() + wait, Error = Defect };
                _table.Update(item.Row);
                LeaveThread(sending);
            }
            else
            {
                Run(LeaveAsync([(sending.Thread, item)], Defect));
            }
        }

        Dispatch();
    }

    /// <summary>A notice needs neither its place nor its thread any more; the gate is held.</summary>
    private void End(Sending sending)
    {
        LeavePlace(sending);
        LeaveThread(sending);
        Dispatch();
    }

    private void LeavePlace(Sending sending)
    {
        if (!sending.HasLeft)
        {
            sending.HasLeft = true;
            _sending--;
            _parts.Places.Give();
        }
    }

    private void LeaveThread(Sending sending)
    {
        if (!sending.IsReleased)
        {
            sending.IsReleased = true;
            Release(sending.Thread);
        }
    }

    /// <summary>A notice on its way: one of the places of the channel, and its thread, are taken until each is given back, once.</summary>
    private sealed class Sending(NoticeThread thread, QueueItem item)
    {
        public NoticeThread Thread => thread;

        public QueueItem Item => item;

        /// <summary>Whether its place is given back.</summary>
        public bool HasLeft { get; set; }

        /// <summary>Whether its thread is given back.</summary>
        public bool IsReleased { get; set; }
    }

    [LoggerMessage(EventId = 1903, Level = LogLevel.Warning, Message = "The sender of {Channel} failed for {Tenant}; it is tried again")]
    private static partial void LogSender(ILogger logger, Exception exception, string tenant, string channel);

    [LoggerMessage(EventId = 1904, Level = LogLevel.Warning, Message = "Earlier messages of {Tenant} on {Channel} cannot be looked up now; notices wait")]
    private static partial void LogReference(ILogger logger, Exception exception, string tenant, string channel);
}
