using System.Text.Json.Serialization;

namespace Steward.Models.Experiments;

/// <summary>What is to be found out.</summary>
[GenerateSerializer]
[Alias("steward.experiment-type")]
public enum ExperimentType
{
    /// <summary>Which variant is better.</summary>
    Experiment,

    /// <summary>Whether a variant does no harm while its share grows: 5, 25, then 100 %.</summary>
    Canary,
}

/// <summary>What is assigned to a variant, always the same one.</summary>
[GenerateSerializer]
[Alias("steward.experiment-assignment")]
public enum ExperimentAssignment
{
    /// <summary>A conversation.</summary>
    Conversation,

    /// <summary>A person, for all conversations. Conversations are still what is counted, so it takes about as many persons as conversations for the figures to hold.</summary>
    Person,

    /// <summary>
    /// The whole tenant, by the experiment's name: tenants that begin one of the same name and shares are divided between its variants. Within one tenant there is then nothing to compare: it decides nothing, and ends as inconclusive
    /// after its longest time. Not for canaries.
    /// </summary>
    Tenant,
}

/// <summary>How far it is.</summary>
[GenerateSerializer]
[Alias("steward.experiment-status")]
public enum ExperimentStatus
{
    /// <summary>It goes on.</summary>
    Running,

    /// <summary>A variant was better, or a canary passed all its stages.</summary>
    Promoted,

    /// <summary>It did harm, was not proved harmless in time, or was stopped.</summary>
    RolledBack,

    /// <summary>Nothing was found in time.</summary>
    Inconclusive,

    /// <summary>Conversations were not divided as planned; nothing that was found holds.</summary>
    Invalid,
}

/// <summary>What an experiment or canary is; fixed before the start.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.experiment-spec")]
public sealed record ExperimentSpec
{
    // Members with a default are set, not initialized, here and below: the source generator of System.Text.Json loses the defaults of the latter.

    /// <summary>What is to be found out.</summary>
    [Id(0)]
    public ExperimentType Type { get; init; }

    /// <summary>For people; up to 500 characters.</summary>
    [Id(1)]
    public string Description { get; set; } = "";

    /// <summary>What is assigned.</summary>
    [Id(2)]
    public ExperimentAssignment AssignBy { get; init; }

    /// <summary>The features whose calls take part (<c>chat</c>, <c>api</c> …); empty for all.</summary>
    [Id(3)]
    public IReadOnlyList<string> Features { get; set; } = [];

    /// <summary>The registered prompt whose calls take part and of whose versions the variants are; null for calls of any prompt.</summary>
    [Id(4)]
    public string? Prompt { get; init; }

    /// <summary>2 to 5, the control first. A canary has two, and its shares are those of its stages.</summary>
    [Id(5)]
    public IReadOnlyList<ExperimentVariant> Variants { get; set; } = [];

    /// <summary>1 to 8. Empty for those of its type: a canary guards errors, slowness, tokens, cost and the judge's score.</summary>
    [Id(6)]
    public IReadOnlyList<ExperimentMetric> Metrics { get; set; } = [];

    /// <summary>How often its decisions may be wrong, above 0 to 0.2. Default 0.05, the e ≥ 20 of a canary.</summary>
    [Id(7)]
    public double Alpha { get; set; } = 0.05;

    /// <summary>The fewest conversations of each variant before a winner is named. Default 100.</summary>
    [Id(8)]
    public int MinimumUnits { get; set; } = 100;

    /// <summary>The shortest time before a winner is named, and of each stage of a canary. Default a day, an hour for canaries.</summary>
    [Id(9)]
    public TimeSpan? MinimumDuration { get; init; }

    /// <summary>The longest time of an experiment, or of one stage of a canary; at most 90 days. Default 28 days.</summary>
    [Id(10)]
    public TimeSpan MaximumDuration { get; set; } = TimeSpan.FromDays(28);

    /// <summary>The shares of a canary's stages before it answers everything, rising. Default 0.05 and 0.25.</summary>
    [Id(11)]
    public IReadOnlyList<double> Stages { get; set; } = [0.05, 0.25];
}

/// <summary>A variant; what it does not name stays as it is.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.experiment-variant")]
public sealed record ExperimentVariant
{
    /// <summary>1 to 40 of a–z, 0–9 and hyphens.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Its share of all conversations; above 0, together at most 1. Not for canaries.</summary>
    [Id(1)]
    public double Share { get; set; } = 0.5;

    /// <summary>The tier or <c>provider/model</c> that answers, or <c>auto</c> for the tier that the gateway chooses by what is asked; not for calls whose caller named a model.</summary>
    [Id(2)]
    public string? Model { get; init; }

    /// <summary>The version of the experiment's prompt.</summary>
    [Id(3)]
    public int? PromptVersion { get; init; }

    /// <summary>The most tokens of an answer.</summary>
    [Id(4)]
    public int? MaxOutputTokens { get; init; }

    /// <summary>How freely the next token is drawn, 0 to 2; not for calls whose caller set it.</summary>
    [Id(5)]
    public double? Temperature { get; init; }

    /// <summary>From which share of the likeliest tokens the next one is drawn, above 0 to 1; not for calls whose caller set it.</summary>
    [Id(6)]
    public double? TopP { get; init; }

    /// <summary>How much the model thinks before it answers: <c>minimal</c>, <c>low</c>, <c>medium</c> or <c>high</c>; not for calls whose caller set it.</summary>
    [Id(7)]
    public string? Effort { get; init; }
}

/// <summary>What is observed of each conversation.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.experiment-metric")]
public sealed record ExperimentMetric
{
    /// <summary>One of <see cref="ExperimentMetrics"/>.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Whether the experiment is about it; an experiment needs one.</summary>
    [Id(1)]
    public bool IsPrimary { get; init; }

    /// <summary>What figures are cut off at; null for the metric's default.</summary>
    [Id(2)]
    public double? Clip { get; init; }

    /// <summary>By how much a canary may be worse and still be promoted, in the metric's unit; null asks for no proof.</summary>
    [Id(3)]
    public double? Margin { get; init; }

    /// <summary>How much of alpha it gets, in proportion to the others. Default 1.</summary>
    [Id(4)]
    public double Weight { get; set; } = 1;

    /// <summary>For <c>slow</c>: from how many seconds on an answer is. Default 10.</summary>
    [Id(5)]
    public double? Threshold { get; init; }

    /// <summary>What <see cref="OwnAttenuation"/> was in earlier releases, which could not leave it open; 1 where nothing is given. An experiment that runs has the figure that it reckons with here too.</summary>
    [Id(6)]
    [JsonIgnore]
    public double Attenuation { get; set; } = 1;

    /// <summary>
    /// For <c>score</c>: by how much the judge shrinks differences, sensitivity + specificity − 1 of its calibration; 1 for a judge that never errs. Null, the default, takes what the tenant's judge shows when the experiment begins, or 1 as long
    /// as people have labelled fewer than 20 judged answers good or bad each. Margins shrink by it, and what is shown of differences is corrected for it.
    /// </summary>
    [Id(7)]
    [JsonPropertyName("attenuation")]
    public double? OwnAttenuation { get; init; }
}

/// <summary>The metrics there are.</summary>
public static class ExperimentMetrics
{
    /// <summary>Conversations in which a call failed: a share, the less the better.</summary>
    public const string Errors = "errors";

    /// <summary>Conversations in which no call failed and no person took over: a share.</summary>
    public const string Success = "success";

    /// <summary>The share of a conversation's answers that took longer than the threshold.</summary>
    public const string Slow = "slow";

    /// <summary>The mean seconds of a conversation's answers; cut off at 30.</summary>
    public const string Latency = "latency";

    /// <summary>The mean tokens of a conversation's calls; cut off at 8,000.</summary>
    public const string Tokens = "tokens";

    /// <summary>The mean cost of a conversation's calls in US dollars; cut off at 0.25.</summary>
    public const string Cost = "cost";

    /// <summary>Conversations that were handed to a person: a share.</summary>
    public const string Escalation = "escalation";

    /// <summary>Judged answers that people liked: a share.</summary>
    public const string Thumbs = "thumbs";

    /// <summary>The judge's mean score of a conversation's sampled answers, 0 to 1.</summary>
    public const string Score = "score";

    /// <summary>All.</summary>
    public static IReadOnlyList<string> All { get; } = [Errors, Success, Slow, Latency, Tokens, Cost, Escalation, Thumbs, Score];
}

/// <summary>An experiment as it stands.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.experiment-info")]
public sealed record ExperimentInfo
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    [Id(1)]
    public required ExperimentSpec Spec { get; init; }

    /// <summary>How far it is.</summary>
    [Id(2)]
    public required ExperimentStatus Status { get; init; }

    /// <summary>The stage, from 1; 1 for experiments.</summary>
    [Id(3)]
    public int Stage { get; init; }

    /// <summary>The shares of the variants now.</summary>
    [Id(4)]
    public IReadOnlyList<double> Shares { get; init; } = [];

    /// <summary>When it began.</summary>
    [Id(5)]
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Who began it.</summary>
    [Id(6)]
    public string StartedBy { get; init; } = "";

    /// <summary>When it ended; null while it runs.</summary>
    [Id(7)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it ended; null while it runs.</summary>
    [Id(8)]
    public string? Reason { get; init; }

    /// <summary>The variant that was promoted; null when none was.</summary>
    [Id(9)]
    public string? Winner { get; init; }

    /// <summary>The conversations of each variant at this stage.</summary>
    [Id(10)]
    public IReadOnlyList<long> Units { get; init; } = [];

    /// <summary>The evidence that a canary harms, 1 for none; it is rolled back at 1/alpha. Null for experiments.</summary>
    [Id(11)]
    public double? Harm { get; init; }

    /// <summary>Each metric of each variant against the control.</summary>
    [Id(12)]
    public IReadOnlyList<ExperimentComparison> Comparisons { get; init; } = [];
}

/// <summary>A metric of a variant against the control.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.experiment-comparison")]
public sealed record ExperimentComparison
{
    /// <summary>The variant.</summary>
    [Id(0)]
    public required string Variant { get; init; }

    /// <summary>The metric.</summary>
    [Id(1)]
    public required string Metric { get; init; }

    /// <summary>The control's mean.</summary>
    [Id(2)]
    public double Control { get; init; }

    /// <summary>The variant's mean.</summary>
    [Id(3)]
    public double Value { get; init; }

    /// <summary>The least that variant minus control is, with a certainty of 95 % at all times together.</summary>
    [Id(4)]
    public double Low { get; init; }

    /// <summary>The most that it is.</summary>
    [Id(5)]
    public double High { get; init; }

    /// <summary>The evidence that it is worse; 1 for none.</summary>
    [Id(6)]
    public double Worse { get; init; }

    /// <summary>The evidence that it is better; 1 for none.</summary>
    [Id(7)]
    public double Better { get; init; }

    /// <summary>The evidence that it is not worse by the margin; 1 for none.</summary>
    [Id(8)]
    public double NotWorse { get; init; }
}

/// <summary>A decision with everything that it was made from.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.experiment-step")]
public sealed record ExperimentStep
{
    /// <summary>Its number, from 1.</summary>
    [Id(0)]
    public required int Step { get; init; }

    /// <summary>When.</summary>
    [Id(1)]
    public required DateTimeOffset At { get; init; }

    /// <summary>What: <c>Advance</c>, <c>Promote</c>, <c>RollBack</c>, <c>Inconclusive</c> or <c>Invalid</c>.</summary>
    [Id(2)]
    public required string Verdict { get; init; }

    /// <summary>Why, with the figures.</summary>
    [Id(3)]
    public required string Reason { get; init; }

    /// <summary>The plan, as JSON.</summary>
    [Id(4)]
    public required string Plan { get; init; }

    /// <summary>The evidence, as JSON.</summary>
    [Id(5)]
    public required string Evidence { get; init; }
}

/// <summary>A decision made again.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.experiment-replay")]
public sealed record ExperimentReplay
{
    /// <summary>Whether it is the same.</summary>
    [Id(0)]
    public required bool IsSame { get; init; }

    /// <summary>What it is now.</summary>
    [Id(1)]
    public required string Verdict { get; init; }

    /// <summary>Why.</summary>
    [Id(2)]
    public required string Reason { get; init; }
}

/// <summary>What silos need of an experiment.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.running-experiment")]
public sealed record RunningExperiment
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>What it is; its metrics are complete.</summary>
    [Id(1)]
    public required ExperimentSpec Spec { get; init; }

    /// <summary>What the assignment depends on.</summary>
    [Id(2)]
    public required string Salt { get; init; }

    /// <summary>The stage, from 0.</summary>
    [Id(3)]
    public int Stage { get; init; }

    /// <summary>The shares of the variants now, in their order.</summary>
    [Id(4)]
    public IReadOnlyList<double> Shares { get; init; } = [];

    /// <summary>How far it is.</summary>
    [Id(5)]
    public ExperimentStatus Status { get; init; }

    /// <summary>The index of the variant that was promoted; 0 when none was.</summary>
    [Id(6)]
    public int Winner { get; init; }

    /// <summary>Rises with each change.</summary>
    [Id(7)]
    public long Version { get; init; }

    /// <summary>When it began.</summary>
    [Id(8)]
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When its stage began: what is of before belongs to other shares.</summary>
    [Id(9)]
    public DateTimeOffset StageSince { get; init; }
}

/// <summary>What a silo observed.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.experiment-batch")]
public sealed record ExperimentBatch
{
    /// <summary>Counts once.</summary>
    [Id(0)]
    public required string BatchId { get; init; }

    /// <summary>The stage, from 0, at which it was observed; what is of another one is passed over.</summary>
    [Id(1)]
    public required int Stage { get; init; }

    /// <summary>At most 1,000; none only asks for a decision.</summary>
    [Id(2)]
    public IReadOnlyList<ExperimentUnit> Units { get; init; } = [];
}

/// <summary>One conversation that was observed.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.experiment-unit")]
public sealed record ExperimentUnit
{
    /// <summary>The variant's index.</summary>
    [Id(0)]
    public required int Variant { get; init; }

    /// <summary>The value of each metric, in their order; null where there is none.</summary>
    [Id(1)]
    public required IReadOnlyList<double?> Values { get; init; }

    /// <summary>Whether the conversation was counted before, and only these values came later.</summary>
    [Id(2)]
    public bool IsLate { get; init; }
}
