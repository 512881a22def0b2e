using System.Text;
using System.Text.Json;

namespace Steward.Engines.Models.Providers;

/// <summary>
/// A streamed answer of chat completions as far as it has arrived, with the calls that are being put together. Read straight from the bytes: a chunk holds a word or two, and an object for each of its members would cost more than all
/// stages of the gateway together. What is not known is passed over.
/// </summary>
internal sealed partial class OpenAIAnswer
{
    private SortedDictionary<int, (string? Id, string? Name, StringBuilder Arguments)>? _calls;
    private string? _finish;
    private ChatUsage? _usage;
    private string _model = "";

    /// <summary>Whether a part of the answer has arrived.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether the server said that nothing follows.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Whether the last event had thoughts of the model, which are no part of its answer.</summary>
    public bool IsThinking { get; private set; }

    /// <summary>The status of HTTP that an error among the events stands for, 0 when it says none; null as long as there was no error.</summary>
    public int? FailedWith { get; private set; }

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
        IsThinking = false;
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
            else if (json.ValueTextEquals("error"u8))
            {
                Error(ref json);
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

    // Servers that have begun to stream say so here: OpenAI, vLLM, SGLang, OpenRouter. Some name a status, some a word, some say it in a text.
    private void Error(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
        {
            return;
        }

        var (number, word) = (0, 0);
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
        }
        else
        {
            while (Next(ref json))
            {
                if (!json.ValueTextEquals("code"u8) && !json.ValueTextEquals("type"u8) && !json.ValueTextEquals("status"u8))
                {
                    Pass(ref json);
                    continue;
                }

                json.Read();
                if (json.TokenType == JsonTokenType.Number)
                {
                    number = number == 0 && json.TryGetInt32(out var said) ? Status(said) : number;
                }
                else if (json.TokenType == JsonTokenType.String)
                {
                    var said = json.GetString()!;
                    if (int.TryParse(said, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var written))
                    {
                        number = number == 0 ? Status(written) : number;
                    }
                    else
                    {
                        word = word == 0 ? StatusOf(said) : word;
                    }
                }

                json.Skip();
            }
        }

        // A number is the server's own; a word is what we take it for. Which of them comes first says nothing.
        FailedWith = number != 0 ? number : word;
    }

    private static int Status(int number) => number is >= 400 and <= 599 ? number : 0;

    private static int StatusOf(string word) => word switch
    {
        "rate_limit_exceeded" or "rate_limit_error" or "insufficient_quota" or "RESOURCE_EXHAUSTED" => 429,
        "invalid_request_error" or "context_length_exceeded" or "BadRequestError" => 400,
        _ => 0,
    };

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
            else if (json.ValueTextEquals("reasoning_content"u8) || json.ValueTextEquals("reasoning"u8))
            {
                IsThinking |= !string.IsNullOrEmpty(Text(ref json));
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
}
