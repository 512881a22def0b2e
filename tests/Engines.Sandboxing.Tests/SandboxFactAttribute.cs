namespace Steward.Engines.Sandboxing.Tests;

/// <summary>Skips, saying so, only where no sandbox can be made at all.</summary>
internal static class Needs
{
    public static string? Missing { get; } =
        !OperatingSystem.IsLinux() ? "needs Linux"
        : !File.Exists("/usr/bin/bwrap") ? "needs bubblewrap: apt-get install bubblewrap python3-pandas python3-numpy python3-matplotlib"
        : !Directory.Exists("/usr/lib/python3/dist-packages/pandas") ? "needs python3-pandas: apt-get install python3-pandas python3-numpy python3-matplotlib"
        : null;

    public static string? MissingGVisor { get; } = Missing ?? (File.Exists("/usr/bin/runsc") ? null : "needs gVisor: apt-get install runsc");
}

public sealed class SandboxFactAttribute : FactAttribute
{
    public SandboxFactAttribute() => Skip = Needs.Missing;
}

public sealed class SandboxTheoryAttribute : TheoryAttribute
{
    public SandboxTheoryAttribute() => Skip = Needs.Missing;
}

/// <summary>Skips where gVisor is not installed, and says how to get it.</summary>
public sealed class GVisorFactAttribute : FactAttribute
{
    public GVisorFactAttribute() => Skip = Needs.MissingGVisor;
}

public sealed class GVisorTheoryAttribute : TheoryAttribute
{
    public GVisorTheoryAttribute() => Skip = Needs.MissingGVisor;
}
