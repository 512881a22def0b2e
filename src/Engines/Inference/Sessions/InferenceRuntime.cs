using Microsoft.ML.OnnxRuntime;

namespace Steward.Engines.Inference.Sessions;

/// <summary>ONNX Runtime in this process: whether it is there, and what it computes on.</summary>
internal sealed class InferenceRuntime
{
    internal InferenceRuntime(string? problem) => Problem = problem;

    /// <summary>Why nothing can be computed, or null.</summary>
    public string? Problem { get; }

    /// <summary>The library's version.</summary>
    public string Version { get; private init; } = "";

    /// <summary>Whether models run on a GPU.</summary>
    public bool UsesCuda { get; init; }

    /// <summary>Why models do not run on a GPU, or null where they do or nobody asked.</summary>
    public string? CudaProblem { get; private init; }

    /// <summary>Loads the library and chooses what computes. Never throws for a missing library or device.</summary>
    public static InferenceRuntime Start(InferenceProvider wanted, int cudaDevice)
    {
        try
        {
            // Errors reach us as exceptions; the library would print each of them to the console as well.
            if (!OrtEnv.IsCreated)
            {
                var options = new EnvironmentCreationOptions { logId = "steward", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
                OrtEnv.CreateInstanceWithOptions(ref options);
            }

            var version = OrtEnv.Instance().GetVersionString();
            var cudaProblem = wanted == InferenceProvider.Cpu ? null : FindCudaProblem(wanted, cudaDevice);
            return new InferenceRuntime(problem: null) { Version = version, UsesCuda = wanted != InferenceProvider.Cpu && cudaProblem is null, CudaProblem = cudaProblem };
        }
        catch (Exception e) when (MissingLibrary(e) is { } reason)
        {
            return new InferenceRuntime(reason);
        }
    }

    /// <summary>Options of a session: one thread of the caller's for each run, or the GPU.</summary>
    public static SessionOptions CreateOptions(int? cudaDevice)
    {
        // One thread an operator: threads of our own run beside each other, which gives more in all than threads inside a run, and nothing spins.
        var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            // Shapes change from run to run: a plan for each of them would only grow.
            EnableMemoryPattern = false,
        };
        try
        {
            if (cudaDevice is { } device)
            {
                options.AppendExecutionProvider_CUDA(device);
            }

            return options;
        }
        catch
        {
            options.Dispose();
            throw;
        }
    }

    private static string? FindCudaProblem(InferenceProvider wanted, int device)
    {
        if (!OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider"))
        {
            return "this build of ONNX Runtime has no CUDA";
        }

        if (wanted == InferenceProvider.Auto && OperatingSystem.IsLinux() && !File.Exists("/dev/nvidiactl"))
        {
            return "no NVIDIA driver";
        }

        try
        {
            CreateOptions(device).Dispose();
            return null;
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException or NotSupportedException)
        {
            return FirstLine(e.Message);
        }
    }

    private static string? MissingLibrary(Exception e) => e switch
    {
        TypeInitializationException { InnerException: { } inner } => MissingLibrary(inner),
        DllNotFoundException or EntryPointNotFoundException or BadImageFormatException => FirstLine(e.Message),
        _ => null,
    };

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();
}
