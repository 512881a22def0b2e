using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Steward.Errors;
using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary>An answer that is not streamed, once all of it is there.</summary>
internal sealed class WholeAnswer
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private WholeAnswer(string text, IReadOnlyList<ModelToolCall> toolCalls, IReadOnlyList<float[]> vectors, ModelCallEnd end) =>
        (Text, ToolCalls, Vectors, End) = (text, toolCalls, vectors, end);

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>The tools that are called.</summary>
    public IReadOnlyList<ModelToolCall> ToolCalls { get; }

    /// <summary>The vectors, where they were asked for.</summary>
    public IReadOnlyList<float[]> Vectors { get; }

    /// <summary>How it ended.</summary>
    public ModelCallEnd End { get; }

    /// <summary>Reads an answer to its end and sets its headers.</summary>
    /// <exception cref="StewardException">It failed.</exception>
    public static async Task<WholeAnswer> ReadAsync(HttpContext context, string callId, IAsyncEnumerable<ModelCallEvent> answer)
    {
        AnswerHeaders.Begin(context.Response, callId, route: null);
        var text = new StringBuilder();
        List<ModelToolCall> calls = [];
        IReadOnlyList<float[]> vectors = [];
        await foreach (var next in answer.WithCancellation(context.RequestAborted))
        {
            switch (next.Kind)
            {
                case ModelCallEventKind.Begun:
                    AnswerHeaders.Begin(context.Response, callId, next.Route);
                    break;
                case ModelCallEventKind.Text:
                    text.Append(next.Text);
                    break;
                case ModelCallEventKind.ToolCall:
                    calls.Add(next.ToolCall!);
                    break;
                case ModelCallEventKind.Vectors:
                    vectors = next.Vectors;
                    break;
                case ModelCallEventKind.Failed:
                    throw OpenAIErrors.Of(next.Failure!);
                default:
                    AnswerHeaders.End(context.Response, next.End!);
                    return new WholeAnswer(text.ToString(), calls, vectors, next.End!);
            }
        }

        throw new StewardException(ErrorCodes.Internal, "The answer has no end.");
    }

    /// <summary>Answers a request with JSON.</summary>
    public static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream(2_048);
        await using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            write(json);
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted);
    }
}
