using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>What the environment is created with.</summary>
public struct EnvironmentCreationOptions
{
    /// <summary>A name in the runtime's log.</summary>
    public string logId;

    /// <summary>From which severity on the runtime writes to its log. Default: warnings.</summary>
    public OrtLoggingLevel? logLevel;
}

/// <summary>The runtime itself, one per process.</summary>
public sealed unsafe class OrtEnv : SafeHandle
{
    private static readonly Lock Gate = new();
    private static OrtEnv? _instance;

    private OrtEnv(nint env)
        : base(env, ownsHandle: false)
    {
    }

    /// <summary>Whether there is an environment yet.</summary>
    public static bool IsCreated
    {
        get
        {
            lock (Gate)
            {
                return _instance is not null;
            }
        }
    }

    /// <inheritdoc />
    public override bool IsInvalid => handle == 0;

    /// <summary>The process's environment, created when there is none.</summary>
    public static OrtEnv Instance()
    {
        var options = default(EnvironmentCreationOptions);
        return GetOrCreate(ref options, mustBeNew: false);
    }

    /// <summary>Creates the process's environment.</summary>
    /// <exception cref="OnnxRuntimeException">There is one.</exception>
    public static OrtEnv CreateInstanceWithOptions(ref EnvironmentCreationOptions options) => GetOrCreate(ref options, mustBeNew: true);

    /// <summary>The library's version.</summary>
    public string GetVersionString() => IsInvalid ? "" : OrtApi.Version;

    /// <summary>Names of the execution providers that the library was built with, best first.</summary>
    public string[] GetAvailableProviders()
    {
        nint names;
        int count;
        OrtApi.Check(((delegate* unmanaged<nint*, int*, nint>)OrtApi.Function(OrtApi.Entry.GetAvailableProviders))(&names, &count));
        try
        {
            var result = new string[count];
            for (var i = 0; i < count; i++)
            {
                result[i] = Marshal.PtrToStringUTF8(((nint*)names)[i])!;
            }

            return result;
        }
        finally
        {
            OrtApi.Check(((delegate* unmanaged<nint, int, nint>)OrtApi.Function(OrtApi.Entry.ReleaseAvailableProviders))(names, count));
        }
    }

    internal nint Handle => handle;

    // The environment lives as long as the process: sessions on other threads may still use it while the runtime shuts down.
    /// <inheritdoc />
    protected override bool ReleaseHandle() => true;

    private static OrtEnv GetOrCreate(ref EnvironmentCreationOptions options, bool mustBeNew)
    {
        lock (Gate)
        {
            if (_instance is not null)
            {
                return mustBeNew ? throw new OnnxRuntimeException(1, "OrtEnv singleton instance already exists, supplied options would have no effect") : _instance;
            }

            var name = Marshal.StringToCoTaskMemUTF8(options.logId ?? "CSharpOnnxRuntime");
            try
            {
                nint env;
                OrtApi.Check(((delegate* unmanaged<int, nint, nint*, nint>)OrtApi.Function(OrtApi.Entry.CreateEnv))((int)(options.logLevel ?? OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING), name, &env));
                return _instance = new OrtEnv(env);
            }
            finally
            {
                Marshal.FreeCoTaskMem(name);
            }
        }
    }
}
