using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>
/// The table of functions that <c>OrtGetApiBase</c> hands out. It is append-only (onnxruntime_c_api.h): a function's place is its address for all later versions, so that the
/// places named here hold for every library that knows API version 20.
/// </summary>
internal static unsafe class OrtApi
{
    private const uint ApiVersion = 20;

    private static readonly nint Library;
    private static readonly nint* Table;

    static OrtApi()
    {
        Library = NativeLibraryFile.Load();
        var getBase = (delegate* unmanaged<nint*>)NativeLibrary.GetExport(Library, "OrtGetApiBase");
        var apiBase = getBase();
        Table = (nint*)((delegate* unmanaged<uint, nint>)apiBase[0])(ApiVersion);
        if (Table is null)
        {
            throw new DllNotFoundException($"The native library of ONNX Runtime does not know API version {ApiVersion}: it is older than 1.20.");
        }

        Version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)apiBase[1])()) ?? "";
    }

    /// <summary>The library's version.</summary>
    public static string Version { get; }

    /// <summary>The function at one place of the table.</summary>
    public static nint Function(Entry entry) => Table[(int)entry];

    /// <summary>A function that the library exports by name, or zero.</summary>
    public static nint Export(string name) => NativeLibrary.TryGetExport(Library, name, out var address) ? address : 0;

    /// <summary>Throws what a status says, and frees it. Zero is success.</summary>
    public static void Check(nint status)
    {
        if (status == 0)
        {
            return;
        }

        var code = ((delegate* unmanaged<nint, int>)Function(Entry.GetErrorCode))(status);
        var message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)Function(Entry.GetErrorMessage))(status));
        ((delegate* unmanaged<nint, void>)Function(Entry.ReleaseStatus))(status);
        throw new OnnxRuntimeException(code, message ?? "");
    }

    public static void Release(Entry entry, nint handle) => ((delegate* unmanaged<nint, void>)Function(entry))(handle);

    /// <summary>Calls a function that takes an object and a text.</summary>
    public static void CheckText(Entry entry, nint handle, string text)
    {
        var utf8 = Marshal.StringToCoTaskMemUTF8(text);
        try
        {
            Check(((delegate* unmanaged<nint, nint, nint>)Function(entry))(handle, utf8));
        }
        finally
        {
            Marshal.FreeCoTaskMem(utf8);
        }
    }

    /// <summary>Calls a function that takes an object and a number.</summary>
    public static void CheckNumber(Entry entry, nint handle, int number) => Check(((delegate* unmanaged<nint, int, nint>)Function(entry))(handle, number));

    /// <summary>Calls a function that takes an object alone.</summary>
    public static void CheckPlain(Entry entry, nint handle) => Check(((delegate* unmanaged<nint, nint>)Function(entry))(handle));

    /// <summary>Places of functions in the table.</summary>
    public enum Entry
    {
        GetErrorCode = 1,
        GetErrorMessage = 2,
        CreateEnv = 3,
        CreateSession = 7,
        CreateSessionFromArray = 8,
        Run = 9,
        CreateSessionOptions = 10,
        SetSessionExecutionMode = 13,
        EnableMemPattern = 16,
        DisableMemPattern = 17,
        EnableCpuMemArena = 18,
        DisableCpuMemArena = 19,
        SetSessionLogId = 20,
        SetSessionLogSeverityLevel = 22,
        SetSessionGraphOptimizationLevel = 23,
        SetIntraOpNumThreads = 24,
        SetInterOpNumThreads = 25,
        SessionGetInputCount = 30,
        SessionGetOutputCount = 31,
        SessionGetInputTypeInfo = 33,
        SessionGetOutputTypeInfo = 34,
        SessionGetInputName = 36,
        SessionGetOutputName = 37,
        CreateRunOptions = 39,
        RunOptionsSetRunLogSeverityLevel = 41,
        RunOptionsSetTerminate = 46,
        RunOptionsUnsetTerminate = 47,
        CreateTensorWithDataAsOrtValue = 49,
        GetTensorMutableData = 51,
        CastTypeInfoToTensorInfo = 55,
        GetTensorElementType = 60,
        GetDimensionsCount = 61,
        GetDimensions = 62,
        GetSymbolicDimensions = 63,
        GetTensorTypeAndShape = 65,
        CreateMemoryInfo = 68,
        CreateCpuMemoryInfo = 69,
        AllocatorFree = 76,
        GetAllocatorWithDefaultOptions = 78,
        ReleaseStatus = 93,
        ReleaseMemoryInfo = 94,
        ReleaseSession = 95,
        ReleaseValue = 96,
        ReleaseRunOptions = 97,
        ReleaseTypeInfo = 98,
        ReleaseTensorTypeAndShapeInfo = 99,
        ReleaseSessionOptions = 100,
        GetAvailableProviders = 125,
        ReleaseAvailableProviders = 126,
        AddSessionConfigEntry = 130,
        RunWithBinding = 133,
        CreateIoBinding = 134,
        ReleaseIoBinding = 135,
        BindInput = 136,
        BindOutput = 137,
        BindOutputToDevice = 138,
    }
}
