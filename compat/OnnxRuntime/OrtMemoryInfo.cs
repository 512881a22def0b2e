using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Where memory lies.</summary>
public class OrtMemoryInfo : SafeHandle
{
    private static readonly Lazy<OrtMemoryInfo> Default = new(CreateCpu);

    /// <summary>Describes memory of one device.</summary>
    public unsafe OrtMemoryInfo(string allocatorName, OrtAllocatorType allocatorType, int deviceId, OrtMemType memoryType)
        : base(0, ownsHandle: true)
    {
        var name = Marshal.StringToCoTaskMemUTF8(allocatorName);
        try
        {
            nint info;
            OrtApi.Check(((delegate* unmanaged<nint, int, int, int, nint*, nint>)OrtApi.Function(OrtApi.Entry.CreateMemoryInfo))(name, (int)allocatorType, deviceId, (int)memoryType, &info));
            SetHandle(info);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    private OrtMemoryInfo(nint info)
        : base(info, ownsHandle: true)
    {
    }

    /// <summary>The processor's memory.</summary>
    public static OrtMemoryInfo DefaultInstance => Default.Value;

    /// <inheritdoc />
    public override bool IsInvalid => handle == 0;

    internal nint Handle => handle;

    /// <inheritdoc />
    protected override bool ReleaseHandle()
    {
        OrtApi.Release(OrtApi.Entry.ReleaseMemoryInfo, handle);
        return true;
    }

    private static unsafe OrtMemoryInfo CreateCpu()
    {
        nint info;
        OrtApi.Check(((delegate* unmanaged<int, int, nint*, nint>)OrtApi.Function(OrtApi.Entry.CreateCpuMemoryInfo))((int)OrtAllocatorType.DeviceAllocator, (int)OrtMemType.Default, &info));
        return new OrtMemoryInfo(info);
    }
}
