using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>A model that is ready to run. <c>Run</c> may be called from several threads at once.</summary>
public sealed unsafe class InferenceSession : IDisposable
{
    private readonly Dictionary<string, nint> _names = new(StringComparer.Ordinal);
    private nint _session;

    /// <summary>Loads a model from a file.</summary>
    public InferenceSession(string modelPath, SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        // A path is UTF-8 everywhere but on Windows, which this binding does not serve.
        var path = Marshal.StringToCoTaskMemUTF8(modelPath);
        try
        {
            nint session;
            OrtApi.Check(((delegate* unmanaged<nint, nint, nint, nint*, nint>)OrtApi.Function(OrtApi.Entry.CreateSession))(OrtEnv.Instance().Handle, path, options.Handle, &session));
            _session = session;
        }
        finally
        {
            Marshal.FreeCoTaskMem(path);
        }

        ReadNodesOrDispose();
    }

    /// <summary>Loads a model from memory.</summary>
    public InferenceSession(byte[] model, SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        fixed (byte* bytes = model)
        {
            nint session;
            OrtApi.Check(((delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint>)OrtApi.Function(OrtApi.Entry.CreateSessionFromArray))(
                OrtEnv.Instance().Handle, bytes, (nuint)model.Length, options.Handle, &session));
            _session = session;
        }

        ReadNodesOrDispose();
    }

    /// <summary>The model's inputs by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> InputMetadata { get; private set; } = null!;

    /// <summary>The model's outputs by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> OutputMetadata { get; private set; } = null!;

    /// <summary>Runs the model into outputs whose memory the caller gives. The order of values is that of their names; shapes must be exact.</summary>
    /// <exception cref="OnnxRuntimeException">The run failed, or was told to end.</exception>
    public void Run(
        RunOptions runOptions,
        IReadOnlyCollection<string> inputNames,
        IReadOnlyCollection<OrtValue> inputValues,
        IReadOnlyCollection<string> outputNames,
        IReadOnlyCollection<OrtValue> outputValues)
    {
        ArgumentNullException.ThrowIfNull(runOptions);
        if (inputNames.Count != inputValues.Count || outputNames.Count != outputValues.Count)
        {
            throw new ArgumentException("There must be one value for each name.");
        }

        var inputs = stackalloc nint[2 * inputNames.Count];
        var outputs = stackalloc nint[2 * outputNames.Count];
        Fill(inputNames, inputValues, inputs);
        Fill(outputNames, outputValues, outputs);
        OrtApi.Check(((delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)OrtApi.Function(OrtApi.Entry.Run))(
            Session, runOptions.Handle, inputs, inputs + inputNames.Count, (nuint)inputNames.Count, outputs, (nuint)outputNames.Count, outputs + outputNames.Count));
        GC.KeepAlive(inputValues);
        GC.KeepAlive(outputValues);
    }

    /// <summary>Runs the model and leaves the outputs' memory to the runtime.</summary>
    /// <exception cref="OnnxRuntimeException">The run failed, or was told to end.</exception>
    public IDisposableReadOnlyCollection<OrtValue> Run(
        RunOptions runOptions, IReadOnlyCollection<string> inputNames, IReadOnlyCollection<OrtValue> inputValues, IReadOnlyCollection<string> outputNames)
    {
        ArgumentNullException.ThrowIfNull(runOptions);
        if (inputNames.Count != inputValues.Count)
        {
            throw new ArgumentException("There must be one value for each name.");
        }

        var inputs = stackalloc nint[2 * inputNames.Count];
        var names = stackalloc nint[outputNames.Count];
        var outputs = stackalloc nint[outputNames.Count];
        Fill(inputNames, inputValues, inputs);
        var next = 0;
        foreach (var name in outputNames)
        {
            (names[next], outputs[next]) = (Native(name), 0);
            next++;
        }

        OrtApi.Check(((delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)OrtApi.Function(OrtApi.Entry.Run))(
            Session, runOptions.Handle, inputs, inputs + inputNames.Count, (nuint)inputNames.Count, names, (nuint)outputNames.Count, outputs));
        GC.KeepAlive(inputValues);
        var values = new OrtValueCollection();
        for (var i = 0; i < outputNames.Count; i++)
        {
            values.Add(new OrtValue(outputs[i]));
        }

        return values;
    }

    /// <summary>Runs the model with what is bound.</summary>
    public void RunWithBinding(RunOptions runOptions, OrtIoBinding ioBinding)
    {
        ArgumentNullException.ThrowIfNull(runOptions);
        ArgumentNullException.ThrowIfNull(ioBinding);
        OrtApi.Check(((delegate* unmanaged<nint, nint, nint, nint>)OrtApi.Function(OrtApi.Entry.RunWithBinding))(Session, runOptions.Handle, ioBinding.Handle));
    }

    /// <summary>A binding of this model's inputs and outputs.</summary>
    public OrtIoBinding CreateIoBinding() => new(Session);

    /// <inheritdoc />
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _session, 0) is var session and not 0)
        {
            OrtApi.Release(OrtApi.Entry.ReleaseSession, session);
            foreach (var name in _names.Values)
            {
                Marshal.FreeCoTaskMem(name);
            }
        }
    }

    private nint Session => _session != 0 ? _session : throw new ObjectDisposedException(nameof(InferenceSession));

    // Names first, values behind them. Enumerators of collections allocate; arrays and lists do not.
    private void Fill(IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, nint* target)
    {
        var count = names.Count;
        if (names is IReadOnlyList<string> nameList && values is IReadOnlyList<OrtValue> valueList)
        {
            for (var i = 0; i < count; i++)
            {
                (target[i], target[count + i]) = (Native(nameList[i]), valueList[i].Handle);
            }

            return;
        }

        var next = 0;
        foreach (var (name, value) in names.Zip(values))
        {
            (target[next], target[count + next]) = (Native(name), value.Handle);
            next++;
        }
    }

    private nint Native(string name) => _names.TryGetValue(name, out var native) ? native : throw new OnnxRuntimeException(2, $"Invalid input or output name: {name}");

    // Nobody gets a session whose constructor throws, and so nobody would free it.
    private void ReadNodesOrDispose()
    {
        try
        {
            ReadNodes();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void ReadNodes()
    {
        InputMetadata = ReadNodes(OrtApi.Entry.SessionGetInputCount, OrtApi.Entry.SessionGetInputName, OrtApi.Entry.SessionGetInputTypeInfo);
        OutputMetadata = ReadNodes(OrtApi.Entry.SessionGetOutputCount, OrtApi.Entry.SessionGetOutputName, OrtApi.Entry.SessionGetOutputTypeInfo);
    }

    private Dictionary<string, NodeMetadata> ReadNodes(OrtApi.Entry countOf, OrtApi.Entry nameOf, OrtApi.Entry typeOf)
    {
        nuint count;
        nint allocator;
        OrtApi.Check(((delegate* unmanaged<nint, nuint*, nint>)OrtApi.Function(countOf))(_session, &count));
        OrtApi.Check(((delegate* unmanaged<nint*, nint>)OrtApi.Function(OrtApi.Entry.GetAllocatorWithDefaultOptions))(&allocator));
        var nodes = new Dictionary<string, NodeMetadata>(StringComparer.Ordinal);
        for (nuint i = 0; i < count; i++)
        {
            nint native, info;
            OrtApi.Check(((delegate* unmanaged<nint, nuint, nint, nint*, nint>)OrtApi.Function(nameOf))(_session, i, allocator, &native));
            var name = Marshal.PtrToStringUTF8(native)!;
            OrtApi.Check(((delegate* unmanaged<nint, nint, nint>)OrtApi.Function(OrtApi.Entry.AllocatorFree))(allocator, native));
            OrtApi.Check(((delegate* unmanaged<nint, nuint, nint*, nint>)OrtApi.Function(typeOf))(_session, i, &info));
            try
            {
                nodes.Add(name, Describe(info));
            }
            finally
            {
                OrtApi.Release(OrtApi.Entry.ReleaseTypeInfo, info);
            }

            _names.TryAdd(name, Marshal.StringToCoTaskMemUTF8(name));
        }

        return nodes;
    }

    // The tensor's description belongs to the type's: it is not released by itself.
    private static NodeMetadata Describe(nint info)
    {
        nint tensor;
        OrtApi.Check(((delegate* unmanaged<nint, nint*, nint>)OrtApi.Function(OrtApi.Entry.CastTypeInfoToTensorInfo))(info, &tensor));
        if (tensor == 0)
        {
            return new NodeMetadata(isTensor: false, default, []);
        }

        var shape = OrtTensorTypeAndShapeInfo.Read(tensor);
        // What no int holds is as good as open: the run itself decides.
        return new NodeMetadata(isTensor: true, shape.ElementDataType, Array.ConvertAll(shape.Shape, dimension => dimension is >= -1 and <= int.MaxValue ? (int)dimension : -1));
    }
}
