namespace Steward.Models.Prompts;

/// <summary>A version that somebody hands in.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.prompt-draft")]
public sealed record PromptDraft
{
    /// <summary>1 to 20,000 characters. <c>{name}</c> is replaced by the variable's value; <c>{?name:text}</c> is the text when it has one.</summary>
    [Id(0)]
    public required string Text { get; init; }

    /// <summary>The variables; exactly those that the text uses. Up to 50.</summary>
    [Id(1)]
    public IReadOnlyList<string> Variables { get; set; } = [];

    /// <summary>Why, for people; up to 500 characters.</summary>
    [Id(2)]
    public string Note { get; set; } = "";
}

/// <summary>How far a version is.</summary>
[GenerateSerializer]
[Alias("steward.prompt-status")]
public enum PromptStatus
{
    /// <summary>It waits for somebody else's approval.</summary>
    Staged,

    /// <summary>It may be tried or published.</summary>
    Approved,

    /// <summary>It answers a part of the conversations.</summary>
    Canary,

    /// <summary>It answers.</summary>
    Live,

    /// <summary>It answered before.</summary>
    Retired,

    /// <summary>It was taken back.</summary>
    RolledBack,
}

/// <summary>A version.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.prompt-version")]
public sealed record PromptVersion
{
    /// <summary>Its number, from 1.</summary>
    [Id(0)]
    public required int Version { get; init; }

    /// <summary>The text and variables.</summary>
    [Id(1)]
    public required PromptDraft Draft { get; init; }

    /// <summary>How far it is.</summary>
    [Id(2)]
    public PromptStatus Status { get; init; }

    /// <summary>Who wrote it.</summary>
    [Id(3)]
    public required string Author { get; init; }

    /// <summary>When.</summary>
    [Id(4)]
    public required DateTimeOffset At { get; init; }

    /// <summary>Who approved it; null while nobody has.</summary>
    [Id(5)]
    public string? Approver { get; init; }

    /// <summary>When it last went live; null if never.</summary>
    [Id(6)]
    public DateTimeOffset? LiveAt { get; init; }
}

/// <summary>A prompt as it stands.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.prompt-info")]
public sealed record PromptInfo
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Its versions, oldest first.</summary>
    [Id(1)]
    public IReadOnlyList<PromptVersion> Versions { get; init; } = [];

    /// <summary>The version that answers; null when none does.</summary>
    [Id(2)]
    public int? Live { get; init; }

    /// <summary>The experiment that tries a version; null when none is tried.</summary>
    [Id(3)]
    public string? Canary { get; init; }
}

/// <summary>A line of a difference.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.prompt-line")]
public sealed record PromptLine
{
    /// <summary><c>same</c>, <c>added</c> or <c>removed</c>.</summary>
    [Id(0)]
    public required string Change { get; init; }

    /// <summary>The line.</summary>
    [Id(1)]
    public required string Text { get; init; }
}

/// <summary>What silos need of a prompt.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.published-prompt")]
public sealed record PublishedPrompt
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>The version that answers; null when none does.</summary>
    [Id(1)]
    public int? Live { get; init; }

    /// <summary>The live version and the one that is tried.</summary>
    [Id(2)]
    public IReadOnlyList<PromptVersion> Versions { get; init; } = [];
}
