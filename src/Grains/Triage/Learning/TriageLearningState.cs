using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Triage.Learning;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>What a tenant's learning knows, folded from its journal. Pure.</summary>
internal sealed class TriageLearningState : IFolded
{
    /// <summary>How many trainings are remembered.</summary>
    public const int MostTrainings = 30;

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>The trainings, oldest first.</summary>
    public List<TriageTraining> Trainings { get; set; } = [];

    /// <summary>Where everything stands.</summary>
    public LearningStand Stand { get; set; } = new();

    public void Apply(JournalEntry entry)
    {
        if (!entry.Type.StartsWith(LearningRecordTypes.Prefix, StringComparison.Ordinal))
        {
            return;
        }

        var moved = JsonSerializer.Deserialize(entry.Payload.Span, TriageLearningJson.Default.LearningMoved)!;
        Stand = moved.Stand;
        if (moved.Training is { } training)
        {
            var place = Trainings.FindIndex(known => string.Equals(known.Id, training.Id, StringComparison.Ordinal));
            if (place >= 0)
            {
                Trainings[place] = training;
            }
            else
            {
                Trainings.Add(training);
            }

            if (Trainings.Count > MostTrainings)
            {
                Trainings.RemoveAt(0);
            }
        }
    }
}

/// <summary>The record types in the journal. Each record says where everything stands afterwards.</summary>
internal static class LearningRecordTypes
{
    public const string Prefix = "triage.";
    public const string Planned = "triage.training-planned";
    public const string Started = "triage.training-started";
    public const string Interrupted = "triage.training-interrupted";
    public const string Collected = "triage.training-collected";
    public const string Trained = "triage.training-trained";
    public const string Awaited = "triage.training-awaited";
    public const string Compared = "triage.training-compared";
    public const string OnTrial = "triage.training-on-trial";
    public const string Checked = "triage.training-checked";
    public const string Decided = "triage.training-decided";
    public const string Ended = "triage.training-ended";
}

/// <summary>Something happened.</summary>
internal sealed record LearningMoved
{
    public required LearningStand Stand { get; init; }

    /// <summary>The training that it happened to.</summary>
    public TriageTraining? Training { get; init; }
}

/// <summary>Where everything stands.</summary>
internal sealed record LearningStand
{
    /// <summary>When the next training is due; null as long as nobody has asked.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>The training that is under way.</summary>
    public TrainingWork? Work { get; init; }

    /// <summary>The head that took over last, while it is watched.</summary>
    public PromotionWatch? Watch { get; init; }

    public TriageHealth? Health { get; init; }

    /// <summary>The hash of the vectors of texts.</summary>
    public string? Embeddings { get; init; }

    /// <summary>The last label that was known at the last training.</summary>
    public long LearntThrough { get; init; }
}

/// <summary>How far a training is. What changes something elsewhere is noted before it is done, and may be done again.</summary>
internal enum TrainingPhase
{
    Collecting,
    Training,
    Comparing,
    BeginningTrial,
    OnTrial,
    Promoting,
    Withdrawing,
}

/// <summary>A training under way.</summary>
internal sealed record TrainingWork
{
    public required string Id { get; init; }

    public TrainingPhase Phase { get; init; }

    /// <summary>Whether somebody asked for it: then it is done however little is new.</summary>
    public bool IsAsked { get; init; }

    /// <summary>How often the phase was begun without coming to its end.</summary>
    public int Attempts { get; init; }

    /// <summary>Since when the phase waits for what is away.</summary>
    public DateTimeOffset? AwaitedSince { get; init; }

    /// <summary>When the phase is begun again that waits.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The last label that it knows: so that each phase sees the same ones, whenever it is begun.</summary>
    public long ThroughSequence { get; init; }

    /// <summary>When the trial began.</summary>
    public DateTimeOffset? TrialAt { get; init; }

    /// <summary>What stood when the trial began: the same head may have been on trial before.</summary>
    public TrialFigures? Before { get; init; }

    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>Why it is promoted or withdrawn.</summary>
    public string? Reason { get; init; }

    /// <summary>What speaks against the head on trial, and the overrides that are counted in it.</summary>
    public OverrideEvidence Evidence { get; init; } = new();

    /// <summary>The tickets that are counted in it; null in trials from before this was kept.</summary>
    public long? Routed { get; init; }

    public long Overridden { get; init; }

    public long OthersOverridden { get; init; }

    /// <summary>How often it is wrong where it routes, by what it was compared by, at most; null when that is not known.</summary>
    public double? ExpectedRate { get; init; }
}

/// <summary>A head that took over, while it is watched.</summary>
internal sealed record PromotionWatch
{
    public required string TrainingId { get; init; }

    public required string Version { get; init; }

    /// <summary>The head before; null for the base.</summary>
    public string? Before { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>The rate of overrides that the head before did not exceed; where that one routed too little to know, the rate that is allowed.</summary>
    public required double RateBefore { get; init; }

    public OverrideEvidence Evidence { get; init; } = new();

    public long Routed { get; init; }

    public long Overridden { get; init; }

    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>Why it is being taken back.</summary>
    public string? Reason { get; init; }
}

/// <summary>JSON of the journal.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(TriageLearningState))]
[JsonSerializable(typeof(LearningMoved))]
internal sealed partial class TriageLearningJson : JsonSerializerContext;
