using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Inference;
using Steward.Engines.Models;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;
using Steward.Silo.Models;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// <c>bench cache</c>: how often the semantic cache would answer and how often wrongly, by threshold and with or without the check of facts, over labelled questions of people and over pairs made to mislead it; what a look costs, and
/// what an answer takes of memory.
/// </summary>
internal static class CacheScenario
{
    private static readonly double[] Thresholds = [0.80, 0.85, 0.90, 0.93, 0.95, 0.97, 0.99];

    public static Command Create()
    {
        var models = new Option<string>("--models") { Description = "Folder of models.", DefaultValueFactory = _ => "models" };
        var data = new Option<string>("--data") { Description = "Folder with banking77.train.csv and clinc150.train.json.", DefaultValueFactory = _ => "../shared/data/intents" };
        var questions = new Option<int>("--questions") { Description = "Questions of each set.", DefaultValueFactory = _ => 1500 };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("cache", "Hits and false hits of the caches, latency and memory.") { models, data, questions, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(models)!, parsed.GetValue(data)!, parsed.GetValue(questions), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string models, string data, int count, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddStewardInference(options => (options.ModelDirectory, options.Provider) = (models, InferenceProvider.Cpu))
            .AddStewardModelInference()
            .BuildServiceProvider();
        var engine = services.GetRequiredService<IInferenceEngine>();
        var embedder = services.GetRequiredService<ITextEmbedder>();
        Console.Out.WriteLine($"embedder: {embedder.Summary}");
        if (!engine.Status.IsAvailable)
        {
            return 1;
        }

        var sets = new List<HitTable>();
        foreach (var (name, texts) in new[] { ("banking77", CacheQuestions.ReadCsv(Path.Combine(data, "banking77.train.csv"))), ("clinc150", CacheQuestions.ReadClinc(Path.Combine(data, "clinc150.train.json"))) })
        {
            sets.AddRange(await ReplayAsync(name, CacheQuestions.Sample(texts, count), engine, cancellationToken));
        }

        var pairs = await ComparePairsAsync(engine, cancellationToken);
        var cost = await CacheCost.MeasureAsync(embedder, cancellationToken);
        var checkedAt95 = sets.Where(set => set.Checked).Select(set => set.Rows.Single(row => row.Threshold.Equals(0.95))).ToList();
        var (hits, wrong) = (checkedAt95.Sum(row => row.Hits), checkedAt95.Sum(row => row.Wrong));
        return await ResultOptions.FinishAsync(
            new CacheResult(Machine.Read(), TimeProvider.System.GetUtcNow(), "steward bench cache", sets, pairs, cost),
            [
                new Target("misleading pairs that the cache takes for one at 0.95", pairs.MisleadingHits.Single(row => row.Threshold.Equals(0.95)).Checked, "%", 0.5, AtLeast: false),
                new Target("false hits of all lookups of the labelled questions at 0.95", 100.0 * wrong / checkedAt95.Sum(row => row.Questions), "%", 0.1, AtLeast: false),
                new Target("hits of questions asked in another manner at 0.95", pairs.MannerHits.Single(row => row.Threshold.Equals(0.95)).Checked, "%", 50, AtLeast: true),
                new Target("p50 of an exact hit", cost.ExactHit.P50 * 1000, "µs", 250, AtLeast: false),
                new Target("p50 of a miss", cost.Miss.P50 * 1000, "µs", 250, AtLeast: false),
            ],
            check,
            json,
            cancellationToken);
    }

    // Each question is looked for among the earlier ones: the nearest that may answer is the hit.
    private static async Task<List<HitTable>> ReplayAsync(string name, IReadOnlyList<(string Text, string Label)> questions, IInferenceEngine engine, CancellationToken cancellationToken)
    {
        var vectors = await EmbedAsync(engine, [.. questions.Select(question => question.Text)], cancellationToken);
        var facts = questions.Select(question => QuestionFacts.Of(question.Text)).ToList();
        var tables = new List<HitTable>();
        foreach (var isChecked in new[] { false, true })
        {
            var best = new (double Cosine, bool Right)[questions.Count];
            Parallel.For(0, questions.Count, at =>
            {
                for (var earlier = 0; earlier < at; earlier++)
                {
                    var cosine = vectors[at].Cosine(vectors[earlier]);
                    if (cosine > best[at].Cosine && cosine >= Thresholds[0] && (!isChecked || facts[at].AgreesWith(facts[earlier])))
                    {
                        best[at] = (cosine, questions[at].Label == questions[earlier].Label);
                    }
                }
            });
            var rows = Thresholds.Select(threshold => new HitRow(threshold, questions.Count, best.Count(hit => hit.Cosine >= threshold), best.Count(hit => hit.Cosine >= threshold && !hit.Right))).ToList();
            tables.Add(new HitTable(name, isChecked, rows));
            foreach (var row in rows)
            {
                Console.Out.WriteLine($"{name,-10} {(isChecked ? "cosine and facts" : "cosine alone    ")} ≥ {row.Threshold:0.00}: {100.0 * row.Hits / row.Questions,5:0.0} % hits, {row.Wrong,4} of them wrong ({(row.Hits == 0 ? 0 : 100.0 * row.Wrong / row.Hits):0.0} %)");
            }
        }

        return tables;
    }

    private static async Task<PairResult> ComparePairsAsync(IInferenceEngine engine, CancellationToken cancellationToken)
    {
        var (misleading, manner) = (CacheQuestions.Misleading(), CacheQuestions.OtherManner());
        async Task<IReadOnlyList<PairRow>> HitsAsync(string what, IReadOnlyList<(string First, string Second)> pairs)
        {
            var (first, second) = (await EmbedAsync(engine, [.. pairs.Select(pair => pair.First)], cancellationToken), await EmbedAsync(engine, [.. pairs.Select(pair => pair.Second)], cancellationToken));
            var agree = pairs.Select(pair => QuestionFacts.Of(pair.First).AgreesWith(QuestionFacts.Of(pair.Second))).ToList();
            foreach (var (pair, at) in pairs.Select((pair, at) => (pair, at)).Where(item => what == "misleading" && agree[item.at]))
            {
                Console.Out.WriteLine($"  taken for one by the facts: '{pair.First}' / '{pair.Second}', cosine {first[at].Cosine(second[at]):0.000}");
            }

            return
            [
                .. Thresholds.Select(threshold =>
                {
                    var near = Enumerable.Range(0, pairs.Count).Where(at => first[at].Cosine(second[at]) >= threshold).ToList();
                    var row = new PairRow(threshold, 100.0 * near.Count / pairs.Count, 100.0 * near.Count(at => agree[at]) / pairs.Count);
                    Console.Out.WriteLine($"{pairs.Count} {what} pairs ≥ {threshold:0.00}: cosine alone {row.Cosine:0.0} %, with facts {row.Checked:0.0} %");
                    return row;
                }),
            ];
        }

        return new PairResult(misleading.Count, await HitsAsync("misleading", misleading), manner.Count, await HitsAsync("other-manner", manner));
    }

    private static async Task<List<TextVector>> EmbedAsync(IInferenceEngine engine, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var vectors = new List<TextVector>(texts.Count);
        foreach (var part in texts.Chunk(64))
        {
            var answer = await engine.EmbedAsync(new EmbedRequest { Model = "embedder", Texts = part, Lane = InferenceLane.Background }, cancellationToken);
            var value = answer.Value ?? throw new InvalidOperationException(answer.Problem);
            vectors.AddRange(value.Vectors.Select(vector => new TextVector(vector, value.Version)));
        }

        return vectors;
    }

    internal sealed record CacheResult(Machine Machine, DateTimeOffset At, string Command, IReadOnlyList<HitTable> Labelled, PairResult Pairs, CacheCost Cost);

    internal sealed record HitTable(string Set, bool Checked, IReadOnlyList<HitRow> Rows);

    internal sealed record HitRow(double Threshold, int Questions, int Hits, int Wrong);

    internal sealed record PairResult(int Misleading, IReadOnlyList<PairRow> MisleadingHits, int OtherManner, IReadOnlyList<PairRow> MannerHits);

    /// <param name="Threshold">The cosine.</param>
    /// <param name="Cosine">Percent of the pairs taken for one by the cosine alone.</param>
    /// <param name="Checked">The same with the check of facts.</param>
    internal sealed record PairRow(double Threshold, double Cosine, double Checked);
}
