using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Models;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;

namespace Steward.Benchmarks.Scenarios;

/// <summary>What the caches cost in time and memory, over a model that answers at once.</summary>
/// <param name="ExactHit">A call that is answered word for word, in milliseconds.</param>
/// <param name="Miss">A call that no cache knows, with both looks and the keeping of the answer.</param>
/// <param name="Without">The same call of a gateway without caches.</param>
/// <param name="SemanticHit">A call that is answered by meaning, with the embedding.</param>
/// <param name="BytesCounted">What the store counts for an answer of 1,200 characters without a vector.</param>
/// <param name="BytesMeasured">What such an answer takes of the managed heap.</param>
internal sealed record CacheCost(LatencySummary ExactHit, LatencySummary Miss, LatencySummary Without, LatencySummary SemanticHit, double BytesCounted, double BytesMeasured)
{
    private const int Calls = 5000;
    private static readonly string Answer = string.Join(' ', Enumerable.Repeat("answer", 171));

    public static async Task<CacheCost> MeasureAsync(ITextEmbedder embedder, CancellationToken cancellationToken)
    {
        await using var exact = Gateway(services => services.AddStewardModelCaches());
        await using var bare = Gateway(_ => { });
        await using var semantic = Gateway(services => services.AddSingleton(embedder).AddStewardModelCaches(options => options.ShadowShare = 0));
        await AskAsync(exact, "What is a VPN?", cancellationToken);
        var hit = await TimeAsync(exact, _ => "What is a VPN?", Calls, cancellationToken);
        var without = await TimeAsync(bare, number => $"What is number {number}?", Calls, cancellationToken);
        var miss = await TimeAsync(exact, number => $"What is number {number}?", Calls, cancellationToken);
        await AskAsync(semantic, "How do I connect to the VPN?", cancellationToken);
        await AskAsync(semantic, "How can I connect to the VPN?", cancellationToken);
        var similar = await TimeAsync(semantic, number => $"Hello, {(number % 2 == 0 ? "please" : "kindly")} how can I connect to the VPN?{new string(' ', Math.Abs(number % 3))}", 300, cancellationToken);

        await using var filled = Gateway(services => services.AddStewardModelCaches(options => options.MaxBytes = 1L << 30));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var number = 0; number < Calls; number++)
        {
            await AskAsync(filled, $"What is number {number}?", cancellationToken);
        }

        var status = filled.GetRequiredService<ModelCacheStatus>();
        var measured = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)status.Answers;
        var cost = new CacheCost(hit, miss, without, similar, status.Bytes / (double)status.Answers, measured);
        Console.Out.WriteLine($"exact hit p50 {hit.P50 * 1000:0} µs, p99 {hit.P99 * 1000:0} µs; miss p50 {miss.P50 * 1000:0} µs, p99 {miss.P99 * 1000:0} µs (without caches {without.P50 * 1000:0}, {without.P99 * 1000:0}); semantic hit p50 {similar.P50:0.00} ms, p99 {similar.P99:0.00} ms");
        Console.Out.WriteLine($"an answer of {Answer.Length} characters: {cost.BytesCounted:0} bytes counted, {cost.BytesMeasured:0} measured");
        return cost;
    }

    private static ServiceProvider Gateway(Action<IServiceCollection> stages)
    {
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System).AddSingleton<IChatModelSource, AtOnce>().AddSingleton<IModelGateway, ModelGateway>();
        stages(services);
        return services.BuildServiceProvider();
    }

    private static async Task<LatencySummary> TimeAsync(ServiceProvider gateway, Func<int, string> question, int calls, CancellationToken cancellationToken)
    {
        for (var number = 0; number < calls / 5; number++)
        {
            await AskAsync(gateway, question(-number - 1), cancellationToken);
        }

        var latencies = new Latencies();
        for (var number = 0; number < calls; number++)
        {
            var began = Stopwatch.GetTimestamp();
            await AskAsync(gateway, question(number), cancellationToken);
            latencies.Add(Stopwatch.GetElapsedTime(began));
        }

        return latencies.Summarize();
    }

    private static async Task AskAsync(ServiceProvider gateway, string question, CancellationToken cancellationToken)
    {
        var call = new ModelCall(
            new ModelCallOrigin { TenantId = "t-acme", UserId = "u-1", RightsScope = "staff" },
            new ChatRequest { Messages = [new ChatMessage { Role = ChatRole.System, Text = "You help employees with IT." }, new ChatMessage { Role = ChatRole.User, Text = question }] },
            ModelTiers.Standard,
            TimeProvider.System.GetUtcNow());
        await foreach (var delta in gateway.GetRequiredService<IModelGateway>().StreamAsync(call, cancellationToken))
        {
            GC.KeepAlive(delta);
        }
    }

    private sealed class AtOnce : IChatModelSource, IChatModel
    {
        public bool IsConfigured => true;

        public IReadOnlyList<string> Names => [];

        public string Name => "at-once";

        public IChatModel Find(string model) => this;

        public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;

            // As from a network: each answer has a text of its own.
            yield return new ChatText(string.Concat(Answer, request.Messages[^1].Text));
            yield return new ChatFinished("stop", new ChatUsage(20, 0, 200, null), Name, TimeSpan.Zero);
        }
    }
}
