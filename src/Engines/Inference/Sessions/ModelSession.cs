using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Steward.Engines.Inference.Batching;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Sessions;

/// <summary>A model that is ready to run, and how its inputs and outputs are read. Runs may be made from several threads at once, each with buffers of its own.</summary>
internal sealed class ModelSession : IDisposable
{
    private static readonly string[] InputOrder = ["input_ids", "attention_mask", "token_type_ids"];
    private static readonly string[] EmbeddingOutputs = ["embedding", "sentence_embedding", "last_hidden_state"];

    private readonly InferenceSession _session;
    private readonly ModelManifest _manifest;
    private readonly int _padding;
    private readonly string[] _inputs;
    private readonly string[] _outputs;

    private ModelSession(InferenceSession session, ModelManifest manifest, int padding, string[] inputs, string output)
    {
        (_session, _manifest, _padding, _inputs, _outputs) = (session, manifest, padding, inputs, [output]);
        (Width, IsPerToken) = MeasureOutput();
    }

    /// <summary>Values of one text's row: labels, or dimensions.</summary>
    public int Width { get; }

    // Whether the output has a row for each token, which is pooled here.
    private bool IsPerToken { get; }

    /// <summary>Loads a model.</summary>
    /// <exception cref="ModelRefusedException">It is no model, or has other inputs or outputs than the task needs.</exception>
    public static ModelSession Load(byte[] model, ModelManifest manifest, int padding, int? cudaDevice)
    {
        InferenceSession session;
        try
        {
            using var options = InferenceRuntime.CreateOptions(cudaDevice);
            session = new InferenceSession(model, options);
        }
        catch (Exception e) when (e is OnnxRuntimeException or OverflowException or OutOfMemoryException)
        {
            throw DeviceFaults.Refuse(e, "model.onnx cannot be loaded");
        }

        try
        {
            return new ModelSession(session, manifest, padding, FindInputs(session), FindOutput(session, manifest));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs a batch and gives each text its row.</summary>
    /// <exception cref="OnnxRuntimeException">The run failed, or the buffers' options told it to end.</exception>
    public void Run(Batch batch, WorkerBuffers buffers)
    {
        var (rows, length) = (batch.Items.Count, batch.MaxLength);
        var outputs = rows * Width * (IsPerToken ? length : 1);
        buffers.Reserve(rows * length, outputs);
        for (var row = 0; row < rows; row++)
        {
            var work = (InferenceWork)batch.Items[row];
            Write(buffers, row, length, work.Ids, work.SecondAt);
        }

        Run(buffers, rows, length, outputs);
        for (var row = 0; row < rows; row++)
        {
            var work = (InferenceWork)batch.Items[row];
            work.Row = new float[Width];
            Read(buffers, row, length, work.Length, work.Row);
        }
    }

    /// <summary>Runs one text of given ids and returns its row. For checks and warm-up.</summary>
    public float[] RunOnce(ReadOnlySpan<int> ids, WorkerBuffers buffers)
    {
        var outputs = Width * (IsPerToken ? ids.Length : 1);
        buffers.Reserve(ids.Length, outputs);
        Write(buffers, 0, ids.Length, ids, ids.Length);
        Run(buffers, 1, ids.Length, outputs);
        var row = new float[Width];
        Read(buffers, 0, ids.Length, ids.Length, row);
        return row;
    }

    public void Dispose() => _session.Dispose();

    private static string[] FindInputs(InferenceSession session)
    {
        foreach (var required in InputOrder[..2])
        {
            if (!session.InputMetadata.ContainsKey(required))
            {
                throw new ModelRefusedException(ModelFault.WrongInputs, $"model.onnx has no input {required}; it has {string.Join(", ", session.InputMetadata.Keys)}");
            }
        }

        foreach (var (name, input) in session.InputMetadata)
        {
            if (!InputOrder.Contains(name))
            {
                throw new ModelRefusedException(ModelFault.WrongInputs, $"model.onnx wants the input {name}; known are {string.Join(", ", InputOrder)}");
            }

            if (input.ElementDataType != TensorElementType.Int64 || input.Dimensions.Length != 2)
            {
                throw new ModelRefusedException(
                    ModelFault.WrongInputs, $"model.onnx wants {name} as {input.ElementDataType} of {input.Dimensions.Length} dimensions; int64 of 2 (batch, sequence) is what it gets");
            }
        }

        return [.. InputOrder.Where(session.InputMetadata.ContainsKey)];
    }

    private static string FindOutput(InferenceSession session, ModelManifest manifest)
    {
        string[] wanted = manifest.Task == ModelTask.Embedding ? EmbeddingOutputs : ["logits"];
        var found = wanted.FirstOrDefault(session.OutputMetadata.ContainsKey) ?? throw new ModelRefusedException(
            ModelFault.WrongOutputs, $"model.onnx has no output {string.Join(" or ", wanted)}, which {manifest.Task} needs; it has {string.Join(", ", session.OutputMetadata.Keys)}");
        var type = session.OutputMetadata[found].ElementDataType;
        return type == TensorElementType.Float
            ? found
            : throw new ModelRefusedException(ModelFault.WrongOutputs, $"model.onnx gives {found} as {type}; float is what can be read");
    }

    // What the model declares may leave dimensions open; one small run says what they are.
    private (int Width, bool IsPerToken) MeasureOutput()
    {
        using var buffers = new WorkerBuffers();
        buffers.Reserve(2, 0);
        Write(buffers, 0, 2, [_padding, _padding], 2);
        var inputs = BindInputs(buffers, 1, 2);
        try
        {
            using var results = _session.Run(buffers.Options, _inputs, inputs, _outputs);
            var shape = results.First().GetTensorTypeAndShape().Shape;
            return shape switch
            {
                [1, var width] => ((int)width, false),
                [1, 2, var width] when _outputs[0] == EmbeddingOutputs[^1] => ((int)width, true),
                _ => throw new ModelRefusedException(ModelFault.WrongOutputs, $"model.onnx gives {_outputs[0]} with the shape [{string.Join(", ", shape)}] for one text of two tokens"),
            };
        }
        catch (OnnxRuntimeException e)
        {
            throw DeviceFaults.Refuse(e, "model.onnx does not run");
        }
        finally
        {
            Release(inputs);
        }
    }

    private void Write(WorkerBuffers buffers, int row, int length, ReadOnlySpan<int> ids, int secondAt)
    {
        var target = buffers.Ids.AsSpan(row * length, length);
        var mask = buffers.Mask.AsSpan(row * length, length);
        var types = buffers.Types.AsSpan(row * length, length);
        TensorPrimitives.ConvertChecked(ids, target);
        target[ids.Length..].Fill(_padding);
        mask[..ids.Length].Fill(1);
        mask[ids.Length..].Clear();
        types.Clear();
        types[secondAt..ids.Length].Fill(1);
    }

    private OrtValue[] BindInputs(WorkerBuffers buffers, int rows, int length)
    {
        (buffers.InputShape[0], buffers.InputShape[1]) = (rows, length);
        var inputs = buffers.Inputs(_inputs.Length);
        inputs[0] = Tensor(buffers.Ids, buffers.InputShape, TensorElementType.Int64, rows * length);
        inputs[1] = Tensor(buffers.Mask, buffers.InputShape, TensorElementType.Int64, rows * length);
        if (inputs.Length > 2)
        {
            inputs[2] = Tensor(buffers.Types, buffers.InputShape, TensorElementType.Int64, rows * length);
        }

        return inputs;
    }

    private void Run(WorkerBuffers buffers, int rows, int length, int outputs)
    {
        var inputs = BindInputs(buffers, rows, length);
        try
        {
            var shape = IsPerToken ? buffers.HiddenShape : buffers.OutputShape;
            (shape[0], shape[1], shape[^1]) = (rows, length, Width);
            buffers.Outputs[0] = Tensor(buffers.Output, shape, TensorElementType.Float, outputs);
            _session.Run(buffers.Options, _inputs, inputs, _outputs, buffers.Outputs);
        }
        finally
        {
            Release(inputs);
            Release(buffers.Outputs);
        }
    }

    private static OrtValue Tensor<T>(T[] pinned, long[] shape, TensorElementType type, int elements)
        where T : unmanaged =>
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, shape, Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), (long)elements * Marshal.SizeOf<T>());

    private static void Release(OrtValue[] values)
    {
        foreach (ref var value in values.AsSpan())
        {
            value?.Dispose();
            value = null!;
        }
    }

    private void Read(WorkerBuffers buffers, int row, int length, int tokens, Span<float> target)
    {
        var from = buffers.Output.AsSpan(row * Width * (IsPerToken ? length : 1), Width * (IsPerToken ? length : 1));
        if (!IsPerToken || _manifest.Pooling == Pooling.Cls)
        {
            from[..Width].CopyTo(target);
        }
        else
        {
            for (var token = 0; token < tokens; token++)
            {
                TensorPrimitives.Add(target, from.Slice(token * Width, Width), target);
            }

            TensorPrimitives.Divide(target, tokens, target);
        }

        if (_manifest.Task == ModelTask.Embedding && _manifest.Normalize && TensorPrimitives.Norm(target) is > 0 and var norm)
        {
            TensorPrimitives.Divide(target, norm, target);
        }
    }
}
