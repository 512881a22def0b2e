using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Inference;

namespace Steward.Triage;

/// <summary>Whether this silo has something better to do than to train.</summary>
public interface ITrainingLoad
{
    /// <summary>Whether others wait.</summary>
    bool IsBusy { get; }
}

/// <summary>Says that a silo is busy while texts wait for its models.</summary>
internal sealed class SiloInferenceLoad(IServiceProvider services) : ITrainingLoad
{
    // A silo without models has nobody waiting for them.
    private readonly IInferenceEngine? _engine = services.GetService<IInferenceEngine>();

    /// <inheritdoc/>
    public bool IsBusy => _engine?.Status.Waiting > 0;
}
