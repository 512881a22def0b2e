using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Orchestration.Schedules;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Schedules;

/// <summary>What a schedule knows, folded from its journal. Pure.</summary>
internal sealed class ScheduleState : IFolded
{
    public const int MaxFires = 20;

    /// <summary>What it was created with; null before that.</summary>
    public ScheduleCreated? Created { get; set; }

    public bool Paused { get; set; }

    public bool Deleted { get; set; }

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>Up to when all times of the line have been seen to, or are in <see cref="Due"/>.</summary>
    public DateTimeOffset SeenTo { get; set; }

    /// <summary>Times that must still be fired, oldest first.</summary>
    public List<DateTimeOffset> Due { get; set; } = [];

    /// <summary>The last times, oldest first.</summary>
    public List<ScheduleFire> Fires { get; set; } = [];

    /// <summary>The run that was started last.</summary>
    public string? LastRunId { get; set; }

    /// <summary>The run that has to end before the next time that is due is fired; null when none has to. It tells when it does.</summary>
    public string? WaitsFor { get; set; }

    /// <summary>Whether there is a schedule.</summary>
    [JsonIgnore]
    public bool IsThere => Created is not null && !Deleted;

    public void Apply(JournalEntry entry)
    {
        switch (entry.Type)
        {
            case ScheduleRecordTypes.Created:
                Created = JsonSerializer.Deserialize(entry.Payload.Span, ScheduleJson.Default.ScheduleCreated);
                SeenTo = entry.At;
                break;
            case ScheduleRecordTypes.Paused:
                Paused = true;
                WaitsFor = null;
                Due.Clear();
                break;
            case ScheduleRecordTypes.Resumed:
                Paused = false;
                SeenTo = entry.At;
                break;
            case ScheduleRecordTypes.Due:
                var due = JsonSerializer.Deserialize(entry.Payload.Span, ScheduleJson.Default.ScheduleDue)!;
                SeenTo = due.SeenTo;
                Due.AddRange(due.Times);
                if (due.MissedSince is { } missed)
                {
                    Remember(new ScheduleFire { At = missed, Outcome = ScheduleOutcome.Missed });
                }

                // While nothing can be fired, no more wait than would be made up for.
                for (; Due.Count > ScheduleClock.MaxCatchUp; Due.RemoveAt(0))
                {
                    Remember(new ScheduleFire { At = Due[0], Outcome = ScheduleOutcome.Missed });
                }

                break;
            case ScheduleRecordTypes.Waits:
                WaitsFor = JsonSerializer.Deserialize(entry.Payload.Span, ScheduleJson.Default.ScheduleWaits)!.RunId;
                break;
            case ScheduleRecordTypes.Fired:
                var fire = JsonSerializer.Deserialize(entry.Payload.Span, ScheduleJson.Default.ScheduleFire)!;
                if (!fire.Manual)
                {
                    Due.Remove(fire.At);
                    WaitsFor = null;
                }

                LastRunId = fire.RunId ?? LastRunId;
                Remember(fire);
                break;
            case ScheduleRecordTypes.Deleted:
                Deleted = true;
                WaitsFor = null;
                Due.Clear();
                Fires.Clear();

                // What people wrote goes with the schedule; that there was one stays, so that its id is never used again.
                Created = Created! with { Spec = Created.Spec with { Text = "", Name = "" }, Owner = new CallerIdentity { TenantId = Created.Owner.TenantId, UserId = Created.Owner.UserId } };
                break;
        }
    }

    private void Remember(ScheduleFire fire)
    {
        Fires.Add(fire);
        if (Fires.Count > MaxFires)
        {
            Fires.RemoveAt(0);
        }
    }
}

/// <summary>The record types in a schedule's journal.</summary>
internal static class ScheduleRecordTypes
{
    public const string Created = "schedule.created";
    public const string Paused = "schedule.paused";
    public const string Resumed = "schedule.resumed";
    public const string Due = "schedule.due";
    public const string Waits = "schedule.waits";
    public const string Fired = "schedule.fired";
    public const string Deleted = "schedule.deleted";
}

/// <summary>The schedule was created.</summary>
internal sealed record ScheduleCreated
{
    public required CreateSchedule Spec { get; init; }

    /// <summary>In whose name runs act.</summary>
    public required CallerIdentity Owner { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>Times have come.</summary>
internal sealed record ScheduleDue
{
    public required DateTimeOffset SeenTo { get; init; }

    public required IReadOnlyList<DateTimeOffset> Times { get; init; }

    /// <summary>The first time that was missed and is not made up for.</summary>
    public DateTimeOffset? MissedSince { get; init; }
}

/// <summary>A time that is due has to wait until the run before has ended, or need not wait any more.</summary>
internal sealed record ScheduleWaits
{
    /// <summary>The run; null when it has ended.</summary>
    public string? RunId { get; init; }
}

/// <summary>A record without content.</summary>
internal sealed record ScheduleNote;

/// <summary>JSON of the schedule's journal.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ScheduleState))]
[JsonSerializable(typeof(ScheduleCreated))]
[JsonSerializable(typeof(ScheduleDue))]
[JsonSerializable(typeof(ScheduleWaits))]
[JsonSerializable(typeof(ScheduleFire))]
[JsonSerializable(typeof(ScheduleNote))]
internal sealed partial class ScheduleJson : JsonSerializerContext;
