using Microsoft.Extensions.Logging;
using Steward.Errors;

namespace Steward.Client;

/// <summary>
/// Repeats idempotent calls on transient failures, with waits drawn evenly from zero to a doubling bound (full jitter), until a total
/// time has passed. Calls that are not idempotent are made once.
/// </summary>
/// <param name="options">Budget and waits.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Even draws from [0, 1).</param>
/// <param name="isTransient">Which failures may be gone in a moment.</param>
/// <param name="logger">Where repetitions are noted.</param>
internal sealed partial class RetryingCaller(
    StewardClientOptions options,
    TimeProvider time,
    Func<double> random,
    Func<Exception, bool> isTransient,
    ILogger logger)
{
    /// <summary>Whether the failure may be gone in a moment.</summary>
    public bool IsTransient(Exception exception) => isTransient(exception);

    /// <summary>Makes a call, and makes it again if that is allowed and helps.</summary>
    /// <param name="operation">Its name, for logs.</param>
    /// <param name="idempotent">Whether making it twice is the same as making it once.</param>
    /// <param name="changes">Whether it changes something.</param>
    /// <param name="state">Handed to <paramref name="call"/>.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Stops the call and the waits.</param>
    public async Task<TResult> CallAsync<TState, TResult>(
        string operation,
        bool idempotent,
        bool changes,
        TState state,
        Func<TState, CancellationToken, Task<TResult>> call,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await call(state, cancellationToken);
            }
#pragma warning disable CA1031 // Each failure becomes either a repetition or the one kind of error that callers know.
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                var delay = DelayAfter(attempt, exception);
                if (!idempotent || !isTransient(exception) || time.GetElapsedTime(started) + delay > options.RetryBudget)
                {
                    throw CallFailures.ToError(exception, changes);
                }

                LogRepeating(logger, operation, attempt + 1, delay, exception.GetType().Name);
                await Task.Delay(delay, time, cancellationToken);
            }
        }
    }

    /// <summary>How long to wait after the failed attempt with this number (from 0).</summary>
    public TimeSpan DelayAfter(int attempt, Exception? failure = null)
    {
        var bound = Math.Min(options.RetryMaxDelay.Ticks, options.RetryBaseDelay.Ticks * Math.Pow(2, Math.Min(attempt, 30)));
        var delay = TimeSpan.FromTicks((long)(bound * random()));
        return failure is StewardException { RetryAfter: { } asked } && asked > delay ? asked : delay;
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Debug, Message = "{Operation} failed with {Failure}; attempt {Attempt} is repeated in {Delay}")]
    private static partial void LogRepeating(ILogger logger, string operation, int attempt, TimeSpan delay, string failure);
}
