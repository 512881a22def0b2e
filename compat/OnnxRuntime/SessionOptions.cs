using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>How a session computes.</summary>
public class SessionOptions : SafeHandle
{
    /// <summary>Creates options with the runtime's defaults.</summary>
    public unsafe SessionOptions()
        : base(0, ownsHandle: true)
    {
        nint options;
        OrtApi.Check(((delegate* unmanaged<nint*, nint>)OrtApi.Function(OrtApi.Entry.CreateSessionOptions))(&options));
        SetHandle(options);
    }

    /// <inheritdoc />
    public override bool IsInvalid => handle == 0;

    /// <summary>Threads inside one operator; 0 is one for each core.</summary>
    public int IntraOpNumThreads
    {
        get => field;
        set => OrtApi.CheckNumber(OrtApi.Entry.SetIntraOpNumThreads, handle, field = value);
    }

    /// <summary>Threads for operators beside each other.</summary>
    public int InterOpNumThreads
    {
        get => field;
        set => OrtApi.CheckNumber(OrtApi.Entry.SetInterOpNumThreads, handle, field = value);
    }

    /// <summary>How much the graph is rewritten. Default: everything.</summary>
    public GraphOptimizationLevel GraphOptimizationLevel
    {
        get => field;
        set => OrtApi.CheckNumber(OrtApi.Entry.SetSessionGraphOptimizationLevel, handle, (int)(field = value));
    } = GraphOptimizationLevel.ORT_ENABLE_ALL;

    /// <summary>Whether independent nodes run beside each other. Default: no.</summary>
    public ExecutionMode ExecutionMode
    {
        get => field;
        set => OrtApi.CheckNumber(OrtApi.Entry.SetSessionExecutionMode, handle, (int)(field = value));
    }

    /// <summary>From which severity on the session writes to the runtime's log.</summary>
    public OrtLoggingLevel LogSeverityLevel
    {
        get => field;
        set => OrtApi.CheckNumber(OrtApi.Entry.SetSessionLogSeverityLevel, handle, (int)(field = value));
    } = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING;

    /// <summary>The session's name in the runtime's log.</summary>
    public string LogId
    {
        get => field;
        set => OrtApi.CheckText(OrtApi.Entry.SetSessionLogId, handle, field = value);
    } = "";

    /// <summary>Whether memory is planned ahead for each shape of inputs. Default: yes.</summary>
    public bool EnableMemoryPattern
    {
        get => field;
        set => OrtApi.CheckPlain((field = value) ? OrtApi.Entry.EnableMemPattern : OrtApi.Entry.DisableMemPattern, handle);
    } = true;

    /// <summary>Whether the processor's memory comes from an arena. Default: yes.</summary>
    public bool EnableCpuMemArena
    {
        get => field;
        set => OrtApi.CheckPlain((field = value) ? OrtApi.Entry.EnableCpuMemArena : OrtApi.Entry.DisableCpuMemArena, handle);
    } = true;

    internal nint Handle => handle;

    /// <summary>Sets one of the keys of onnxruntime_session_options_config_keys.h.</summary>
    public unsafe void AddSessionConfigEntry(string configKey, string configValue)
    {
        var (key, value) = (Marshal.StringToCoTaskMemUTF8(configKey), Marshal.StringToCoTaskMemUTF8(configValue));
        try
        {
            OrtApi.Check(((delegate* unmanaged<nint, nint, nint, nint>)OrtApi.Function(OrtApi.Entry.AddSessionConfigEntry))(handle, key, value));
        }
        finally
        {
            Marshal.FreeCoTaskMem(key);
            Marshal.FreeCoTaskMem(value);
        }
    }

    /// <summary>Computes on a CUDA device, as far as it has the operators.</summary>
    /// <exception cref="OnnxRuntimeException">The provider's libraries or the driver's are missing.</exception>
    public unsafe void AppendExecutionProvider_CUDA(int deviceId = 0)
    {
        var append = OrtApi.Export("OrtSessionOptionsAppendExecutionProvider_CUDA");
        if (append == 0)
        {
            throw new EntryPointNotFoundException("The native library of ONNX Runtime was built without CUDA.");
        }

        OrtApi.Check(((delegate* unmanaged<nint, int, nint>)append)(handle, deviceId));
    }

    /// <inheritdoc />
    protected override bool ReleaseHandle()
    {
        OrtApi.Release(OrtApi.Entry.ReleaseSessionOptions, handle);
        return true;
    }
}
