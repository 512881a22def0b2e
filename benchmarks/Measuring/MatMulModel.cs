using System.Text;

namespace Steward.Benchmarks.Measuring;

/// <summary>An ONNX model that multiplies two matrices: what the runtime's own product reaches is the limit for the models it runs.</summary>
internal static class MatMulModel
{
    // Numbers of onnx.proto's types.
    private const int Float = 1;
    private const int UInt8 = 2;
    private const int Int8 = 3;
    private const int Int32 = 6;

    /// <summary>The model's bytes, written by hand (onnx.proto): inputs <c>a</c> and <c>b</c>, output <c>c</c>, all square.</summary>
    /// <param name="size">The length of a side.</param>
    /// <param name="isInteger">Whether eight-bit integers are multiplied (<c>a</c> without a sign, <c>b</c> with one), as in the shipped models, and not floats.</param>
    public static byte[] Create(int size, bool isInteger = false)
    {
        var (a, b, c) = isInteger ? (UInt8, Int8, Int32) : (Float, Float, Float);
        var node = Message(Text(1, "a"), Text(1, "b"), Text(2, "c"), Text(4, isInteger ? "MatMulInteger" : "MatMul"));
        var graph = Message(Bytes(1, node), Text(2, "product"), Bytes(11, Value("a", size, a)), Bytes(11, Value("b", size, b)), Bytes(12, Value("c", size, c)));
        return Message(Number(1, 8), Bytes(7, graph), Bytes(8, Message(Number(2, 17))));
    }

    // A tensor with two known dimensions.
    private static byte[] Value(string name, int size, int type)
    {
        var dimension = Message(Number(1, size));
        var tensor = Message(Number(1, type), Bytes(2, Message(Bytes(1, dimension), Bytes(1, dimension))));
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
