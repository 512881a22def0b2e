using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Inference;
using Steward.Engines.Inference.Batching;
using Steward.Engines.Inference.Models;
using Steward.Engines.Inference.Sessions;

namespace Steward.Benchmarks.Scenarios;

/// <summary>Runs below the queue: products of matrices, and a model by batch and length.</summary>
internal static class InferenceRuns
{
    private const int Size = 1024;
    private static readonly TimeSpan Each = TimeSpan.FromMilliseconds(400);

    /// <summary>Billions of operations a second that the runtime's own product of float matrices reaches on so many threads.</summary>
    public static double MeasureProduct(int threads, int? cudaDevice)
    {
        using var options = InferenceRuntime.CreateOptions(cudaDevice);
        using var session = new InferenceSession(MatMulModel.Create(Size), options);
        return InParallel(threads, () =>
        {
            using var run = new RunOptions();
            var (a, b, c) = (Matrix(0.5f), Matrix(0.5f), Matrix(0.5f));
            using OrtValue va = Tensor(a, TensorElementType.Float), vb = Tensor(b, TensorElementType.Float), vc = Tensor(c, TensorElementType.Float);
            return Repeat(() => session.Run(run, ["a", "b"], [va, vb], ["c"], [vc]));
        }) * 2.0 * Size * Size * Size / 1e9;
    }

    /// <summary>Texts a second of one batch after the other on so many threads.</summary>
    public static double Measure(ModelSession session, int batchSize, int length, int threads) => batchSize * InParallel(threads, () =>
    {
        using var buffers = new WorkerBuffers();
        var batch = new Batch();
        batch.Begin(new BatchQueue(BatchPolicy.Processor, session));
        for (var i = 0; i < batchSize; i++)
        {
            var ids = ArrayPool<int>.Shared.Rent(length);
            ids.AsSpan(0, length).Fill(10 + i);
            batch.Add(new InferenceWork(null, ids, length, length, InferenceLane.Background, null));
        }

        return Repeat(() => session.Run(batch, buffers));
    });

    /// <summary>Billions of operations a second that the runtime's own product of eight-bit matrices reaches on so many threads: the limit of models whose weights have eight bits.</summary>
    public static double MeasureIntegerProduct(int threads)
    {
        using var options = InferenceRuntime.CreateOptions(cudaDevice: null);
        using var session = new InferenceSession(MatMulModel.Create(Size, isInteger: true), options);
        return InParallel(threads, () =>
        {
            using var run = new RunOptions();
            var (a, b, c) = (Matrix<byte>(3), Matrix<sbyte>(5), Matrix<int>(0));
            using OrtValue va = Tensor(a, TensorElementType.UInt8), vb = Tensor(b, TensorElementType.Int8), vc = Tensor(c, TensorElementType.Int32);
            return Repeat(() => session.Run(run, ["a", "b"], [va, vb], ["c"], [vc]));
        }) * 2.0 * Size * Size * Size / 1e9;
    }

    // Repetitions a second, summed over threads.
    private static double InParallel(int threads, Func<double> measure)
    {
        var rates = new double[threads];
        var all = Enumerable.Range(0, threads).Select(index => new Thread(() => rates[index] = measure())).ToList();
        all.ForEach(thread => thread.Start());
        all.ForEach(thread => thread.Join());
        return rates.Sum();
    }

    // The best of three stretches: what others do on the machine only ever takes away.
    private static double Repeat(Action once)
    {
        once();
        var best = 0.0;
        for (var stretch = 0; stretch < 3; stretch++)
        {
            var (count, clock) = (0, Stopwatch.StartNew());
            while (clock.Elapsed < Each)
            {
                once();
                count++;
            }

            best = Math.Max(best, count / clock.Elapsed.TotalSeconds);
        }

        return best;
    }

    private static T[] Matrix<T>(T value)
        where T : unmanaged
    {
        var matrix = GC.AllocateUninitializedArray<T>(Size * Size, pinned: true);
        Array.Fill(matrix, value);
        return matrix;
    }

    private static OrtValue Tensor<T>(T[] matrix, TensorElementType type)
        where T : unmanaged => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, type, [Size, Size], Marshal.UnsafeAddrOfPinnedArrayElement(matrix, 0), Unsafe.SizeOf<T>() * (long)matrix.Length);

    /// <summary>Loads a model's session alone.</summary>
    public static (ModelSession Session, ModelManifest Manifest) Load(string folder, int? cudaDevice)
    {
        var content = ModelFolder.Read(folder, 1L << 30);
        return (ModelSession.Load(content.Model, content.Manifest, content.Vocabulary.Padding, cudaDevice), content.Manifest);
    }
}
