namespace Steward.Schedules;

/// <summary>The pauses between attempts: each twice the one before, up to a longest one. Pure.</summary>
/// <param name="first">The first pause.</param>
/// <param name="longest">The longest pause.</param>
internal sealed class RetryPauses(TimeSpan first, TimeSpan longest)
{
    private readonly TimeSpan _first = first;
    private TimeSpan _next = first;

    /// <summary>The pause before the next attempt.</summary>
    public TimeSpan Next()
    {
        var pause = _next;
        _next = pause * 2 < longest ? pause * 2 : longest;
        return pause;
    }

    /// <summary>An attempt succeeded, or there is reason to believe that the next one will.</summary>
    public void Reset() => _next = _first;
}
