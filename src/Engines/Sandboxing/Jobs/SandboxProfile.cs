namespace Steward.Engines.Sandboxing;

/// <summary>What a sandbox can run.</summary>
public enum SandboxProfile
{
    /// <summary>Python 3 with pandas, numpy and matplotlib imported already; the module <c>steward</c> reaches data.</summary>
    Python,

    /// <summary>Bash with the text tools of the system. It reaches no data but its input files.</summary>
    Shell,
}

/// <summary>How strongly a provider separates an execution from the host; the stronger, the later.</summary>
public enum SandboxTier
{
    /// <summary>Linux namespaces, seccomp, Landlock and cgroups on the host's kernel. The default.</summary>
    Namespaces,

    /// <summary>A kernel of its own between the code and the host's kernel (gVisor).</summary>
    GVisor,

    /// <summary>Another machine, asked over HTTP.</summary>
    Remote,
}
