using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Steward.Benchmarks.Measuring;
using Steward.EnterpriseSim;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// <c>bench turns</c>: what the platform itself costs per turn, with systems and models that answer at once. Two phases over the same sessions: first
/// at a set rate, spread evenly over the sessions, where the latency counts from the moment a turn was due (so that a stall is not hidden); then
/// every session sends its next turn as soon as the last one has ended, where the throughput counts.
/// </summary>
internal static class TurnsScenario
{
    private const double CalmShare = 0.03;
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        var sessions = new Option<int>("--sessions") { Description = "Concurrent sessions, each of a user of its own.", DefaultValueFactory = _ => 200 };
        var seconds = new Option<int>("--seconds") { Description = "Length of each phase.", DefaultValueFactory = _ => 20 };
        var rate = new Option<double>("--rate") { Description = "Turns per second of the first phase.", DefaultValueFactory = _ => 100 };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var engine = new Option<string>("--engine") { Description = "What answers: a playbook with one call to a simulated system, or a simulated model.", DefaultValueFactory = _ => "playbook" };
        engine.AcceptOnlyFromAmong("playbook", "model");
        var firstToken = new Option<int>("--first-token") { Description = "Milliseconds until the simulated model's first token.", DefaultValueFactory = _ => 0 };
        var tokensPerSecond = new Option<double>("--tokens-per-second") { Description = "The simulated model's speed after the first token; 0 sends the rest at once.", DefaultValueFactory = _ => 0 };
        var storage = MeasuredStorage.Option();
        var command = new Command("turns", "Overhead and throughput of turns.") { sessions, seconds, rate, storage, engine, firstToken, tokensPerSecond, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Settings(
                parsed.GetRequiredValue(sessions),
                TimeSpan.FromSeconds(parsed.GetRequiredValue(seconds)),
                parsed.GetRequiredValue(rate),
                parsed.GetRequiredValue(storage),
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
        await using var storage = await MeasuredStorage.StartAsync(settings.Storage, cancellationToken);
        await using var server = await Server.StartAsync(
            simulation, model is null ? storage.Settings : storage.Settings.Concat(SimulatedModel.Environment(model)), cancellationToken);
        await using var connections = LoadConnections.Create(server.Url);
        using var http = connections.CreateClient();
        using var people = await LoadPeople.CreateAsync(simulation, http, settings.Sessions, cancellationToken);
        var chats = people.All.Select(person => new Chat(new TurnClient(http, server.Token(person.User)), settings.UsesModel ? null : person)).ToArray();
        foreach (var batch in chats.Chunk(20))
        {
            await Task.WhenAll(batch.Select(chat => chat.Client.OpenAsync(cancellationToken)));
        }

        var question = settings.UsesModel ? SimulatedModel.Question : "Who is my manager?";
        var warmUp = await WarmUpAsync(chats, question, settings, http, cancellationToken);
        var warm = await PrometheusPage.ReadAsync(http, cancellationToken);
        var paced = await PaceAsync(chats, question, settings, cancellationToken);
        var between = await PrometheusPage.ReadAsync(http, cancellationToken);
        var saturated = await SaturateAsync(chats, question, settings, cancellationToken);
        var after = await PrometheusPage.ReadAsync(http, cancellationToken);

        var result = new TurnsResult(
            Machine.Read(),
            TimeProvider.System.GetUtcNow(),
            settings.ToCommand(),
            Machine.Orleans,
            settings.Storage,
            Math.Round(warmUp.TotalSeconds, 1),
            settings.UsesModel
                ? "Each turn over HTTP with server-sent events: one streamed call to a simulated model over HTTP. The overhead is the turn's time less the model's set time; the first answer counts from the instant at which the model's first token would be due if the model were asked as the turn begins. Load tester and simulated model share the machine with the server."
                : "Each turn over HTTP with server-sent events: a playbook with three calls to a simulated system over HTTP, one after the other. The overhead is the turn's time less what the simulated system's own handlers took of this very turn, from a request's head to the last byte of its answer. Load tester and simulated systems share the machine with the server.",
            paced.Overhead.Summarize(),
            paced.Total.Summarize(),
            paced.Foreign.Summarize(),
            paced.FirstAnswer.Summarize(settings.FirstToken),
            saturated.TurnsPerSecond,
            saturated.Total.Summarize(),
            ServerTail.Between(warm, between, paced.Elapsed),
            Per(saturated.Turns, "dotnet_gc_heap_total_allocated_bytes_total"),
            Per(saturated.Turns, "steward_journal_appended_bytes_total"),
            Per(saturated.Turns, "dotnet_process_cpu_time_seconds_total") * 1000);
        Print(result);
        List<Target> targets =
        [
            new("overhead of a turn, p50", result.PacedOverhead.P50, "ms", 3, AtLeast: false),
            new("overhead of a turn, p99", result.PacedOverhead.P99, "ms", 15, AtLeast: false),
            new("turns per second", result.TurnsPerSecond, "1/s", 500, AtLeast: true),
        ];
        if (settings.UsesModel)
        {
            targets.Add(new("first streamed event after the model's first token, p50", result.FirstAnswer.P50, "ms", 5, AtLeast: false));
        }

        return await ResultOptions.FinishAsync(result, targets, check, json, cancellationToken);

        // The server's own counters over the second phase.
        double Per(int turns, string counter) => (after.Sum(counter) - between.Sum(counter)) / turns;
    }

    /// <summary>
    /// Turns until the server's just-in-time compiler has settled: what it compiles again under load takes a core for seconds, which is a matter of
    /// a process's first minute and not of a turn. Returns how long that took.
    /// </summary>
    private static async Task<TimeSpan> WarmUpAsync(Chat[] chats, string question, Settings settings, HttpClient http, CancellationToken cancellationToken)
    {
        const string Compiling = "dotnet_jit_compilation_time_seconds_total";
        var start = Stopwatch.GetTimestamp();
        await SaturateAsync(chats, question, settings with { Duration = TimeSpan.FromSeconds(5) }, cancellationToken);
        var compiled = (await PrometheusPage.ReadAsync(http, cancellationToken)).Sum(Compiling);
        for (var calm = 0; calm < 2 && Stopwatch.GetElapsedTime(start) < LongestWarmUp;)
        {
            var phase = await PaceAsync(chats, question, settings with { Duration = TimeSpan.FromSeconds(2) }, cancellationToken);
            var now = (await PrometheusPage.ReadAsync(http, cancellationToken)).Sum(Compiling);
            calm = now - compiled < CalmShare * phase.Elapsed.TotalSeconds ? calm + 1 : 0;
            compiled = now;
        }

        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Turns at a set rate. A session's turns are due at fixed times; one that is still busy takes the next one late, which counts.</summary>
    private static async Task<Phase> PaceAsync(Chat[] chats, string question, Settings settings, CancellationToken cancellationToken)
    {
        var phase = new Phase();
        var interval = TimeSpan.FromSeconds(chats.Length / settings.Rate);
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(chats.Select(async (chat, index) =>
        {
            var due = interval * ((double)index / chats.Length);
            while (due < settings.Duration)
            {
                var wait = due - Stopwatch.GetElapsedTime(start);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, TimeProvider.System, cancellationToken);
                }

                // A timer that fires late is the load tester's delay, a session that is still busy is the platform's.
                var late = wait > TimeSpan.Zero ? TimeSpan.Zero : Stopwatch.GetElapsedTime(start) - due;
                var timing = await chat.Client.TakeTurnAsync(question, cancellationToken);
                phase.Add(timing, late, await chat.TakeForeignAsync(settings, cancellationToken));
                due += interval;
            }
        }));
        return phase with { Elapsed = Stopwatch.GetElapsedTime(start) };
    }

    private static async Task<Phase> SaturateAsync(Chat[] chats, string question, Settings settings, CancellationToken cancellationToken)
    {
        var phase = new Phase();
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(chats.Select(async chat =>
        {
            while (Stopwatch.GetElapsedTime(start) < settings.Duration)
            {
                var timing = await chat.Client.TakeTurnAsync(question, cancellationToken);
                phase.Add(timing, TimeSpan.Zero, await chat.TakeForeignAsync(settings, cancellationToken));
            }
        }));
        return phase with { Elapsed = Stopwatch.GetElapsedTime(start) };
    }

    private static void Print(TurnsResult result)
    {
        var output = Console.Out;
        output.WriteLine($"{result.Machine.Processor}, {result.Machine.Cores} cores, {result.Machine.Runtime}, Orleans {result.Orleans}, {result.Storage}, commit {result.Machine.Commit}, load {result.Machine.LoadAverage:0.0}");
        output.WriteLine($"{result.Command}");
        output.WriteLine($"at the set rate    p50 {result.Paced.P50:0.00} ms  p95 {result.Paced.P95:0.00} ms  p99 {result.Paced.P99:0.00} ms  max {result.Paced.Max:0.0} ms  ({result.Paced.Count} turns, all of their time)");
        output.WriteLine($"  overhead         p50 {result.PacedOverhead.P50:0.00} ms  p95 {result.PacedOverhead.P95:0.00} ms  p99 {result.PacedOverhead.P99:0.00} ms  max {result.PacedOverhead.Max:0.0} ms  (less what simulated systems or models took of the same turn)");
        output.WriteLine($"  simulated        p50 {result.PacedForeign.P50:0.00} ms  p95 {result.PacedForeign.P95:0.00} ms  p99 {result.PacedForeign.P99:0.00} ms  max {result.PacedForeign.Max:0.0} ms  (what came off)");
        output.WriteLine($"  first answer     p50 {result.FirstAnswer.P50:0.00} ms  p95 {result.FirstAnswer.P95:0.00} ms  p99 {result.FirstAnswer.P99:0.00} ms");
        output.WriteLine($"  server           {result.PacedServer.Commits:0} commits, p50 within {result.PacedServer.CommitP50Within:0.##} ms, p99 within {result.PacedServer.CommitP99Within:0.##} ms; {result.PacedServer.GarbageCollectionMillisecondsPerSecond:0.0} ms of each second paused for garbage collection, {result.PacedServer.CompilingMillisecondsPerSecond:0.0} ms spent compiling");
        output.WriteLine($"as fast as it goes {result.TurnsPerSecond:0} turns/s  p50 {result.Saturated.P50:0.0} ms  p95 {result.Saturated.P95:0.0} ms  p99 {result.Saturated.P99:0.0} ms  max {result.Saturated.Max:0.0} ms");
        output.WriteLine($"per turn           {result.AllocatedBytesPerTurn / 1024:0.0} KiB allocated, {result.JournaledBytesPerTurn:0} bytes journaled, {result.CpuMillisecondsPerTurn:0.00} ms of processor time in the server");
    }

    private sealed record Settings(int Sessions, TimeSpan Duration, double Rate, string Storage, bool UsesModel, TimeSpan FirstToken, double TokensPerSecond)
    {
        /// <summary>How long the model takes by itself.</summary>
        public TimeSpan ModelTime => UsesModel ? SimulatedModel.TimeOf(FirstToken, TokensPerSecond) : TimeSpan.Zero;

        public string ToCommand()
        {
            var command = string.Create(CultureInfo.InvariantCulture, $"steward bench turns --sessions {Sessions} --seconds {Duration.TotalSeconds:0} --rate {Rate:0} --storage {Storage}");
            return UsesModel
                ? command + string.Create(CultureInfo.InvariantCulture, $" --engine model --first-token {FirstToken.TotalMilliseconds:0} --tokens-per-second {TokensPerSecond:0.#}")
                : command;
        }
    }

    /// <summary>One session.</summary>
    /// <param name="Client">Takes its turns.</param>
    /// <param name="Person">Whose calls of the directory are told apart; null when a model answers.</param>
    private sealed record Chat(TurnClient Client, LoadPeople.Person? Person)
    {
        /// <summary>How much of the turn that has just ended was not the platform's.</summary>
        public async ValueTask<TimeSpan> TakeForeignAsync(Settings settings, CancellationToken cancellationToken) =>
            Person is null ? settings.ModelTime : await Person.TakeHandledAsync(cancellationToken);
    }

    private sealed record Phase
    {
        /// <summary>All of a turn's time.</summary>
        public Latencies Total { get; } = new();

        /// <summary>What of it was not the platform's.</summary>
        public Latencies Foreign { get; } = new();

        /// <summary>The difference, turn by turn.</summary>
        public Latencies Overhead { get; } = new();

        public Latencies FirstAnswer { get; } = new();

        public TimeSpan Elapsed { get; init; }

        public int Turns => Total.Count;

        public double TurnsPerSecond => Turns / Elapsed.TotalSeconds;

        public void Add(TurnTiming timing, TimeSpan late, TimeSpan foreign)
        {
            Total.Add(timing.Total + late);
            Foreign.Add(foreign);
            Overhead.Add(timing.Total + late - foreign);
            if (timing.FirstAnswer is { } first)
            {
                FirstAnswer.Add(first + late);
            }
        }
    }

    /// <summary>Where the tail of the first phase may come from: what the server itself counted meanwhile.</summary>
    private sealed record ServerTail(double Commits, double CommitP50Within, double CommitP99Within, double GarbageCollectionMillisecondsPerSecond, double CompilingMillisecondsPerSecond)
    {
        private const string Commit = "steward_storage_commit_duration_seconds";

        public static ServerTail Between(PrometheusPage before, PrometheusPage after, TimeSpan elapsed)
        {
            var (commits, median) = after.Quantile(Commit, 0.5, before);
            return new(
                commits,
                median * 1000,
                after.Quantile(Commit, 0.99, before).UpperEnd * 1000,
                PerSecond("dotnet_gc_pause_time_seconds_total"),
                PerSecond("dotnet_jit_compilation_time_seconds_total"));

            double PerSecond(string counter) => (after.Sum(counter) - before.Sum(counter)) * 1000 / elapsed.TotalSeconds;
        }
    }

    private sealed record TurnsResult(
        Machine Machine,
        DateTimeOffset At,
        string Command,
        string Orleans,
        string Storage,
        double WarmUpSeconds,
        string Method,
        LatencySummary PacedOverhead,
        LatencySummary Paced,
        LatencySummary PacedForeign,
        LatencySummary FirstAnswer,
        double TurnsPerSecond,
        LatencySummary Saturated,
        ServerTail PacedServer,
        double AllocatedBytesPerTurn,
        double JournaledBytesPerTurn,
        double CpuMillisecondsPerTurn);
}
