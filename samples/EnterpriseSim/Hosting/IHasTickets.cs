namespace Steward.EnterpriseSim.Hosting;

/// <summary>A system in whose own pages people open and change tickets.</summary>
internal interface IHasTickets
{
    /// <summary>Lets a person do it. Callers hold the system's lock.</summary>
    /// <returns>The ticket, or what is wrong.</returns>
    (string? Record, string? Problem) Edit(SimEdit edit);
}
