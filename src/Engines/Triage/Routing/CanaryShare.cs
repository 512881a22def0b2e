using Steward.Engines.Triage.Heads;

namespace Steward.Engines.Triage.Routing;

/// <summary>Which tickets a version on trial answers: a share that is the same however often it is asked, and another one for each version.</summary>
public static class CanaryShare
{
    /// <summary>Whether a ticket is among the share. One that is in a share is in every larger share of the same version.</summary>
    /// <param name="version">The version on trial.</param>
    /// <param name="ticketId">The ticket.</param>
    /// <param name="share">0 for none to 1 for all.</param>
    public static bool Includes(string version, string ticketId, double share)
    {
        ArgumentNullException.ThrowIfNull(version);
        ArgumentNullException.ThrowIfNull(ticketId);
        return StableHash.Of("canary " + version, ticketId) < share * ((double)uint.MaxValue + 1);
    }
}
