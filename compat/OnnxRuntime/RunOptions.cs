using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Options of one run, or of runs one after the other.</summary>
public class RunOptions : SafeHandle
{
    private volatile bool _terminate;

    /// <summary>Creates options with the runtime's defaults.</summary>
    public unsafe RunOptions()
        : base(0, ownsHandle: true)
    {
        nint options;
        OrtApi.Check(((delegate* unmanaged<nint*, nint>)OrtApi.Function(OrtApi.Entry.CreateRunOptions))(&options));
        SetHandle(options);
    }

    /// <inheritdoc />
    public override bool IsInvalid => handle == 0;

    /// <summary>Ends the run that uses these options, from any thread, after the node at work; the run fails. Stays set until it is cleared.</summary>
    public bool Terminate
    {
        get => _terminate;
        set
        {
            OrtApi.CheckPlain(value ? OrtApi.Entry.RunOptionsSetTerminate : OrtApi.Entry.RunOptionsUnsetTerminate, handle);
            _terminate = value;
        }
    }

    /// <summary>From which severity on the run writes to the runtime's log.</summary>
    public OrtLoggingLevel LogSeverityLevel
    {
        get => field;
        set => OrtApi.CheckNumber(OrtApi.Entry.RunOptionsSetRunLogSeverityLevel, handle, (int)(field = value));
    } = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING;

    internal nint Handle => handle;

    /// <inheritdoc />
    protected override bool ReleaseHandle()
    {
        OrtApi.Release(OrtApi.Entry.ReleaseRunOptions, handle);
        return true;
    }
}
