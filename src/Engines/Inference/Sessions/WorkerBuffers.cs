using System.Numerics;
using Microsoft.ML.OnnxRuntime;

namespace Steward.Engines.Inference.Sessions;

/// <summary>One worker's pinned memory for inputs and outputs: grown to the largest run, then used again and again.</summary>
internal sealed class WorkerBuffers : IDisposable
{
    private readonly OrtValue[][] _inputs = [[], new OrtValue[1], new OrtValue[2], new OrtValue[3]];

    public long[] Ids { get; private set; } = [];

    public long[] Mask { get; private set; } = [];

    public long[] Types { get; private set; } = [];

    public float[] Output { get; private set; } = [];

    public long[] InputShape { get; } = new long[2];

    public long[] OutputShape { get; } = new long[2];

    public long[] HiddenShape { get; } = new long[3];

    public OrtValue[] Outputs { get; } = new OrtValue[1];

    public RunOptions Options { get; } = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

    public OrtValue[] Inputs(int count) => _inputs[count];

    public void Reserve(int tokens, int outputs)
    {
        if (Ids.Length < tokens)
        {
            var size = (int)BitOperations.RoundUpToPowerOf2((uint)tokens);
            (Ids, Mask, Types) = (Pinned<long>(size), Pinned<long>(size), Pinned<long>(size));
        }

        if (Output.Length < outputs)
        {
            Output = Pinned<float>((int)BitOperations.RoundUpToPowerOf2((uint)outputs));
        }
    }

    public void Dispose() => Options.Dispose();

    private static T[] Pinned<T>(int length) => GC.AllocateUninitializedArray<T>(length, pinned: true);
}
