using Microsoft.Extensions.Hosting;

namespace Steward.Engines.Inference;

/// <summary>Creates the engine when the host starts, so that the log says at once what computes.</summary>
internal sealed class InferenceStartup(IInferenceEngine engine) : IHostedService
{
    /// <summary>What was created.</summary>
    public IInferenceEngine Engine { get; } = engine;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
