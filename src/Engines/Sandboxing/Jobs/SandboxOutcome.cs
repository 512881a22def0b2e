using System.Text.Json;

namespace Steward.Engines.Sandboxing;

/// <summary>How an execution ended.</summary>
public enum SandboxStatus
{
    /// <summary>The code ran to its end.</summary>
    Finished,

    /// <summary>The code failed, or was killed for a limit other than wall time, or the sandbox was lost under it.</summary>
    Failed,

    /// <summary>Wall time was over; everything was killed.</summary>
    TimedOut,

    /// <summary>The caller cancelled; everything was killed.</summary>
    Cancelled,

    /// <summary>Nothing ran: see <see cref="SandboxOutcome.Code"/>.</summary>
    Refused,
}

/// <summary>What an execution left behind. The process and all that it started are gone when this exists.</summary>
public sealed record SandboxOutcome
{
    /// <summary>How it ended.</summary>
    public required SandboxStatus Status { get; init; }

    /// <summary>A stable word for the reason, one of <see cref="SandboxCodes"/>.</summary>
    public required string Code { get; init; }

    /// <summary>The reason in a sentence that is safe to show to the person and the model.</summary>
    public required string Reason { get; init; }

    /// <summary>What the process ended with; null when a signal ended it or nothing ran.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the process, such as <c>SIGKILL</c>; null when none did.</summary>
    public string? Signal { get; init; }

    /// <summary>Limits that were reached.</summary>
    public IReadOnlyList<SandboxLimit> LimitsHit { get; init; } = [];

    /// <summary>Standard output and error in the order they came, cut at <see cref="SandboxLimits.TextBytes"/>.</summary>
    public string Text { get; init; } = "";

    /// <summary>The uncaught error of Python code.</summary>
    public SandboxError? Error { get; init; }

    /// <summary>Tables that the code showed, in order.</summary>
    public IReadOnlyList<SandboxTable> Tables { get; init; } = [];

    /// <summary>Charts that the code showed or left open, in order.</summary>
    public IReadOnlyList<SandboxChart> Charts { get; init; } = [];

    /// <summary>Files that the code left in its work directory, by name.</summary>
    public IReadOnlyList<SandboxFile> Files { get; init; } = [];

    /// <summary>What the validator said; findings of a refusal tell how to mend the code.</summary>
    public IReadOnlyList<CodeFinding> Findings { get; init; } = [];

    /// <summary>Where the time went.</summary>
    public SandboxDurations Durations { get; init; } = new();

    /// <summary>The provider that ran it, such as <c>namespaces</c>; null when nothing ran.</summary>
    public string? Provider { get; init; }
}

/// <summary>Reasons in <see cref="SandboxOutcome.Code"/>.</summary>
public static class SandboxCodes
{
    /// <summary>It ran to its end.</summary>
    public const string Finished = "finished";

    /// <summary>The code ended with an error of its own.</summary>
    public const string CodeFailed = "code_failed";

    /// <summary>A limit ended it; <see cref="SandboxOutcome.LimitsHit"/> says which.</summary>
    public const string LimitReached = "limit_reached";

    /// <summary>Wall time was over.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>The caller cancelled.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>The validator refused it.</summary>
    public const string Refused = "code_refused";

    /// <summary>The job itself is malformed or too large.</summary>
    public const string InvalidJob = "invalid_job";

    /// <summary>The queue is full; ask again later.</summary>
    public const string Busy = "busy";

    /// <summary>No provider can run it here; the reason says what is missing.</summary>
    public const string NotAvailable = "not_available";

    /// <summary>The sandbox was lost under the code; it may have run in part.</summary>
    public const string Lost = "sandbox_lost";
}

/// <summary>An error that the code did not catch.</summary>
/// <param name="Type">The exception's class.</param>
/// <param name="Message">Its text, at most 2,000 characters, none of control or format but ends of lines, tabs and joiners.</param>
/// <param name="Line">The line of the code, counted from 1; null when it is not known.</param>
public sealed record SandboxError(string Type, string Message, int? Line);

/// <summary>A table of typed columns.</summary>
public sealed record SandboxTable
{
    /// <summary>What the code called it, at most 200 characters, none of control; may be empty.</summary>
    public string Title { get; init; } = "";

    /// <summary>The columns in order.</summary>
    public required IReadOnlyList<SandboxColumn> Columns { get; init; }

    /// <summary>An array of rows, each an array of as many values as there are columns. Date-times are ISO 8601 strings, missing values null.</summary>
    public required JsonElement Rows { get; init; }

    /// <summary>How many rows there were before the table was cut.</summary>
    public long TotalRows { get; init; }

    /// <summary>Whether rows were left out.</summary>
    public bool Truncated { get; init; }
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its heading, at most 200 characters, none of control or format but joiners.</param>
/// <param name="Type"><c>integer</c>, <c>number</c>, <c>boolean</c>, <c>datetime</c> or <c>string</c>.</param>
public sealed record SandboxColumn(string Name, string Type);

/// <summary>A picture. The bytes come from hostile code: they start as a PNG does, and were not decoded here.</summary>
/// <param name="Title">What the code called it, at most 200 characters, none of control; may be empty.</param>
/// <param name="Png">The picture.</param>
public sealed record SandboxChart(string Title, ReadOnlyMemory<byte> Png);

/// <summary>Where the time of an execution went.</summary>
public sealed record SandboxDurations
{
    /// <summary>Waiting for a turn.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>The validator.</summary>
    public TimeSpan Validating { get; init; }

    /// <summary>From the turn until the code was handed over; near zero when a warm child was there.</summary>
    public TimeSpan Leasing { get; init; }

    /// <summary>From the hand-over until the process was gone.</summary>
    public TimeSpan Running { get; init; }

    /// <summary>Collecting files and destroying the sandbox.</summary>
    public TimeSpan Collecting { get; init; }
}
