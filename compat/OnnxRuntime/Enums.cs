namespace Microsoft.ML.OnnxRuntime
{
    /// <summary>How much a graph is rewritten before it runs.</summary>
    public enum GraphOptimizationLevel
    {
        /// <summary>Not at all.</summary>
        ORT_DISABLE_ALL = 0,

        /// <summary>What keeps the meaning on every device.</summary>
        ORT_ENABLE_BASIC = 1,

        /// <summary>Fusions too.</summary>
        ORT_ENABLE_EXTENDED = 2,

        /// <summary>Everything.</summary>
        ORT_ENABLE_ALL = 99,
    }

    /// <summary>Whether independent nodes run beside each other.</summary>
    public enum ExecutionMode
    {
        /// <summary>One after the other.</summary>
        ORT_SEQUENTIAL = 0,

        /// <summary>Beside each other.</summary>
        ORT_PARALLEL = 1,
    }

    /// <summary>From which severity on the runtime writes to its log.</summary>
    public enum OrtLoggingLevel
    {
        /// <summary>Everything.</summary>
        ORT_LOGGING_LEVEL_VERBOSE = 0,

        /// <summary>Informational messages.</summary>
        ORT_LOGGING_LEVEL_INFO = 1,

        /// <summary>Warnings.</summary>
        ORT_LOGGING_LEVEL_WARNING = 2,

        /// <summary>Errors.</summary>
        ORT_LOGGING_LEVEL_ERROR = 3,

        /// <summary>What ends the process.</summary>
        ORT_LOGGING_LEVEL_FATAL = 4,
    }

    /// <summary>How an allocator works.</summary>
    public enum OrtAllocatorType
    {
        /// <summary>Memory of the device.</summary>
        DeviceAllocator = 0,

        /// <summary>An arena.</summary>
        ArenaAllocator = 1,
    }

    /// <summary>What memory is for.</summary>
    public enum OrtMemType
    {
        /// <summary>Inputs of the processor while another device computes.</summary>
        CpuInput = -2,

        /// <summary>Outputs of another device that the processor reads.</summary>
        CpuOutput = -1,

        /// <summary>The processor's.</summary>
        Cpu = CpuOutput,

        /// <summary>The device's own.</summary>
        Default = 0,
    }
}

namespace Microsoft.ML.OnnxRuntime.Tensors
{
    /// <summary>The type of a tensor's elements (onnx.proto, TensorProto.DataType).</summary>
    public enum TensorElementType
    {
        /// <summary>float</summary>
        Float = 1,

        /// <summary>byte</summary>
        UInt8 = 2,

        /// <summary>sbyte</summary>
        Int8 = 3,

        /// <summary>ushort</summary>
        UInt16 = 4,

        /// <summary>short</summary>
        Int16 = 5,

        /// <summary>int</summary>
        Int32 = 6,

        /// <summary>long</summary>
        Int64 = 7,

        /// <summary>string</summary>
        String = 8,

        /// <summary>bool</summary>
        Bool = 9,

        /// <summary>Half</summary>
        Float16 = 10,

        /// <summary>double</summary>
        Double = 11,

        /// <summary>uint</summary>
        UInt32 = 12,

        /// <summary>ulong</summary>
        UInt64 = 13,

        /// <summary>Not a number type of .NET.</summary>
        Complex64 = 14,

        /// <summary>Not a number type of .NET.</summary>
        Complex128 = 15,

        /// <summary>Brain floating point.</summary>
        BFloat16 = 16,

        /// <summary>Anything else.</summary>
        DataTypeMax = 17,
    }
}
