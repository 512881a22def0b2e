using System.Runtime.InteropServices;
using System.Text.Json;
using Steward.Errors;
using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary><c>/embeddings</c>.</summary>
internal static class EmbeddingAnswers
{
    private const int MaxTexts = 256;
    private const int MaxDimensions = 8_192;

    /// <summary>Reads a request.</summary>
    /// <exception cref="StewardException">It names the parameter that is wrong or not supported.</exception>
    public static (string Model, ModelEmbedding Embedding, bool IsBase64, string? User) Read(JsonElement body)
    {
        var fields = new JsonFields(body);
        fields.Only("model", "input", "dimensions", "encoding_format", "user");
        if (fields.Any("input") is { ValueKind: JsonValueKind.Array } list && list.EnumerateArray().Any(item => item.ValueKind is JsonValueKind.Number or JsonValueKind.Array))
        {
            throw fields.Invalid("input", "must be text: tokens are a model's own, and are not taken.");
        }

        var texts = fields.Texts("input", MaxTexts);
        if (texts.Count == 0 || texts.Any(text => text.Length == 0))
        {
            throw fields.Invalid("input", $"must be a string or a list of 1 to {MaxTexts} strings, none of them empty.");
        }

        var model = fields.Needed("model", 200);
        return (model, new ModelEmbedding { Texts = texts, Dimensions = (int?)fields.Whole("dimensions", 1, MaxDimensions) }, fields.OneOf("encoding_format", "float", "base64") == "base64", fields.Text("user", 512));
    }

    /// <summary>What the pipeline is asked for.</summary>
    public static string TargetOf(string model) => model == "steward/embedder" ? model
        : !model.StartsWith("steward/", StringComparison.Ordinal) && model.IndexOf('/', StringComparison.Ordinal) is var slash && slash > 0 && slash < model.Length - 1 ? model
        : throw new StewardException("model_missing", $"There is no embedder '{(model.Length > 100 ? model[..100] : model)}'. Ask for steward/embedder, or a provider/model that GET /openai/v1/models lists.") { Field = "model" };

    /// <summary>Writes the answer.</summary>
    public static void Write(Utf8JsonWriter json, string model, WholeAnswer answer, bool isBase64)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        for (var i = 0; i < answer.Vectors.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "embedding"u8);
            json.WriteNumber("index"u8, i);
            if (isBase64)
            {
                // Little-endian 32-bit floats, as all that .NET runs on has them.
                json.WriteBase64String("embedding"u8, MemoryMarshal.AsBytes(answer.Vectors[i].AsSpan()));
            }
            else
            {
                json.WriteStartArray("embedding"u8);
                foreach (var value in answer.Vectors[i])
                {
                    json.WriteNumberValue(value);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model"u8, model);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, answer.End.InputTokens ?? 0);
        json.WriteNumber("total_tokens"u8, answer.End.InputTokens ?? 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
