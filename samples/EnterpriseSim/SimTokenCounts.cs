namespace Steward.EnterpriseSim;

/// <summary>What happened to a system's refresh tokens.</summary>
/// <param name="Refreshed">How often one was turned into new tokens.</param>
/// <param name="Repeated">How often a used one came again within the grace and gave the same tokens again.</param>
/// <param name="Reused">How often a used one came again too late, which ended its family.</param>
public sealed record SimTokenCounts(int Refreshed, int Repeated, int Reused);
