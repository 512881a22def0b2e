namespace Steward.Notifications;

/// <summary>
/// When a notice that a channel did not take is tried again: exponentially, with full jitter, so that a channel that comes back is not run over; after the last time, never. The first comes within 100 to 300 ms, so that
/// single faults do not show. Pure.
/// </summary>
/// <param name="random">Even draws from [0, 1).</param>
internal sealed class SendRetries(Func<double> random)
{
    /// <summary>How often a notice is tried again.</summary>
    public const int Most = 8;

    /// <summary>How long a notice is tried on one channel at most.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.3);
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(0.1);

    // The longest waits add up to Within.
    private const double Factor = 3.29;

    /// <summary>The longest wait before a try.</summary>
    /// <param name="retry">Which one, from 1.</param>
    public static TimeSpan Longest(int retry) => First * Math.Pow(Factor, retry - 1);

    /// <summary>How long to wait; null when it is not tried again.</summary>
    /// <param name="attempts">How often it was tried.</param>
    /// <param name="asked">How long the channel asked to wait.</param>
    public TimeSpan? After(int attempts, TimeSpan? asked)
    {
        if (attempts > Most)
        {
            return null;
        }

        var wait = Least + ((Longest(attempts) - Least) * random());
        return asked is { } least && least > wait ? least < Within ? least : Within : wait;
    }
}
