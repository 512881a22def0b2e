namespace Steward.Approvals;

/// <summary>Hears the events of one connector instance for the approvals of its tenant. Key: that of the instance, <c>t-acme/c-jira</c>. It is called by its stream alone.</summary>
[Alias("steward.mirror-hooks")]
public interface IMirrorHooksGrain : IGrainWithStringKey;
