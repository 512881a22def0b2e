using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Inference;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tiers;
using Steward.Silo.Models;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// <c>bench routing</c>: what the choice of tiers saves against the large model for everything, and for how many requests it chooses a model that is too small by the labels, over requests made from hand-written templates. The thresholds are
/// those of the options; the curve is that of the templates which neither they nor the model were made with.
/// </summary>
internal static class RoutingScenario
{
    /// <summary>How often the three kinds come, in parts. No figures of real desks are known to us: the first is the judged one, the others show how much depends on it.</summary>
    private static readonly (string Name, double[] Parts)[] Mixes = [("70/25/5", [0.70, 0.25, 0.05]), ("60/30/10", [0.60, 0.30, 0.10]), ("a third each", [1 / 3.0, 1 / 3.0, 1 / 3.0])];

    // Tokens read and written by the kind of request, an assumption too; prices of the built-in list.
    private static readonly (int Input, int Output)[] Tokens = [(900, 120), (1200, 350), (1800, 1100)];
    private static readonly string[] PricedAs = ["gpt-5-nano", "gpt-5-mini", "gpt-5"];
    private static readonly ModelRoutingOptions Options = new();
    private static readonly double[] Steps = [0.5, 0.6, 0.7, 0.8, 0.88, 0.95, 0.98];

    public static Command Create()
    {
        var models = new Option<string>("--models") { Description = "Folder of models.", DefaultValueFactory = _ => "models" };
        var templates = new Option<string>("--templates") { Description = "The templates.", DefaultValueFactory = _ => "benchmarks/routing/templates.tsv" };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("routing", "What the choice of tiers saves and what it costs in quality.") { models, templates, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(models)!, parsed.GetValue(templates)!, parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string models, string templates, bool check, string? json, CancellationToken cancellationToken)
    {
        var requests = RoutingRequests.Read(templates);
        var heldOut = requests.Where(request => request.IsHeldOut).ToList();
        Console.Out.WriteLine($"{requests.Count} requests of {requests.Max(request => request.Template) + 1} templates, {heldOut.Count} of them of templates that nothing was made with");
        var wordsOnly = await ClassifyAsync(heldOut, null, cancellationToken);
        var words = Rate("words alone", heldOut, wordsOnly.Found, new ModelRoutingOptions());

        await using var services = new ServiceCollection().AddLogging().AddStewardInference(options => (options.ModelDirectory, options.Provider) = (models, InferenceProvider.Cpu)).AddStewardModelInference().BuildServiceProvider();
        var classifier = services.GetRequiredService<IInferenceEngine>().Status.IsAvailable ? services.GetRequiredService<IRequestClassifier>() : null;
        var all = classifier is null ? wordsOnly : await ClassifyAsync(heldOut, classifier, cancellationToken);
        Console.Out.WriteLine(classifier is null ? "no inference here: the words alone decide" : $"classifier: {classifier.Summary}");
        var judged = Rate("with the silo's classifiers", heldOut, all.Found, new ModelRoutingOptions());
        var reliability = Reliability(heldOut);
        Console.Out.WriteLine($"calibration of the words' model: error {reliability.Error:0.000} over {reliability.Count} requests; " + string.Join(", ", reliability.Bins.Select(bin => $"{bin.Confidence:0.00} said, {bin.Right:0.00} right of {bin.Count}")));
        Console.Out.WriteLine($"the encoder looked at {all.Closer.Count(isCloser => isCloser)} of {heldOut.Count}: " + string.Join(", ", Mixes.Select(mix => FormattableString.Invariant($"{100 * CloserShare(heldOut, all.Closer, mix.Parts):0.0} % of {mix.Name}"))) + $"; {all.Cut} of these looks took longer than {Options.ClassifyWithin.TotalMilliseconds:0} ms, and the words and the first look decided");
        Console.Out.WriteLine($"classification: words alone p50 {wordsOnly.Latency.P50:0.000} ms, p99 {wordsOnly.Latency.P99:0.000} ms; with the silo's classifiers p50 {all.Latency.P50:0.00} ms, p99 {all.Latency.P99:0.00} ms");
        var withWords = new List<RoutingWithWords>();
        foreach (var kind in classifier is null ? [] : RoutingWords.Kinds)
        {
            var named = heldOut.Select((request, at) => new RoutingRequest(request.Template, request.Needs, request.Intent, RoutingWords.PutIn(request.Text, kind, at))).ToList();
            var looks = await ClassifyAsync(named, classifier, cancellationToken);
            var wordsAlone = await ClassifyAsync(named, null, cancellationToken);
            withWords.Add(new RoutingWithWords(kind, Figures(named, wordsAlone.Found, Options), [.. Mixes.Select(mix => new CloserLooks(mix.Name, 100 * CloserShare(named, looks.Closer, mix.Parts)))], Figures(named, looks.Found, Options)));
            Console.Out.WriteLine(FormattableString.Invariant($"with {kind} put in: the encoder looked at {withWords[^1].Closer[0].Percent:0.0} % of {Mixes[0].Name}; {withWords[^1].Judged[0].SavedPercent:0.0} % saved, {withWords[^1].Judged[0].TooSmallPercent:0.00} % too small (words alone {withWords[^1].WordsAlone[0].SavedPercent:0.0} %, {withWords[^1].WordsAlone[0].TooSmallPercent:0.00} %)"));
        }

        Console.Out.WriteLine("| small from | standard from | saved (70/25/5) | too small (70/25/5) | saved (60/30/10) | too small (60/30/10) |");
        Console.Out.WriteLine("|---|---|---|---|---|---|");
        var curve = new List<RoutingPoint>();
        foreach (var small in Steps)
        {
            foreach (var standard in new[] { 0.4, 0.64, 0.8 })
            {
                var figures = Figures(heldOut, all.Found, new ModelRoutingOptions { SmallFrom = small, StandardFrom = standard });
                curve.Add(new RoutingPoint(small, standard, figures));
                Console.Out.WriteLine($"| {small:0.00} | {standard:0.00} | {figures[0].SavedPercent:0.0} % | {figures[0].TooSmallPercent:0.00} % | {figures[1].SavedPercent:0.0} % | {figures[1].TooSmallPercent:0.00} % |");
            }
        }

        return await ResultOptions.FinishAsync(
            new RoutingResult(Machine.Read(), TimeProvider.System.GetUtcNow(), "steward bench routing", requests.Count, heldOut.Count, words, judged, wordsOnly.Latency, all.Latency, curve, all.Cut, reliability, [.. Mixes.Select(mix => new CloserLooks(mix.Name, 100 * CloserShare(heldOut, all.Closer, mix.Parts)))], withWords),
            [
                new Target("cost saved against the large model, templates held out, 70/25/5", judged[0].SavedPercent, "%", 60, AtLeast: true),
                new Target("requests with a model that is too small, templates held out, 70/25/5", judged[0].TooSmallPercent, "%", 2, AtLeast: false),
                new Target("p50 of the classification", all.Latency.P50, "ms", 5, AtLeast: false),
            ],
            check,
            json,
            cancellationToken);
    }

    private static IReadOnlyList<RoutingFigures> Rate(string name, IReadOnlyList<RoutingRequest> requests, IReadOnlyList<RequestClass?> found, ModelRoutingOptions options)
    {
        var figures = Figures(requests, found, options);
        foreach (var figure in figures)
        {
            Console.Out.WriteLine($"{name}, {figure.Mix}: {figure.SavedPercent:0.0} % saved of {figure.BestPercent:0.0} % that were possible, {figure.TooSmallPercent:0.00} % with a model that is too small");
        }

        return figures;
    }

    private static IReadOnlyList<RoutingFigures> Figures(IReadOnlyList<RoutingRequest> requests, IReadOnlyList<RequestClass?> found, ModelRoutingOptions options)
    {
        var tiers = ModelTiers.All.ToList();
        var chosen = requests.Select((request, at) => tiers.IndexOf(TierChoice.Of(request.Asked, options).With(found[at], options).Tier)).ToList();
        return
        [
            .. Mixes.Select(mix =>
            {
                // Each kind has the weight of the mix, however many requests of it there are.
                var (paid, large, best, tooSmall) = (0.0, 0.0, 0.0, 0.0);
                for (var kind = 0; kind < tiers.Count; kind++)
                {
                    var of = Enumerable.Range(0, requests.Count).Where(at => requests[at].Needs == kind).ToList();
                    paid += mix.Parts[kind] * of.Average(at => Cost(kind, chosen[at]));
                    large += mix.Parts[kind] * Cost(kind, 2);
                    best += mix.Parts[kind] * Cost(kind, kind);
                    tooSmall += mix.Parts[kind] * of.Average(at => chosen[at] < kind ? 1.0 : 0);
                }

                return new RoutingFigures(mix.Name, 100 * (1 - (paid / large)), 100 * (1 - (best / large)), 100 * tooSmall);
            }),
        ];
    }

    private static double Cost(int kind, int tier) => (double)new ModelPrices().Cost(PricedAs[tier], Tokens[kind].Input, 0, Tokens[kind].Output)!;

    /// <summary>How well the probability of the likeliest tier agrees with how often it is right, in ten bins (expected calibration error: Naeini et al., AAAI 2015), on what nothing was made with.</summary>
    private static RoutingReliability Reliability(IReadOnlyList<RoutingRequest> requests)
    {
        var bins = requests.Select(request => (request.Needs, Found: RequestModel.Of(request.Text)))
            .Where(one => one.Found is not null)
            .Select(one =>
            {
                double[] tiers = [one.Found!.Value.Small, one.Found.Value.Standard, one.Found.Value.Large];
                return (Confidence: tiers.Max(), IsRight: Array.IndexOf(tiers, tiers.Max()) == one.Needs);
            })
            .GroupBy(one => Math.Min(9, (int)(one.Confidence * 10)))
            .OrderBy(bin => bin.Key)
            .Select(bin => new ReliabilityBin(bin.Count(), bin.Average(one => one.Confidence), bin.Average(one => one.IsRight ? 1.0 : 0)))
            .ToList();
        var count = bins.Sum(bin => bin.Count);
        return new RoutingReliability(count, bins.Sum(bin => bin.Count * Math.Abs(bin.Confidence - bin.Right)) / Math.Max(1, count), bins);
    }

    /// <summary>Chooses as the gateway does, and asks afterwards for what the curve needs beyond it.</summary>
    private static async Task<RoutingLooks> ClassifyAsync(IReadOnlyList<RoutingRequest> requests, IRequestClassifier? classifier, CancellationToken cancellationToken)
    {
        // Nothing is remembered: each text would come twice here.
        var options = Microsoft.Extensions.Options.Options.Create(new ModelRoutingOptions { KnownRequests = 0 });
        using var known = new KnownRequests(options, TimeProvider.System);
        var counted = classifier is null ? null : new CountedClassifier(classifier);
        var classification = new RequestClassification(options, known, TimeProvider.System, counted);
        var (found, closer, latencies, cut) = (new List<RequestClass?>(), new List<bool>(), new Latencies(), 0);
        foreach (var isMeasured in new[] { false, true })
        {
            found.Clear();
            closer.Clear();
            cut = 0;
            foreach (var request in requests)
            {
                var call = new ModelCall(new ModelCallOrigin { TenantId = "t-acme" }, request.Asked, ModelCall.Auto, TimeProvider.System.GetUtcNow());
                var (before, began) = (counted?.Looks ?? 0, Stopwatch.GetTimestamp());
                await TierChoice.OfAsync(call, classification, options.Value, cancellationToken);
                var took = Stopwatch.GetElapsedTime(began);
                closer.Add(counted is not null && counted.Looks > before);
                cut += closer[^1] && took >= Options.ClassifyWithin ? 1 : 0;
                if (isMeasured)
                {
                    latencies.Add(took);
                }

                found.Add(await classification.OfAsync(call, RequestAspects.Complexity, cancellationToken));
            }
        }

        return new RoutingLooks(found, closer, latencies.Summarize(), cut);
    }

    private static double CloserShare(List<RoutingRequest> requests, IReadOnlyList<bool> closer, double[] parts) =>
        Enumerable.Range(0, parts.Length).Sum(kind => parts[kind] * Enumerable.Range(0, requests.Count).Where(at => requests[at].Needs == kind).Average(at => closer[at] ? 1.0 : 0));

    /// <summary>Counts closer looks.</summary>
    private sealed class CountedClassifier(IRequestClassifier inner) : IRequestClassifier
    {
        public int Looks { get; private set; }

        public string Summary => inner.Summary;

        public RequestGlance? Glance(string tenantId, string text, RequestAspects aspects) => inner.Glance(tenantId, text, aspects);

        public ValueTask<RequestClass?> ClassifyAsync(string tenantId, string text, RequestAspects aspects, CancellationToken cancellationToken)
        {
            Looks++;
            return inner.ClassifyAsync(tenantId, text, aspects, cancellationToken);
        }
    }

    /// <summary>What was found of each request, which of them the encoder looked at, how long the choice took, and how many looks were given up.</summary>
    private sealed record RoutingLooks(IReadOnlyList<RequestClass?> Found, IReadOnlyList<bool> Closer, LatencySummary Latency, int Cut);

    /// <summary>How often the likeliest tier was right against how probable it was said to be.</summary>
    internal sealed record RoutingReliability(int Count, double Error, IReadOnlyList<ReliabilityBin> Bins);

    internal sealed record ReliabilityBin(int Count, double Confidence, double Right);

    internal sealed record RoutingFigures(string Mix, double SavedPercent, double BestPercent, double TooSmallPercent);

    internal sealed record RoutingPoint(double SmallFrom, double StandardFrom, IReadOnlyList<RoutingFigures> Figures);

    internal sealed record RoutingResult(
        Machine Machine, DateTimeOffset At, string Command, int Requests, int HeldOut, IReadOnlyList<RoutingFigures> WordsAlone, IReadOnlyList<RoutingFigures> Judged, LatencySummary WordsLatency, LatencySummary Latency, IReadOnlyList<RoutingPoint> Curve, int Cut, RoutingReliability Reliability, IReadOnlyList<CloserLooks> Closer, IReadOnlyList<RoutingWithWords> WithWords);

    /// <summary>The same requests with a word more that nobody has read, by the kind of word.</summary>
    internal sealed record RoutingWithWords(string Kind, IReadOnlyList<RoutingFigures> WordsAlone, IReadOnlyList<CloserLooks> Closer, IReadOnlyList<RoutingFigures> Judged);

    /// <summary>How many requests of a mix the encoder looked at.</summary>
    internal sealed record CloserLooks(string Mix, double Percent);
}
