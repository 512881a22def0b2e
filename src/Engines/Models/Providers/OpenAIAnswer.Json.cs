using System.Text.Json;

namespace Steward.Engines.Models.Providers;

/// <summary>How the bytes of a chunk are read.</summary>
internal sealed partial class OpenAIAnswer
{
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
