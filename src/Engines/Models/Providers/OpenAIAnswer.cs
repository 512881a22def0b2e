using System.Text;
using System.Text.Json;

namespace Steward.Engines.Models.Providers;

/// <summary>
/// A streamed answer of chat completions as far as it has arrived, with the calls that are being put together. Read straight from the bytes: a chunk holds a word or two, and an object for each of its members would cost more than all
/// stages of the gateway together. What is not known is passed over.
/// </summary>
internal sealed class OpenAIAnswer
{
    private SortedDictionary<int, (string? Id, string? Name, StringBuilder Arguments)>? _calls;
    private string? _finish;
    private ChatUsage? _usage;
    private string _model = "";

    /// <summary>Whether a part of the answer has arrived.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether the server said that nothing follows.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Takes the data of one event.</summary>
    /// <returns>Its text; empty when it has none.</returns>
    /// <exception cref="JsonException">It is no chunk.</exception>
    public string Take(ReadOnlySpan<byte> data)
    {
        if (data.SequenceEqual("[DONE]"u8))
        {
            IsDone = true;
            return "";
        }

        var json = new Utf8JsonReader(data);
        var text = "";
        Begin(ref json);
        while (Next(ref json))
        {
            if (json.ValueTextEquals("choices"u8))
            {
                text = Choices(ref json);
            }
            else if (json.ValueTextEquals("usage"u8))
            {
                Usage(ref json);
            }
            else if (json.ValueTextEquals("model"u8))
            {
                json.Read();
                _model = json.TokenType == JsonTokenType.Null ? _model : json.TokenType != JsonTokenType.String ? throw Unexpected() : json.ValueTextEquals(_model) ? _model : json.GetString()!;
            }
            else
            {
                Pass(ref json);
            }
        }

        HasBegun |= text.Length > 0;
        return text;
    }

    /// <summary>What is left to say; nothing when the answer broke off.</summary>
    public IEnumerable<ChatDelta> End()
    {
        if (_finish is null)
        {
            yield break;
        }

        foreach (var (index, call) in _calls ?? [])
        {
            if (call.Name is not null)
            {
                yield return new ChatToolCall(new ToolCall { Id = call.Id ?? $"call_{index}", Name = call.Name, Arguments = call.Arguments.ToString() });
            }
        }

        // Some servers say "stop" although they call tools.
        yield return new ChatFinished(_calls is not null && _finish == "stop" ? "tool_calls" : _finish, _usage, _model, TimeSpan.Zero);
    }

    // One answer is asked for: what else stands in the list is not its.
    private string Choices(ref Utf8JsonReader json)
    {
        var text = "";
        var isFirst = true;
        for (var more = Begin(ref json, JsonTokenType.StartArray); more && NextItem(ref json);)
        {
            if (isFirst)
            {
                text = Choice(ref json);
                isFirst = false;
            }
            else
            {
                json.Skip();
            }
        }

        return text;
    }

    private string Choice(ref Utf8JsonReader json)
    {
        var text = "";
        Require(json.TokenType == JsonTokenType.StartObject);
        while (Next(ref json))
        {
            if (json.ValueTextEquals("delta"u8))
            {
                text = Delta(ref json);
            }
            else if (json.ValueTextEquals("finish_reason"u8))
            {
                _finish = Text(ref json) switch
                {
                    null => _finish,
                    "length" => "length",
                    "content_filter" => "content_filter",
                    "tool_calls" or "function_call" => "tool_calls",
                    _ => "stop",
                };
            }
            else
            {
                Pass(ref json);
            }
        }

        return text;
    }

    private string Delta(ref Utf8JsonReader json)
    {
        var text = "";
        for (var more = Begin(ref json); more && Next(ref json);)
        {
            if (json.ValueTextEquals("content"u8) || json.ValueTextEquals("refusal"u8))
            {
                text += Text(ref json);
            }
            else if (json.ValueTextEquals("tool_calls"u8))
            {
                for (var calls = Begin(ref json, JsonTokenType.StartArray); calls && NextItem(ref json);)
                {
                    ToolCall(ref json);
                }
            }
            else
            {
                Pass(ref json);
            }
        }

        return text;
    }

    private void ToolCall(ref Utf8JsonReader json)
    {
        var (index, id, name, arguments) = (0, (string?)null, (string?)null, (string?)null);
        Require(json.TokenType == JsonTokenType.StartObject);
        while (Next(ref json))
        {
            if (json.ValueTextEquals("index"u8))
            {
                index = (int)Number(ref json);
            }
            else if (json.ValueTextEquals("id"u8))
            {
                id = Text(ref json);
            }
            else if (json.ValueTextEquals("function"u8))
            {
                for (var more = Begin(ref json); more && Next(ref json);)
                {
                    if (json.ValueTextEquals("name"u8))
                    {
                        name = Text(ref json);
                    }
                    else if (json.ValueTextEquals("arguments"u8))
                    {
                        arguments = Text(ref json);
                    }
                    else
                    {
                        Pass(ref json);
                    }
                }
            }
            else
            {
                Pass(ref json);
            }
        }

        HasBegun = true;
        var call = (_calls ??= []).TryGetValue(index, out var known) ? known : (null, null, new StringBuilder());
        call.Arguments.Append(arguments);
        _calls[index] = (string.IsNullOrEmpty(id) ? call.Id : id, string.IsNullOrEmpty(name) ? call.Name : name, call.Arguments);
    }

    private void Usage(ref Utf8JsonReader json)
    {
        if (!Begin(ref json))
        {
            return;
        }

        var (input, cached, output) = (0L, 0L, 0L);
        while (Next(ref json))
        {
            if (json.ValueTextEquals("prompt_tokens"u8))
            {
                input = Number(ref json);
            }
            else if (json.ValueTextEquals("completion_tokens"u8))
            {
                output = Number(ref json);
            }
            else if (json.ValueTextEquals("prompt_tokens_details"u8))
            {
                for (var more = Begin(ref json); more && Next(ref json);)
                {
                    if (json.ValueTextEquals("cached_tokens"u8))
                    {
                        cached = Number(ref json);
                    }
                    else
                    {
                        Pass(ref json);
                    }
                }
            }
            else
            {
                Pass(ref json);
            }
        }

        _usage = new ChatUsage(input, cached, output, null);
    }

    // The next value is an object or array, whose beginning is read; false when it is null.
    private static bool Begin(ref Utf8JsonReader json, JsonTokenType kind = JsonTokenType.StartObject)
    {
        json.Read();
        Require(json.TokenType == kind || json.TokenType == JsonTokenType.Null);
        return json.TokenType == kind;
    }

    // The next member of an object; false at its end.
    private static bool Next(ref Utf8JsonReader json)
    {
        Require(json.Read());
        return json.TokenType == JsonTokenType.PropertyName;
    }

    // The next element of an array; false at its end.
    private static bool NextItem(ref Utf8JsonReader json)
    {
        Require(json.Read());
        return json.TokenType != JsonTokenType.EndArray;
    }

    // A text, also one in parts; null when it is something else.
    private static string? Text(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            return json.GetString();
        }

        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return null;
        }

        string? text = null;
        while (NextItem(ref json))
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            while (Next(ref json))
            {
                if (!json.ValueTextEquals("text"u8))
                {
                    Pass(ref json);
                    continue;
                }

                json.Read();
                text = json.TokenType == JsonTokenType.String ? text + json.GetString() : text;
                json.Skip();
            }
        }

        return text;
    }

    private static long Number(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var number) ? number : json.TokenType == JsonTokenType.Null ? 0 : throw Unexpected();
    }

    private static void Pass(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw Unexpected();
        }
    }

    private static JsonException Unexpected() => new("A chunk of the answer is not as the API describes it.");
}
