namespace Steward.Engines.Inference.Models;

/// <summary>What is wrong with a model's folder.</summary>
public enum ModelFault
{
    /// <summary>A file is missing.</summary>
    Missing,

    /// <summary>A file is not what it was when its hash was taken, or makes no sense.</summary>
    Corrupt,

    /// <summary>The vocabulary has another size than the model's.</summary>
    WrongVocabulary,

    /// <summary>The model wants other inputs.</summary>
    WrongInputs,

    /// <summary>The model gives other outputs.</summary>
    WrongOutputs,

    /// <summary>There are not as many labels as the model tells apart.</summary>
    WrongLabels,

    /// <summary>The description asks for something that is not known here.</summary>
    Unsupported,

    /// <summary>It is larger than allowed, or needs more memory than there is for all models.</summary>
    TooLarge,

    /// <summary>Other models use the memory at present.</summary>
    NoRoom,

    /// <summary>It cannot be read or run at present: an error of the disk, too many open files, no memory of the device. Nothing is known to be wrong with its files.</summary>
    NotNow,

    /// <summary>There is no runtime to load it with.</summary>
    NotAvailable,
}

/// <summary>A model's folder was refused; what was loaded before stays.</summary>
public sealed class ModelRefusedException(ModelFault fault, string reason) : Exception(reason)
{
    /// <summary>What is wrong.</summary>
    public ModelFault Fault { get; } = fault;

    /// <summary>Whether what was to run it had no memory.</summary>
    internal bool IsOfMemory { get; init; }
}

internal static class ModelFaults
{
    /// <summary>Whether it is the folder that is wrong, which stays so until its files change.</summary>
    public static bool IsOfContent(this ModelFault fault) => fault is not (ModelFault.NotAvailable or ModelFault.NoRoom or ModelFault.NotNow);
}
