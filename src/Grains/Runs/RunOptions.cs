namespace Steward.Runs;

/// <summary>How runs are driven.</summary>
public sealed class RunOptions
{
    /// <summary>How many of a run's events stay in the activation for watchers; older ones are read from the journal. 256 by default.</summary>
    public int BufferedEvents { get; set; } = 256;

    /// <summary>The wait before a run that could not be journaled or driven is taken up again; doubles up to 16 times this. 250 ms by default.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often in a row the engine may fail unexpectedly without any progress before the run ends as failed; 3 by default.</summary>
    public int MaxAttemptsWithoutProgress { get; set; } = 3;

    /// <summary>
    /// How often in a row this activation tries to tell everyone of an end before it leaves that to the watchdog; the waits grow as those of <see cref="RetryAfter"/>. 10 by default.
    /// </summary>
    public int MaxSettleAttempts { get; set; } = 10;
}
