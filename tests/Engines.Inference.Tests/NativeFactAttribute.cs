using Steward.Engines.Inference.Sessions;

namespace Steward.Engines.Inference.Tests;

/// <summary>A test that needs the native library: shown as skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NativeFactAttribute : FactAttribute
{
    private static readonly string? Problem = InferenceRuntime.Start(InferenceProvider.Cpu, 0).Problem;

    public NativeFactAttribute() => Skip = Problem;
}

/// <summary>The same for a test with several inputs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NativeTheoryAttribute : TheoryAttribute
{
    public NativeTheoryAttribute() => Skip = new NativeFactAttribute().Skip;
}
