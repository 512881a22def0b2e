namespace Steward.Engines.Inference;

/// <summary>What computes.</summary>
public enum InferenceProvider
{
    /// <summary>CUDA where it works, else the processor.</summary>
    Auto,

    /// <summary>CUDA; the processor, with a line that says why, where it does not work.</summary>
    Cuda,

    /// <summary>The processor.</summary>
    Cpu,
}
