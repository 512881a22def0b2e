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

    /// <summary>What tells whether the record still says what Steward wrote into it; null before that is known.</summary>
    public string? ContentHash { get; init; }

    /// <summary>Whether not all of the request fitted into the record: an approval there does not count.</summary>
    public bool IsCut { get; init; }

    /// <summary>What is known of the approvals of single people there, oldest first; empty where a record has none.</summary>
    public IReadOnlyList<MirrorRow> Rows { get => field ?? []; init; }

    /// <summary>How often something there was set again that had been set before, since <see cref="CorrectedSince"/>.</summary>
    public int Corrections { get; init; }

    /// <summary>Since when that is counted; null for never.</summary>
    public DateTimeOffset? CorrectedSince { get; init; }

    /// <summary>Whether the end was said there.</summary>
    public bool IsEndTold { get; init; }

    /// <summary>With one more change that was answered.</summary>
    public MirrorState WithAnswered(string change) => this with { Answered = [.. Answered.Where(known => known != change).TakeLast(MaxAnswered - 1), change] };

    /// <summary>What is known of one person's approval there; null for nothing.</summary>
    public MirrorRow? RowOf(string id) => Rows.FirstOrDefault(row => row.Id == id);

    /// <summary>With what is known now of one person's approval there.</summary>
    public MirrorState WithRow(MirrorRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return this with { Rows = [.. Rows.Where(known => known.Id != row.Id).TakeLast(MaxRows - 1), row] };
    }

    private const int MaxAnswered = 20;
    private const int MaxRows = 200;
}

/// <summary>What is known of one person's approval of a record in another system.</summary>
public sealed record MirrorRow
{
    /// <summary>Its id there.</summary>
    public required string Id { get; init; }

    /// <summary>The id there of the person whom Steward asked with it; null when it is not Steward's, and so counts for nothing.</summary>
    public string? ApproverId { get; init; }

    /// <summary>The address by which that person was found; null when it is not Steward's.</summary>
    public string? Email { get; init; }

    /// <summary>How often it had been changed when it was last seen waiting: the next change alone may be a decision. Null while it was not seen waiting since Steward set it.</summary>
    public long? Waiting { get; init; }

    /// <summary>At which level it waited then.</summary>
    public int? Level { get; init; }

    /// <summary>The count of the last change that is nobody's new decision: one that was judged, or Steward's own. Null for none.</summary>
    public long? Handled { get; init; }

    /// <summary>What Steward set it to last; null for nothing yet.</summary>
    public Mirroring.NativeDecision? Set { get; init; }
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
