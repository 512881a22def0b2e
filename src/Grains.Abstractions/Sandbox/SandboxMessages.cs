using Orleans.Concurrency;

namespace Steward.Sandbox;

/// <summary>Asks for code to be run once.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.start-sandbox-execution")]
public sealed record StartSandboxExecution
{
    /// <summary><c>python</c>, <c>shell</c> or <c>sql</c>.</summary>
    [Id(0)]
    public required string Language { get; init; }

    /// <summary>The code, 1 character to 256 KiB; one statement for <c>sql</c>, up to 64 Ki characters.</summary>
    [Id(1)]
    public required string Code { get; init; }

    /// <summary>Files that lie in the work directory when the code starts: at most 32, and 8 MiB together. None for <c>sql</c>.</summary>
    [Id(2)]
    public IReadOnlyList<SandboxInputFile> Files { get; init; } = [];

    /// <summary>Whether nobody waits for it: then it may take 5 min instead of 30 s, and goes after those for whom somebody waits. Default false.</summary>
    [Id(3)]
    public bool IsBackground { get; init; }

    /// <summary>The run that asks; null when a person does.</summary>
    [Id(4)]
    public string? RunId { get; init; }

    /// <summary>The step of the run.</summary>
    [Id(5)]
    public string? StepId { get; init; }

    /// <summary>Until when whoever asks has time: the execution ends then, or when its own time is over, whichever comes first. Null for its own time.</summary>
    [Id(6)]
    public DateTimeOffset? Deadline { get; init; }
}

/// <summary>A file for the work directory.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.sandbox-input-file")]
public sealed record SandboxInputFile
{
    /// <summary>One part of a path: letters, digits, <c>. _ -</c> and space, at most 128, not beginning with a dot.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Its bytes.</summary>
    [Id(1)]
    public required byte[] Content { get; init; }
}

/// <summary>How far a lease is.</summary>
[GenerateSerializer]
[Alias("steward.sandbox-state")]
public enum SandboxState
{
    /// <summary>Durable; not yet handed to the silo's pool.</summary>
    Requested,

    /// <summary>In the pool, which validates the code and waits for a turn.</summary>
    Granted,

    /// <summary>The code was handed to a sandbox.</summary>
    Running,

    /// <summary>The code ran to its end.</summary>
    Finished,

    /// <summary>It was refused, failed, was killed for a limit, or its silo was lost; the code of the result says which.</summary>
    Failed,

    /// <summary>Its time was over; everything was killed.</summary>
    TimedOut,

    /// <summary>The person stopped it; everything was killed.</summary>
    Cancelled,
}

/// <summary>One execution, as its person sees it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.sandbox-execution")]
public sealed record SandboxExecution
{
    /// <summary>Its id, <c>x-…</c>.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>How far it is.</summary>
    [Id(1)]
    public required SandboxState State { get; init; }

    /// <summary><c>python</c>, <c>shell</c> or <c>sql</c>.</summary>
    [Id(2)]
    public required string Language { get; init; }

    /// <summary>SHA-256 of the code in UTF-8, in small hexadecimal letters: what the audit names it by.</summary>
    [Id(3)]
    public required string CodeHash { get; init; }

    /// <summary>When it was asked for.</summary>
    [Id(4)]
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it is stopped whatever it does, waiting for a turn included.</summary>
    [Id(5)]
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>When it ended; null before.</summary>
    [Id(6)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether nothing of it lives any more.</summary>
    [Id(7)]
    public bool IsDestroyed { get; init; }

    /// <summary>The number of its last event.</summary>
    [Id(8)]
    public long LastSequence { get; init; }

    /// <summary>The run that asked; null when a person did.</summary>
    [Id(9)]
    public string? RunId { get; init; }

    /// <summary>What came of it; null before it ended, or when retention removed it.</summary>
    [Id(10)]
    public SandboxResult? Result { get; init; }

    /// <summary>Whether it is over.</summary>
    public bool HasEnded => State >= SandboxState.Finished;
}

/// <summary>What an execution left behind.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.sandbox-result")]
public sealed record SandboxResult
{
    /// <summary>
    /// A stable word: <c>finished</c>, <c>code_failed</c>, <c>limit_reached</c>, <c>timed_out</c>, <c>cancelled</c>, <c>code_refused</c>, <c>invalid_job</c>, <c>busy</c>, <c>not_available</c>, <c>sandbox_lost</c>,
    /// <c>silo_lost</c>, <c>internal</c>; for <c>sql</c> also those of the data source.
    /// </summary>
    [Id(0)]
    public required string Code { get; init; }

    /// <summary>Why, safe to show.</summary>
    [Id(1)]
    public required string Reason { get; init; }

    /// <summary>What the process ended with; null when a signal ended it or nothing ran.</summary>
    [Id(2)]
    public int? ExitCode { get; init; }

    /// <summary>Limits that were reached, such as <c>wall_time</c>, <c>memory</c> or <c>text</c>.</summary>
    [Id(3)]
    public IReadOnlyList<string> LimitsHit { get; init; } = [];

    /// <summary>Standard output and error in the order they came.</summary>
    [Id(4)]
    public string Text { get; init; } = "";

    /// <summary>The error that the code did not catch; null when there is none.</summary>
    [Id(5)]
    public SandboxCodeError? Error { get; init; }

    /// <summary>What the validator does not allow.</summary>
    [Id(6)]
    public IReadOnlyList<SandboxFinding> Findings { get; init; } = [];

    /// <summary>The tables.</summary>
    [Id(7)]
    public IReadOnlyList<SandboxTableResult> Tables { get; init; } = [];

    /// <summary>The files, charts among them.</summary>
    [Id(8)]
    public IReadOnlyList<SandboxFileInfo> Files { get; init; } = [];

    /// <summary>Which kind of sandbox ran it, such as <c>namespaces</c>; null when none did.</summary>
    [Id(9)]
    public string? Provider { get; init; }

    /// <summary>Milliseconds from the hand-over until the process was gone.</summary>
    [Id(10)]
    public double RunningMs { get; init; }
}

/// <summary>An error that the code did not catch.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.sandbox-code-error")]
public sealed record SandboxCodeError
{
    /// <summary>The exception's class.</summary>
    [Id(0)]
    public required string Type { get; init; }

    /// <summary>Its text.</summary>
    [Id(1)]
    public required string Message { get; init; }

    /// <summary>The line of the code, from 1; null when it is not known.</summary>
    [Id(2)]
    public int? Line { get; init; }
}

/// <summary>Something that the validator does not allow.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.sandbox-finding")]
public sealed record SandboxFinding
{
    /// <summary>The line, from 1; 0 when it is about the whole.</summary>
    [Id(0)]
    public required int Line { get; init; }

    /// <summary>A stable word, such as <c>import</c>.</summary>
    [Id(1)]
    public required string Rule { get; init; }

    /// <summary>Why, and the allowed way where there is one.</summary>
    [Id(2)]
    public required string Reason { get; init; }
}

/// <summary>A table.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.sandbox-table")]
public sealed record SandboxTableResult
{
    /// <summary>What the code called it; may be empty.</summary>
    [Id(0)]
    public string Title { get; init; } = "";

    /// <summary>Names of the columns.</summary>
    [Id(1)]
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Their types: <c>integer</c>, <c>number</c>, <c>boolean</c>, <c>datetime</c> or <c>string</c>.</summary>
    [Id(2)]
    public required IReadOnlyList<string> Types { get; init; }

    /// <summary>The rows, a JSON array of arrays.</summary>
    [Id(3)]
    public required string Rows { get; init; }

    /// <summary>How many rows there were before it was cut.</summary>
    [Id(4)]
    public long TotalRows { get; init; }

    /// <summary>Whether rows were left out.</summary>
    [Id(5)]
    public bool IsTruncated { get; init; }
}

/// <summary>A file that an execution left behind.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.sandbox-file-info")]
public sealed record SandboxFileInfo
{
    /// <summary>Its name, unique in the execution.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary><c>chart</c>, a PNG that the code drew, or <c>file</c>.</summary>
    [Id(1)]
    public required string Kind { get; init; }

    /// <summary>Its length in bytes.</summary>
    [Id(2)]
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of its bytes, in small hexadecimal letters.</summary>
    [Id(3)]
    public required string Hash { get; init; }

    /// <summary>What the code called it; may be empty.</summary>
    [Id(4)]
    public string Title { get; init; } = "";
}

/// <summary>What an event of an execution says.</summary>
[GenerateSerializer]
[Alias("steward.sandbox-event-kind")]
public enum SandboxEventKind
{
    /// <summary>It is in another state.</summary>
    State,

    /// <summary>It waits; <see cref="SandboxEvent.Position"/> is its place, 1 for the next one.</summary>
    Queued,

    /// <summary>More of the output.</summary>
    Text,

    /// <summary>The last: it is over, and nothing of it lives.</summary>
    Ended,
}

/// <summary>An event of an execution.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.sandbox-event")]
public sealed record SandboxEvent
{
    /// <summary>Its number, from 1, without gaps while one activation lives.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary>What it says.</summary>
    [Id(1)]
    public required SandboxEventKind Kind { get; init; }

    /// <summary>The state at that moment.</summary>
    [Id(2)]
    public SandboxState State { get; init; }

    /// <summary>The place in the queue.</summary>
    [Id(3)]
    public int? Position { get; init; }

    /// <summary>More of the output.</summary>
    [Id(4)]
    public string? Text { get; init; }

    /// <summary>Whether nothing follows.</summary>
    public bool EndsExecution => Kind == SandboxEventKind.Ended;
}
