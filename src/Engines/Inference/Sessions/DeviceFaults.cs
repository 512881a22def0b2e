using Microsoft.ML.OnnxRuntime;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Sessions;

/// <summary>Tells failures of what computes from those of a model. The runtime has one code for both, so their words decide.</summary>
internal static class DeviceFaults
{
    // CPU arena, the C++ library, the kernel; then the libraries of CUDA, whose every failure is reported with these words.
    private static readonly string[] Words = ["Failed to allocate memory", "bad_alloc", "out of memory", "Cannot allocate memory", "Too many open files", "CUDA failure", "CUDA error", "CUBLAS failure", "CUDNN failure", "CUDNN_STATUS", "CUBLAS_STATUS"];

    private static readonly string[] MemoryWords = ["Failed to allocate memory", "bad_alloc", "out of memory", "Cannot allocate memory", "STATUS_ALLOC_FAILED", "DEVICE_ALLOCATION_FAILED"];

    /// <summary>Whether the same model may well run later.</summary>
    public static bool IsOfDevice(this Exception exception) =>
        exception is OutOfMemoryException || (exception is OnnxRuntimeException && IsOfDevice(exception.Message));

    /// <summary>The same of the runtime's message.</summary>
    public static bool IsOfDevice(string message) => Array.Exists(Words, word => message.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether there was no memory for it: elsewhere there may be some.</summary>
    public static bool IsOfMemory(string message) => Array.Exists(MemoryWords, word => message.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>The refusal of a model that could not be loaded or run; <paramref name="what"/> says what was tried.</summary>
    public static ModelRefusedException Refuse(Exception exception, string what) => Refuse(exception.IsOfDevice(), exception is OutOfMemoryException || IsOfMemory(exception.Message), exception.Message, what);

    /// <summary>The same of the runtime's message.</summary>
    public static ModelRefusedException Refuse(string message, string what) => Refuse(IsOfDevice(message), IsOfMemory(message), message, what);

    private static ModelRefusedException Refuse(bool isOfDevice, bool isOfMemory, string message, string what) => isOfDevice
        ? new ModelRefusedException(ModelFault.NotNow, $"{what} at present: {message}") { IsOfMemory = isOfMemory }
        : new ModelRefusedException(ModelFault.Corrupt, $"{what}: {message}");
}
