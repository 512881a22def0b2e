using System.Text.Json;
using Steward.Errors;
using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary>Answers of <c>/chat/completions</c>.</summary>
/// <param name="id">The answer's id.</param>
/// <param name="model">The model as it was asked for.</param>
/// <param name="created">When, in seconds since 1970.</param>
/// <param name="includeUsage">Whether the stream ends with the tokens.</param>
internal sealed class ChatAnswers(string id, string model, long created, bool includeUsage) : IAnswerFormat
{
    private int _toolCalls;

    /// <inheritdoc/>
    public void Begin(AnswerEvents events) => Chunk(events, static (json, _) =>
    {
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("content"u8, ""u8);
    }, 0, finish: null);

    /// <inheritdoc/>
    public void Write(AnswerEvents events, ModelCallEvent next)
    {
        switch (next.Kind)
        {
            case ModelCallEventKind.Text:
                Chunk(events, static (json, text) => json.WriteString("content"u8, text), next.Text, finish: null);
                break;
            case ModelCallEventKind.ToolCall:
                Chunk(events, static (json, call) =>
                {
                    json.WriteStartArray("tool_calls"u8);
                    WriteToolCall(json, call.Call!, call.Index);
                    json.WriteEndArray();
                }, (Call: next.ToolCall, Index: _toolCalls++), finish: null);
                break;
            case ModelCallEventKind.Finished:
                End(events, next.End!);
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    public void Fail(AnswerEvents events, int status, StewardException error) => events.Event(null, static (json, failed) =>
    {
        json.WriteStartObject();
        OpenAIErrors.WriteError(json, failed.status, failed.error);
        json.WriteEndObject();
    }, (status, error));

    /// <summary>Writes a whole answer.</summary>
    public void WriteWhole(Utf8JsonWriter json, WholeAnswer answer)
    {
        json.WriteStartObject();
        WriteHead(json, "chat.completion"u8);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        if (answer.Text.Length == 0 && answer.ToolCalls.Count > 0)
        {
            json.WriteNull("content"u8);
        }
        else
        {
            json.WriteString("content"u8, answer.Text);
        }

        json.WriteNull("refusal"u8);
        if (answer.ToolCalls.Count > 0)
        {
            json.WriteStartArray("tool_calls"u8);
            foreach (var call in answer.ToolCalls)
            {
                WriteToolCall(json, call, index: null);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, answer.End.Reason);
        json.WriteEndObject();
        json.WriteEndArray();
        if (answer.End.InputTokens is not null)
        {
            WriteUsage(json, answer.End);
        }

        json.WriteEndObject();
    }

    private void End(AnswerEvents events, ModelCallEnd end)
    {
        Chunk(events, static (_, _) => { }, 0, end.Reason);
        if (includeUsage && end.InputTokens is not null)
        {
            events.Event(null, static (json, all) =>
            {
                json.WriteStartObject();
                all.self.WriteHead(json, "chat.completion.chunk"u8);
                json.WriteStartArray("choices"u8);
                json.WriteEndArray();
                WriteUsage(json, all.end);
                json.WriteEndObject();
            }, (self: this, end));
        }

        AnswerHeaders.Tell(events, end);

        events.Raw("data: [DONE]\n\n"u8);
    }

    private void Chunk<T>(AnswerEvents events, Action<Utf8JsonWriter, T> delta, T state, string? finish) => events.Event(null, static (json, all) =>
    {
        json.WriteStartObject();
        all.self.WriteHead(json, "chat.completion.chunk"u8);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("delta"u8);
        all.delta(json, all.state);
        json.WriteEndObject();
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, all.finish);
        json.WriteEndObject();
        json.WriteEndArray();
        if (all.self.IncludesUsage)
        {
            json.WriteNull("usage"u8);
        }

        json.WriteEndObject();
    }, (self: this, delta, state, finish));

    private bool IncludesUsage => includeUsage;

    private void WriteHead(Utf8JsonWriter json, ReadOnlySpan<byte> kind)
    {
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, kind);
        json.WriteNumber("created"u8, created);
        json.WriteString("model"u8, model);
    }

    private static void WriteToolCall(Utf8JsonWriter json, ModelToolCall call, int? index)
    {
        json.WriteStartObject();
        if (index is { } place)
        {
            json.WriteNumber("index"u8, place);
        }

        json.WriteString("id"u8, call.Id);
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, call.Name);
        json.WriteString("arguments"u8, call.Arguments);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter json, ModelCallEnd end)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, end.InputTokens ?? 0);
        json.WriteNumber("completion_tokens"u8, end.OutputTokens);
        json.WriteNumber("total_tokens"u8, (end.InputTokens ?? 0) + end.OutputTokens);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, end.CachedInputTokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
