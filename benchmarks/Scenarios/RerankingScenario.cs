using System.CommandLine;
using System.Diagnostics;
using System.Numerics.Tensors;
using Microsoft.Extensions.DependencyInjection;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Inference;
using Steward.Engines.Retrieval;
using Steward.Engines.Retrieval.Text;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench reranking</c>: what reranker and embedder take, and what they add to BM25 on the Cranfield collection.</summary>
internal static class RerankingScenario
{
    private const int Candidates = 20;
    private const int Kept = 5;
    private const int Depth = 10;
    private const int EmbeddedAtOnce = 32;

    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var models = new Option<string>("--models") { Description = "Folder of models.", DefaultValueFactory = _ => "models" };
        var data = new Option<string>("--data") { Description = "The Cranfield collection: cran.all.1400, cran.qry, cranqrel.", DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "retrieval", "cranfield") };
        var provider = new Option<InferenceProvider>("--provider") { Description = "What computes: auto, cpu or cuda.", DefaultValueFactory = _ => InferenceProvider.Auto };
        var command = new Command("reranking", "Latency of reranking and embedding, and their gain in nDCG@10 over BM25 on Cranfield.") { models, data, provider, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(models), parsed.GetRequiredValue(data), parsed.GetValue(provider), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string models, string data, InferenceProvider provider, bool check, string? json, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(data, "cranqrel")))
        {
            await Console.Error.WriteLineAsync($"There is no Cranfield collection in {data}; name its folder with --data.");
            return 1;
        }

        await using var services = new ServiceCollection()
            .AddLogging()
            .AddStewardInference(options => (options.ModelDirectory, options.Provider) = (models, provider))
            .BuildServiceProvider();
        var engine = services.GetRequiredService<IInferenceEngine>();
        Console.Out.WriteLine($"inference: {engine.Status.Summary}{(GraphicsCard.Find() is { } card ? $"; {card}" : "")}");
        if (!engine.Status.IsAvailable)
        {
            return 1;
        }

        var cranfield = Cranfield.Read(data);
        var found = FindByWords(cranfield);
        var (reranked, reranking) = await RerankAsync(engine, cranfield, found, cancellationToken);
        var (embedded, fused, embedding, perSecond) = await EmbedAsync(engine, cranfield, found, cancellationToken);
        var figures = new RankingFigures(
            Mean(cranfield, found.ConvertAll(hits => hits.Select(hit => hit.Document)), Depth),
            Mean(cranfield, reranked, Depth),
            Mean(cranfield, found.ConvertAll(hits => hits.Select(hit => hit.Document)), Kept),
            Mean(cranfield, reranked, Kept),
            Mean(cranfield, embedded, Depth),
            Mean(cranfield, fused, Depth));
        Console.Out.WriteLine($"nDCG@{Depth} of {cranfield.Queries.Count} queries: BM25 {figures.Words:0.0000}, its best {Candidates} reranked {figures.Reranked:0.0000} ({figures.Reranked - figures.Words:+0.0000;-0.0000})");
        Console.Out.WriteLine($"nDCG@{Kept}: {figures.WordsAtKept:0.0000} and {figures.RerankedAtKept:0.0000}; by embeddings alone nDCG@{Depth} {figures.Embedded:0.0000}, with BM25 by reciprocal ranks {figures.Fused:0.0000}");
        Console.Out.WriteLine($"reranking {Candidates} to {Kept}: p50 {reranking.P50:0.0} ms, p95 {reranking.P95:0.0} ms, p99 {reranking.P99:0.0} ms; embedding a query: p50 {embedding.P50:0.00} ms, p99 {embedding.P99:0.00} ms; {perSecond:0} abstracts/s in the background");
        var result = new RerankingResult(
            Machine.Read(), TimeProvider.System.GetUtcNow(), "steward bench reranking",
            $"BM25 of the engine's own index over 1,400 abstracts. Its best {Candidates} of each query go to the reranker with their scores, one query after the other; what comes back first is ranked, all {Candidates} of them. nDCG with linear gain.",
            engine.Status.Summary, GraphicsCard.Find(), figures, reranking, embedding, perSecond);
        return await ResultOptions.FinishAsync(
            result,
            [new Target("gain in nDCG@10 by reranking", figures.Reranked - figures.Words, "", 0, AtLeast: true)],
            check,
            json,
            cancellationToken);
    }

    private static List<List<(int Document, double Score)>> FindByWords(Cranfield cranfield)
    {
        var index = new TextIndex();
        foreach (var (number, document) in cranfield.Documents.Index())
        {
            index.Set(number, TextAnalyzer.Terms(document));
        }

        return [.. cranfield.Queries.Select(query => index.Score(TextAnalyzer.Terms(query).Distinct(StringComparer.Ordinal).ToDictionary(term => term, _ => 1f, StringComparer.Ordinal))
            .OrderByDescending(hit => hit.Value).ThenBy(hit => hit.Key).Take(Candidates).Select(hit => ((int)hit.Key, (double)hit.Value)).ToList())];
    }

    private static async Task<(List<IEnumerable<int>> Ranked, LatencySummary Latency)> RerankAsync(
        IInferenceEngine engine, Cranfield cranfield, List<List<(int Document, double Score)>> found, CancellationToken cancellationToken)
    {
        var (ranked, latencies) = (new List<IEnumerable<int>>(), new Latencies());
        // The first one loads the model.
        await AskAsync(0);
        foreach (var (number, hits) in found.Index())
        {
            var began = Stopwatch.GetTimestamp();
            var answer = await AskAsync(number);
            latencies.Add(Stopwatch.GetElapsedTime(began));
            ranked.Add([.. answer.Passages.Select(passage => hits[passage.Index].Document)]);
        }

        return (ranked, latencies.Summarize());

        async Task<Reranking> AskAsync(int number)
        {
            var request = new RerankRequest
            {
                Model = "reranker",
                Query = cranfield.Queries[number],
                Passages = [.. found[number].Select(hit => cranfield.Documents[hit.Document])],
                FirstStage = [.. found[number].Select(hit => hit.Score)],
            };
            return (await engine.RerankAsync(request, cancellationToken)).Value ?? throw new InvalidOperationException("The reranker gave no answer.");
        }
    }

    private static async Task<(List<IEnumerable<int>> Embedded, List<IEnumerable<int>> Fused, LatencySummary Latency, double PerSecond)> EmbedAsync(
        IInferenceEngine engine, Cranfield cranfield, List<List<(int Document, double Score)>> found, CancellationToken cancellationToken)
    {
        await VectorsAsync(engine, [cranfield.Queries[0]], InferenceLane.Interactive, cancellationToken);
        var began = Stopwatch.GetTimestamp();
        var documents = new List<float[]>();
        foreach (var part in cranfield.Documents.Chunk(EmbeddedAtOnce))
        {
            documents.AddRange(await VectorsAsync(engine, part, InferenceLane.Background, cancellationToken));
        }

        var perSecond = documents.Count / Stopwatch.GetElapsedTime(began).TotalSeconds;
        var (embedded, fused, latencies) = (new List<IEnumerable<int>>(), new List<IEnumerable<int>>(), new Latencies());
        foreach (var (number, query) in cranfield.Queries.Index())
        {
            began = Stopwatch.GetTimestamp();
            var vector = (await VectorsAsync(engine, [query], InferenceLane.Interactive, cancellationToken))[0];
            latencies.Add(Stopwatch.GetElapsedTime(began));
            var nearest = documents.Index().OrderByDescending(document => TensorPrimitives.Dot(vector, document.Item)).Take(Candidates).Select(document => document.Index).ToList();
            var both = RankFusion.Fuse((found[number].Select(hit => (long)hit.Document), 1), (nearest.Select(document => (long)document), 1));
            embedded.Add(nearest);
            fused.Add([.. both.OrderByDescending(hit => hit.Value).ThenBy(hit => hit.Key).Select(hit => (int)hit.Key)]);
        }

        return (embedded, fused, latencies.Summarize(), perSecond);
    }

    private static async Task<IReadOnlyList<float[]>> VectorsAsync(IInferenceEngine engine, IReadOnlyList<string> texts, InferenceLane lane, CancellationToken cancellationToken) =>
        (await engine.EmbedAsync(new EmbedRequest { Model = "embedder", Texts = texts, Lane = lane }, cancellationToken)).Value?.Vectors ?? throw new InvalidOperationException("The embedder gave no answer.");

    private static double Mean(Cranfield cranfield, List<IEnumerable<int>> ranked, int depth) => ranked.Index().Average(query => Cranfield.Ndcg(query.Item, cranfield.Grades[query.Index], depth));

    private sealed record RankingFigures(double Words, double Reranked, double WordsAtKept, double RerankedAtKept, double Embedded, double Fused);

    private sealed record RerankingResult(
        Machine Machine, DateTimeOffset At, string Command, string Method, string Runtime, string? Card, RankingFigures Ranking, LatencySummary Reranking, LatencySummary EmbeddingAQuery, double AbstractsPerSecond);
}
