using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Steward.Engines.Models.Providers;

/// <summary>Writes requests of chat completions (OpenAI's API reference, "Create chat completion"). Pure.</summary>
internal static class OpenAIRequestBody
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The body of a request whose answer is streamed and ends with its tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="maxOutputTokens">The most tokens of an answer; null is the provider's limit.</param>
    /// <param name="outputLimit">The parameter that limits the answer's length.</param>
    public static ReadOnlyMemory<byte> Write(string model, ChatRequest request, int? maxOutputTokens, string outputLimit = OpenAIOutputLimit.New)
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        json.WriteString("model"u8, model);
        json.WriteStartArray("messages"u8);
        foreach (var message in request.Messages)
        {
            WriteMessage(json, message);
        }

        json.WriteEndArray();
        json.WriteBoolean("stream"u8, true);
        json.WriteStartObject("stream_options"u8);
        json.WriteBoolean("include_usage"u8, true);
        json.WriteEndObject();
        if ((request.MaxOutputTokens < (maxOutputTokens ?? int.MaxValue) ? request.MaxOutputTokens : maxOutputTokens) is { } most)
        {
            json.WriteNumber(outputLimit, most);
        }

        WriteSampling(json, request.Sampling);
        WriteFormat(json, request.Format);
        WriteTools(json, request);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteMessage(Utf8JsonWriter json, ChatMessage message)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, message.Role switch
        {
            ChatRole.System => "system"u8,
            ChatRole.User => "user"u8,
            ChatRole.Tool => "tool"u8,
            _ => "assistant"u8,
        });
        if (message.ToolCallId is { } result && message.Role == ChatRole.Tool)
        {
            json.WriteString("tool_call_id"u8, result);
        }

        if (message.Role == ChatRole.User && message.Parts.Count > 0)
        {
            WriteParts(json, message.Parts);
        }
        else if (message.Role == ChatRole.Assistant && message.ToolCalls.Count > 0 && message.Text.Length == 0)
        {
            json.WriteNull("content"u8);
        }
        else
        {
            json.WriteString("content"u8, message.Text);
        }

        if (message.Role == ChatRole.Assistant && message.ToolCalls.Count > 0)
        {
            json.WriteStartArray("tool_calls"u8);
            foreach (var call in message.ToolCalls)
            {
                json.WriteStartObject();
                json.WriteString("id"u8, call.Id);
                json.WriteString("type"u8, "function"u8);
                json.WriteStartObject("function"u8);
                json.WriteString("name"u8, call.Name);
                json.WriteString("arguments"u8, call.Arguments);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteParts(Utf8JsonWriter json, IReadOnlyList<ChatPart> parts)
    {
        json.WriteStartArray("content"u8);
        foreach (var part in parts)
        {
            json.WriteStartObject();
            if (part is ChatImagePart image)
            {
                json.WriteString("type"u8, "image_url"u8);
                json.WriteStartObject("image_url"u8);
                json.WriteString("url"u8, image.Url);
                if (image.Detail is { } detail)
                {
                    json.WriteString("detail"u8, detail);
                }

                json.WriteEndObject();
            }
            else
            {
                json.WriteString("type"u8, "text"u8);
                json.WriteString("text"u8, ((ChatTextPart)part).Text);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSampling(Utf8JsonWriter json, ChatSampling sampling)
    {
        WriteNumber(json, "temperature"u8, sampling.Temperature);
        WriteNumber(json, "top_p"u8, sampling.TopP);
        WriteNumber(json, "frequency_penalty"u8, sampling.FrequencyPenalty);
        WriteNumber(json, "presence_penalty"u8, sampling.PresencePenalty);
        if (sampling.Seed is { } seed)
        {
            json.WriteNumber("seed"u8, seed);
        }

        if (sampling.Stop.Count > 0)
        {
            json.WriteStartArray("stop"u8);
            foreach (var stop in sampling.Stop)
            {
                json.WriteStringValue(stop);
            }

            json.WriteEndArray();
        }

        if (sampling.ReasoningEffort is { } effort)
        {
            json.WriteString("reasoning_effort"u8, effort);
        }
    }

    private static void WriteFormat(Utf8JsonWriter json, ChatFormat? format)
    {
        if (format is null)
        {
            return;
        }

        json.WriteStartObject("response_format"u8);
        json.WriteString("type"u8, format.Schema is null ? "json_object"u8 : "json_schema"u8);
        if (format.Schema is { } schema)
        {
            json.WriteStartObject("json_schema"u8);
            json.WriteString("name"u8, format.Name);
            if (format.Description is { } description)
            {
                json.WriteString("description"u8, description);
            }

            json.WritePropertyName("schema"u8);
            schema.WriteTo(json);
            WriteFlag(json, "strict"u8, format.IsStrict);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter json, ChatRequest request)
    {
        if (request.Tools.Count == 0)
        {
            return;
        }

        json.WriteStartArray("tools"u8);
        foreach (var tool in request.Tools)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "function"u8);
            json.WriteStartObject("function"u8);
            json.WriteString("name"u8, tool.Name);
            json.WriteString("description"u8, tool.Description);
            json.WritePropertyName("parameters"u8);
            tool.Parameters.WriteTo(json);
            WriteFlag(json, "strict"u8, tool.IsStrict);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (request.AllowToolCalls && request.RequiredTool is { } required and not ChatRequest.AnyTool)
        {
            json.WriteStartObject("tool_choice"u8);
            json.WriteString("type"u8, "function"u8);
            json.WriteStartObject("function"u8);
            json.WriteString("name"u8, required);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("tool_choice"u8, !request.AllowToolCalls ? "none"u8 : request.RequiredTool is null ? "auto"u8 : "required"u8);
        }

        WriteFlag(json, "parallel_tool_calls"u8, request.AllowParallelToolCalls);
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void WriteFlag(Utf8JsonWriter json, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is { } flag)
        {
            json.WriteBoolean(name, flag);
        }
    }
}
