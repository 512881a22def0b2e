using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Type and shape of a tensor.</summary>
public readonly struct OrtTensorTypeAndShapeInfo
{
    private OrtTensorTypeAndShapeInfo(TensorElementType elementDataType, long[] shape)
    {
        ElementDataType = elementDataType;
        Shape = shape;
    }

    /// <summary>The type of the elements.</summary>
    public TensorElementType ElementDataType { get; }

    /// <summary>The dimensions; -1 is one that only a run decides.</summary>
    public long[] Shape { get; }

    /// <summary>How many dimensions there are.</summary>
    public int DimensionsCount => Shape.Length;

    /// <summary>How many elements there are.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, dimension) => product * dimension);

    /// <summary>Whether the elements are texts.</summary>
    public bool IsString => ElementDataType == TensorElementType.String;

    internal static unsafe OrtTensorTypeAndShapeInfo Read(nint info)
    {
        int type;
        nuint count;
        OrtApi.Check(((delegate* unmanaged<nint, int*, nint>)OrtApi.Function(OrtApi.Entry.GetTensorElementType))(info, &type));
        OrtApi.Check(((delegate* unmanaged<nint, nuint*, nint>)OrtApi.Function(OrtApi.Entry.GetDimensionsCount))(info, &count));
        var shape = new long[(int)count];
        fixed (long* dimensions = shape)
        {
            OrtApi.Check(((delegate* unmanaged<nint, long*, nuint, nint>)OrtApi.Function(OrtApi.Entry.GetDimensions))(info, dimensions, count));
        }

        return new OrtTensorTypeAndShapeInfo((TensorElementType)type, shape);
    }

    internal static int SizeOf(TensorElementType type) => type switch
    {
        TensorElementType.UInt8 or TensorElementType.Int8 or TensorElementType.Bool => 1,
        TensorElementType.UInt16 or TensorElementType.Int16 or TensorElementType.Float16 or TensorElementType.BFloat16 => 2,
        TensorElementType.Float or TensorElementType.Int32 or TensorElementType.UInt32 => 4,
        TensorElementType.Double or TensorElementType.Int64 or TensorElementType.UInt64 => 8,
        _ => 0,
    };
}
