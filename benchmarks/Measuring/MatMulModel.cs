using System.Text;

namespace Steward.Benchmarks.Measuring;

/// <summary>An ONNX model that multiplies two matrices of floats: what the runtime's own product reaches is the limit for the models it runs.</summary>
internal static class MatMulModel
{
    /// <summary>The model's bytes, written by hand (onnx.proto): inputs <c>a</c> and <c>b</c>, output <c>c</c>, all square.</summary>
    public static byte[] Create(int size)
    {
        var node = Message(Text(1, "a"), Text(1, "b"), Text(2, "c"), Text(4, "MatMul"));
        var graph = Message(Bytes(1, node), Text(2, "product"), Bytes(11, Value("a", size)), Bytes(11, Value("b", size)), Bytes(12, Value("c", size)));
        return Message(Number(1, 8), Bytes(7, graph), Bytes(8, Message(Number(2, 17))));
    }

    // A tensor of floats (1) with two known dimensions.
    private static byte[] Value(string name, int size)
    {
        var dimension = Message(Number(1, size));
        var tensor = Message(Number(1, 1), Bytes(2, Message(Bytes(1, dimension), Bytes(1, dimension))));
        return Message(Text(1, name), Bytes(2, Message(Bytes(1, tensor))));
    }

    private static byte[] Message(params byte[][] fields) => [.. fields.SelectMany(field => field)];

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] content) => [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];

    private static byte[] Number(int field, long value) => [.. Varint(field << 3), .. Varint(value)];

    private static IEnumerable<byte> Varint(long value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
