using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Steward.Benchmarks.Measuring;
using Steward.EnterpriseSim;
using Steward.Host.Capabilities;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// <c>bench fairness</c>: two tenants of equal weight. The quiet one sends turns at a steady rate; the noisy one at the same rate, then at a multiple of it, then
/// at the same again, and so on in turn. What counts is how much the quiet tenant's 95th percentile moves.
/// </summary>
internal static class FairnessScenario
{
    private const string QuietTenant = "t-quiet";
    private const string NoisyTenant = "t-noisy";
    private const string Compiling = "dotnet_jit_compilation_time_seconds_total";
    private const double CalmShare = 0.03;
    private static readonly TimeSpan WarmUpPhase = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(45);

    public static Command Create()
    {
        var rate = new Option<double>("--rate") { Description = "Turns per second of each tenant.", DefaultValueFactory = _ => 80 };
        var factor = new Option<double>("--factor") { Description = "By how much the noisy tenant exceeds its rate.", DefaultValueFactory = _ => 10 };
        var seconds = new Option<int>("--seconds") { Description = "Length of each phase.", DefaultValueFactory = _ => 10 };
        var pairs = new Option<int>("--pairs") { Description = "How many calm and noisy phases there are of each.", DefaultValueFactory = _ => 5 };
        var engine = new Option<string>("--engine") { Description = "What answers: a simulated model, or a playbook with one call to a simulated system.", DefaultValueFactory = _ => "model" };
        engine.AcceptOnlyFromAmong("playbook", "model");
        var firstToken = new Option<int>("--first-token") { Description = "Milliseconds until the simulated model's first token.", DefaultValueFactory = _ => 250 };
        var tokensPerSecond = new Option<double>("--tokens-per-second") { Description = "The simulated model's speed after the first token; 0 sends the rest at once.", DefaultValueFactory = _ => 0 };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("fairness", "What a noisy tenant does to another one.") { rate, factor, seconds, pairs, engine, firstToken, tokensPerSecond, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Settings(
                parsed.GetRequiredValue(rate),
                parsed.GetRequiredValue(factor),
                TimeSpan.FromSeconds(parsed.GetRequiredValue(seconds)),
                parsed.GetRequiredValue(pairs),
                parsed.GetRequiredValue(engine) == "model",
                TimeSpan.FromMilliseconds(parsed.GetRequiredValue(firstToken)),
                parsed.GetRequiredValue(tokensPerSecond)),
            parsed.GetValue(check),
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Settings settings, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var simulation = await EnterpriseSimulation.StartAsync(cancellationToken: cancellationToken);
        await using var model = settings.UsesModel ? await SimulatedModel.StartAsync(settings.FirstToken, settings.TokensPerSecond, cancellationToken) : null;
        var environment = SimulatedSystems.Connectors(QuietTenant, simulation)
            .Concat(SimulatedSystems.Connectors(NoisyTenant, simulation))
            .Concat(model is null ? [] : SimulatedModel.Environment(model))
            .ToDictionary(setting => setting.Key, setting => setting.Value);
        await using var server = await Server.StartAsync(simulation, environment, cancellationToken);
        await using var connections = LoadConnections.Create(server.Url);
        using var http = connections.CreateClient();
        var question = settings.UsesModel ? SimulatedModel.Question : "Who is my manager?";
        var people = simulation.Company.People.Where(person => person.Manager is not null && person.Status == "ACTIVE").ToArray();

        // Enough people that each has one turn at a time, unless turns take longer than five seconds.
        var quiet = Tokens(QuietTenant, settings.Rate * 5).Select(token => new TurnClient(http, token)).ToArray();
        foreach (var batch in quiet.Chunk(20))
        {
            await Task.WhenAll(batch.Select(client => client.OpenAsync(cancellationToken)));
        }

        await using var noisy = await NoisyNeighbour.StartAsync(server.Url, question, [.. Tokens(NoisyTenant, settings.Rate * settings.Factor * 2)], cancellationToken);
        var load = new OpenLoad(quiet, question);
        var warmUp = await WarmUpAsync();
        List<(PhaseResult Calm, PhaseResult Noisy)> pairs = [];
        for (var pair = 0; pair < settings.Pairs; pair++)
        {
            // The order changes, so that whatever drifts on the machine hits both alike.
            var (first, second) = pair % 2 == 0 ? (1.0, settings.Factor) : (settings.Factor, 1.0);
            var (one, two) = (await MeasureAsync(first, settings.Duration), await MeasureAsync(second, settings.Duration));
            pairs.Add(pair % 2 == 0 ? (one, two) : (two, one));
            Print(pairs[^1]);
        }

        var result = new FairnessResult(
            Machine.Read(),
            TimeProvider.System.GetUtcNow(),
            settings.ToCommand(),
            Machine.Orleans,
            Math.Round(warmUp.TotalSeconds, 1),
            "Each turn over HTTP with server-sent events, sent at a set rate whatever became of earlier ones; latencies are the quiet tenant's, whole turns with the model's time. The "
                + "noisy tenant's clients are a process of lower priority on the same machine; the quiet tenant's and the simulators are another one. The ratio is the median over "
                + "the pairs of phases of the 95th percentile under noise to that in calm.",
            Median(pairs.Select(pair => pair.Noisy.Quiet.Latency.P50 / pair.Calm.Quiet.Latency.P50)),
            Median(pairs.Select(pair => pair.Noisy.Quiet.Latency.P95 / pair.Calm.Quiet.Latency.P95)),
            Median(pairs.Select(pair => pair.Noisy.Quiet.Latency.P99 / pair.Calm.Quiet.Latency.P99)),
            [.. pairs.Select(pair => pair.Calm)],
            [.. pairs.Select(pair => pair.Noisy)]);
        Console.Out.WriteLine($"{result.Machine.Processor}, {result.Machine.Cores} cores, {result.Machine.Runtime}, Orleans {result.Orleans}, commit {result.Machine.Commit}, load {result.Machine.LoadAverage:0.0}");
        Console.Out.WriteLine($"{result.Command}");
        Console.Out.WriteLine($"the quiet tenant's latency under noise to that in calm: p50 × {result.P50Ratio:0.00}  p95 × {result.P95Ratio:0.00}  p99 × {result.P99Ratio:0.00}");
        return await ResultOptions.FinishAsync(
            result,
            [new Target("p95 of a tenant while another one sends ten times its load, to before", result.P95Ratio, "", 1.10, AtLeast: false)],
            check,
            json,
            cancellationToken);

        IEnumerable<string> Tokens(string tenant, double count) => Enumerable.Range(0, (int)count).Select(number =>
        {
            var person = people[number % people.Length];
            return server.Token(new LoadUser($"u-load-{number}", person.Name, person.Email), tenant);
        });

        async Task<PhaseResult> MeasureAsync(double noise, TimeSpan duration)
        {
            var neighbour = noisy.SendAsync(settings.Rate * noise, duration, cancellationToken);
            var own = await load.RunAsync(settings.Rate, duration, cancellationToken);
            return new PhaseResult(noise, own, await neighbour);
        }

        // Until the server's just-in-time compiler has settled, which takes a core for seconds after a start and would make the first calm phase a noisy one.
        async Task<TimeSpan> WarmUpAsync()
        {
            var start = Stopwatch.GetTimestamp();
            await MeasureAsync(settings.Factor, WarmUpPhase);
            for (var calm = 0; calm < 2 && Stopwatch.GetElapsedTime(start) < LongestWarmUp;)
            {
                var (compiled, began) = ((await PrometheusPage.ReadAsync(http, cancellationToken)).Sum(Compiling), Stopwatch.GetTimestamp());
                await MeasureAsync(settings.Factor / 2, WarmUpPhase);
                var since = (await PrometheusPage.ReadAsync(http, cancellationToken)).Sum(Compiling) - compiled;
                calm = since < CalmShare * Stopwatch.GetElapsedTime(began).TotalSeconds ? calm + 1 : 0;
            }

            return Stopwatch.GetElapsedTime(start);
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static void Print((PhaseResult Calm, PhaseResult Noisy) pair)
    {
        foreach (var phase in new[] { pair.Calm, pair.Noisy })
        {
            var (own, other) = (phase.Quiet, phase.Noisy);
            Console.Out.WriteLine(
                $"noise × {phase.Factor,-4:0.#} quiet p50 {own.Latency.P50:0.0} ms  p95 {own.Latency.P95:0.0} ms  p99 {own.Latency.P99:0.0} ms  ({own.Sent} turns, {own.Refused} refused)   "
                + $"noisy p95 {other.Latency.P95:0} ms  ({other.Sent} turns, {other.Refused} refused)");
        }
    }

    private sealed record Settings(double Rate, double Factor, TimeSpan Duration, int Pairs, bool UsesModel, TimeSpan FirstToken, double TokensPerSecond)
    {
        public string ToCommand()
        {
            var command = string.Create(CultureInfo.InvariantCulture, $"steward bench fairness --rate {Rate:0.#} --factor {Factor:0.#} --seconds {Duration.TotalSeconds:0} --pairs {Pairs}");
            return UsesModel
                ? command + string.Create(CultureInfo.InvariantCulture, $" --first-token {FirstToken.TotalMilliseconds:0} --tokens-per-second {TokensPerSecond:0.#}")
                : command + " --engine playbook";
        }
    }

    /// <summary>One phase.</summary>
    private sealed record PhaseResult(double Factor, LoadOutcome Quiet, LoadOutcome Noisy);

    private sealed record FairnessResult(
        Machine Machine,
        DateTimeOffset At,
        string Command,
        string Orleans,
        double WarmUpSeconds,
        string Method,
        double P50Ratio,
        double P95Ratio,
        double P99Ratio,
        IReadOnlyList<PhaseResult> Calm,
        IReadOnlyList<PhaseResult> Noisy);
}
