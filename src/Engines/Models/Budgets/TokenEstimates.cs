using System.Runtime.InteropServices;
using System.Text;

namespace Steward.Engines.Models.Budgets;

/// <summary>
/// How many tokens texts have, where nobody counted them: one for each four bytes of UTF-8, which is four characters of English and about one and a third of Chinese, and a few for each message. No tokenizer is
/// asked, for that would take longer than the whole stage. Pure.
/// </summary>
public static class TokenEstimates
{
    private const int BytesPerToken = 4;
    private const int PerMessage = 4;

    /// <summary>The tokens of a text, rounded up.</summary>
    public static long OfText(string text) => (Bytes(text) + BytesPerToken - 1) / BytesPerToken;

    /// <summary>The tokens that a model reads for a request: messages with their images, the definitions of its tools, and the schema of the answer.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="imageTokens">The most tokens of one image: its size is not known here, and not every provider heeds the detail that is asked for.</param>
    public static long OfInput(ChatRequest request, long imageTokens = ModelCapabilities.MostImageTokens)
    {
        ArgumentNullException.ThrowIfNull(request);
        long bytes = request.Format is { } format ? BytesOf(format) : 0;
        foreach (var message in request.Messages)
        {
            bytes += Bytes(message.Text) + (PerMessage * BytesPerToken);
            foreach (var call in message.ToolCalls)
            {
                bytes += BytesOf(call);
            }
        }

        foreach (var tool in request.Tools)
        {
            bytes += Bytes(tool.Name) + Bytes(tool.Description) + JsonMarshal.GetRawUtf8Value(tool.Parameters).Length + (PerMessage * BytesPerToken);
        }

        return ((bytes + BytesPerToken - 1) / BytesPerToken) + (Images(request) * imageTokens);
    }

    /// <summary>How many images a request has.</summary>
    public static int Images(ChatRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var images = 0;
        foreach (var message in request.Messages)
        {
            foreach (var part in message.Parts)
            {
                images += part is ChatImagePart ? 1 : 0;
            }
        }

        return images;
    }

    /// <summary>The tokens of what was delivered.</summary>
    public static long OfOutput(string text, IReadOnlyList<ToolCall> calls)
    {
        ArgumentNullException.ThrowIfNull(calls);
        var bytes = (long)Bytes(text);
        foreach (var call in calls)
        {
            bytes += BytesOf(call);
        }

        return (bytes + BytesPerToken - 1) / BytesPerToken;
    }

    /// <summary>The bytes of the answer's form as a model reads it.</summary>
    internal static int BytesOf(ChatFormat format) => (PerMessage * BytesPerToken) + Bytes(format.Name) + Bytes(format.Description) + (format.Schema is { } schema ? JsonMarshal.GetRawUtf8Value(schema).Length : 0);

    private static int BytesOf(ToolCall call) => Bytes(call.Name) + Bytes(call.Arguments) + (PerMessage * BytesPerToken);

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
