using Microsoft.Extensions.Logging.Abstractions;
using Steward.Engines.Inference.Batching;
using Steward.Engines.Inference.Models;
using Steward.Engines.Inference.Sessions;

namespace Steward.Engines.Inference.Tests.Sessions;

public sealed class RequestRunTests
{
    [NativeFact]
    public async Task Embed_MoreTokensThanMayWait_IsDoneOnAnIdleEngine()
    {
        using var small = new EngineUnderTest(options => (options.MaxQueuedTokens, options.MaxQueuedTexts) = (8_192, 40), "tiny-embedder");
        var mail = string.Join(' ', Enumerable.Repeat("mail", 100));
        var printer = string.Join(' ', Enumerable.Repeat("printer", 100));
        // 1,024 texts of 64 tokens each.
        var request = new EmbedRequest { Model = "tiny-embedder", Texts = [.. Enumerable.Range(0, 1_024).Select(i => i % 2 == 0 ? mail : printer)] };

        var running = small.Engine.EmbedAsync(request);
        var other = small.Engine.EmbedAsync(new EmbedRequest { Model = "tiny-embedder", Texts = ["mail"] });
        var answer = await running;

        Assert.Equal((InferenceOutcome.Done, null), (answer.Outcome, answer.Problem));
        Assert.Equal(InferenceOutcome.Done, (await other).Outcome);
        Assert.Equal(1_024, answer.Value!.Vectors.Count);
        Assert.All(answer.Value.Vectors.Select((vector, i) => vector[i % 2]), value => Assert.True(value > 0.99));
        Assert.Equal(0, small.Engine.Status.Waiting);
    }

    [NativeFact]
    public async Task Embed_CancelledAndPublishedUnderLoad_FailsNoRequestAndFreesWhatWasReplaced()
    {
        using var engine = new EngineUnderTest(options => options.ProcessorBatchSize = 4, "tiny-embedder");
        var versions = Enumerable.Range(2, 12).Select(version => engine.Copy("tiny-embedder", $"next-{version}", version: $"{version}")).ToList();
        var texts = Enumerable.Range(0, 64).Select(i => string.Join(' ', Enumerable.Repeat("vpn", 1 + i))).ToList();
        using var stop = new CancellationTokenSource();
        var askers = Enumerable.Range(0, 6).Select(asker => Task.Run(async () =>
        {
            var (outcomes, cancelled) = (new List<InferenceOutcome>(), 0);
            for (var round = 0; !stop.IsCancellationRequested; round++)
            {
                using var cancellation = new CancellationTokenSource();
                var running = engine.Engine.EmbedAsync(new EmbedRequest { Model = "tiny-embedder", Texts = texts }, cancellation.Token);
                if (asker % 2 == 0)
                {
                    for (var i = 0; i < round % 20; i++)
                    {
                        await Task.Yield();
                    }

                    await cancellation.CancelAsync();
                }

                try
                {
                    outcomes.Add((await running).Outcome);
                }
                catch (OperationCanceledException)
                {
                    cancelled++;
                }
            }

            return (outcomes, cancelled);
        })).ToList();

        foreach (var folder in versions)
        {
            await engine.PublishAsync(folder);
        }

        await stop.CancelAsync();
        var all = await Task.WhenAll(askers);

        Assert.All(all.SelectMany(one => one.outcomes), outcome => Assert.Equal(InferenceOutcome.Done, outcome));
        Assert.True(all.Sum(one => one.cancelled) > 0);
        Assert.Equal(0, engine.Engine.Status.Waiting);
        var last = await engine.Engine.EmbedAsync(new EmbedRequest { Model = "tiny-embedder", Texts = ["mail"] });
        Assert.Equal("13", last.Value!.Version);
    }

    // What was learnt is of a slow first run: the first text shows that, and the others need not be refused before it has.
    [NativeFact]
    public async Task Run_SeveralTextsAndADeadlineTooShortForWhatWasLearnt_AreDoneOnceTheFirstIsTried()
    {
        using var workers = new DeviceWorkers(new SchedulerLimits { Workers = 1 }, TimeProvider.System, NullLogger.Instance);
        var model = LoadedModel.Load(ModelFolder.Read(EngineUnderTest.Tiny("tiny-topics"), 1 << 20), workers, BatchPolicy.Processor, cudaDevice: null);
        model.Queue.Cost.Record(3, TimeSpan.FromHours(2));
        workers.Start();
        var run = new RequestRun(workers, 100, 10_000);

        var result = await run.RunAsync(model, InferenceLane.Interactive, workers.Now + TimeSpan.FromHours(1), 5, _ => ("mail", null), CancellationToken.None);

        Assert.Equal((InferenceOutcome.Done, null, 5), (result.Outcome, result.Problem, result.Rows.Count));
        Assert.True(model.Queue.Cost.Estimate(5, 15) < TimeSpan.FromHours(1));
        model.Retire();
    }

    [NativeFact]
    public void Retire_TextOfARequestThatLeft_FreesTheModelWithTheTextsEnd()
    {
        using var workers = new DeviceWorkers(new SchedulerLimits { Workers = 1 }, TimeProvider.System, NullLogger.Instance);
        var folder = ModelFolder.Read(EngineUnderTest.Tiny("tiny-topics"), 1 << 20);
        var model = LoadedModel.Load(folder, workers, BatchPolicy.Processor, cudaDevice: null);
        using var buffers = new WorkerBuffers();
        Assert.True(model.TryUse());
        var work = model.Encode("mail", null, InferenceLane.Interactive, null, out _);

        model.Release();
        model.Retire();

        Assert.Equal((1, 3), (model.Users, model.Session.RunOnce([2, 5, 3], buffers).Length));
        work.End(WorkOutcome.Withdrawn);
        Assert.Equal(0, model.Users);
        Assert.Throws<ObjectDisposedException>(() => model.Session.RunOnce([2, 5, 3], buffers));
    }
}
