using Orleans.Concurrency;

namespace Steward.Sandbox;

/// <summary>Proposes the code of an execution as an example.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.propose-sandbox-snippet")]
public sealed record ProposeSandboxSnippet
{
    /// <summary>One of the caller's executions that finished.</summary>
    [Id(0)]
    public required string ExecutionId { get; init; }

    /// <summary>What it does, in one line of 1 to 120 characters.</summary>
    [Id(1)]
    public required string Title { get; init; }
}

/// <summary>Accepts or refuses a snippet.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.decide-sandbox-snippet")]
public sealed record DecideSandboxSnippet
{
    /// <summary>Which one.</summary>
    [Id(0)]
    public required string SnippetId { get; init; }

    /// <summary>Whether agents are given it.</summary>
    [Id(1)]
    public required bool IsAccepted { get; init; }
}

/// <summary>Code that worked, and whether agents are given it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.sandbox-snippet")]
public sealed record SandboxSnippet
{
    /// <summary>Its id, <c>x-…</c> as that of the execution.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>What it does.</summary>
    [Id(1)]
    public required string Title { get; init; }

    /// <summary><c>python</c>, <c>shell</c> or <c>sql</c>.</summary>
    [Id(2)]
    public required string Language { get; init; }

    /// <summary>The code, masked; empty when it cannot be opened any more.</summary>
    [Id(3)]
    public required string Code { get; init; }

    /// <summary>Who proposed it.</summary>
    [Id(4)]
    public required string ProposedBy { get; init; }

    /// <summary>When.</summary>
    [Id(5)]
    public required DateTimeOffset ProposedAt { get; init; }

    /// <summary>Whether it was accepted; null before somebody decided.</summary>
    [Id(6)]
    public bool? IsAccepted { get; init; }

    /// <summary>Who decided.</summary>
    [Id(7)]
    public string? DecidedBy { get; init; }

    /// <summary>When that was.</summary>
    [Id(8)]
    public DateTimeOffset? DecidedAt { get; init; }
}
