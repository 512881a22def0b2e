namespace Steward.Schedules;

/// <summary>Creates a schedule.</summary>
[GenerateSerializer]
[Alias("steward.create-schedule")]
public sealed record CreateSchedule
{
    /// <summary>A name to show; 1 to 100 characters.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Five fields of cron, or <c>@hourly</c>, <c>@daily</c>, <c>@weekly</c>, <c>@monthly</c>, <c>@yearly</c>.</summary>
    [Id(1)]
    public required string Cron { get; init; }

    /// <summary>The zone in which the line is read: a name of the IANA database.</summary>
    [Id(2)]
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The message that is handed in; 1 to 32,000 characters.</summary>
    [Id(3)]
    public required string Text { get; init; }

    /// <summary>What is done about times that were missed.</summary>
    [Id(4)]
    public ScheduleCatchUp CatchUp { get; init; } = ScheduleCatchUp.Last;

    /// <summary>What is done when the run before is still at work.</summary>
    [Id(5)]
    public ScheduleOverlap Overlap { get; init; } = ScheduleOverlap.Skip;

    /// <summary>A webhook of the tenant that is told of the end of each run.</summary>
    [Id(6)]
    public string? WebhookId { get; init; }

    /// <summary>The agent that answers; null is the default one.</summary>
    [Id(7)]
    public string? Agent { get; init; }
}

/// <summary>What a schedule does about times that it missed because nothing was there to fire it.</summary>
[GenerateSerializer]
[Alias("steward.schedule-catch-up")]
public enum ScheduleCatchUp
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It fires once, for the newest of them.</summary>
    Last,

    /// <summary>It fires for each of them, the newest 24 at most.</summary>
    All,
}

/// <summary>What a schedule does when its time has come and the run before is still at work.</summary>
[GenerateSerializer]
[Alias("steward.schedule-overlap")]
public enum ScheduleOverlap
{
    /// <summary>It starts another run beside it.</summary>
    Allow,

    /// <summary>It lets this time pass.</summary>
    Skip,
}

/// <summary>A schedule.</summary>
[GenerateSerializer]
[Alias("steward.schedule-info")]
public sealed record ScheduleInfo
{
    /// <summary>Its id, <c>j-…</c>.</summary>
    [Id(0)]
    public required string ScheduleId { get; init; }

    /// <summary>What it was created with.</summary>
    [Id(1)]
    public required CreateSchedule Spec { get; init; }

    /// <summary>In whose name its runs act.</summary>
    [Id(2)]
    public required string RunsAs { get; init; }

    /// <summary>The session that its messages go to, one of that person's.</summary>
    [Id(3)]
    public required string SessionId { get; init; }

    /// <summary>When it was created.</summary>
    [Id(4)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether it is paused.</summary>
    [Id(5)]
    public bool Paused { get; init; }

    /// <summary>When it fires next; null while it is paused.</summary>
    [Id(6)]
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>The last times, newest first, at most 20.</summary>
    [Id(7)]
    public IReadOnlyList<ScheduleFire> Fires { get; init; } = [];
}

/// <summary>One time of a schedule and what became of it.</summary>
[GenerateSerializer]
[Alias("steward.schedule-fire")]
public sealed record ScheduleFire
{
    /// <summary>The time of the line, or when it was asked for by hand.</summary>
    [Id(0)]
    public required DateTimeOffset At { get; init; }

    /// <summary>What became of it.</summary>
    [Id(1)]
    public required ScheduleOutcome Outcome { get; init; }

    /// <summary>The run that it started.</summary>
    [Id(2)]
    public string? RunId { get; init; }

    /// <summary>Whether it was asked for by hand.</summary>
    [Id(3)]
    public bool Manual { get; init; }

    /// <summary>Why it failed; a stable code.</summary>
    [Id(4)]
    public string? ErrorCode { get; init; }
}

/// <summary>What became of a time of a schedule.</summary>
[GenerateSerializer]
[Alias("steward.schedule-outcome")]
public enum ScheduleOutcome
{
    /// <summary>It started a run.</summary>
    Started,

    /// <summary>The run before was still at work, and the schedule lets such times pass.</summary>
    Skipped,

    /// <summary>It was missed, with others perhaps, and is not made up for.</summary>
    Missed,

    /// <summary>The message was refused.</summary>
    Failed,
}
