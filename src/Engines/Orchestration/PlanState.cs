using System.Text.Json;

namespace Steward.Engines.Orchestration;

/// <summary>One plan of a run.</summary>
public sealed record PlanState
{
    /// <summary>Which plan of its scope this is, from 1.</summary>
    public required int Revision { get; init; }

    /// <summary>The plan as it was proposed.</summary>
    public required JsonElement Plan { get; init; }

    /// <summary>SHA-256 of its canonical JSON.</summary>
    public required string PlanHash { get; init; }

    /// <summary>Why there is this plan: null for the first one.</summary>
    public string? Reason { get; init; }

    /// <summary>The hand-off inside which it was made, a step's id; null for the run itself.</summary>
    public string? Scope { get; init; }

    /// <summary>Why it was refused; none when it was not.</summary>
    public IReadOnlyList<PlanFault> Faults { get; init; } = [];

    /// <summary><c>policy</c> or the person who approved it; null when it was never worked off.</summary>
    public string? AcceptedBy { get; init; }

    /// <summary>Whether it is or was worked off.</summary>
    public bool IsAccepted => AcceptedBy is not null;
}
