namespace Steward.Engines.Sandboxing;

/// <summary>What makes code risky before it runs; any number of them.</summary>
[Flags]
public enum SandboxRisks
{
    /// <summary>Nothing does.</summary>
    None = 0,

    /// <summary>Its profile is <see cref="SandboxProfile.Shell"/>: programs of the system are started, and the validator reads little.</summary>
    Shell = 1,

    /// <summary>The job asks for no validation.</summary>
    Unvalidated = 2,

    /// <summary>There is no second opinion on it: none is configured, none could be had, or the job asks for no validation.</summary>
    Unreviewed = 4,
}
