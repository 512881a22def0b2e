namespace Steward.Engines.Sandboxing.GVisor;

/// <summary>How gVisor is started.</summary>
public sealed class GVisorOptions
{
    /// <summary>The program. Debian's package <c>runsc</c> puts it there.</summary>
    public string RunscPath { get; set; } = "/usr/bin/runsc";

    /// <summary>How it catches system calls: <c>ptrace</c>, <c>systrap</c> or <c>kvm</c>, as far as the program knows them. Null, the default, leaves it to the program; <c>kvm</c> needs a /dev/kvm that the sandboxes' user may open.</summary>
    public string? Platform { get; set; }

    /// <summary>How many are kept ready for each profile, at most. About 100 MB each. Null, the default, keeps one where gVisor is chosen for a tenant or for risky code, and none otherwise.</summary>
    public int? Warm { get; set; }

    /// <summary>Whether modules are loaded before the job comes. Tests that make many sandboxes, few of which use a module, switch it off.</summary>
    internal bool Preload { get; set; } = true;
}
