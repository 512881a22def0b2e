namespace Steward.Engines.Sandboxing.Tests;

/// <summary>Skips, saying so, only where no sandbox can be made at all.</summary>
internal static class Needs
{
    public static string? Missing { get; } =
        !OperatingSystem.IsLinux() ? "needs Linux"
        : !File.Exists("/usr/bin/bwrap") ? "needs bubblewrap: apt-get install bubblewrap python3-pandas python3-numpy python3-matplotlib"
        : !Directory.Exists("/usr/lib/python3/dist-packages/pandas") ? "needs python3-pandas: apt-get install python3-pandas python3-numpy python3-matplotlib"
        : null;
}

public sealed class SandboxFactAttribute : FactAttribute
{
    public SandboxFactAttribute() => Skip = Needs.Missing;
}

public sealed class SandboxTheoryAttribute : TheoryAttribute
{
    public SandboxTheoryAttribute() => Skip = Needs.Missing;
}
