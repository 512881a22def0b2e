using Steward.EndToEnd.Tests;

namespace Steward.Grains.Tests.Triage;

/// <summary>A test that needs ONNX Runtime and the models of this repository: shown as skipped, with the reason, where either is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ShippedModelsFactAttribute : FactAttribute
{
    private static readonly string? Problem = ShippedModelsCluster.Models is null ? "The models of the repository are not beside this build." : new NativeFactAttribute().Skip;

    public ShippedModelsFactAttribute() => Skip = Problem;
}

/// <summary>The same for a test with several inputs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ShippedModelsTheoryAttribute : TheoryAttribute
{
    public ShippedModelsTheoryAttribute() => Skip = new ShippedModelsFactAttribute().Skip;
}
