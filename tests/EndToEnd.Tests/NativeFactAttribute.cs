using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Inference;

namespace Steward.EndToEnd.Tests;

/// <summary>A test that needs ONNX Runtime: shown as skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NativeFactAttribute : FactAttribute
{
    private static readonly string? Problem = FindProblem();

    public NativeFactAttribute() => Skip = Problem;

    private static string? FindProblem()
    {
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
public sealed class NativeTheoryAttribute : TheoryAttribute
{
    public NativeTheoryAttribute() => Skip = new NativeFactAttribute().Skip;
}
