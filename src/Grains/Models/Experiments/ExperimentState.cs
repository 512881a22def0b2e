using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Experiments.Decisions;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Models.Experiments;

/// <summary>What an experiment knows, folded from its journal. Pure.</summary>
internal sealed class ExperimentState : IFolded
{
    /// <summary>What it was begun with; null before that.</summary>
    public ExperimentStarted? Started { get; set; }

    /// <summary>What was observed at the stage; null before the start.</summary>
    public ExperimentEvidence? Evidence { get; set; }

    public ExperimentStatus Status { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public string? Reason { get; set; }

    public int Winner { get; set; }

    /// <summary>What was decided, oldest first: a canary's stages and the end.</summary>
    public List<DecisionRecord> Decisions { get; set; } = [];

    /// <summary>How often what silos need to know has changed.</summary>
    public long Version { get; set; }

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    [JsonIgnore]
    public bool IsRunning => Started is not null && EndedAt is null;

    public void Apply(JournalEntry entry)
    {
        switch (entry.Type)
        {
            case ExperimentRecordTypes.Started:
                Started = JsonSerializer.Deserialize(entry.Payload.Span, ExperimentJson.Default.ExperimentStarted)!;
                Evidence = ExperimentEvidence.Begin(Started.Plan, entry.At);
                Version++;
                break;
            case ExperimentRecordTypes.Observed when IsRunning:
                Observe(JsonSerializer.Deserialize(entry.Payload.Span, ExperimentJson.Default.ExperimentBatch)!);
                break;
            case ExperimentRecordTypes.Decided when IsRunning:
                Decide(JsonSerializer.Deserialize(entry.Payload.Span, ExperimentJson.Default.DecisionRecord)!);
                break;
            case ExperimentRecordTypes.Stopped when IsRunning || Status == ExperimentStatus.Promoted:
                var stopped = JsonSerializer.Deserialize(entry.Payload.Span, ExperimentJson.Default.ExperimentStopped)!;
                End(ExperimentStatus.RolledBack, 0, entry.At, $"Stopped by {stopped.By}: {stopped.Reason}");
                break;
        }
    }

    private void Observe(ExperimentBatch batch)
    {
        if (batch.Stage != Evidence!.Stage)
        {
            return;
        }

        foreach (var unit in batch.Units)
        {
            Evidence.Add(Started!.Plan, new ObservedUnit(unit.Variant, unit.Values, unit.IsLate));
        }
    }

    private void Decide(DecisionRecord record)
    {
        Decisions.Add(record);
        switch (record.Decision.Verdict)
        {
            case ExperimentVerdict.Advance:
                Evidence!.NextStage(Started!.Plan, record.At);
                Version++;
                break;
            case ExperimentVerdict.Promote:
                End(ExperimentStatus.Promoted, record.Decision.Variant, record.At, record.Decision.Reason);
                break;
            case ExperimentVerdict.RollBack:
                End(ExperimentStatus.RolledBack, 0, record.At, record.Decision.Reason);
                break;
            case ExperimentVerdict.Inconclusive:
                End(ExperimentStatus.Inconclusive, 0, record.At, record.Decision.Reason);
                break;
            case ExperimentVerdict.Invalid:
                End(ExperimentStatus.Invalid, 0, record.At, record.Decision.Reason);
                break;
        }
    }

    private void End(ExperimentStatus status, int winner, DateTimeOffset at, string reason)
    {
        (Status, Winner, EndedAt, Reason) = (status, winner, at, reason);
        Version++;
    }
}

/// <summary>The types of an experiment's journal entries.</summary>
internal static class ExperimentRecordTypes
{
    public const string Started = "started";
    public const string Observed = "observed";
    public const string Decided = "decided";
    public const string Stopped = "stopped";
}

/// <summary>It began.</summary>
internal sealed record ExperimentStarted
{
    public required ExperimentSpec Spec { get; init; }

    public required ExperimentPlan Plan { get; init; }

    public required string Salt { get; init; }

    public required string By { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>Somebody ended it.</summary>
internal sealed record ExperimentStopped
{
    public required string By { get; init; }

    public required string Reason { get; init; }
}

/// <summary>How the journal is written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ExperimentState))]
[JsonSerializable(typeof(ExperimentStarted))]
[JsonSerializable(typeof(ExperimentBatch))]
[JsonSerializable(typeof(DecisionRecord))]
[JsonSerializable(typeof(ExperimentStopped))]
internal sealed partial class ExperimentJson : JsonSerializerContext;
