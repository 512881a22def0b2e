using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Inputs and outputs that are bound to memory once and used by runs one after the other.</summary>
public class OrtIoBinding : SafeHandle
{
    internal unsafe OrtIoBinding(nint session)
        : base(0, ownsHandle: true)
    {
        nint binding;
        OrtApi.Check(((delegate* unmanaged<nint, nint*, nint>)OrtApi.Function(OrtApi.Entry.CreateIoBinding))(session, &binding));
        SetHandle(binding);
    }

    /// <inheritdoc />
    public override bool IsInvalid => handle == 0;

    internal nint Handle => handle;

    /// <summary>Binds an input to a tensor.</summary>
    public void BindInput(string name, OrtValue ortValue) => Bind(OrtApi.Entry.BindInput, name, ortValue.Handle);

    /// <summary>Binds an output to a tensor of exactly its shape.</summary>
    public void BindOutput(string name, OrtValue ortValue) => Bind(OrtApi.Entry.BindOutput, name, ortValue.Handle);

    /// <summary>Leaves an output's memory to the runtime, on one device.</summary>
    public void BindOutputToDevice(string name, OrtMemoryInfo memInfo) => Bind(OrtApi.Entry.BindOutputToDevice, name, memInfo.Handle);

    /// <inheritdoc />
    protected override bool ReleaseHandle()
    {
        OrtApi.Release(OrtApi.Entry.ReleaseIoBinding, handle);
        return true;
    }

    private unsafe void Bind(OrtApi.Entry entry, string name, nint target)
    {
        var utf8 = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            OrtApi.Check(((delegate* unmanaged<nint, nint, nint, nint>)OrtApi.Function(entry))(handle, utf8, target));
        }
        finally
        {
            Marshal.FreeCoTaskMem(utf8);
        }
    }
}
