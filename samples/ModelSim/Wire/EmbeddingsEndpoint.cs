using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.ModelSim;

/// <summary>
/// Embeddings by feature hashing of words and their three-letter parts: the same text always has the same vector, texts with
/// common words are near each other, and every vector has length one.
/// </summary>
internal static class EmbeddingsEndpoint
{
    private const int LargestInput = 2_048;

    public static JsonObject Answer(JsonObject body, ModelScript script, int defaultDimensions)
    {
        var model = Checks.Model(body, script.Models);
        var inputs = Inputs(body["input"]);
        var dimensions = body["dimensions"] switch
        {
            null => defaultDimensions,
            JsonValue value when value.TryGetValue<int>(out var number) && number is > 0 and <= 4_096 => number,
            _ => throw new ApiException(400, "Invalid 'dimensions': expected a whole number from 1 to 4096.", "dimensions", "invalid_value"),
        };
        var format = body["encoding_format"].Text() ?? "float";
        if (format is not ("float" or "base64"))
        {
            throw new ApiException(400, "Invalid value for 'encoding_format'. Supported values are: 'float' and 'base64'.", "encoding_format", "invalid_value");
        }

        var tokens = inputs.Sum(Tokens.Count);
        return new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. inputs.Select((text, i) => new JsonObject
            {
                ["object"] = "embedding",
                ["index"] = i,
                ["embedding"] = Encode(Embed(text, dimensions), format),
            })]),
            ["model"] = model,
            ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens },
        };
    }

    public static float[] Embed(string text, int dimensions)
    {
        var vector = new float[dimensions];
        foreach (var word in text.ToLowerInvariant().Split([' ', '\n', '\t', '.', ',', ';', ':', '?', '!', '"', '(', ')'], StringSplitOptions.RemoveEmptyEntries))
        {
            Add(vector, word, 1f);
            for (var i = 0; i + 3 <= word.Length; i++)
            {
                Add(vector, string.Concat("#", word.AsSpan(i, 3)), 0.5f);
            }
        }

        var length = MathF.Sqrt(vector.Sum(x => x * x));
        if (length == 0)
        {
            vector[0] = length = 1;
        }

        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] /= length;
        }

        return vector;
    }

    private static void Add(float[] vector, string feature, float weight)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(feature), hash);
        vector[BitConverter.ToUInt32(hash) % (uint)vector.Length] += (hash[4] & 1) == 0 ? weight : -weight;
    }

    private static JsonNode Encode(float[] vector, string format) => format == "base64"
        ? JsonValue.Create(Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector)))
        : new JsonArray([.. vector.Select(x => JsonValue.Create(x))]);

    private static List<string> Inputs(JsonNode? input)
    {
        var inputs = input switch
        {
            JsonValue value when value.Text() is { } text => [text],
            JsonArray array when array.Count > 0 && array.All(i => i.Text() is not null) => array.Select(i => i.Text()!).ToList(),
            JsonArray array when array.Count > 0 && array.All(IsNumber) => [array.ToJsonString()],
            JsonArray array when array.Count > 0 && array.All(i => i is JsonArray { Count: > 0 } tokens && tokens.All(IsNumber)) => array.Select(i => i!.ToJsonString()).ToList(),
            null => throw new ApiException(400, "Missing required parameter: 'input'.", "input", "missing_required_parameter"),
            _ => throw new ApiException(400, "'$.input' is invalid. Please check the API reference.", "input", "invalid_type"),
        };
        return inputs.Count <= LargestInput && inputs.TrueForAll(i => i.Length > 0)
            ? inputs
            : throw new ApiException(400, "'$.input' is invalid: it must hold 1 to 2048 texts, none of them empty.", "input", "invalid_value");

        static bool IsNumber(JsonNode? node) => node?.GetValueKind() == JsonValueKind.Number;
    }
}
