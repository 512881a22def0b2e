using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Inference;

namespace Steward.Grains.Tests.Triage;

/// <summary>A test that needs ONNX Runtime and the models of this repository: shown as skipped, with the reason, where either is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ShippedModelsFactAttribute : FactAttribute
{
    private static readonly string? Problem = FindProblem();

    public ShippedModelsFactAttribute() => Skip = Problem;

    private static string? FindProblem()
    {
        if (ShippedModelsCluster.Models is null)
        {
            return "The models of the repository are not beside this build.";
        }

        using var services = new ServiceCollection()
            .AddLogging()
            .AddStewardInference(options => (options.ModelDirectory, options.Provider) = (Path.Combine(AppContext.BaseDirectory, "no-models"), InferenceProvider.Cpu))
            .BuildServiceProvider();
        var status = services.GetRequiredService<IInferenceEngine>().Status;
        return status.IsAvailable ? null : status.Summary;
    }
}

/// <summary>The same for a test with several inputs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ShippedModelsTheoryAttribute : TheoryAttribute
{
    public ShippedModelsTheoryAttribute() => Skip = new ShippedModelsFactAttribute().Skip;
}
