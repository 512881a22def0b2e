namespace Steward.Engines.Approvals.Machine;

/// <summary>What is known of the record in another system that goes along with a request.</summary>
public sealed record MirrorState
{
    /// <summary>What people there call it, for example <c>CHG0030001</c>; null before it is known.</summary>
    public string? Reference { get; init; }

    /// <summary>Its id there; null before it is known.</summary>
    public string? RecordId { get; init; }

    /// <summary>Where people find it; null when that is not known.</summary>
    public string? Url { get; init; }

    /// <summary>Where it is.</summary>
    public MirrorStatus Status { get; init; } = MirrorStatus.Creating;

    /// <summary>Whether nothing more is done with it.</summary>
    public bool IsClosed { get; init; }

    /// <summary>When to look at it, or to try again; null when only a change of the request leads to that.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>How often in a row it could not be brought in step.</summary>
    public int Failures { get; init; }

    /// <summary>Why not, safe to show; null when it was.</summary>
    public string? Error { get; init; }

    /// <summary>What was about to be sent when this was written, and whose outcome is not written yet: it is looked up there before it is sent again. Null for nothing.</summary>
    public string? Sending { get; init; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>What the other system calls the state in which it waits, as it was when it was made; null where that is not needed.</summary>
    public string? OpenState { get; init; }

    /// <summary>The last changes there that were answered, oldest first.</summary>
    public IReadOnlyList<string> Answered { get; init; } = [];

    /// <summary>Whether the end was said there.</summary>
    public bool IsEndTold { get; init; }

    /// <summary>With one more change that was answered.</summary>
    public MirrorState WithAnswered(string change) => this with { Answered = [.. Answered.Where(known => known != change).TakeLast(MaxAnswered - 1), change] };

    private const int MaxAnswered = 20;
}

/// <summary>Where a record in another system is.</summary>
public enum MirrorStatus
{
    /// <summary>It is being made.</summary>
    Creating,

    /// <summary>It waits for a decision, there or here.</summary>
    Open,

    /// <summary>It says how the request ended.</summary>
    Closed,

    /// <summary>It could not be made or kept in step; the request goes on without it.</summary>
    Failed,
}
