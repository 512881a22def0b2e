using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Tests.Models;

public sealed class ModelCatalogTests : IDisposable
{
    private readonly EngineUnderTest _engine = new(configure: null, "tiny-topics");

    [NativeFact]
    public async Task Publish_UnderLoad_FailsNoRequest()
    {
        var versions = Enumerable.Range(2, 12).Select(version => _engine.Copy("tiny-topics", $"next-{version}", version: $"{version}")).ToList();
        using var stop = new CancellationTokenSource();
        var answered = new ConcurrentDictionary<string, bool>();
        var askers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var answers = new List<InferenceAnswer<Classification>>();
            while (!stop.IsCancellationRequested)
            {
                var answer = await _engine.ClassifyAsync("mail printer vpn mail");
                answers.Add(answer);
                answered.TryAdd(answer.Value?.Version ?? "", true);
            }

            return answers;
        })).ToList();

        foreach (var folder in versions)
        {
            var published = await _engine.PublishAsync(folder);
            // On a busy machine all of this may be over before anybody asks: each version waits for its first answer.
            for (var patience = Stopwatch.StartNew(); !answered.ContainsKey(published.Version) && patience.Elapsed < TimeSpan.FromSeconds(20);)
            {
                await Task.Delay(1);
            }
        }

        await stop.CancelAsync();
        var all = (await Task.WhenAll(askers)).SelectMany(answers => answers).ToList();

        Assert.All(all, answer => Assert.Equal(InferenceOutcome.Done, answer.Outcome));
        Assert.True(all.Select(answer => answer.Value!.Version).Distinct().Count() >= 12);
        Assert.Equal("13", (await _engine.ClassifyAsync("mail")).Value!.Version);
    }

    [NativeFact]
    public async Task Publish_Canary_AnswersItsTenantsAlone()
    {
        await _engine.PublishAsync(_engine.Copy("tiny-topics", "next", version: "2"), ModelExposure.Canary(0, "t-brave"));

        Assert.Equal("2", (await _engine.ClassifyAsync("mail", tenant: "t-brave")).Value!.Version);
        Assert.Equal("1", (await _engine.ClassifyAsync("mail", tenant: "t-other")).Value!.Version);
    }

    [NativeFact]
    public async Task Publish_Canary_NeverAnswersWhoAsksForNoTenant()
    {
        await _engine.PublishAsync(_engine.Copy("tiny-topics", "next", version: "2"), ModelExposure.Canary(1));

        Assert.Equal("2", (await _engine.ClassifyAsync("mail", tenant: "t-any")).Value!.Version);
        Assert.Equal("1", (await _engine.ClassifyAsync("mail", tenant: "")).Value!.Version);
    }

    [NativeFact]
    public async Task Publish_CanaryShare_TakesThatPartOfTenantsAlwaysTheSame()
    {
        await _engine.PublishAsync(_engine.Copy("tiny-topics", "next", version: "2"), ModelExposure.Canary(0.3));
        var chosen = new HashSet<string>();
        for (var round = 0; round < 2; round++)
        {
            for (var tenant = 0; tenant < 300; tenant++)
            {
                var version = (await _engine.ClassifyAsync("mail", tenant: $"t-{tenant}")).Value!.Version;
                Assert.True(round == 0 ? version == "1" || chosen.Add($"t-{tenant}") : chosen.Contains($"t-{tenant}") == (version == "2"));
            }
        }

        Assert.InRange(chosen.Count, 60, 120);
    }

    [NativeFact]
    public async Task Publish_Shadow_SeesRequestsAndAnswersNone()
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "steward.inference.shadow")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            var byKey = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
            if (byKey["steward.model"] as string == "tiny-shadowed")
            {
                seen.TrySetResult($"{byKey["steward.model.version"]} {byKey["steward.result"]}");
            }
        });
        listener.Start();
        await _engine.PublishAsync(_engine.Copy("tiny-topics", "first", name: "tiny-shadowed"));
        await _engine.PublishAsync(_engine.Copy("tiny-topics", "next", version: "2", name: "tiny-shadowed"), ModelExposure.Shadow());

        Assert.Equal("1", (await _engine.ClassifyAsync("mail", "tiny-shadowed")).Value!.Version);
        Assert.Equal("2 agrees", await seen.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [NativeFact]
    public async Task Use_MoreModelsThanMemory_EvictsTheIdleAndLoadsItAgain()
    {
        using var narrow = new EngineUnderTest(options => options.MemoryBytes = 20 << 20, "tiny-topics", "tiny-slow");
        var outcomes = new List<InferenceOutcome>();
        for (var round = 0; round < 2; round++)
        {
            await narrow.PublishAsync(narrow.Copy("tiny-topics", $"other-{round}", name: $"other-{round}"));
            outcomes.Add((await narrow.ClassifyAsync("mail", "tiny-topics")).Outcome);
            outcomes.Add((await narrow.ClassifyAsync("mail", "tiny-slow")).Outcome);
        }

        Assert.All(outcomes, outcome => Assert.Equal(InferenceOutcome.Done, outcome));
        Assert.InRange(narrow.Engine.Models.List().Count(model => model.IsLoaded), 1, 2);
    }

    [NativeFact]
    public async Task Publish_CorruptFile_IsRefusedAndTheOldVersionStays()
    {
        await _engine.ClassifyAsync("mail");
        var folder = _engine.Copy("tiny-topics", "next", version: "2");
        await File.AppendAllTextAsync(Path.Combine(folder, "model.onnx"), "x");

        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => _engine.PublishAsync(folder));

        Assert.Equal(ModelFault.Corrupt, refused.Fault);
        Assert.Contains("model.onnx has the SHA-256", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1", (await _engine.ClassifyAsync("mail")).Value!.Version);
    }

    [NativeTheory]
    [InlineData("model.onnx", "", ModelFault.Missing, "model.onnx is missing")]
    [InlineData("model.onnx", "not a model", ModelFault.Corrupt, "model.onnx cannot be loaded")]
    [InlineData("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n", ModelFault.WrongVocabulary, "the special token [SEP] is missing")]
    [InlineData("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nmail\n", ModelFault.WrongVocabulary, "vocab.txt has 5 entries; the model knows more ids")]
    [InlineData("vocab.txt", "+", ModelFault.WrongVocabulary, "does not know the id")]
    [InlineData("labels.json", "[\"mail\",\"printer\"]", ModelFault.WrongLabels, "labels.json has 2 labels; the model tells 3 apart")]
    [InlineData("labels.json", "[\"mail\",\"mail\",null]", ModelFault.WrongLabels, "each label must be a text of its own")]
    [InlineData("model.json", "{\"name\":\"x\",\"version\":\"1\",\"task\":\"classification\",\"sha256\":null}", ModelFault.Corrupt, "sha256 must name a hash")]
    [InlineData("model.json", "{\"name\":\"../x\",\"version\":\"1\",\"task\":\"classification\"}", ModelFault.Unsupported, "name and version must be")]
    [InlineData("model.json", "{\"name\":\"x\"}", ModelFault.Corrupt, "model.json is not what it should be")]
    [InlineData("labels.json", "{}", ModelFault.Corrupt, "labels.json is not what it should be")]
    [InlineData("calibration.json", "{\"temperature\":0}", ModelFault.Corrupt, "calibration.json: temperature must be")]
    [InlineData("calibration.json", "{\"temperature\":1,\"linearWeight\":2}", ModelFault.Missing, "linear.bin is missing")]
    [InlineData("calibration.json", "{\"confidence\":{\"from\":[0,1],\"to\":[0.5,0.4]}}", ModelFault.Corrupt, "confidence.to must have as many numbers")]
    [InlineData("calibration.json", "{\"confidence\":{\"from\":[0,0.9],\"to\":[0.1,0.9]}}", ModelFault.Corrupt, "confidence.from must rise from 0 to 1")]
    [InlineData("calibration.json", "{\"confidence\":{\"from\":[0,1],\"to\":[0.1]}}", ModelFault.Corrupt, "confidence.to must have as many numbers")]
    [InlineData("calibration.json", "{\"outOfScope\":{\"label\":\"mail\",\"confidence\":{\"from\":[0,1],\"to\":[0.5,0.4]}}}", ModelFault.Corrupt, "outOfScope.confidence.from must rise")]
    [InlineData("linear.bin", "SLIN and then nothing", ModelFault.Corrupt, "linear.bin: ")]
    public async Task Publish_BrokenFolder_IsRefusedWithTheReason(string file, string content, ModelFault fault, string reason)
    {
        var folder = _engine.Copy("tiny-topics", "broken");
        WithoutHashes(folder);
        var path = Path.Combine(folder, file);
        switch (content)
        {
            case "":
                File.Delete(path);
                break;
            case "+":
                await File.AppendAllTextAsync(path, "another\nmore\n");
                break;
            default:
                await File.WriteAllTextAsync(path, content);
                break;
        }

        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => _engine.PublishAsync(folder));

        Assert.Equal(fault, refused.Fault);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Publish_LineOfConfidence_ConfidenceIsOnTheLineAndTheOrderStays()
    {
        var folder = _engine.Copy("tiny-topics", "lined", version: "2");
        WithoutHashes(folder);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "calibration.json"), """{"temperature":2,"confidence":{"from":[0,0.7,0.8,1],"to":[0.1,0.6,0.9,0.95]}}""");
        await _engine.PublishAsync(folder);

        var answer = (await _engine.ClassifyAsync("mail")).Value!;

        // Without the line it is this; see Classify_WordsOfATopic_GivesItsCalibratedProbability.
        var plain = Math.Exp(10 / 3.0 / 2) / (Math.Exp(10 / 3.0 / 2) + 2);
        Assert.Equal(0.6 + (0.3 * (plain - 0.7) / 0.1), answer.Confidence, 4);
        Assert.Equal(answer.Confidence, answer.Top[0].Probability, 9);
        Assert.Equal(["mail", "printer", "network"], answer.Top.Select(label => label.Label));
        Assert.Equal(1, answer.Probabilities.Sum(), 9);
    }

    [NativeTheory]
    [InlineData("", false)]
    [InlineData(""","confidence":{"from":[0,0.1,0.2,1],"to":[0.1,0.2,0.6,0.9]}""", true)]
    public async Task Publish_LineOfRefusals_RefusalIsAsSureAsTheLineSays(string line, bool lined)
    {
        var folder = _engine.Copy("tiny-topics", "refusing", version: "2");
        WithoutHashes(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "calibration.json"), """{"temperature":2,"outOfScope":{"label":"network","minimum":0.99""" + line + "}}");
        await _engine.PublishAsync(folder);

        var answer = (await _engine.ClassifyAsync("mail")).Value!;

        var outside = 1 / (Math.Exp(10 / 3.0 / 2) + 2);
        Assert.Equal(("network", true), (answer.Label, answer.IsOutOfScope));
        Assert.Equal(lined ? 0.2 + (0.4 * (outside - 0.1) / 0.1) : 2 * outside, answer.Confidence, 4);
        Assert.Equal(outside, answer.Probabilities[2], 4);
    }

    [NativeFact]
    public async Task Publish_ModelOfAnotherTask_IsRefusedWithTheReason()
    {
        var folder = _engine.Copy("tiny-embedder", "broken");
        WithoutHashes(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "model.json"), """{"name":"x","version":"1","task":"reranking"}""");

        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => _engine.PublishAsync(folder));

        Assert.Equal((ModelFault.WrongOutputs, "model.onnx has no output logits, which Reranking needs; it has last_hidden_state"), (refused.Fault, refused.Message));
    }

    [NativeFact]
    public async Task Publish_ExportOfHuggingFace_LoadsAsItIs()
    {
        var folder = _engine.Copy("tiny-topics", "exported");
        foreach (var file in new[] { "model.json", "labels.json", "calibration.json" })
        {
            File.Delete(Path.Combine(folder, file));
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), """
            {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "post", "1": "paper", "2": "wire"}, "max_position_embeddings": 64}
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "tokenizer_config.json"), """{"do_lower_case": true, "strip_accents": null}""");

        await _engine.PublishAsync(folder);

        Assert.Equal("post", (await _engine.ClassifyAsync("mail", "exported")).Value!.Label);
    }

    [NativeFact]
    public async Task Classify_BrokenFolderAmongOthers_HindersNoOther()
    {
        using var mixed = new EngineUnderTest(configure: null, "tiny-topics", "tiny-slow");
        await File.WriteAllTextAsync(Path.Combine(mixed.FolderOf("tiny-slow"), "model.onnx"), "garbage");

        var broken = await mixed.ClassifyAsync("mail", "tiny-slow");

        Assert.Equal(InferenceOutcome.NotAvailable, broken.Outcome);
        Assert.Contains("model.onnx has the SHA-256", broken.Problem, StringComparison.Ordinal);
        Assert.Contains("model.onnx", mixed.Engine.Models.List().Single(model => model.Name == "tiny-slow").Problem, StringComparison.Ordinal);
        Assert.Equal(InferenceOutcome.Done, (await mixed.ClassifyAsync("mail")).Outcome);
    }

    [NativeTheory]
    [InlineData("""{"architectures": ["BertForSequenceClassification"], "num_labels": 2000000000}""", "num_labels must give 1 to 10000 labels, not 2000000000")]
    [InlineData("""{"architectures": ["BertForSequenceClassification"], "num_labels": -1}""", "num_labels must give 1 to 10000 labels, not -1")]
    [InlineData("""{"architectures": ["BertForSequenceClassification"], "num_labels": 99999999999}""", "is not what it should be")]
    [InlineData("""{"architectures": ["BertModel"], "version": "1", "version": "2"}""", "is not what it should be")]
    [InlineData("""{"architectures": []}""", "is not what it should be")]
    [InlineData("[]", "is not what it should be")]
    public async Task Discover_OddFolder_IsRefusedAndHindersNoOther(string config, string reason)
    {
        // The engine's own folder is read when it is created: this one lies in it before that.
        using var mixed = new EngineUnderTest(options => WriteOdd(options.ModelDirectory, config), "tiny-topics");

        Assert.Equal("tiny-topics", Assert.Single(mixed.Engine.Models.List()).Name);
        Assert.Equal(InferenceOutcome.Done, (await mixed.ClassifyAsync("mail")).Outcome);
        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => mixed.PublishAsync(mixed.FolderOf("odd")));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Classify_BrokenModel_IsReadAgainAfterThirtySeconds()
    {
        var time = new ShiftedTime();
        using var engine = new EngineUnderTest(time, configure: null, "tiny-topics");
        var model = Path.Combine(engine.FolderOf("tiny-topics"), "model.onnx");
        await File.WriteAllTextAsync(model, "garbage");
        var broken = await engine.ClassifyAsync("mail");
        File.Copy(Path.Combine(EngineUnderTest.Tiny("tiny-topics"), "model.onnx"), model, overwrite: true);

        var soon = await engine.ClassifyAsync("mail");
        time.Shift = TimeSpan.FromSeconds(31);
        var later = await engine.ClassifyAsync("mail");

        Assert.Equal((InferenceOutcome.NotAvailable, InferenceOutcome.NotAvailable, InferenceOutcome.Done), (broken.Outcome, soon.Outcome, later.Outcome));
        Assert.Equal(broken.Problem, soon.Problem);
        Assert.Null(Assert.Single(engine.Engine.Models.List()).Problem);
    }

    [NativeFact]
    public async Task Publish_MendedFolderOfABrokenModel_AnswersAtOnce()
    {
        var folder = _engine.FolderOf("tiny-topics");
        await File.WriteAllTextAsync(Path.Combine(folder, "model.onnx"), "garbage");
        await _engine.ClassifyAsync("mail");
        File.Copy(Path.Combine(EngineUnderTest.Tiny("tiny-topics"), "model.onnx"), Path.Combine(folder, "model.onnx"), overwrite: true);

        await _engine.PublishAsync(folder);

        Assert.Equal(InferenceOutcome.Done, (await _engine.ClassifyAsync("mail")).Outcome);
    }

    public void Dispose() => _engine.Dispose();

    private static void WriteOdd(string root, string config) =>
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(root, "odd")).FullName, "config.json"), config);

    private static void WithoutHashes(string folder)
    {
        var file = Path.Combine(folder, "model.json");
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        json.Remove("sha256");
        File.WriteAllText(file, json.ToJsonString());
    }
}
