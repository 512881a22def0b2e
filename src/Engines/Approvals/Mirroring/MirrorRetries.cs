using Steward.Engines.Approvals.Machine;

namespace Steward.Engines.Approvals.Mirroring;

/// <summary>When a record in another system is looked at, and how often something is tried. Pure.</summary>
public static class MirrorRetries
{
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestAsked = TimeSpan.FromHours(6);

    /// <summary>The waits after the failures in a row; after one more it is given up.</summary>
    public static IReadOnlyList<TimeSpan> Waits { get; } =
    [
        TimeSpan.FromSeconds(10),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(1),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(15),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1),
        TimeSpan.FromHours(2),
    ];

    /// <summary>When to look again where nothing tells of changes: soon while a request is young, every hour when it is old.</summary>
    public static DateTimeOffset NextPoll(ApprovalState state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        var wait = (now - state.Request.RequestedAt) / 4;
        return now + (wait < ShortestPoll ? ShortestPoll : wait > LongestPoll ? LongestPoll : wait);
    }

    /// <summary>How often in an hour something is set again that the other system has undone.</summary>
    public const int MaxCorrections = 10;

    private static readonly TimeSpan CountedFor = TimeSpan.FromHours(1);

    /// <summary>With one more correction; null when there were so many that nothing more is corrected for now.</summary>
    /// <param name="mirror">What was known before.</param>
    /// <param name="now">The time.</param>
    public static MirrorState? Corrected(MirrorState mirror, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        if (mirror.CorrectedSince is not { } since || now - since >= CountedFor)
        {
            return mirror with { Corrections = 1, CorrectedSince = now };
        }

        return mirror.Corrections >= MaxCorrections ? null : mirror with { Corrections = mirror.Corrections + 1 };
    }

    /// <summary>What is known after a failure: it is tried again later, or, after so many, not any more. It is tried once more when the request itself changes, unless that is over.</summary>
    /// <param name="mirror">What was known before.</param>
    /// <param name="isOver">Whether the request is over.</param>
    /// <param name="error">What went wrong, safe to show.</param>
    /// <param name="retryAfter">How long the other system asks to wait.</param>
    /// <param name="now">The time.</param>
    public static MirrorState Failed(MirrorState mirror, bool isOver, string error, TimeSpan? retryAfter, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        if (mirror.Failures >= Waits.Count)
        {
            return mirror with { Status = MirrorStatus.Failed, Failures = mirror.Failures + 1, Error = error, NextAt = null, IsClosed = isOver };
        }

        var wait = Waits[mirror.Failures];
        var asked = retryAfter < LongestAsked ? retryAfter : retryAfter is null ? null : LongestAsked;
        return mirror with { Failures = mirror.Failures + 1, Error = error, NextAt = now + (asked > wait ? asked.Value : wait) };
    }
}
