namespace Steward.Runs;

/// <summary>What was asked of a run and what it answered.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.run-exchange")]
public sealed record RunExchange
{
    /// <summary>Whose run it is.</summary>
    [Id(0)]
    public required string UserId { get; init; }

    /// <summary>The message.</summary>
    [Id(1)]
    public required string Text { get; init; }

    /// <summary>The answer; empty while the run goes on.</summary>
    [Id(2)]
    public required string Answer { get; init; }

    /// <summary>Whether the run has ended.</summary>
    [Id(3)]
    public bool HasEnded { get; init; }

    /// <summary>When it was asked for.</summary>
    [Id(4)]
    public DateTimeOffset RequestedAt { get; init; }

    /// <summary>What experiments assign its calls of models by; null for none.</summary>
    [Id(5)]
    public string? ConversationId { get; init; }

    /// <summary>The variants of experiments that answered, as <c>experiment=variant</c>.</summary>
    [Id(6)]
    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary>The version of the instructions of its last call of a model; null for none.</summary>
    [Id(7)]
    public string? PromptVersion { get; init; }
}
