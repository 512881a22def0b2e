using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Steward.Errors;
using Steward.Notifications;

namespace Steward.Client;

/// <summary>Turns a source of inbox items that may break off into one sequence without repetitions, which ends only when the caller wants it to.</summary>
internal sealed partial class InboxWatcher(StewardClientOptions options, RetryingCaller caller, TimeProvider time, ILogger logger)
{
    // An attempt that lived for twice the response timeout of a grain call was connected, even if there was nothing to say.
    private static readonly TimeSpan HealthyAfter = TimeSpan.FromMinutes(1);

    /// <summary>Watches one inbox.</summary>
    /// <param name="subscribe">Begins to read after a sequence number. May break off at any time.</param>
    /// <param name="prepare">Called before each step of an enumeration, in the flow that makes it.</param>
    /// <param name="afterSequence">The last sequence number already seen.</param>
    /// <param name="cancellationToken">Stops watching.</param>
    public async IAsyncEnumerable<InboxItem> WatchAsync(
        Func<long, CancellationToken, IAsyncEnumerable<InboxItem>> subscribe,
        Action prepare,
        long afterSequence,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = afterSequence;
        var failures = 0;
        long? failingSince = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Exception? failure = null;
            var began = time.GetTimestamp();
            prepare();
            var items = subscribe(last, cancellationToken).GetAsyncEnumerator(cancellationToken);
            try
            {
                while (true)
                {
                    try
                    {
                        prepare();
                        if (!await items.MoveNextAsync())
                        {
                            break;
                        }
                    }
#pragma warning disable CA1031 // Each failure becomes either a resumption or the one kind of error that callers know.
                    catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
                    {
                        failure = exception;
                        break;
                    }

                    // Items that are no longer kept leave gaps, which are none of the watcher's business.
                    if (items.Current is { } item && item.Sequence > last)
                    {
                        last = item.Sequence;
                        failures = 0;
                        failingSince = null;
                        yield return item;
                    }
                }
            }
            finally
            {
                await items.DisposeQuietlyAsync(prepare, failure => LogNotDisposed(logger, failure.GetType().Name));
            }

            if (failure is not null && !caller.IsTransient(failure))
            {
                throw CallFailures.ToError(failure, changes: false);
            }

            if (time.GetElapsedTime(began) > HealthyAfter)
            {
                failures = 0;
                failingSince = null;
            }

            failingSince ??= time.GetTimestamp();
            var delay = caller.DelayAfter(failures++, failure);
            if (time.GetElapsedTime(failingSince.Value) + delay > options.WatchPatience)
            {
                throw new StewardException(ErrorCodes.Unavailable, $"The inbox cannot be read now. Continue after item {last}.", failure) { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(5) };
            }

            LogResuming(logger, last, failures, failure?.GetType().Name ?? "early end");
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    [LoggerMessage(EventId = 2010, Level = LogLevel.Debug, Message = "Watching an inbox continues after item {Last}, attempt {Attempt}: {Failure}")]
    private static partial void LogResuming(ILogger logger, long last, int attempt, string failure);

    [LoggerMessage(EventId = 2011, Level = LogLevel.Debug, Message = "An enumeration of an inbox could not be closed: {Failure}")]
    private static partial void LogNotDisposed(ILogger logger, string failure);
}
