using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Steward.Client.Http;

/// <summary>Creates a schedule.</summary>
public sealed record CreateScheduleRequest
{
    /// <summary>The schedule's id, <c>j-</c> followed by 1 to 94 of a-z, 0-9, '.', '_' and '-'; one of the tenant's own begins with <c>j-tenant-</c>. Without it one is made. The same id with the same content returns that schedule.</summary>
    [MaxLength(96)]
    [RegularExpression("^j-[a-z0-9._-]+$")]
    public string? ScheduleId { get; init; }

    /// <summary>Whose it is: the caller's, by default, or the tenant's own, for admins.</summary>
    public ScheduleScope? Scope { get; init; }

    /// <summary>A name to show: 1 to 100 characters.</summary>
    /// <remarks>Not init-only: the generated reader would set it to null when it is left out.</remarks>
    [Required]
    [Length(1, 100)]
    public string Name { get; set; } = "";

    /// <summary>Five fields of cron (minute, hour, day of month, month, day of week), or <c>@hourly</c>, <c>@daily</c>, <c>@weekly</c>, <c>@monthly</c>, <c>@yearly</c>.</summary>
    [Required]
    [Length(1, 256)]
    public string Cron { get; set; } = "";

    /// <summary>The zone in which the line is read, a name of the IANA database such as <c>Europe/Berlin</c>; <c>UTC</c> by default.</summary>
    [MaxLength(64)]
    public string? TimeZone { get; init; }

    /// <summary>The message that is handed in: 1 to 32,000 characters.</summary>
    [Required]
    [Length(1, 32_000)]
    public string Text { get; set; } = "";

    /// <summary>What is done about times that were missed; <c>last</c> by default.</summary>
    public ScheduleCatchUpResource? CatchUp { get; init; }

    /// <summary>What is done when the run before is still at work; <c>skip</c> by default.</summary>
    public ScheduleOverlapResource? Overlap { get; init; }

    /// <summary>A webhook of the tenant that is told of the end of each run.</summary>
    [MaxLength(96)]
    public string? WebhookId { get; init; }

    /// <summary>The agent that answers.</summary>
    [MaxLength(96)]
    public string? Agent { get; init; }
}

/// <summary>Fires a schedule by hand.</summary>
public sealed record RunScheduleRequest
{
    /// <summary>Chosen by the caller, 1 to 64 printable ASCII characters: the same id fires once. Without it each request fires.</summary>
    [MaxLength(64)]
    public string? OperationId { get; init; }
}

/// <summary>A page of schedules.</summary>
public sealed record ScheduleListResource
{
    /// <summary>The schedules, by id.</summary>
    public required IReadOnlyList<ScheduleResource> Schedules { get; init; }

    /// <summary>Pass this as <c>afterId</c> to get the next page; absent on the last one.</summary>
    public string? NextAfterId { get; init; }
}

/// <summary>A schedule.</summary>
public sealed record ScheduleResource
{
    /// <summary>The schedule's id.</summary>
    public required string ScheduleId { get; init; }

    /// <summary>Whose it is.</summary>
    public required ScheduleScope Scope { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>When it fires.</summary>
    public required string Cron { get; init; }

    /// <summary>The zone in which the line is read.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The message that is handed in.</summary>
    public required string Text { get; init; }

    /// <summary>What is done about times that were missed.</summary>
    public required ScheduleCatchUpResource CatchUp { get; init; }

    /// <summary>What is done when the run before is still at work.</summary>
    public required ScheduleOverlapResource Overlap { get; init; }

    /// <summary>The webhook that is told of the end of each run.</summary>
    public string? WebhookId { get; init; }

    /// <summary>The agent that answers.</summary>
    public string? Agent { get; init; }

    /// <summary>In whose name its runs act: the person who made it, with the roles of that moment.</summary>
    public required string RunsAs { get; init; }

    /// <summary>The session that its messages go to.</summary>
    public required string SessionId { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether it is paused.</summary>
    public required bool Paused { get; init; }

    /// <summary>When it fires next; absent while it is paused.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>The last times, newest first, at most 20.</summary>
    public required IReadOnlyList<ScheduleFireResource> Fires { get; init; }
}

/// <summary>One time of a schedule.</summary>
public sealed record ScheduleFireResource
{
    /// <summary>The time of the line, or when it was asked for by hand.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What became of it.</summary>
    public required ScheduleOutcomeResource Outcome { get; init; }

    /// <summary>The run that it started.</summary>
    public string? RunId { get; init; }

    /// <summary>Whether it was asked for by hand.</summary>
    public required bool Manual { get; init; }

    /// <summary>Why it failed.</summary>
    public string? ErrorCode { get; init; }
}

/// <summary>Whose a schedule is.</summary>
[JsonConverter(typeof(WireEnumConverter<ScheduleScope>))]
public enum ScheduleScope
{
    /// <summary>A person's.</summary>
    [JsonStringEnumMemberName("user")]
    User,

    /// <summary>The tenant's own, seen to by its admins.</summary>
    [JsonStringEnumMemberName("tenant")]
    Tenant,
}

/// <summary>What is done about times that were missed.</summary>
[JsonConverter(typeof(WireEnumConverter<ScheduleCatchUpResource>))]
public enum ScheduleCatchUpResource
{
    /// <summary>Nothing.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>It fires once, for the newest of them.</summary>
    [JsonStringEnumMemberName("last")]
    Last,

    /// <summary>It fires for each of them, the newest 24 at most.</summary>
    [JsonStringEnumMemberName("all")]
    All,
}

/// <summary>What is done when the run before is still at work.</summary>
[JsonConverter(typeof(WireEnumConverter<ScheduleOverlapResource>))]
public enum ScheduleOverlapResource
{
    /// <summary>Another run starts beside it.</summary>
    [JsonStringEnumMemberName("allow")]
    Allow,

    /// <summary>The time passes.</summary>
    [JsonStringEnumMemberName("skip")]
    Skip,
}

/// <summary>What became of a time.</summary>
[JsonConverter(typeof(WireEnumConverter<ScheduleOutcomeResource>))]
public enum ScheduleOutcomeResource
{
    /// <summary>It started a run.</summary>
    [JsonStringEnumMemberName("started")]
    Started,

    /// <summary>The run before was still at work.</summary>
    [JsonStringEnumMemberName("skipped")]
    Skipped,

    /// <summary>It was missed, with others perhaps, and is not made up for.</summary>
    [JsonStringEnumMemberName("missed")]
    Missed,

    /// <summary>The message was refused.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>Takes the names only: numbers are no part of the API.</summary>
public sealed class WireEnumConverter<T>() : JsonStringEnumConverter<T>(namingPolicy: null, allowIntegerValues: false)
    where T : struct, Enum;
