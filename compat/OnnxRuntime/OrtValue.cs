using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>A tensor over memory of the caller's or the runtime's.</summary>
public sealed unsafe class OrtValue : IDisposable
{
    private nint _value;

    internal OrtValue(nint value) => _value = value;

    internal nint Handle => _value != 0 ? _value : throw new ObjectDisposedException(nameof(OrtValue));

    /// <summary>Describes memory that the caller owns and keeps where it is until the value is disposed of.</summary>
    /// <exception cref="OnnxRuntimeException">The memory is too small for the shape.</exception>
    public static OrtValue CreateTensorValueWithData(OrtMemoryInfo memInfo, TensorElementType elementType, long[] shape, nint dataBufferPtr, long bufferLengthInBytes)
    {
        ArgumentNullException.ThrowIfNull(memInfo);
        ArgumentNullException.ThrowIfNull(shape);
        nint value;
        fixed (long* dimensions = shape)
        {
            OrtApi.Check(((delegate* unmanaged<nint, nint, nuint, long*, nuint, int, nint*, nint>)OrtApi.Function(OrtApi.Entry.CreateTensorWithDataAsOrtValue))(
                memInfo.Handle, dataBufferPtr, (nuint)bufferLengthInBytes, dimensions, (nuint)shape.Length, (int)elementType, &value));
        }

        return new OrtValue(value);
    }

    /// <summary>Type and shape of the tensor.</summary>
    public OrtTensorTypeAndShapeInfo GetTensorTypeAndShape()
    {
        nint info;
        OrtApi.Check(((delegate* unmanaged<nint, nint*, nint>)OrtApi.Function(OrtApi.Entry.GetTensorTypeAndShape))(Handle, &info));
        try
        {
            return OrtTensorTypeAndShapeInfo.Read(info);
        }
        finally
        {
            OrtApi.Release(OrtApi.Entry.ReleaseTensorTypeAndShapeInfo, info);
        }
    }

    /// <summary>The tensor's elements, while the value lives.</summary>
    public ReadOnlySpan<T> GetTensorDataAsSpan<T>()
        where T : unmanaged => GetTensorMutableDataAsSpan<T>();

    /// <summary>The tensor's elements, while the value lives.</summary>
    /// <exception cref="OnnxRuntimeException">The elements are of another type.</exception>
    public Span<T> GetTensorMutableDataAsSpan<T>()
        where T : unmanaged
    {
        var type = GetTensorTypeAndShape();
        if (OrtTensorTypeAndShapeInfo.SizeOf(type.ElementDataType) != Unsafe.SizeOf<T>())
        {
            throw new OnnxRuntimeException(2, $"Expected tensor elements of {typeof(T).Name}, found {type.ElementDataType}");
        }

        nint data;
        OrtApi.Check(((delegate* unmanaged<nint, nint*, nint>)OrtApi.Function(OrtApi.Entry.GetTensorMutableData))(Handle, &data));
        return new Span<T>((void*)data, checked((int)type.ElementCount));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _value, 0) is var value and not 0)
        {
            OrtApi.Release(OrtApi.Entry.ReleaseValue, value);
        }
    }
}
