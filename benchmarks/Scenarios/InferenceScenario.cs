using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Inference;
using Steward.Engines.Inference.Models;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench inference</c>: how fast models answer alone, in batches, beside background work and under ten times the load, against the machine's own product of matrices.</summary>
internal static class InferenceScenario
{
    private const double TicketsPerSecond = 15;

    // More than a processor embeds in that time.
    private const int RowsPerSecond = 3_500;

    private static readonly int[] Lengths = [16, 32, 64, 128];
    private static readonly int[] Batches = [1, 8, 32];
    private static readonly string[] Words =
        "please my the printer on floor three does not work since this morning vpn drops password reset laptop screen outlook mail cannot send error server access request new user teams login".Split(' ');

    public static Command Create()
    {
        var models = new Option<string>("--models") { Description = "Folder of models.", DefaultValueFactory = _ => "models" };
        var classifier = new Option<string>("--classifier") { Description = "The model that classifies.", DefaultValueFactory = _ => "it-topic" };
        var embedder = new Option<string>("--embedder") { Description = "The model that embeds in the background.", DefaultValueFactory = _ => "embedder" };
        var provider = new Option<InferenceProvider>("--provider") { Description = "What computes: auto (CUDA where it works), cpu or cuda.", DefaultValueFactory = _ => InferenceProvider.Auto };
        var seconds = new Option<int>("--seconds") { Description = "Length of each load.", DefaultValueFactory = _ => 10 };
        var gateway = new Option<bool>("--gateway") { Description = "Measure tickets through grain and gateway instead, over HTTP, into a Steward in a process of its own." };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("inference", "Latency and throughput of the models.") { models, classifier, embedder, provider, seconds, gateway, check, json };
        command.SetAction((parsed, cancellationToken) => parsed.GetValue(gateway)
            ? RunGatewayAsync(parsed.GetValue(models)!, parsed.GetValue(classifier)!, parsed.GetValue(embedder)!, parsed.GetValue(seconds), parsed.GetValue(check), parsed.GetValue(json), cancellationToken)
            : RunAsync(
            parsed.GetValue(models)!, parsed.GetValue(classifier)!, parsed.GetValue(embedder)!, parsed.GetValue(provider), parsed.GetValue(seconds), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string models, string classifier, string embedder, InferenceProvider provider, int seconds, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddStewardInference(options => (options.ModelDirectory, options.MaxQueuedTexts, options.Provider) = (models, 512, provider))
            .BuildServiceProvider();
        var engine = services.GetRequiredService<IInferenceEngine>();
        var card = GraphicsCard.Find();
        Console.Out.WriteLine($"inference: {engine.Status.Summary}{(card is null ? "" : $"; {card}")}");
        if (!engine.Status.IsAvailable)
        {
            return 1;
        }

        // One thread feeds a card; it is the batches that fill it.
        int? device = engine.Status.UsesGpu ? 0 : null;
        var threads = device is null ? Environment.ProcessorCount : 1;
        var product = new[] { InferenceRuns.MeasureProduct(1, device), InferenceRuns.MeasureProduct(threads, device) };
        Console.Out.WriteLine($"product of float matrices, this runtime: {product[0]:0} GFLOP/s on one thread, {product[1]:0} on {threads}");

        // CUDA's provider has no such product of its own.
        var integers = device is null ? InferenceRuns.MeasureIntegerProduct(threads) : (double?)null;
        Console.Out.WriteLine(integers is null ? "product of eight-bit matrices: not on a card" : $"product of eight-bit matrices, as in the models: {integers:0} GOP/s on {threads}");
        var table = MeasureTable(Path.Combine(models, classifier), threads, device);
        var load = new InferenceLoad(engine, classifier, Words);
        var alone = await load.OneByOneAsync(TimeSpan.FromSeconds(seconds), cancellationToken);
        Console.Out.WriteLine($"one by one: {alone.Rate:0} texts/s, p50 {alone.Latency.P50:0.00} ms, p99 {alone.Latency.P99:0.00} ms");
        var together = await load.ManyAsync(64, TimeSpan.FromSeconds(seconds), cancellationToken);
        Console.Out.WriteLine($"64 callers: {together.Rate:0} texts/s, p50 {together.Latency.P50:0.00} ms, p99 {together.Latency.P99:0.00} ms");
        var beside = await load.BesideBackgroundAsync(TicketsPerSecond, embedder, TimeSpan.FromSeconds(seconds), cancellationToken);
        Console.Out.WriteLine($"15 tickets/s while {beside.Background:0} texts/s are embedded: p50 {beside.Latency.P50:0.00} ms, p95 {beside.Latency.P95:0.00} ms, p99 {beside.Latency.P99:0.00} ms");
        var over = await load.OverloadAsync(10 * together.Rate, TimeSpan.FromSeconds(Math.Min(seconds, 5)), cancellationToken);
        Console.Out.WriteLine($"{over.Offered:0} texts/s offered: {over.Done:0}/s done, {over.Refused} refused, at most {over.MostWaiting} waited, p99 of the done {over.Latency.P99:0.0} ms");

        var best = table.Where(row => row.Threads == threads).Max(row => row.OperationsPerSecond);
        var result = new InferenceResult(Machine.Read(), TimeProvider.System.GetUtcNow(), "steward bench inference", engine.Status.Summary, card, product, integers, table, alone, together, beside, over);
        return await ResultOptions.FinishAsync(
            result,
            [
                new Target("p99 at 15 tickets/s beside background embedding", beside.Latency.P99, "ms", 100, AtLeast: false),
                new Target("operations of the model, part of the measured product of floats", best / (product[1] * 1e9), "", 0.7, AtLeast: true),
                .. integers is { } limit ? new[] { new Target("part of the measured product of eight-bit integers that the model reaches", best / (limit * 1e9), "", 0.7, AtLeast: true) } : [],
                new Target("texts waiting under ten times the load", over.MostWaiting, "texts", 513, AtLeast: false),
                new Target("throughput under ten times the load, part of the whole", over.Done / together.Rate, "", 0.7, AtLeast: true),
            ],
            check,
            json,
            cancellationToken);
    }

    private static async Task<int> RunGatewayAsync(string models, string classifier, string embedder, int seconds, bool check, string? json, CancellationToken cancellationToken)
    {
        var texts = InferenceLoad.CreateTexts(Words);
        var next = 0;

        // Each with a word that no other has: nothing may be answered from memory.
        string Text() => $"{texts[(uint)Interlocked.Increment(ref next) % texts.Length]} case{next}";
        var found = await InferenceGateway.MeasureAsync(models, classifier, embedder, Text, TicketsPerSecond, TimeSpan.FromSeconds(seconds), RowsPerSecond * seconds, cancellationToken);
        foreach (var (name, latency) in new[] { ("nothing else", found.Quiet), ($"{found.Background:0} texts/s embedded in the background", found.Beside) })
        {
            Console.Out.WriteLine($"{found.Rate:0} tickets/s through gateway and grain, {name}: {latency.Count} tickets, p50 {latency.P50:0.00} ms, p95 {latency.P95:0.00} ms, p99 {latency.P99:0.00} ms, at most {latency.Max:0.0} ms");
        }

        Console.Out.WriteLine(found.WasEmbeddingToTheEnd ? "there was more to embed at the end" : "everything was embedded before the end: the second figure is in part one of a quiet machine");
        var result = new GatewayResult(
            Machine.Read(), TimeProvider.System.GetUtcNow(), $"steward bench inference --gateway --seconds {seconds}",
            "POST /v1/triage/classify over loopback, one ticket with an id each, at a set rate however long earlier ones take, into silo and gateway in one process of their own with the shipped models and SQLite; the decision is durable before the answer. Meanwhile the same process embeds imported tickets, as it does for finding them again. From the request to the end of the answer.",
            found);
        return await ResultOptions.FinishAsync(
            result,
            [
                new Target($"p99 at {found.Rate:0} tickets/s through gateway and grain beside background embedding", found.Beside.P99, "ms", 100, AtLeast: false),
                new Target("texts embedded a second meanwhile", found.Background, "", 1, AtLeast: true),
            ],
            check,
            json,
            cancellationToken);
    }

    private static List<InferenceRate> MeasureTable(string folder, int threads, int? device)
    {
        var (session, manifest) = InferenceRuns.Load(folder, device);
        using (session)
        {
            var rows = new List<InferenceRate>();
            foreach (var used in new[] { 1, threads }.Distinct())
            {
                foreach (var length in Lengths.Where(length => length <= manifest.MaxTokens))
                {
                    foreach (var batch in device is null ? Batches : [.. Batches, 128, 256])
                    {
                        var rate = InferenceRuns.Measure(session, batch, length, used);
                        var row = new InferenceRate(used, length, batch, rate, rate * length, rate * Operations(length));
                        rows.Add(row);
                        Console.Out.WriteLine($"{used} threads, {batch,2} x {length,3}: {rate,6:0} texts/s {row.TokensPerSecond,7:0} tokens/s {row.OperationsPerSecond / 1e9,5:0} GOP/s");
                    }
                }
            }

            return rows;
        }
    }

    // Multiplications and additions of the encoder that the project trains: 4 layers, 256 wide, 1,024 inside.
    private static double Operations(int length)
    {
        const double layers = 4, width = 256, inner = 1024;
        return layers * ((2.0 * length * ((4 * width * width) + (2 * width * inner))) + (4.0 * length * length * width));
    }

    private sealed record GatewayResult(Machine Machine, DateTimeOffset At, string Command, string Method, ThroughGateway Tickets);

    private sealed record InferenceResult(
        Machine Machine,
        DateTimeOffset At,
        string Command,
        string Runtime,
        string? Card,
        double[] ProductGflops,
        double? IntegerProductGops,
        IReadOnlyList<InferenceRate> Table,
        RateAndLatency OneByOne,
        RateAndLatency Together,
        BesideBackground Beside,
        Overload Overload);
}

internal sealed record InferenceRate(int Threads, int Length, int Batch, double TextsPerSecond, double TokensPerSecond, double OperationsPerSecond);

internal sealed record RateAndLatency(double Rate, LatencySummary Latency);

internal sealed record BesideBackground(double Background, LatencySummary Latency);

internal sealed record Overload(double Offered, double Done, int Refused, int MostWaiting, LatencySummary Latency);
