namespace Steward.Models.Feedback;

/// <summary>What a person says of an answer; at least one thing.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.give-feedback")]
public sealed record GiveFeedback
{
    /// <summary>Thumb up or down; null says nothing of that.</summary>
    [Id(0)]
    public bool? IsGood { get; init; }

    /// <summary>What the person made of the answer, up to 32,000 characters; null when they changed nothing.</summary>
    [Id(1)]
    public string? Edited { get; init; }

    /// <summary>Whether a person had to take over.</summary>
    [Id(2)]
    public bool IsEscalated { get; init; }

    /// <summary>Whether it did what was wanted; null says nothing of that.</summary>
    [Id(3)]
    public bool? IsSolved { get; init; }

    /// <summary>A score, 0 to 1; null for none.</summary>
    [Id(4)]
    public double? Score { get; init; }

    /// <summary>In words, up to 2,000 characters; for people, never learnt from.</summary>
    [Id(5)]
    public string? Comment { get; init; }

    /// <summary>Whether the person allows that the texts are kept and learnt from. Without it no text is kept. Default false.</summary>
    [Id(6)]
    public bool MayBeLearnt { get; init; }

    /// <summary>What was asked, for calls of models, whose texts the platform does not keep: the last message of the user. Needed with <see cref="MayBeLearnt"/>.</summary>
    [Id(7)]
    public string? Input { get; init; }

    /// <summary>What was answered, in the same way.</summary>
    [Id(8)]
    public string? Answer { get; init; }
}

/// <summary>What was said of an answer.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.feedback-info")]
public sealed record FeedbackInfo
{
    /// <summary>The run or call.</summary>
    [Id(0)]
    public required string Target { get; init; }

    /// <summary>When it was last said.</summary>
    [Id(1)]
    public DateTimeOffset At { get; init; }

    /// <summary>Thumb up or down.</summary>
    [Id(2)]
    public bool? IsGood { get; init; }

    /// <summary>Whether the answer was changed.</summary>
    [Id(3)]
    public bool IsEdited { get; init; }

    /// <summary>Whether a person had to take over.</summary>
    [Id(4)]
    public bool IsEscalated { get; init; }

    /// <summary>Whether it did what was wanted.</summary>
    [Id(5)]
    public bool? IsSolved { get; init; }

    /// <summary>The score.</summary>
    [Id(6)]
    public double? Score { get; init; }

    /// <summary>The comment.</summary>
    [Id(7)]
    public string? Comment { get; init; }

    /// <summary>Whether the texts are kept to learn from.</summary>
    [Id(8)]
    public bool MayBeLearnt { get; init; }

    /// <summary>The variants of experiments that the answer came from, as <c>experiment=variant</c>.</summary>
    [Id(9)]
    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary>The prompt's version that the answer came from; null for none.</summary>
    [Id(10)]
    public string? PromptVersion { get; init; }
}

/// <summary>An example to learn from, not masked yet: between grains only.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.feedback-example")]
public sealed record FeedbackExample
{
    /// <summary>What was asked.</summary>
    [Id(0)]
    public required string Input { get; init; }

    /// <summary>What was answered.</summary>
    [Id(1)]
    public required string Answer { get; init; }

    /// <summary>What the person made of it.</summary>
    [Id(2)]
    public string? Edited { get; init; }

    /// <summary>Thumb up or down.</summary>
    [Id(3)]
    public bool? IsGood { get; init; }

    /// <summary>Whether a person had to take over.</summary>
    [Id(4)]
    public bool IsEscalated { get; init; }

    /// <summary>The person's name, which is masked.</summary>
    [Id(5)]
    public string? Name { get; init; }
}

/// <summary>Which examples are wanted.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.feedback-export-query")]
public sealed record FeedbackExportQuery
{
    /// <summary>The first day, in UTC.</summary>
    [Id(0)]
    public required DateOnly From { get; init; }

    /// <summary>The last day, at most 366 days from the first.</summary>
    [Id(1)]
    public required DateOnly To { get; init; }

    /// <summary>Where to go on: <see cref="FeedbackExportPage.NextAfter"/> of the last part; 0 from the start.</summary>
    [Id(2)]
    public long After { get; init; }
}

/// <summary>A part of the examples.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.feedback-export-page")]
public sealed record FeedbackExportPage
{
    /// <summary>JSON of one example each, without line breaks.</summary>
    [Id(0)]
    public required IReadOnlyList<string> Lines { get; init; }

    /// <summary>Where the next part begins; 0 when there is none.</summary>
    [Id(1)]
    public long NextAfter { get; init; }
}
