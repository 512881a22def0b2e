using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Identity;
using Steward.Runs;
using Steward.Storage;

namespace Steward.Sessions;

/// <summary>How a session brings its runs on. The messages are durable already, so a failure here only delays them.</summary>
internal sealed partial class SessionGrain
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    // Longer than a cluster takes to notice that a silo's process is gone, shorter than a caller waits.
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan StartPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Brings every message without an end to where it has to be; all of it may have been done before.</summary>
    private async Task Advance(TimeSpan patience, bool onlyFirst = false)
    {
        foreach (var (pending, queued) in Conversation.Pending.Take(onlyFirst ? 1 : int.MaxValue).Select((pending, i) => (pending, i > 0)).ToList())
        {
            if (Conversation.IsSuperseded(pending.Message.RunId))
            {
                await Stop(pending.Message.RunId);
            }
            else
            {
                await Start(pending, queued, patience);
            }
        }

        foreach (var pending in onlyFirst ? [] : Conversation.Unstarted.ToList())
        {
            await StartInBackground(pending, patience);
        }
    }

    private async Task<bool> StartInBackground(PendingMessage pending, TimeSpan patience)
    {
        if (!await Start(pending, queued: false, patience))
        {
            return false;
        }

        // From here on the run tells by itself when it has ended: the session need not be woken for it any more.
        var runId = pending.Message.RunId;
        var isRemembered = await IsRemembered(runId);
        await Append(open: !isRemembered || IsOpenBesides(runId), (SessionRecordTypes.Detached, new RunDetached { RunId = runId, Unremembered = !isRemembered }, null));
        return true;
    }

    /// <summary>Starts the run, or lets it be known as queued.</summary>
    /// <param name="pending">The message.</param>
    /// <param name="queued">Whether the run has to wait.</param>
    /// <param name="patience">
    /// How long to repeat a call that is rejected because the run's silo, or the one that knows where it lives, has just been lost. A caller that
    /// asks for the run at once then finds it.
    /// </param>
    private Task<bool> Start(PendingMessage pending, bool queued, TimeSpan patience = default)
    {
        var command = ToStart(pending.Message, pending.Sequence) with { Queued = queued };
        return Tell(pending.Message.RunId, patience, run => run.Start(command));
    }

    /// <summary>
    /// Starts the run of a message, which waits for no other, while the message is being made durable. What the run does meanwhile leaves no trace: it records nothing, and is seen by nobody, before it is
    /// told that the message stands. Should it be lost before it has recorded anything, this session's open journal brings it back.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="watches">Whether the sender tells nobody of the run before its first event, and so need not wait for its beginning.</param>
    /// <param name="append">Makes it durable.</param>
    /// <returns>What <paramref name="append"/> returns, null when the message stands; and whether the run is known, or about to be.</returns>
    private async Task<(JournalEntry? Earlier, bool IsTold)> BeginAhead(UserMessageAccepted message, bool watches, Func<Task<JournalEntry?>> append)
    {
        var command = ToStart(message, long.MaxValue) with { Ticket = RandomNumberGenerator.GetHexString(24) };
        var (isDurable, isUnderWay, isTold) = (false, false, true);
        JournalEntry? earlier;
        var start = Tell(message.RunId, StartPatience, run => run.Start(isDurable ? command with { Ticket = null } : command));
        try
        {
            earlier = await append();
            isDurable = earlier is null;
        }
        finally
        {
            // A run that is not told gives up by itself, and is started again if the message stands.
            await Tell(message.RunId, TimeSpan.Zero, async run => isUnderWay = await run.Confirm(command.Ticket, isDurable));
            if (!watches || !isUnderWay || !isDurable)
            {
                // Whoever is told of the run finds it, whatever is lost then.
                isTold = await start;
            }
        }

        return (earlier, isTold);
    }

    private StartRun ToStart(UserMessageAccepted message, long before) => new()
    {
        SessionKey = Key,
        Text = message.Text,
        Requester = message.Requester,
        Context = Conversation.Recall(_time.GetUtcNow(), before),
        Deadline = message.Deadline,
        Options = message.Options,
        ContentEra = Conversation.RetiredAt,
    };

    /// <summary>Stops a run because a newer message took its place.</summary>
    private Task<bool> Stop(string runId) => Tell(runId, StartPatience, async run =>
    {
        var command = new CancelRun { Reason = "A newer message took its place." };
        if (await run.Cancel(command) is null && Conversation.Pending.FirstOrDefault(message => string.Equals(message.Message.RunId, runId, StringComparison.Ordinal)) is { } pending)
        {
            // It was never heard of: as one that waits it ends before it began.
            await Start(pending, queued: true);
            _platform.Assume(TenantId);
            await run.Cancel(command);
        }
    });

    private async Task<bool> Tell(string runId, TimeSpan patience, Func<IRunGrain, Task> call)
    {
        try
        {
            _platform.Assume(TenantId);
            var run = GrainFactory.GetGrain<IRunGrain>(GrainKeys.Run(TenantId, runId));
            var started = _time.GetTimestamp();
            while (true)
            {
                try
                {
                    await call(run);
                    return true;
                }
                catch (OrleansMessageRejectionException) when (_time.GetElapsedTime(started) < patience)
                {
                    await Task.Delay(StartPause, _time);
                }
            }
        }
#pragma warning disable CA1031 // Whatever went wrong, it must be tried again: by a timer, and after a loss of this activation by the watchdog.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTold(_logger, exception, Key, runId);
            ResumeSoon();
            return false;
        }
    }

    private void ResumeSoon(TimeSpan? after = null) => _retry ??= this.RegisterGrainTimer(
        async _ =>
        {
            // Which cancels the timer's token.
            _retry?.Dispose();
            _retry = null;
            _platform.Assume(TenantId);
            await this.AsReference<ISessionGrain>().Resume(CancellationToken.None);
        },
        new GrainTimerCreationOptions(after ?? RetryAfter, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });

    [LoggerMessage(EventId = 1101, Level = LogLevel.Warning, Message = "Session {Session} could not tell run {RunId} to start or stop; it will be tried again")]
    private static partial void LogNotTold(ILogger logger, Exception exception, string session, string runId);
}
