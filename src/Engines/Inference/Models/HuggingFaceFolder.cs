using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Inference.Models;

/// <summary>Reads what an export from Hugging Face says of itself: <c>config.json</c>, <c>tokenizer_config.json</c> and <c>1_Pooling/config.json</c>.</summary>
internal static class HuggingFaceFolder
{
    private const int MostLabels = 10_000;

    /// <exception cref="ModelRefusedException">It is not of BERT's kind.</exception>
    public static (ModelManifest Manifest, IReadOnlyList<string> Labels) Read(string folder)
    {
        var config = Json(folder, "config.json") ?? throw new ModelRefusedException(ModelFault.Missing, "config.json is missing");
        var tokenizer = Json(folder, "tokenizer_config.json");
        var pooling = Json(folder, Path.Combine("1_Pooling", "config.json"));
        try
        {
            var architecture = config["architectures"]?[0]?.GetValue<string>() ?? "";
            if (!architecture.Contains("Bert", StringComparison.Ordinal) || architecture.Contains("Roberta", StringComparison.Ordinal))
            {
                throw new ModelRefusedException(ModelFault.Unsupported, $"config.json: the architecture is {(architecture.Length > 0 ? architecture : "not named")}; those of BERT with WordPiece are known");
            }

            var lowercase = tokenizer?["do_lower_case"]?.GetValue<bool>() ?? true;
            if (tokenizer?["strip_accents"]?.GetValue<bool>() is { } strips && strips != lowercase)
            {
                throw new ModelRefusedException(ModelFault.Unsupported, "tokenizer_config.json: strip_accents must be absent or equal to do_lower_case");
            }

            var labels = Labels(config);
            var manifest = new ModelManifest
            {
                Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
                Version = config["version"]?.GetValue<string>() ?? "1",
                Task = !architecture.EndsWith("ForSequenceClassification", StringComparison.Ordinal) ? ModelTask.Embedding : labels.Count == 1 ? ModelTask.Reranking : ModelTask.Classification,
                MaxTokens = Math.Min(config["max_position_embeddings"]?.GetValue<int>() ?? 512, 512),
                Lowercase = lowercase,
                Pooling = pooling?["pooling_mode_cls_token"]?.GetValue<bool>() == true ? Pooling.Cls : Pooling.Mean,
            };
            ModelFolder.Check(manifest);
            return (manifest, labels);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            throw new ModelRefusedException(ModelFault.Corrupt, $"config.json or tokenizer_config.json is not what it should be: {e.Message}");
        }
    }

    private static List<string> Labels(JsonNode config)
    {
        var names = config["id2label"] as JsonObject;
        // Two is the default of the library that writes these files.
        var count = names?.Count ?? config["num_labels"]?.GetValue<int>() ?? 2;
        if (count is < 1 or > MostLabels)
        {
            throw new ModelRefusedException(ModelFault.Unsupported, $"config.json: id2label or num_labels must give 1 to {MostLabels} labels, not {count}");
        }

        return names is null
            ? [.. Enumerable.Range(0, count).Select(id => $"LABEL_{id}")]
            : [.. Enumerable.Range(0, count).Select(id => names[id.ToString(System.Globalization.CultureInfo.InvariantCulture)]?.GetValue<string>() ?? $"LABEL_{id}")];
    }

    private static JsonNode? Json(string folder, string file)
    {
        if (!File.Exists(Path.Combine(folder, file)))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(ModelFolder.ReadText(folder, file));
        }
        catch (JsonException e)
        {
            throw new ModelRefusedException(ModelFault.Corrupt, $"{file} is not JSON: {e.Message}");
        }
    }
}
