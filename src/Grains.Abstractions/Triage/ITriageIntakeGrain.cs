using Steward.Connectors;

namespace Steward.Triage;

/// <summary>
/// Brings the tickets of one connector instance to the triage of its tenant, and what was decided back to them; hears where people put them afterwards. Key: that of the instance, <c>t-acme/c-servicenow</c>. Persists nothing:
/// what is not done stays open with the instance's events, and whether something was done is looked up in the record.
/// </summary>
[Alias("steward.triage-intake")]
public interface ITriageIntakeGrain : IGrainWithStringKey
{
    /// <summary>Begins to work on an event and returns at once; settles it when that is done. Idempotent by what the record says. The platform only.</summary>
    /// <returns>Whether it is worked on; an event that is not comes again.</returns>
    [Alias("take")]
    Task<bool> Take(ConnectorEvent happened, CancellationToken cancellationToken = default);
}
