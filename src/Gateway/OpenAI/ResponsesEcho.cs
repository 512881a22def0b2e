using System.Text.Json;

namespace Steward.Gateway.OpenAI;

/// <summary>What a response repeats of its request, and what holds where nothing was asked for.</summary>
internal static class ResponsesEcho
{
    /// <summary>Writes the members.</summary>
    public static void Write(Utf8JsonWriter json, ModelRequest request)
    {
        var chat = request.Chat;
        json.WriteBoolean("parallel_tool_calls"u8, chat.AllowParallelToolCalls ?? true);
        json.WriteNull("previous_response_id"u8);
        json.WriteBoolean("store"u8, false);
        json.WriteNumber("temperature"u8, chat.Temperature ?? 1);
        json.WriteNumber("top_p"u8, chat.TopP ?? 1);
        json.WriteString("truncation"u8, "disabled"u8);
        if (chat.MaxOutputTokens is { } most)
        {
            json.WriteNumber("max_output_tokens"u8, most);
        }
        else
        {
            json.WriteNull("max_output_tokens"u8);
        }

        if (chat.RequiredTool is { } tool)
        {
            json.WriteStartObject("tool_choice"u8);
            json.WriteString("type"u8, "function"u8);
            json.WriteString("name"u8, tool);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("tool_choice"u8, chat.ToolChoice);
        }

        WriteTools(json, request);
        WriteFormat(json, request);
        json.WriteStartObject("metadata"u8);
        foreach (var (name, value) in request.Metadata)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        if (request.User is { } user)
        {
            json.WriteString("user"u8, user);
        }
    }

    private static void WriteTools(Utf8JsonWriter json, ModelRequest request)
    {
        json.WriteStartArray("tools"u8);
        foreach (var tool in request.Chat.Tools)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "function"u8);
            json.WriteString("name"u8, tool.Name);
            json.WriteString("description"u8, tool.Description);
            json.WritePropertyName("parameters"u8);
            json.WriteRawValue(tool.Parameters);
            if (tool.IsStrict is { } strict)
            {
                json.WriteBoolean("strict"u8, strict);
            }
            else
            {
                json.WriteNull("strict"u8);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFormat(Utf8JsonWriter json, ModelRequest request)
    {
        json.WriteStartObject("text"u8);
        json.WriteStartObject("format"u8);
        var format = request.Chat.Format;
        json.WriteString("type"u8, format is null ? "text"u8 : format.Schema is null ? "json_object"u8 : "json_schema"u8);
        if (format?.Schema is { } schema)
        {
            json.WriteString("name"u8, format.Name);
            json.WritePropertyName("schema"u8);
            json.WriteRawValue(schema);
            json.WriteBoolean("strict"u8, format.IsStrict ?? false);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
