namespace Steward.Connectors;

/// <summary>By when one request of an external system is answered: before its sender stops waiting, with time left for the way back.</summary>
internal sealed class HookDeadline(TimeProvider time)
{
    /// <summary>What is kept to before anybody says how soon the sender wants an answer: three seconds, the shortest that products ask for.</summary>
    public static readonly TimeSpan DefaultReplyWithin = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LongestWay = TimeSpan.FromMilliseconds(500);
    private readonly long _began = time.GetTimestamp();

    /// <summary>How long the request may take here.</summary>
    public TimeSpan Patience { get; private set; } = PatienceOf(DefaultReplyWithin);

    /// <summary>How long a request may take of which the sender wants an answer within a time: half a second is left for the way, or a fifth of the time when it is short.</summary>
    public static TimeSpan PatienceOf(TimeSpan replyWithin) => replyWithin - (replyWithin / 5 < LongestWay ? replyWithin / 5 : LongestWay);

    /// <summary>Says how soon the sender wants an answer; null when nobody knows.</summary>
    public void ReplyWithin(TimeSpan? replyWithin) => Patience = PatienceOf(replyWithin ?? DefaultReplyWithin);

    /// <summary>Waits for some work as long as the sender does. The work itself goes on.</summary>
    /// <exception cref="Exception">The work failed in time.</exception>
    public async Task<(bool IsInTime, T? Value)> KeepAsync<T>(Task<T> work)
    {
        var left = Patience - time.GetElapsedTime(_began);
        if (!work.IsCompleted && left > TimeSpan.Zero)
        {
            await ((Task)work).WaitAsync(left, time).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }

        if (work.IsCompleted)
        {
            return (true, await work);
        }

        // What becomes of it later, nobody waits for.
        _ = work.ContinueWith(static late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return (false, default);
    }
}
