using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Inference.Models;

/// <summary>
/// Reads what an export from Hugging Face says of itself: <c>config.json</c>, <c>tokenizer_config.json</c>, <c>tokenizer.json</c>, <c>modules.json</c> and <c>1_Pooling/config.json</c>. What would be computed in another way here than
/// there is refused.
/// </summary>
internal static class HuggingFaceFolder
{
    // Of an export that was published: its folder is called after name and version.
    private const string NameField = "steward_name";

    private const int MostLabels = 10_000;

    // Tables of vectors are rounded up to a number that processors like, by less than this.
    private const int MostPadding = 128;

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

            var whole = Json(folder, "tokenizer.json");
            var lowercase = tokenizer?["do_lower_case"]?.GetValue<bool>() ?? (whole?["normalizer"] as JsonObject)?["lowercase"]?.GetValue<bool>() ?? true;
            if (tokenizer?["strip_accents"]?.GetValue<bool>() is { } strips && strips != lowercase)
            {
                throw new ModelRefusedException(ModelFault.Unsupported, "tokenizer_config.json: strip_accents must be absent or equal to do_lower_case");
            }

            var labels = Labels(config);
            if (labels.Count > 1 && config["problem_type"]?.GetValue<string>() is "multi_label_classification" or "regression")
            {
                throw new ModelRefusedException(ModelFault.Unsupported, "config.json: problem_type must be single_label_classification or absent: one label of several is found");
            }

            var manifest = new ModelManifest
            {
                Name = config[NameField]?.GetValue<string>() ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
                Version = config["version"]?.GetValue<string>() ?? "1",
                Task = !architecture.EndsWith("ForSequenceClassification", StringComparison.Ordinal) ? ModelTask.Embedding : labels.Count == 1 ? ModelTask.Reranking : ModelTask.Classification,
                MaxTokens = Math.Min(config["max_position_embeddings"]?.GetValue<int>() ?? 512, 512),
                Lowercase = lowercase,
                Pooling = PoolingOf(pooling),
                VocabularySize = config["vocab_size"]?.GetValue<int>(),
            };
            RefuseOtherModules(Json(folder, "modules.json"));
            ModelFolder.Check(manifest);
            return (manifest, labels);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            throw new ModelRefusedException(ModelFault.Corrupt, $"config.json or tokenizer_config.json is not what it should be: {e.Message}");
        }
    }

    /// <summary>Writes an export's name into its <c>config.json</c>, so that its folder may have any name.</summary>
    public static void WriteName(string folder, string name)
    {
        var config = Json(folder, "config.json") ?? throw new ModelRefusedException(ModelFault.Missing, "config.json is missing");
        config[NameField] = name;
        File.Delete(Path.Combine(folder, "config.json"));
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
    }

    /// <summary>The manifest without a size of the vocabulary, unless it is that of a table that was rounded up: any other difference is a wrong vocabulary.</summary>
    public static ModelManifest WithPadding(ModelManifest manifest, int entries) =>
        manifest.VocabularySize is { } size && size > entries && size - entries < MostPadding && size % 8 == 0 ? manifest : manifest with { VocabularySize = null };

    /// <summary>Whether <c>vocab.txt</c> has to be taken out of <c>tokenizer.json</c>.</summary>
    public static bool HasOnlyWholeTokenizer(string folder) => !File.Exists(Path.Combine(folder, "vocab.txt")) && File.Exists(Path.Combine(folder, "tokenizer.json"));

    /// <summary>The entries of the vocabulary in <c>tokenizer.json</c>, in the order of their ids.</summary>
    /// <exception cref="ModelRefusedException">It is none of WordPiece.</exception>
    public static IReadOnlyList<string> Entries(string folder)
    {
        try
        {
            if (Json(folder, "tokenizer.json")?["model"] is not JsonObject model || model["type"]?.GetValue<string>() != "WordPiece" || model["vocab"] is not JsonObject vocabulary)
            {
                throw new ModelRefusedException(ModelFault.Unsupported, "tokenizer.json: model.type must be WordPiece");
            }

            if (model["continuing_subword_prefix"]?.GetValue<string>() is not (null or "##") || model["max_input_chars_per_word"]?.GetValue<int>() is not (null or 100))
            {
                throw new ModelRefusedException(ModelFault.Unsupported, "tokenizer.json: continuing_subword_prefix must be ## and max_input_chars_per_word 100");
            }

            if (vocabulary.FirstOrDefault(entry => entry.Value is null).Key is { } without)
            {
                throw new ModelRefusedException(ModelFault.Corrupt, $"tokenizer.json: model.vocab has no id for '{without}'");
            }

            var ordered = vocabulary.Select(entry => (entry.Key, Id: entry.Value!.GetValue<int>())).OrderBy(entry => entry.Id).ToList();
            return ordered.Index().All(entry => entry.Item.Id == entry.Index)
                ? ordered.ConvertAll(entry => entry.Key)
                : throw new ModelRefusedException(ModelFault.WrongVocabulary, "tokenizer.json: the ids of model.vocab must be 0, 1, 2 and so on, each once");
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            throw new ModelRefusedException(ModelFault.Corrupt, $"tokenizer.json is not what it should be: {e.Message}");
        }
    }

    private static Pooling PoolingOf(JsonNode? pooling)
    {
        var modes = (pooling as JsonObject)?.Where(entry => entry.Key.StartsWith("pooling_mode_", StringComparison.Ordinal) && entry.Value?.GetValueKind() == JsonValueKind.True).Select(entry => entry.Key).ToList() ?? [];
        return modes switch
        {
            [] or ["pooling_mode_mean_tokens"] => Pooling.Mean,
            ["pooling_mode_cls_token"] => Pooling.Cls,
            _ => throw new ModelRefusedException(ModelFault.Unsupported, $"1_Pooling/config.json: {string.Join(" and ", modes)} is not known; pooling_mode_mean_tokens or pooling_mode_cls_token alone is"),
        };
    }

    private static void RefuseOtherModules(JsonNode? modules)
    {
        foreach (var type in (modules as JsonArray ?? []).Select(module => module?["type"]?.GetValue<string>() ?? ""))
        {
            if (type.Split('.')[^1] is not ("Transformer" or "Pooling" or "Normalize"))
            {
                throw new ModelRefusedException(ModelFault.Unsupported, $"modules.json: {(type.Length > 0 ? type : "a module without a type")} is not known; Transformer, Pooling and Normalize are");
            }
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
