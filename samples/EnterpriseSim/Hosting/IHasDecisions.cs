namespace Steward.EnterpriseSim.Hosting;

/// <summary>A system in whose own pages people decide things.</summary>
internal interface IHasDecisions
{
    /// <summary>Lets a person decide. Callers hold the system's lock.</summary>
    /// <returns>Null when it was done, otherwise what is wrong.</returns>
    string? Decide(SimDecision decision);
}
