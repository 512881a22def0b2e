namespace Steward.Engines.Approvals.Machine;

/// <summary>What somebody could do at the open level.</summary>
public sealed record VotingRight
{
    /// <summary>The seat that their vote would fill, from 0; -1 for none.</summary>
    public required int Seat { get; init; }

    /// <summary>For whom they would act, by mail address; null for themselves.</summary>
    public string? ActsFor { get; init; }

    /// <summary>Why they cannot; null when they can.</summary>
    public ApprovalRefusal? Refusal { get; init; }

    /// <summary>Whether they can vote.</summary>
    public bool CanVote => Refusal is null;

    internal static VotingRight None(RefusalKind kind, string message) => new() { Seat = -1, Refusal = new(kind, message) };
}
