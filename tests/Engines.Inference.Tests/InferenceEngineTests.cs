using System.Diagnostics;
using System.Diagnostics.Metrics;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Tests;

public sealed class InferenceEngineTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    [NativeFact]
    public async Task Classify_WordsOfATopic_GivesItsCalibratedProbability()
    {
        var answer = await _engine.ClassifyAsync("mail");

        // Tokens [CLS] mail [SEP]: the mean is a third, times ten, by the temperature 2.
        var expected = Math.Exp(10 / 3.0 / 2) / (Math.Exp(10 / 3.0 / 2) + 2);
        Assert.Equal(InferenceOutcome.Done, answer.Outcome);
        Assert.Equal("mail", answer.Value!.Label);
        Assert.Equal(expected, answer.Value.Confidence, 5);
        Assert.Equal(["mail", "printer", "network"], answer.Value.Top.Select(label => label.Label));
        Assert.Equal(1, answer.Value.Probabilities.Sum(), 9);
        Assert.False(answer.Value.IsTruncated);
    }

    [NativeTheory]
    [InlineData("")]
    [InlineData("\0\u0007\ud800\uffff")]
    [InlineData("[SEP] [PAD] [CLS]")]
    public async Task Classify_NothingToRead_StillAnswers(string text)
    {
        var answer = await _engine.ClassifyAsync(text);

        Assert.Equal(InferenceOutcome.Done, answer.Outcome);
        Assert.Equal(1.0 / 3, answer.Value!.Confidence, 3);
    }

    [NativeFact]
    public async Task Classify_HundredKilobytes_IsCutAndAnswered()
    {
        var answer = await _engine.ClassifyAsync(string.Concat(Enumerable.Repeat("printer ", 12_500)));

        Assert.Equal("printer", answer.Value!.Label);
        Assert.True(answer.Value.IsTruncated);
    }

    [NativeFact]
    public async Task Classify_BadInput_NamesTheFieldAndWhatIsAllowed()
    {
        var tooLong = await _engine.ClassifyAsync(new string('x', 1_000_001));
        var unknown = await _engine.ClassifyAsync("x", model: "nothing");
        var otherTask = await _engine.ClassifyAsync("x", model: "tiny-embedder");
        var noTop = await _engine.Engine.ClassifyAsync(new ClassifyRequest { Model = "tiny-topics", Text = "x", Top = 0 });

        Assert.Equal((InferenceOutcome.InvalidInput, "text must have at most 1000000 characters, not 1000001."), (tooLong.Outcome, tooLong.Problem));
        Assert.Equal((InferenceOutcome.UnknownModel, "model must be one of tiny-embedder, tiny-reranker, tiny-slow, tiny-topics."), (unknown.Outcome, unknown.Problem));
        Assert.Equal((InferenceOutcome.InvalidInput, "model must be one for Classification; tiny-embedder is for Embedding."), (otherTask.Outcome, otherTask.Problem));
        Assert.Equal((InferenceOutcome.InvalidInput, "top must be 1 to 1000, not 0."), (noTop.Outcome, noTop.Problem));
    }

    [NativeFact]
    public async Task Embed_TextsOfSeveralLengths_GivesUnitVectorsInTheirOrder()
    {
        var answer = await _engine.Engine.EmbedAsync(new EmbedRequest { Model = "tiny-embedder", Texts = ["vpn vpn vpn vpn vpn vpn", "mail", "printer vpn"] });

        var vectors = answer.Value!.Vectors;
        Assert.All(vectors, vector => Assert.Equal(1, Math.Sqrt(vector.Sum(value => value * value)), 4));
        Assert.True(vectors[0][2] > 0.99 && vectors[1][0] > 0.99);
        Assert.Equal(vectors[2][1], vectors[2][2], 5);
    }

    [NativeFact]
    public async Task Embed_InLargeBatches_EqualsOneByOne()
    {
        using var batching = new EngineUnderTest(options => (options.ProcessorBatchSize, options.Threads) = (32, 1), "tiny-embedder");
        var texts = Enumerable.Range(0, 200).Select(i => string.Join(' ', Enumerable.Repeat(i % 3 == 0 ? "vpn a" : "toner", 1 + (i % 17)))).ToList();
        var request = new EmbedRequest { Model = "tiny-embedder", Texts = texts };

        var together = await batching.Engine.EmbedAsync(request);
        var alone = await _engine.Engine.EmbedAsync(request);

        Assert.All(together.Value!.Vectors.Zip(alone.Value!.Vectors), pair => Assert.All(pair.First.Zip(pair.Second), values => Assert.Equal(values.First, values.Second, 5)));
    }

    [NativeFact]
    public async Task Rerank_Passages_OrdersByScoreAndReadsOnlyThePassage()
    {
        var answer = await _engine.Engine.RerankAsync(new RerankRequest { Model = "tiny-reranker", Query = "mail", Passages = ["toner", "mail outlook", "mail toner vpn"], Top = 2 });

        Assert.Equal([1, 2], answer.Value!.Passages.Select(passage => passage.Index));
        Assert.All(answer.Value.Passages, passage => Assert.InRange(passage.Score, 0.5, 1));
    }

    [NativeFact]
    public async Task Rerank_WithFirstStage_WeighsBothAsTheModelSays()
    {
        using var engine = new EngineUnderTest(configure: null, "tiny-reranker");
        var request = new RerankRequest { Model = "fused", Query = "mail", Passages = ["toner", "mail outlook", "mail toner vpn"], FirstStage = [9, 1, 0] };
        foreach (var (version, weight) in new[] { ("1", ""), ("2", ",\"fusionWeight\":0.2"), ("3", ",\"fusionWeight\":50") })
        {
            var folder = engine.Copy("tiny-reranker", $"fused-{version}", version, "fused");
            EngineUnderTest.ReplaceFile(folder, "calibration.json", $$"""{"temperature":1{{weight}}}""");
            await engine.PublishAsync(folder);
            var answer = (await engine.Engine.RerankAsync(request)).Value!;

            // Without a weight, and with a great one, the model decides; with a small one what found them does.
            Assert.Equal(version == "2" ? 0 : 1, answer.Passages[0].Index);
            Assert.True(answer.Passages.Single(passage => passage.Index == 1).Score > answer.Passages.Single(passage => passage.Index == 0).Score);
        }

        foreach (var wrong in new double[][] { [1, 2], [1, 2, double.NaN] })
        {
            var refused = await engine.Engine.RerankAsync(request with { FirstStage = wrong });
            Assert.Equal((InferenceOutcome.InvalidInput, "firstStage must hold a number for each of the 3 passages, or be absent."), (refused.Outcome, refused.Problem));
        }
    }

    [Fact]
    public void RankedOrder_AllAlikeBefore_IsTheModels()
    {
        Assert.Equal([2, 0, 1], RankedOrder.Of([1, 0, 3], [5, 5, 5], 0.1));
        Assert.Equal([0, 1, 2], RankedOrder.Of([1, 1, 1], [5, 5, 5], 0.1));
        Assert.Equal([2, 1, 0], RankedOrder.Of([1, 1, 1], [1, 2, 3], 0.1));
    }

    [NativeFact]
    public async Task Requests_OfSeveralTexts_AreCountedByTheirTexts()
    {
        using var engine = new EngineUnderTest(configure: null, "tiny-embedder");
        await engine.PublishAsync(engine.Copy("tiny-embedder", "counted", name: "counted"));
        long counted = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "steward.inference.texts")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Interlocked.Add(ref counted, tags.ToArray().Contains(new("steward.model", "counted")) ? value : 0));
        listener.Start();

        await engine.Engine.EmbedAsync(new EmbedRequest { Model = "counted", Texts = ["mail", "vpn", "toner"] });

        Assert.Equal(3, Interlocked.Read(ref counted));
    }

    [NativeFact]
    public async Task Classify_CancelledWhileRunning_EndsTheRunSoon()
    {
        await _engine.ClassifyAsync("mail", "tiny-slow");
        var full = Stopwatch.StartNew();
        await _engine.ClassifyAsync("mail", "tiny-slow");
        full.Stop();
        var quickest = TimeSpan.MaxValue;
        // On a busy machine a run may be over before it is cancelled: one of ten that ends early shows that it can be ended.
        for (var attempt = 0; attempt < 10 && quickest >= full.Elapsed / 2; attempt++)
        {
            using var cancellation = new CancellationTokenSource();
            var running = _engine.ClassifyAsync("mail", "tiny-slow", cancellationToken: cancellation.Token);
            while (_engine.Engine.Status.Waiting > 0)
            {
                await Task.Yield();
            }

            var stopping = Stopwatch.StartNew();
            await cancellation.CancelAsync();
            if (await Record.ExceptionAsync(() => running) is OperationCanceledException)
            {
                quickest = stopping.Elapsed;
            }
        }

        Assert.True(quickest < full.Elapsed / 2, $"{quickest} after cancellation, {full.Elapsed} for a whole run");
        Assert.Equal(InferenceOutcome.Done, (await _engine.ClassifyAsync("mail", "tiny-slow")).Outcome);
    }

    [NativeFact]
    public async Task Classify_CancelledWhileWaiting_LeavesTheQueueAtOnce()
    {
        using var narrow = new EngineUnderTest(options => options.Threads = 1, "tiny-slow");
        var first = narrow.ClassifyAsync("mail", "tiny-slow");
        using var cancellation = new CancellationTokenSource();
        var second = narrow.ClassifyAsync("mail", "tiny-slow", cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(InferenceOutcome.Done, (await first).Outcome);
    }

    [NativeFact]
    public async Task Classify_DeadlinePassed_IsRefusedWithoutARun()
    {
        await _engine.ClassifyAsync("mail");

        var answer = await _engine.Engine.ClassifyAsync(new ClassifyRequest { Model = "tiny-topics", Text = "mail", Deadline = DateTimeOffset.UnixEpoch });

        Assert.Equal(InferenceOutcome.DeadlinePassed, answer.Outcome);
    }

    [NativeFact]
    public async Task Classify_TenTimesTheLoad_ShedsAndNeverGrows()
    {
        using var small = new EngineUnderTest(options => (options.MaxQueuedTexts, options.Threads) = (20, 1), "tiny-slow");
        await small.ClassifyAsync("mail", "tiny-slow");
        var mostWaiting = 0;
        var requests = new List<Task<InferenceAnswer<Classification>>>();
        for (var i = 0; i < 200; i++)
        {
            requests.Add(small.ClassifyAsync("mail", "tiny-slow"));
            mostWaiting = Math.Max(mostWaiting, small.Engine.Status.Waiting);
        }

        var answers = await Task.WhenAll(requests);

        Assert.InRange(mostWaiting, 1, 20);
        Assert.InRange(answers.Count(answer => answer.Outcome == InferenceOutcome.Done), 20, 150);
        Assert.All(answers.Where(answer => answer.Outcome != InferenceOutcome.Done), answer =>
        {
            Assert.Equal(InferenceOutcome.Busy, answer.Outcome);
            Assert.True(answer.RetryAfter > TimeSpan.Zero);
        });
        Assert.Equal(0, small.Engine.Status.Waiting);
    }

    [NativeFact]
    public void Status_Runtime_SaysWithWhatItComputes()
    {
        Assert.True(_engine.Engine.Status.IsAvailable);
        Assert.Matches("^ONNX Runtime [0-9.]+ on the processor, 2 threads$", _engine.Engine.Status.Summary);
    }

    [NativeFact]
    public void Status_CudaWantedWhereThereIsNone_FallsBackWithTheReason()
    {
        using var wanting = new EngineUnderTest(options => options.Provider = InferenceProvider.Cuda, "tiny-topics");

        if (!wanting.Engine.Status.UsesGpu)
        {
            Assert.Contains("; no CUDA: ", wanting.Engine.Status.Summary, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', wanting.Engine.Status.Summary);
        }
    }

    public void Dispose() => _engine.Dispose();
}
