namespace Steward.Engines.Orchestration;

/// <summary>Someone who wants to decide.</summary>
public sealed record Decider
{
    /// <summary>The person's id, <c>u-…</c>.</summary>
    public required string UserId { get; init; }

    /// <summary>Mail address; null when it is not known.</summary>
    public string? Email { get; init; }

    /// <summary>Roles in the tenant, as they are now.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
}
