using System.Text;
using System.Text.Json;
using Steward.Errors;
using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary>Answers of <c>/responses</c>: one message with text, and the tools that are called, each an item of the output.</summary>
/// <param name="id">The response's id.</param>
/// <param name="request">What was asked.</param>
/// <param name="created">When, in seconds since 1970.</param>
internal sealed class ResponsesAnswers(string id, ModelRequest request, long created) : IAnswerFormat
{
    private readonly StringBuilder _text = new();
    private readonly List<ModelToolCall> _calls = [];
    private bool _hasMessage;
    private long _sequence;

    private string MessageId => "msg_" + id["resp_".Length..];

    /// <inheritdoc/>
    public void Begin(AnswerEvents events)
    {
        Response(events, "response.created", "in_progress", null, null);
        Response(events, "response.in_progress", "in_progress", null, null);
    }

    /// <inheritdoc/>
    public void Write(AnswerEvents events, ModelCallEvent next)
    {
        switch (next.Kind)
        {
            case ModelCallEventKind.Text:
                if (!_hasMessage)
                {
                    _hasMessage = true;
                    Item(events, "response.output_item.added", 0, json => WriteMessage(json, "in_progress", null));
                    Part(events, "response.content_part.added", "");
                }

                _text.Append(next.Text);
                Delta(events, "response.output_text.delta", "delta", next.Text!);
                break;
            case ModelCallEventKind.ToolCall:
                AddCall(events, next.ToolCall!);
                break;
            case ModelCallEventKind.Finished:
                EndMessage(events);
                var isWhole = next.End!.Reason is not ("length" or "content_filter");
                Response(events, isWhole ? "response.completed" : "response.incomplete", isWhole ? "completed" : "incomplete", next.End, null);
                AnswerHeaders.Tell(events, next.End);
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    public void Fail(AnswerEvents events, int status, StewardException error)
    {
        Response(events, "response.failed", "failed", null, error);
        Event(events, "error", json =>
        {
            json.WriteString("code"u8, OpenAIErrors.CodeOf(error.Code));
            json.WriteString("message"u8, error.Message);
            json.WriteString("param"u8, error.Field);
        });
    }

    /// <summary>Writes a whole answer.</summary>
    public void WriteWhole(Utf8JsonWriter json, WholeAnswer answer)
    {
        _text.Append(answer.Text);
        _hasMessage = answer.Text.Length > 0;
        _calls.AddRange(answer.ToolCalls);
        WriteResponse(json, answer.End.Reason is "length" or "content_filter" ? "incomplete" : "completed", answer.End, null);
    }

    private void AddCall(AnswerEvents events, ModelToolCall call)
    {
        EndMessage(events);
        var place = (_text.Length > 0 ? 1 : 0) + _calls.Count;
        var itemId = CallId(_calls.Count);
        _calls.Add(call);
        Item(events, "response.output_item.added", place, json => WriteCall(json, call with { Arguments = "" }, itemId, "in_progress"));
        Event(events, "response.function_call_arguments.delta", json =>
        {
            json.WriteString("item_id"u8, itemId);
            json.WriteNumber("output_index"u8, place);
            json.WriteString("delta"u8, call.Arguments);
        });
        Event(events, "response.function_call_arguments.done", json =>
        {
            json.WriteString("item_id"u8, itemId);
            json.WriteNumber("output_index"u8, place);
            json.WriteString("name"u8, call.Name);
            json.WriteString("arguments"u8, call.Arguments);
        });
        Item(events, "response.output_item.done", place, json => WriteCall(json, call, itemId, "completed"));
    }

    private void EndMessage(AnswerEvents events)
    {
        if (!_hasMessage)
        {
            return;
        }

        _hasMessage = false;
        var text = _text.ToString();
        Delta(events, "response.output_text.done", "text", text);
        Part(events, "response.content_part.done", text);
        Item(events, "response.output_item.done", 0, json => WriteMessage(json, "completed", text));
    }

    private void Delta(AnswerEvents events, string type, string member, string text) => Event(events, type, json =>
    {
        WritePlace(json);
        json.WriteString(member, text);
        json.WriteStartArray("logprobs"u8);
        json.WriteEndArray();
    });

    private void Part(AnswerEvents events, string type, string text) => Event(events, type, json =>
    {
        WritePlace(json);
        json.WritePropertyName("part"u8);
        WriteText(json, text);
    });

    private void WritePlace(Utf8JsonWriter json)
    {
        json.WriteString("item_id"u8, MessageId);
        json.WriteNumber("output_index"u8, 0);
        json.WriteNumber("content_index"u8, 0);
    }

    private void Item(AnswerEvents events, string type, int place, Action<Utf8JsonWriter> write) => Event(events, type, json =>
    {
        json.WriteNumber("output_index"u8, place);
        json.WritePropertyName("item"u8);
        write(json);
    });

    private void Response(AnswerEvents events, string type, string status, ModelCallEnd? end, StewardException? error) => Event(events, type, json =>
    {
        json.WritePropertyName("response"u8);
        WriteResponse(json, status, end, error);
    });

    private void Event(AnswerEvents events, string type, Action<Utf8JsonWriter> write) => events.Event(type, static (json, all) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, all.type);
        json.WriteNumber("sequence_number"u8, all.sequence);
        all.write(json);
        json.WriteEndObject();
    }, (type, sequence: _sequence++, write));

    private void WriteResponse(Utf8JsonWriter json, string status, ModelCallEnd? end, StewardException? error)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, "response"u8);
        json.WriteNumber("created_at"u8, created);
        json.WriteString("status"u8, status);
        WriteError(json, error);
        json.WritePropertyName("incomplete_details"u8);
        if (status == "incomplete")
        {
            json.WriteStartObject();
            json.WriteString("reason"u8, end?.Reason == "length" ? "max_output_tokens"u8 : "content_filter"u8);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteString("instructions"u8, request.Instructions);
        json.WriteString("model"u8, request.Model);
        json.WriteStartArray("output"u8);
        if (end is not null)
        {
            WriteOutput(json);
        }

        json.WriteEndArray();
        ResponsesEcho.Write(json, request);
        if (end?.InputTokens is { } input)
        {
            json.WriteStartObject("usage"u8);
            json.WriteNumber("input_tokens"u8, input);
            json.WriteStartObject("input_tokens_details"u8);
            json.WriteNumber("cached_tokens"u8, end.CachedInputTokens);
            json.WriteEndObject();
            json.WriteNumber("output_tokens"u8, end.OutputTokens);
            json.WriteStartObject("output_tokens_details"u8);
            json.WriteNumber("reasoning_tokens"u8, 0);
            json.WriteEndObject();
            json.WriteNumber("total_tokens"u8, input + end.OutputTokens);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("usage"u8);
        }

        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, StewardException? error)
    {
        json.WritePropertyName("error"u8);
        if (error is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        // The API has a closed list of codes; ours is in the event that follows.
        json.WriteString("code"u8, error.Code is "model_rate_limited" or "model_overloaded" ? "rate_limit_exceeded"u8 : "server_error"u8);
        json.WriteString("message"u8, error.Message);
        json.WriteEndObject();
    }

    private void WriteOutput(Utf8JsonWriter json)
    {
        if (_text.Length > 0)
        {
            WriteMessage(json, "completed", _text.ToString());
        }

        for (var i = 0; i < _calls.Count; i++)
        {
            WriteCall(json, _calls[i], CallId(i), "completed");
        }
    }

    private void WriteMessage(Utf8JsonWriter json, string status, string? text)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, MessageId);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("status"u8, status);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteStartArray("content"u8);
        if (text is not null)
        {
            WriteText(json, text);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "output_text"u8);
        json.WriteString("text"u8, text);
        json.WriteStartArray("annotations"u8);
        json.WriteEndArray();
        json.WriteStartArray("logprobs"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, ModelToolCall call, string itemId, string status)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, itemId);
        json.WriteString("type"u8, "function_call"u8);
        json.WriteString("status"u8, status);
        json.WriteString("call_id"u8, call.Id);
        json.WriteString("name"u8, call.Name);
        json.WriteString("arguments"u8, call.Arguments);
        json.WriteEndObject();
    }

    private string CallId(int number) => $"fc_{id["resp_".Length..]}_{number}";
}
