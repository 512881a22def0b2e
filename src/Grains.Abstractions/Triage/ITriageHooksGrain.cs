namespace Steward.Triage;

/// <summary>Hears the events of one connector instance for the triage of its tenant. Key: that of the instance, <c>t-acme/c-servicenow</c>. It is called by its stream alone.</summary>
[Alias("steward.triage-hooks")]
public interface ITriageHooksGrain : IGrainWithStringKey;
