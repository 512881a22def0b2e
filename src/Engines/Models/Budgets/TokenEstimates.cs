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

    /// <summary>The tokens that a model reads for a request: messages, and the definitions of its tools.</summary>
    public static long OfInput(ChatRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        long bytes = 0;
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

        return (bytes + BytesPerToken - 1) / BytesPerToken;
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

    private static int BytesOf(ToolCall call) => Bytes(call.Name) + Bytes(call.Arguments) + (PerMessage * BytesPerToken);

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
