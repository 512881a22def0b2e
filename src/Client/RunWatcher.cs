using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Steward.Errors;
using Steward.Runs;

namespace Steward.Client;

/// <summary>Where the events of one run come from.</summary>
internal interface IRunEventSource
{
    /// <summary>Begins to read after a sequence number. May break off at any time.</summary>
    IAsyncEnumerable<RunEvent> Subscribe(long afterSequence, CancellationToken cancellationToken);

    /// <summary>Called before each step of an enumeration, in the flow that makes it.</summary>
    void Prepare();

    /// <summary>The run's state, or null when it does not exist (yet).</summary>
    Task<RunStatus?> GetStatusAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Turns a source that may break off into one sequence of events without gaps and repetitions, from the number after the one given to the
/// run's end.
/// </summary>
internal sealed partial class RunWatcher(StewardClientOptions options, RetryingCaller caller, TimeProvider time, ILogger logger)
{
    private const int MaxGapsInARow = 5;

    // An attempt that lived for twice the response timeout of a grain call was connected, even if the run had nothing to say.
    private static readonly TimeSpan HealthyAfter = TimeSpan.FromMinutes(1);

    /// <summary>Watches one run.</summary>
    /// <param name="source">The run.</param>
    /// <param name="afterSequence">The last sequence number already seen.</param>
    /// <param name="mayComeLater">Whether to wait for a run that does not exist yet instead of ending with <c>not_found</c>.</param>
    /// <param name="cancellationToken">Stops watching.</param>
    public async IAsyncEnumerable<RunEvent> WatchAsync(
        IRunEventSource source,
        long afterSequence,
        bool mayComeLater,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = afterSequence;
        var failures = 0;
        var gaps = 0;
        long? failingSince = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Exception? failure = null;
            var attemptStarted = time.GetTimestamp();
            var events = source.Subscribe(last, cancellationToken).GetAsyncEnumerator(cancellationToken);
            try
            {
                while (true)
                {
                    RunEvent current;
                    try
                    {
                        source.Prepare();
                        if (!await events.MoveNextAsync())
                        {
                            break;
                        }

                        current = events.Current;
                    }
#pragma warning disable CA1031 // Each failure becomes either a resumption or the one kind of error that callers know.
                    catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
                    {
                        failure = exception;
                        break;
                    }

                    if (current.Sequence <= last)
                    {
                        continue;
                    }

                    if (current.Sequence != last + 1)
                    {
                        failure = new GapException(last, current.Sequence);
                        break;
                    }

                    last = current.Sequence;
                    failures = 0;
                    gaps = 0;
                    failingSince = null;
                    yield return current;
                    if (current.EndsRun)
                    {
                        yield break;
                    }
                }
            }
            finally
            {
                await events.DisposeQuietlyAsync(source.Prepare, failure => LogNotDisposed(logger, failure.GetType().Name));
            }

            if (failure is null)
            {
                // Ended without a last event: the run's owner moved, or there is nothing after the number that was asked for.
                (var ended, failure) = await IsOverAsync(source, last, mayComeLater, cancellationToken);
                if (ended)
                {
                    yield break;
                }
            }

            if (failure is GapException gap && ++gaps > MaxGapsInARow)
            {
                throw new StewardException(ErrorCodes.Internal, $"The run's events after {last} cannot be read.", gap);
            }

            if (failure is not null and not GapException && !caller.IsTransient(failure) && !(mayComeLater && failure is StewardException { Code: ErrorCodes.NotFound }))
            {
                throw CallFailures.ToError(failure, changes: false);
            }

            if (time.GetElapsedTime(attemptStarted) > HealthyAfter)
            {
                failures = 0;
                failingSince = null;
            }

            failingSince ??= time.GetTimestamp();
            var delay = caller.DelayAfter(failures++, failure);
            if (time.GetElapsedTime(failingSince.Value) + delay > options.WatchPatience)
            {
                throw new StewardException(ErrorCodes.Unavailable, $"The run's events cannot be read now. Continue after event {last}.", failure)
                {
                    IsRetryable = true,
                    RetryAfter = TimeSpan.FromSeconds(5),
                };
            }

            LogResuming(logger, last, failures, failure?.GetType().Name ?? "early end");
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    private async Task<(bool Ended, Exception? Failure)> IsOverAsync(IRunEventSource source, long last, bool mayComeLater, CancellationToken cancellationToken)
    {
        try
        {
            source.Prepare();
            var status = await source.GetStatusAsync(cancellationToken);
            if (status is null)
            {
                return (false, mayComeLater ? null : StewardException.NotFound("The run"));
            }

            return (status.HasEnded && status.LastSequence <= last, null);
        }
        catch (Exception exception) when (caller.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            return (false, exception);
        }
    }

    private sealed class GapException(long last, long next) : Exception($"Event {next} came after event {last}.");

    [LoggerMessage(EventId = 2002, Level = LogLevel.Debug, Message = "Watching continues after event {Last}, attempt {Attempt}: {Failure}")]
    private static partial void LogResuming(ILogger logger, long last, int attempt, string failure);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Debug, Message = "An event enumeration could not be closed: {Failure}")]
    private static partial void LogNotDisposed(ILogger logger, string failure);
}
