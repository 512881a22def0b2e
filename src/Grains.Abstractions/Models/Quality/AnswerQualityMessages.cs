namespace Steward.Models.Quality;

/// <summary>A person's word on an answer.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.answer-label")]
public sealed record AnswerLabel
{
    /// <summary>The run or call.</summary>
    [Id(0)]
    public required string Target { get; init; }

    /// <summary>Whether it was good.</summary>
    [Id(1)]
    public required bool IsGood { get; init; }
}

/// <summary>What a silo has seen and judged.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.answer-quality-batch")]
public sealed record AnswerQualityBatch
{
    /// <summary>Counts once.</summary>
    [Id(0)]
    public required string BatchId { get; init; }

    /// <summary>At most 1,000.</summary>
    [Id(1)]
    public IReadOnlyList<JudgedAnswer> Judged { get; init; } = [];

    /// <summary>At most 1,000.</summary>
    [Id(2)]
    public IReadOnlyList<QuestionCount> Questions { get; init; } = [];
}

/// <summary>What the judge said of an answer. Holds no text.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.judged-answer")]
public sealed record JudgedAnswer
{
    /// <summary>The call.</summary>
    [Id(0)]
    public required string CallId { get; init; }

    /// <summary>The run, when one asked.</summary>
    [Id(1)]
    public string? RunId { get; init; }

    /// <summary>What of the platform asked.</summary>
    [Id(2)]
    public required string Feature { get; init; }

    /// <summary>The model that answered.</summary>
    [Id(3)]
    public required string Model { get; init; }

    /// <summary>The prompt's version; null for none.</summary>
    [Id(4)]
    public string? PromptVersion { get; init; }

    /// <summary>When it was answered.</summary>
    [Id(5)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The mean of faithfulness and relevance, 0 to 1.</summary>
    [Id(6)]
    public required double Score { get; init; }

    /// <summary>Whether the judge calls it good: 0.7 or more in both.</summary>
    [Id(7)]
    public required bool IsGood { get; init; }
}

/// <summary>How many questions of a kind there were on a day.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.question-count")]
public sealed record QuestionCount
{
    /// <summary>What of the platform asked.</summary>
    [Id(0)]
    public required string Feature { get; init; }

    /// <summary>The day, in UTC.</summary>
    [Id(1)]
    public required DateOnly Day { get; init; }

    /// <summary>The kind: <c>length:N</c> for 2^N characters and more, <c>intent:NAME</c> for what the classifier found.</summary>
    [Id(2)]
    public required string Kind { get; init; }

    /// <summary>How many.</summary>
    [Id(3)]
    public required long Count { get; init; }
}

/// <summary>How good a tenant's answers are.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.answer-quality-report")]
public sealed record AnswerQualityReport
{
    /// <summary>How far the judge can be trusted.</summary>
    [Id(0)]
    public required JudgeTrust Judge { get; init; }

    /// <summary>By feature.</summary>
    [Id(1)]
    public IReadOnlyList<FeatureQuality> Features { get; init; } = [];
}

/// <summary>What the judge said of answers that people had a word on.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.judge-trust")]
public sealed record JudgeTrust
{
    /// <summary>Answers that both judged.</summary>
    [Id(0)]
    public long Labelled { get; init; }

    /// <summary>The share of good answers that the judge calls good (true positive rate); null without good ones.</summary>
    [Id(1)]
    public double? Sensitivity { get; init; }

    /// <summary>The share of bad answers that it calls bad (true negative rate); null without bad ones.</summary>
    [Id(2)]
    public double? Specificity { get; init; }

    /// <summary>Agreement beyond chance, Cohen's kappa; null when either side always said the same.</summary>
    [Id(3)]
    public double? Kappa { get; init; }

    /// <summary>Kappa's standard error.</summary>
    [Id(4)]
    public double? KappaError { get; init; }

    /// <summary>
    /// By how much the judge shrinks differences between answers, sensitivity + specificity − 1 (Rogan and Gladen, 1978), at least 0.05; null as long as there are not 20 labelled answers of each kind, so that nothing is claimed of it. Experiments
    /// that begin now correct the judge's score by it.
    /// </summary>
    [Id(5)]
    public double? Attenuation { get; init; }
}

/// <summary>How good the answers of a feature are.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.feature-quality")]
public sealed record FeatureQuality
{
    /// <summary>What of the platform asked.</summary>
    [Id(0)]
    public required string Feature { get; init; }

    /// <summary>Answers that were judged, of the last 35 days.</summary>
    [Id(1)]
    public long Judged { get; init; }

    /// <summary>Their mean score, as the judge says.</summary>
    [Id(2)]
    public double Score { get; init; }

    /// <summary>The share that it calls good.</summary>
    [Id(3)]
    public double CalledGood { get; init; }

    /// <summary>The share that is good, corrected by the judge's own errors; null as long as too little is known of them.</summary>
    [Id(4)]
    public double? Good { get; init; }

    /// <summary>Its lower bound, at 95 %.</summary>
    [Id(5)]
    public double? GoodLow { get; init; }

    /// <summary>Its upper bound, at 95 %.</summary>
    [Id(6)]
    public double? GoodHigh { get; init; }

    /// <summary>Whether the last 7 days differ from the 28 before: <c>scores</c>, <c>length</c>, <c>intent</c>; what there is too little of is left out.</summary>
    [Id(7)]
    public IReadOnlyList<QualityDrift> Drifts { get; init; } = [];

    /// <summary>Changes after which answers became worse, oldest first.</summary>
    [Id(8)]
    public IReadOnlyList<QualityRegression> Regressions { get; init; } = [];
}

/// <summary>How far something has moved.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.quality-drift")]
public sealed record QualityDrift
{
    /// <summary>What: <c>scores</c>, <c>length</c> or <c>intent</c>.</summary>
    [Id(0)]
    public required string Of { get; init; }

    /// <summary>The population stability index.</summary>
    [Id(1)]
    public double Index { get; init; }

    /// <summary>What chance stays below in 99 of 100 windows of this size.</summary>
    [Id(2)]
    public double Threshold { get; init; }

    /// <summary>Whether it is above that.</summary>
    [Id(3)]
    public bool IsShifted { get; init; }
}

/// <summary>Answers became worse after a change.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.quality-regression")]
public sealed record QualityRegression
{
    /// <summary>When the change was made, by the first judged answer of it.</summary>
    [Id(0)]
    public required DateTimeOffset At { get; init; }

    /// <summary>Which, such as <c>prompt agent@1 → agent@2</c> or <c>model a → b</c>.</summary>
    [Id(1)]
    public required string Change { get; init; }

    /// <summary>The mean score before.</summary>
    [Id(2)]
    public double Before { get; init; }

    /// <summary>The mean score since.</summary>
    [Id(3)]
    public double After { get; init; }

    /// <summary>By how much it fell at least.</summary>
    [Id(4)]
    public double LeastFall { get; init; }
}
