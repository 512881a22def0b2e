using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Steward.Engines.Inference.Tests.Sessions;

/// <summary>The runtime's types, of the package or of the binding: the same behaviour of both.</summary>
public sealed class RuntimeTypesTests : IDisposable
{
    private readonly SessionOptions _options;
    private readonly InferenceSession _session;
    private readonly RunOptions _run;
    private readonly long[] _ids = Pinned<long>(3);
    private readonly long[] _mask = Pinned<long>(3);
    private readonly float[] _logits = Pinned<float>(3);

    public RuntimeTypesTests()
    {
        // Constructed for each test, skipped ones excepted.
        (_options, _run) = (new SessionOptions { IntraOpNumThreads = 1 }, new RunOptions());
        _session = new InferenceSession(Path.Combine(EngineUnderTest.Tiny("tiny-topics"), "model.onnx"), _options);
        (_ids[0], _ids[1], _ids[2]) = (2, 5, 3);
        Array.Fill(_mask, 1);
    }

    [NativeFact]
    public void Metadata_InputsAndOutputs_AreThoseOfTheModel()
    {
        Assert.Equal(["attention_mask", "input_ids"], _session.InputMetadata.Keys.Order());
        Assert.Equal(TensorElementType.Int64, _session.InputMetadata["input_ids"].ElementDataType);
        Assert.Equal([-1, 3], _session.OutputMetadata["logits"].Dimensions);
    }

    [NativeFact]
    public void Run_GivenOutputsAndOwnOnes_GivesTheSame()
    {
        using OrtValue ids = Tensor(_ids), mask = Tensor(_mask), logits = Tensor(_logits);
        _session.Run(_run, ["input_ids", "attention_mask"], [ids, mask], ["logits"], [logits]);
        using var own = _session.Run(_run, new List<string> { "input_ids", "attention_mask" }, new List<OrtValue> { ids, mask }, ["logits"]);

        Assert.Equal(10f / 3, _logits[0], 1e-5f);
        Assert.Equal([1L, 3], own.Single().GetTensorTypeAndShape().Shape);
        Assert.Equal(_logits, own.Single().GetTensorDataAsSpan<float>().ToArray());
    }

    [NativeFact]
    public void RunWithBinding_BoundTensors_GivesTheSame()
    {
        using OrtValue ids = Tensor(_ids), mask = Tensor(_mask), logits = Tensor(_logits);
        using var binding = _session.CreateIoBinding();
        binding.BindInput("input_ids", ids);
        binding.BindInput("attention_mask", mask);
        binding.BindOutput("logits", logits);

        _session.RunWithBinding(_run, binding);

        Assert.Equal(10f / 3, _logits[0], 1e-5f);
    }

    [NativeFact]
    public void Run_Terminated_ThrowsUntilItIsCleared()
    {
        using OrtValue ids = Tensor(_ids), mask = Tensor(_mask), logits = Tensor(_logits);
        void Run() => _session.Run(_run, ["input_ids", "attention_mask"], [ids, mask], ["logits"], [logits]);
        _run.Terminate = true;
        Assert.Throws<OnnxRuntimeException>(Run);

        _run.Terminate = false;
        Run();
    }

    [NativeFact]
    public void CreateTensor_BufferTooSmall_Throws() =>
        Assert.Throws<OnnxRuntimeException>(() => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, TensorElementType.Int64, [1, 100], Marshal.UnsafeAddrOfPinnedArrayElement(_ids, 0), 24));

    [NativeFact]
    public void Environment_Library_NamesItsVersionAndProviders()
    {
        Assert.Matches("^1\\.[0-9]+\\.[0-9]+", OrtEnv.Instance().GetVersionString());
        Assert.Contains("CPUExecutionProvider", OrtEnv.Instance().GetAvailableProviders());
    }

    [NativeFact]
    public void Metadata_DimensionBeyondInt_CountsAsOpen()
    {
        using var session = new InferenceSession(IdentityModel(3_000_000_000), _options);

        Assert.Equal([-1], session.InputMetadata["x"].Dimensions);
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
        _run.Dispose();
    }

    // y = x, both of one dimension: the few fields of ONNX's protobuf that such a model needs, a test's whole world and so written by hand.
    private static byte[] IdentityModel(ulong dimension)
    {
        byte[] size = Varint(dimension);
        byte[] type = Field(2, Field(1, [8, 1, .. Field(2, Field(1, [8, .. size]))]));
        byte[] graph =
        [
            .. Field(1, [.. Field(1, "x"u8), .. Field(2, "y"u8), .. Field(4, "Identity"u8)]),
            .. Field(2, "g"u8),
            .. Field(11, [.. Field(1, "x"u8), .. type]),
            .. Field(12, [.. Field(1, "y"u8), .. type]),
        ];
        return [8, 8, .. Field(7, graph), .. Field(8, [16, 13])];
    }

    private static byte[] Field(int number, ReadOnlySpan<byte> content) => [(byte)((number << 3) | 2), .. Varint((ulong)content.Length), .. content];

    private static byte[] Varint(ulong value) => value < 128 ? [(byte)value] : [(byte)(value | 128), .. Varint(value >> 7)];

    private static T[] Pinned<T>(int length) => GC.AllocateUninitializedArray<T>(length, pinned: true);

    private static OrtValue Tensor<T>(T[] values)
        where T : unmanaged => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            typeof(T) == typeof(long) ? TensorElementType.Int64 : TensorElementType.Float,
            [1, values.Length],
            Marshal.UnsafeAddrOfPinnedArrayElement(values, 0),
            (long)values.Length * Marshal.SizeOf<T>());
}
