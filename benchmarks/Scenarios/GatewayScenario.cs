using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Models;
using Steward.EnterpriseSim;
using Steward.ModelSim;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// <c>bench gateway</c>: what the endpoint adds to a call of a model that answers at once. A direct request and one through the gateway take turns, and equal quantiles are subtracted, so that whatever else the machine does
/// meets both. No question comes twice and each leaves the tier open, so that every call passes all stages, classification among them, and reaches the model; how often which classifier looked is counted by the server. Then many calls at a time: processor time of the server for each, what grows when one
/// in a thousand goes wrong (a server's error, a limit, a cut stream, a caller who goes), and whether a budget of tokens and the cost records have counted what the model itself counted, to the token.
/// </summary>
internal static class GatewayScenario
{
    public static Command Create()
    {
        var pairs = new Option<int>("--pairs") { Description = "Pairs of requests, whole and streamed each.", DefaultValueFactory = _ => 4_000 };
        var calls = new Option<int>("--calls") { Description = "Calls of the phase with faults.", DefaultValueFactory = _ => 100_000 };
        var concurrency = new Option<int>("--concurrency") { Description = "Calls at a time in that phase.", DefaultValueFactory = _ => 32 };
        var noCache = new Option<bool>("--no-cache") { Description = "Ask the gateway to keep no answers: without what the caches cost, the vectors of questions among it." };
        var warmUps = new Option<int>("--warm-ups") { Description = "Calls before anything is measured: until then much of the server's code has not been compiled for good.", DefaultValueFactory = _ => 20_000 };
        var templates = new Option<string>("--templates") { Description = "What is asked.", DefaultValueFactory = _ => "benchmarks/routing/templates.tsv" };
        var model = new Option<string>("--model") { Description = "The model that is asked for; a tier (steward/mid) shows what its choice costs.", DefaultValueFactory = _ => "steward/auto" };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("gateway", "What the model gateway adds to a call.") { pairs, calls, concurrency, noCache, warmUps, templates, model, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            GatewayQuestions.Read(parsed.GetRequiredValue(templates)), parsed.GetRequiredValue(model), parsed.GetRequiredValue(pairs), parsed.GetRequiredValue(calls), parsed.GetRequiredValue(concurrency), parsed.GetValue(noCache), parsed.GetRequiredValue(warmUps), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(GatewayQuestions questions, string asked, int pairs, int calls, int concurrency, bool noCache, int warmUps, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var simulation = await EnterpriseSimulation.StartAsync(cancellationToken: cancellationToken);
        await using var model = await SimulatedModel.StartAsync(TimeSpan.Zero, 0, cancellationToken);
        model.Prepend(GatewayFaults.EndlessRule);
        await using var server = await Server.StartAsync(simulation, SimulatedModel.Environment(model).Concat(Settings), cancellationToken);
        using var metrics = new HttpClient(new SocketsHttpHandler { UseProxy = false }, disposeHandler: true) { BaseAddress = server.Url };
        using var direct = new ModelCaller(model.Url, model.ApiKey, "sim-large", noCache: false);
        using var gateway = new ModelCaller(new Uri(server.Url, "openai/v1"), server.Token(new LoadUser("u-bench", "Bench", "bench@acme.example")), asked, noCache);
        using var budget = await TokenBudget.SetAsync(server, cancellationToken);
        await SetCapsAsync(budget, cancellationToken);
        await WarmUpAsync(questions, direct, gateway, warmUps, concurrency, cancellationToken);
        var settled = await SettleAsync(questions, direct, gateway, metrics, cancellationToken);
        var whole = await PairAsync(questions, direct, gateway, metrics, pairs, stream: false, cancellationToken);
        var streamed = await PairAsync(questions, direct, gateway, metrics, pairs, stream: true, cancellationToken);
        var load = await LoadAsync(questions, model, gateway, budget, metrics, calls, concurrency, cancellationToken);
        var result = new GatewayResult(
            Machine.Read(),
            Machine.Orleans,
            TimeProvider.System.GetUtcNow(),
            "steward bench gateway",
            $"{pairs} pairs of a direct request and one through the endpoint, one after the other, for whole answers and for streams; differences of equal quantiles; {warmUps} calls before them that do not count, and pairs until the server had all but stopped compiling; every question is a new one, of {questions.Wordings} wordings of an IT desk (70 % simple, 25 % middling, 5 % hard) with a word that no other has: none is repeated{(noCache ? ", and the gateway keeps no answers" : $"; the gateway's caches hold {CacheBytes / 1024 / 1024} MiB of answers, which is full before anything is measured")}; a budget of tokens counts. The model asked for is {asked}; the three tiers have three models, and caps on cost by topic (Hardware and Purchase 0.02, all others 0.5 US dollars). Then {calls} whole answers, {concurrency} at a time; of one in {GatewayFaults.Every} the model fails once with 503, or with 429 and a second's wait, or cuts the stream, or the caller goes away, by turns. What the budget and the cost records counted is compared with what the model itself counted; of answers that broke off or were left nobody knows the tokens, and there the two are compared with each other. The simulated model, at 0 ms, and the load generator share a process; the server has its own.",
            settled.TotalSeconds,
            whole,
            streamed,
            load);
        Print(result);
        return await ResultOptions.FinishAsync(
            result,
            [
                new Target("added to a whole answer, p50", whole.Added.P50, "ms", 0.5, AtLeast: false),
                new Target("added to a whole answer, p99", whole.Added.P99, "ms", 3, AtLeast: false),
                new Target("added to the first token, p50", streamed.AddedFirstToken.P50, "ms", 1, AtLeast: false),
                new Target("calls per second and core, from processor time", 1_000_000 / load.MicrosecondsPerCall, "/s", 4_000, AtLeast: true),
                new Target("calls that ended otherwise than they had to", load.Wrong, "", 1, AtLeast: false),
                new Target("tokens by which budget and cost records differ from the model's own count", Math.Abs(load.BudgetDrift) + Math.Abs(load.RecordDrift), "", 1, AtLeast: false),
                new Target("answers cut or left whose cost is in no record", load.Unrecorded, "", 1, AtLeast: false),
                new Target("growth of the server's memory in the second half", load.GrowthMegaBytes, "MiB", 32, AtLeast: false),
            ],
            check,
            json,
            cancellationToken);
    }

    // What one load user may ask for is not what is measured. Three tiers with the prices of three models, so that the choice has something to choose from. The caches of answers are full before anything is measured, so that what fills up to a
    // bound does not look like what grows without one.
    private static IEnumerable<KeyValuePair<string, string?>> Settings =>
    [
        new("Steward:Gateway:RequestsPerSecondPerUser", "1000000"),
        new("Steward:Gateway:RequestBurstPerUser", "1000000"),
        new("Steward:Models:Cache:MaxBytes", CacheBytes.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        new("Steward:Models:Tiers:small", "gpt-5-nano"),
        new("Steward:Models:Tiers:standard", "gpt-5-mini"),
        new("Steward:Models:Tiers:large", "gpt-5"),
    ];

    /// <summary>Caps on cost by intent: where the large model would be asked, it matters what a question is about.</summary>
    private static async Task SetCapsAsync(TokenBudget budget, CancellationToken cancellationToken)
    {
        await budget.SetCostCapsAsync("""{"Hardware":0.02,"Purchase":0.02,"*":0.5}""", cancellationToken);

        // In force on every server within two seconds.
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
    }

    private static async Task WarmUpAsync(GatewayQuestions questions, ModelCaller direct, ModelCaller gateway, int calls, int concurrency, CancellationToken cancellationToken)
    {
        var next = 0;
        async Task WorkAsync()
        {
            for (var number = Interlocked.Increment(ref next); number <= calls; number = Interlocked.Increment(ref next))
            {
                await direct.AskAsync(questions.Of("warm", number), stream: number % 2 == 0, cancellationToken);
                await gateway.AskAsync(questions.Of("warm", number), stream: number % 2 == 0, cancellationToken);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => WorkAsync()));
    }

    /// <summary>Pairs until the server's just-in-time compiler has settled: what it compiles again for code that is used much holds up calls one at a time, which is a matter of how long a process has run.</summary>
    private static async Task<TimeSpan> SettleAsync(GatewayQuestions questions, ModelCaller direct, ModelCaller gateway, HttpClient metrics, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var number = 0;
        var compiled = (await PrometheusPage.ReadAsync(metrics, cancellationToken)).Sum(Compiling);
        for (var calm = 0; calm < 2 && Stopwatch.GetElapsedTime(began) < LongestSettling;)
        {
            var window = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(window) < SettlingWindow)
            {
                number++;
                await direct.AskAsync(questions.Of("settle", number), stream: number % 2 == 0, cancellationToken);
                await gateway.AskAsync(questions.Of("settle", number), stream: number % 2 == 0, cancellationToken);
            }

            var now = (await PrometheusPage.ReadAsync(metrics, cancellationToken)).Sum(Compiling);
            calm = now - compiled < CalmShare * Stopwatch.GetElapsedTime(window).TotalSeconds ? calm + 1 : 0;
            compiled = now;
        }

        return Stopwatch.GetElapsedTime(began);
    }

    private static async Task<PairResult> PairAsync(GatewayQuestions questions, ModelCaller direct, ModelCaller gateway, HttpClient metrics, int pairs, bool stream, CancellationToken cancellationToken)
    {
        var (plain, added, plainFirst, addedFirst) = (new Latencies(), new Latencies(), new Latencies(), new Latencies());
        var before = await PrometheusPage.ReadAsync(metrics, cancellationToken);
        for (var i = 0; i < pairs; i++)
        {
            // Who goes first changes, so that neither always finds what the other has left.
            var order = i % 2 == 0 ? (direct, gateway) : (gateway, direct);
            var question = questions.Of(stream ? "stream" : "whole", i);
            var first = await order.Item1.AskAsync(question, stream, cancellationToken);
            var second = await order.Item2.AskAsync(question, stream, cancellationToken);
            var (bare, through) = i % 2 == 0 ? (first, second) : (second, first);
            plain.Add(bare.Total);
            added.Add(through.Total);
            plainFirst.Add(bare.FirstToken);
            addedFirst.Add(through.FirstToken);
        }

        var after = await PrometheusPage.ReadAsync(metrics, cancellationToken);
        return new PairResult(
            plain.Summarize(),
            added.Summarize(),
            Less(added.Summarize(), plain.Summarize()),
            Less(addedFirst.Summarize(), plainFirst.Summarize()),
            after.Sum(Collections) - before.Sum(Collections),
            (after.Sum(Paused) - before.Sum(Paused)) * 1_000,
            (after.Sum(Compiling) - before.Sum(Compiling)) * 1_000);
    }

    private static async Task<LoadResult> LoadAsync(GatewayQuestions questions, ModelSimulation model, ModelCaller gateway, TokenBudget budget, HttpClient metrics, int calls, int concurrency, CancellationToken cancellationToken)
    {
        var (next, wrong, tokens) = (0, 0, 0L);
        var faults = new ConcurrentDictionary<GatewayFault, int>();
        var (counted, recorded, said) = (await budget.ReadAsync(cancellationToken), await budget.RecordsAsync(cancellationToken), model.Counts);
        var latencies = new Latencies();
        var began = Stopwatch.GetTimestamp();
        var before = await PrometheusPage.ReadAsync(metrics, cancellationToken);
        double half = 0;
        var memory = new ConcurrentBag<MemoryPoint>();
        async Task WorkAsync()
        {
            for (var number = Interlocked.Increment(ref next); number <= calls; number = Interlocked.Increment(ref next))
            {
                if (number % Math.Max(1, calls / 10) == 0)
                {
                    var page = await PrometheusPage.ReadAsync(metrics, cancellationToken);
                    memory.Add(new MemoryPoint(number, page.Sum(WorkingSet) / MebiByte, page.Sum(Heap) / MebiByte, page.Sum(CacheSize) / MebiByte, page.Sum(Collections)));
                    half = number == calls / 2 ? page.Sum(WorkingSet) : half;
                }

                var fault = GatewayFaults.Of(number);
                faults.AddOrUpdate(fault, 1, static (_, so) => so + 1);
                var question = GatewayFaults.Teach(model, fault, questions.Of("load", number));
                var answer = fault == GatewayFault.ClientGoes
                    ? await gateway.LeaveAsync(question, cancellationToken)
                    : await gateway.AskAsync(question, GatewayFaults.IsStream(fault), cancellationToken, mayFail: true);
                latencies.Add(answer.Total);
                Interlocked.Add(ref tokens, answer.Tokens);
                if (!GatewayFaults.IsAsItHasToBe(fault, answer.Status, answer.Text ?? ""))
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => WorkAsync()));
        var elapsed = Stopwatch.GetElapsedTime(began);
        var after = await PrometheusPage.ReadAsync(metrics, cancellationToken);
        var used = await budget.ReadAsync(cancellationToken) - counted;
        var (records, counts) = ((await budget.RecordsAsync(cancellationToken)).Less(recorded), model.Counts);
        var answered = counts.PromptTokens + counts.CompletionTokens - said.PromptTokens - said.CompletionTokens;
        var looks = LookNames.ToDictionary(look => look, look => (after.Sum(Looks, ("look", look)) - before.Sum(Looks, ("look", look))) / calls);
        var tiers = ModelTiers.All.ToDictionary(tier => tier, tier => (after.Sum(Chosen, ("tier", tier)) - before.Sum(Chosen, ("tier", tier))) / calls);
        var brokenOff = faults.GetValueOrDefault(GatewayFault.CutStream) + faults.GetValueOrDefault(GatewayFault.ClientGoes);
        return new LoadResult(
            calls,
            faults.Where(fault => fault.Key != GatewayFault.None).ToDictionary(fault => fault.Key.ToString(), fault => fault.Value),
            wrong,
            calls / elapsed.TotalSeconds,
            (after.Sum(Processor) - before.Sum(Processor)) / calls * 1_000_000,
            (after.Sum(Allocated) - before.Sum(Allocated)) / calls / 1024,
            (after.Sum(WorkingSet) - half) / MebiByte,
            [.. memory.OrderBy(point => point.Calls)],
            tokens,
            answered,
            records.Estimated,
            used - answered - records.Estimated,
            records.Completed - answered,
            brokenOff - records.EstimatedCalls,
            counts.Answered - said.Answered,
            counts.Refused - said.Refused,
            counts.Cut - said.Cut,
            counts.Aborted - said.Aborted,
            looks,
            tiers,
            latencies.Summarize());
    }

    private static readonly TimeSpan SettlingWindow = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestSettling = TimeSpan.FromMinutes(1);
    private const double CalmShare = 0.03;

    private const string Compiling = "dotnet_jit_compilation_time_seconds_total";
    private const string Collections = "dotnet_gc_collections_total";
    private const string Paused = "dotnet_gc_pause_time_seconds_total";
    private const double MebiByte = 1024 * 1024;
    private const long CacheBytes = 8 * 1024 * 1024;
    private const string CacheSize = "steward_models_cache_size_bytes";
    private const string Heap = "dotnet_gc_last_collection_heap_size_bytes";
    private const string Processor = "dotnet_process_cpu_time_seconds_total";
    private const string Allocated = "dotnet_gc_heap_total_allocated_bytes_total";
    private const string Looks = "steward_models_routing_classification_seconds_count";
    private const string Chosen = "steward_models_routing_calls_total";

    // The first look at each question, closer ones by the encoders, those that were known from before, and those that found nothing in time.
    private static readonly string[] LookNames = ["first", "closer", "known", "none"];
    private const string WorkingSet = "dotnet_process_memory_working_set_bytes";

    private static LatencySummary Less(LatencySummary all, LatencySummary part) => new(all.Count, all.P50 - part.P50, all.P95 - part.P95, all.P99 - part.P99, all.Max - part.Max);

    private static void Print(GatewayResult result)
    {
        foreach (var (name, pair) in new[] { ("whole", result.Whole), ("stream", result.Streamed) })
        {
            Console.Out.WriteLine(FormattableString.Invariant(
                $"{name,-7} direct p50 {pair.Direct.P50:0.000} p99 {pair.Direct.P99:0.000}, through p50 {pair.Through.P50:0.000} p99 {pair.Through.P99:0.000}, added p50 {pair.Added.P50:0.000} p99 {pair.Added.P99:0.000} ms; first token added p50 {pair.AddedFirstToken.P50:0.000} p99 {pair.AddedFirstToken.P99:0.000} ms; in the server {pair.Collections:0} collections, {pair.PausedMilliseconds:0} ms paused for them, {pair.CompilingMilliseconds:0} ms of compiling"));
        }

        var load = result.Load;
        Console.Out.WriteLine(FormattableString.Invariant(
            $"{load.Calls} calls, faults {string.Join(", ", load.Faults.Select(fault => $"{fault.Value} {fault.Key}"))}, {load.Wrong} ended otherwise than they had to; {load.CallsPerSecond:0}/s, {load.MicrosecondsPerCall:0} µs of the server's processor time and {load.AllocatedKibibytesPerCall:0.0} KiB allocated each, memory {load.GrowthMegaBytes:+0.0;-0.0} MiB in the second half"));
        Console.Out.WriteLine(FormattableString.Invariant(
            $"the model answered {load.ModelAnswered} requests with {load.ModelTokens} tokens (callers were told of {load.Tokens}), refused {load.ModelRefused}, cut {load.ModelCut}, was left {load.ModelAborted} times; beside them {load.EstimatedTokens} tokens are estimated; the budget counted {load.BudgetDrift:+0;-0;0} more than both, the cost records {load.RecordDrift:+0;-0;0} more than the model; {load.Unrecorded} that were cut or left are in no record"));
        Console.Out.WriteLine(FormattableString.Invariant($"tiers {string.Join(", ", load.Tiers.Select(tier => FormattableString.Invariant($"{100 * tier.Value:0.0} % {tier.Key}")))}; for each hundred calls {string.Join(", ", load.Looks.Select(look => FormattableString.Invariant($"{100 * look.Value:0.0} {look.Key}")))} looks of the classifiers"));
        Console.Out.WriteLine("memory (heap, caches of answers) in MiB after each tenth: " + string.Join(", ", load.Memory.Select(point => FormattableString.Invariant($"{point.WorkingSetMebiBytes:0} ({point.HeapMebiBytes:0}, {point.CacheMebiBytes:0.0})"))));
    }

    /// <summary>Direct and through the gateway, the differences of equal quantiles, and what the server counted meanwhile.</summary>
    private sealed record PairResult(LatencySummary Direct, LatencySummary Through, LatencySummary Added, LatencySummary AddedFirstToken, double Collections, double PausedMilliseconds, double CompilingMilliseconds);

    /// <summary>Many calls at a time.</summary>
    private sealed record LoadResult(
        int Calls,
        IReadOnlyDictionary<string, int> Faults,
        int Wrong,
        double CallsPerSecond,
        double MicrosecondsPerCall,
        double AllocatedKibibytesPerCall,
        double GrowthMegaBytes,
        IReadOnlyList<MemoryPoint> Memory,
        long Tokens,
        long ModelTokens,
        long EstimatedTokens,
        long BudgetDrift,
        long RecordDrift,
        long Unrecorded,
        long ModelAnswered,
        long ModelRefused,
        long ModelCut,
        long ModelAborted,
        IReadOnlyDictionary<string, double> Looks,
        IReadOnlyDictionary<string, double> Tiers,
        LatencySummary Latency);

    /// <summary>The server's memory after so many calls: all of it, the managed heap as the last collection left it, and what the caches of answers count of it.</summary>
    private sealed record MemoryPoint(int Calls, double WorkingSetMebiBytes, double HeapMebiBytes, double CacheMebiBytes, double Collections);

    private sealed record GatewayResult(Machine Machine, string Orleans, DateTimeOffset At, string Command, string Method, double SettledSeconds, PairResult Whole, PairResult Streamed, LoadResult Load);
}
