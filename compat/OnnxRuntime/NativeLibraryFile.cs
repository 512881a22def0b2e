using System.Reflection;
using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>
/// Finds the native library: the file that the environment's <c>STEWARD_ONNXRUNTIME</c> names, else the one beside the application, else the one that the build fetched
/// (<c>build/onnxruntime.sh</c>).
/// </summary>
internal static class NativeLibraryFile
{
    private const string FileName = "libonnxruntime.so.1";
    private const string Variable = "STEWARD_ONNXRUNTIME";

    /// <exception cref="DllNotFoundException">There is none; the message says what was looked for and why the build has none.</exception>
    public static nint Load()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return NativeLibrary.TryLoad(named, out var chosen)
                ? chosen
                : throw new DllNotFoundException($"{Variable} names {named}, which is no loadable library.");
        }

        var fetched = typeof(NativeLibraryFile).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(entry => entry.Key == "OnnxRuntimeLibrary")?.Value;
        foreach (var file in new[] { Path.Combine(AppContext.BaseDirectory, FileName), fetched })
        {
            if (file is not null && File.Exists(file))
            {
                return NativeLibrary.Load(file);
            }
        }

        var reason = fetched is null ? null : Path.Combine(Path.GetDirectoryName(fetched)!, "unavailable.txt");
        throw new DllNotFoundException(reason is not null && File.Exists(reason)
            ? $"The native library of ONNX Runtime is missing: {File.ReadAllText(reason).Trim()}."
            : $"The native library of ONNX Runtime is missing: no {FileName} beside the application.");
    }
}
