namespace Microsoft.ML.OnnxRuntime;

/// <summary>An error that the runtime reports.</summary>
public class OnnxRuntimeException : Exception
{
    private static readonly string[] Codes =
    [
        "Ok", "Fail", "InvalidArgument", "NoSuchFile", "NoModel", "EngineError", "RuntimeException", "InvalidProtobuf", "ModelLoaded", "NotImplemented", "InvalidGraph", "EpFail",
    ];

    internal OnnxRuntimeException(int code, string message)
        : base($"[ErrorCode:{(code >= 0 && code < Codes.Length ? Codes[code] : "Fail")}] {message}")
    {
    }
}
