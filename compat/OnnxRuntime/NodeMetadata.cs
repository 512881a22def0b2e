using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>What a model says of one of its inputs or outputs.</summary>
public class NodeMetadata
{
    internal NodeMetadata(bool isTensor, TensorElementType elementDataType, int[] dimensions)
    {
        IsTensor = isTensor;
        ElementDataType = elementDataType;
        Dimensions = dimensions;
    }

    /// <summary>Whether it is a tensor.</summary>
    public bool IsTensor { get; }

    /// <summary>The type of a tensor's elements.</summary>
    public TensorElementType ElementDataType { get; }

    /// <summary>A tensor's dimensions; -1 is one that each run decides.</summary>
    public int[] Dimensions { get; }
}
