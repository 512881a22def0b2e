namespace Steward.Models.Feedback;

/// <summary>What is kept of what was said of an answer.</summary>
[GenerateSerializer]
[Alias("steward.feedback-state")]
internal sealed class FeedbackState
{
    /// <summary>What was said; null when nothing was, or it was taken back.</summary>
    [Id(0)]
    public FeedbackEntry? Entry { get; set; }

    /// <summary>The last day, in UTC, under which it stands in the list; null for none.</summary>
    [Id(1)]
    public DateOnly? ListedOn { get; set; }
}

/// <summary>What was said, and of what.</summary>
[GenerateSerializer]
[Alias("steward.feedback-entry")]
internal sealed record FeedbackEntry
{
    /// <summary>Who.</summary>
    [Id(0)]
    public required string UserId { get; init; }

    /// <summary>The person's name; with consent only, for it is masked in texts.</summary>
    [Id(1)]
    public string? Name { get; init; }

    /// <summary>When.</summary>
    [Id(2)]
    public required DateTimeOffset At { get; init; }

    /// <summary>What was said; without consent, without texts to learn from.</summary>
    [Id(3)]
    public required GiveFeedback Said { get; init; }

    /// <summary>Whether the answer was changed.</summary>
    [Id(4)]
    public bool IsEdited { get; init; }

    /// <summary>The variants of experiments.</summary>
    [Id(5)]
    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary>The prompt's version.</summary>
    [Id(6)]
    public string? PromptVersion { get; init; }
}

/// <summary>An answer that something may be said of.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="At">When; for experiments, whose stages change.</param>
/// <param name="Unit">What experiments count: the conversation, or the call or run where there is none.</param>
/// <param name="Variants">The variants of experiments, as <c>experiment=variant</c>.</param>
/// <param name="PromptVersion">The prompt's version.</param>
/// <param name="Texts">Question and answer, where the platform keeps them.</param>
/// <param name="Proof">What shows that texts are those of the call, where it does not; null when there was no text.</param>
internal sealed record KnownAnswer(string UserId, DateTimeOffset At, string Unit, IReadOnlyList<string> Variants, string? PromptVersion, (string Input, string Answer)? Texts, string? Proof);
