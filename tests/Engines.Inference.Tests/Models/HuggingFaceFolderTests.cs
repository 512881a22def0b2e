using System.Text.Json;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Tests.Models;

/// <summary>Exports of the three kinds, as the libraries write them, and those that would be computed otherwise here.</summary>
public sealed class HuggingFaceFolderTests : IDisposable
{
    private const string Classifier = """{"architectures": ["BertForSequenceClassification"], "id2label": {"0": "post", "1": "paper", "2": "wire"}, "max_position_embeddings": 64, "vocab_size": 88}""";
    private const string Sentences = """{"architectures": ["BertModel"], "max_position_embeddings": 64, "vocab_size": 88}""";

    private readonly EngineUnderTest _engine = new(configure: null, "tiny-topics");

    [NativeFact]
    public async Task Embedder_SentenceTransformers_PoolsAsItsFolderSays()
    {
        foreach (var name in new[] { "mean", "first" })
        {
            var folder = Export("tiny-embedder", name, Sentences);
            Write(folder, "1_Pooling/config.json", $$"""{"word_embedding_dimension": 4, "pooling_mode_cls_token": {{(name == "first" ? "true" : "false")}}, "pooling_mode_mean_tokens": {{(name == "mean" ? "true" : "false")}}, "pooling_mode_max_tokens": false}""");
            Write(folder, "modules.json", """[{"type": "sentence_transformers.models.Transformer"}, {"type": "sentence_transformers.models.Pooling"}, {"type": "sentence_transformers.models.Normalize"}]""");
            await _engine.PublishAsync(folder);
        }

        var mean = (await _engine.Engine.EmbedAsync(new EmbedRequest { Model = "mean", Texts = ["mail"] })).Value!.Vectors[0];
        var first = (await _engine.Engine.EmbedAsync(new EmbedRequest { Model = "first", Texts = ["mail"] })).Value!.Vectors[0];

        // The first token is [CLS], which stands for nothing in the tiny model.
        Assert.True(mean[0] > 0.99);
        Assert.True(Math.Abs(first[0]) < 0.01);
    }

    [NativeFact]
    public async Task CrossEncoder_OneLabel_Reranks()
    {
        await _engine.PublishAsync(Export("tiny-reranker", "cross", """{"architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}, "max_position_embeddings": 64}"""));

        var answer = await _engine.Engine.RerankAsync(new RerankRequest { Model = "cross", Query = "mail", Passages = ["toner", "mail outlook"], Top = 1 });

        Assert.Equal(1, Assert.Single(answer.Value!.Passages).Index);
    }

    [NativeFact]
    public async Task Hub_ModelBelowOnnxAndTokenizerJsonAlone_LoadsAsItIs()
    {
        var folder = Export("tiny-topics", "hub", Classifier);
        Directory.CreateDirectory(Path.Combine(folder, "onnx"));
        File.Move(Path.Combine(folder, "model.onnx"), Path.Combine(folder, "onnx", "model.onnx"));
        var entries = File.ReadAllLines(Path.Combine(folder, "vocab.txt"));
        File.Delete(Path.Combine(folder, "vocab.txt"));
        File.Delete(Path.Combine(folder, "tokenizer_config.json"));
        Write(folder, "tokenizer.json", Tokenizer("WordPiece", entries));

        await _engine.PublishAsync(folder);

        Assert.Equal("post", (await _engine.ClassifyAsync("MAIL", "hub")).Value!.Label);
    }

    [NativeFact]
    public async Task Vocabulary_TableIsRoundedUp_LoadsAsItIs()
    {
        var folder = Export("tiny-topics", "padded", Classifier);
        var entries = await File.ReadAllLinesAsync(Path.Combine(folder, "vocab.txt"));
        await File.WriteAllLinesAsync(Path.Combine(folder, "vocab.txt"), entries[..^2]);

        await _engine.PublishAsync(folder);

        Assert.Equal("post", (await _engine.ClassifyAsync("mail", "padded")).Value!.Label);
    }

    [NativeFact]
    public async Task Add_TwoVersionsOfAnExport_TheSecondAnswersAndTheFirstCanBeGoneBackTo()
    {
        using var other = new EngineUnderTest(configure: null, "tiny-slow");
        var folder = Export("tiny-topics", "exported", Classifier);
        other.Folder.Add(folder, ModelExposure.Everyone);
        Write(folder, "config.json", Classifier.Replace("{\"architectures\"", "{\"version\": \"2\", \"architectures\"", StringComparison.Ordinal));
        other.Folder.Add(folder, ModelExposure.Everyone);

        await other.FollowAsync();
        Assert.Equal("2", (await other.ClassifyAsync("mail", "exported")).Value!.Version);
        Assert.True(other.Folder.Promote("exported", "1"));
        await other.FollowAsync();
        Assert.Equal("1", (await other.ClassifyAsync("mail", "exported")).Value!.Version);
        Assert.Contains("as \"version\" in config.json", Assert.Throws<InvalidOperationException>(() => other.Folder.Add(folder, ModelExposure.Everyone)).Message, StringComparison.Ordinal);
    }

    [NativeTheory]
    [InlineData("config.json", """{"architectures": ["BertForSequenceClassification"], "num_labels": 3, "vocab_size": 400}""", ModelFault.WrongVocabulary, "the model knows more ids")]
    [InlineData("config.json", """{"architectures": ["BertForSequenceClassification"], "num_labels": 3, "vocab_size": 87}""", ModelFault.WrongVocabulary, "the model knows more ids")]
    [InlineData("config.json", """{"architectures": ["BertForSequenceClassification"], "num_labels": 3, "problem_type": "multi_label_classification"}""", ModelFault.Unsupported, "problem_type must be")]
    [InlineData("config.json", """{"architectures": ["RobertaForSequenceClassification"]}""", ModelFault.Unsupported, "the architecture is RobertaForSequenceClassification")]
    [InlineData("1_Pooling/config.json", """{"pooling_mode_max_tokens": true}""", ModelFault.Unsupported, "pooling_mode_max_tokens is not known")]
    [InlineData("1_Pooling/config.json", """{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true}""", ModelFault.Unsupported, "is not known")]
    [InlineData("modules.json", """[{"type": "sentence_transformers.models.Dense"}]""", ModelFault.Unsupported, "sentence_transformers.models.Dense is not known")]
    [InlineData("modules.json", """[{}]""", ModelFault.Unsupported, "a module without a type is not known")]
    public async Task Export_WouldBeComputedOtherwise_IsRefusedWithTheReason(string file, string content, ModelFault fault, string reason)
    {
        var folder = Export("tiny-topics", "other", Classifier);
        var entries = await File.ReadAllLinesAsync(Path.Combine(folder, "vocab.txt"));
        await File.WriteAllLinesAsync(Path.Combine(folder, "vocab.txt"), entries[..^2]);
        Write(folder, file, content);

        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => _engine.PublishAsync(folder));

        Assert.Equal(fault, refused.Fault);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [NativeTheory]
    [InlineData("BPE", 0, ModelFault.Unsupported, "model.type must be WordPiece")]
    [InlineData("WordPiece", 1, ModelFault.WrongVocabulary, "must be 0, 1, 2 and so on")]
    public async Task Tokenizer_AnotherKind_IsRefusedWithTheReason(string type, int shift, ModelFault fault, string reason)
    {
        var folder = Export("tiny-topics", "other", Classifier);
        var entries = await File.ReadAllLinesAsync(Path.Combine(folder, "vocab.txt"));
        File.Delete(Path.Combine(folder, "vocab.txt"));
        Write(folder, "tokenizer.json", Tokenizer(type, entries, shift));

        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => _engine.PublishAsync(folder));

        Assert.Equal(fault, refused.Fault);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [NativeTheory]
    [InlineData("""{"model": {"type": "WordPiece", "vocab": {"[PAD]": 0, "mail": null}}}""", "has no id for 'mail'")]
    [InlineData("""{"model": {"type": "WordPiece", "vocab": {"[PAD]": "0"}}}""", "is not what it should be")]
    [InlineData("""{"model": {"type": null}}""", "model.type must be WordPiece")]
    [InlineData("[]", "is not what it should be")]
    public async Task Tokenizer_NotWhatItShouldBe_IsRefusedWithTheReason(string content, string reason)
    {
        var folder = Export("tiny-topics", "other", Classifier);
        File.Delete(Path.Combine(folder, "vocab.txt"));
        Write(folder, "tokenizer.json", content);

        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => _engine.PublishAsync(folder));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _engine.Dispose();

    private static string Tokenizer(string type, string[] entries, int shift = 0) => JsonSerializer.Serialize(new
    {
        normalizer = new { type = "BertNormalizer", lowercase = true },
        model = new { type, unk_token = "[UNK]", continuing_subword_prefix = "##", max_input_chars_per_word = 100, vocab = entries.Index().Reverse().ToDictionary(entry => entry.Item, entry => entry.Index + shift) },
    });

    private static void Write(string folder, string file, string content)
    {
        var path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private string Export(string model, string name, string config)
    {
        var folder = _engine.Copy(model, name);
        foreach (var file in new[] { "model.json", "labels.json", "calibration.json" })
        {
            File.Delete(Path.Combine(folder, file));
        }

        Write(folder, "config.json", config);
        Write(folder, "tokenizer_config.json", """{"do_lower_case": true}""");
        return folder;
    }
}
