using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Steward.Benchmarks.Measuring;
using Steward.EnterpriseSim;

namespace Steward.Benchmarks.Scenarios.Crash;

/// <summary>
/// <c>bench crash</c>: kills Steward with SIGKILL at random moments while users have multi-step runs with writes worked off in simulated systems that
/// themselves fail, time out after acting and answer 429. Then counts: runs that were lost, effects that happened twice, approvals that were decided
/// twice, events that came twice or never. The truth about effects is read from the simulated systems, which live in the load tester's process.
/// </summary>
internal static class CrashScenario
{
    private static readonly TimeSpan DrainsWithin = TimeSpan.FromMinutes(4);

    public static Command Create()
    {
        var kills = new Option<int>("--kills") { Description = "How often the process is killed.", DefaultValueFactory = _ => 300 };
        var runs = new Option<int>("--runs") { Description = "The least number of runs.", DefaultValueFactory = _ => 1000 };
        var users = new Option<int>("--users") { Description = "Users at the same time, each with a session.", DefaultValueFactory = _ => 16 };
        var seed = new Option<int>("--seed") { Description = "Where the moments and the faults come from.", DefaultValueFactory = _ => 20261121 };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("crash", "Kills under load: nothing lost, nothing done twice.") { kills, runs, users, seed, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Settings(parsed.GetRequiredValue(kills), parsed.GetRequiredValue(runs), parsed.GetRequiredValue(users), parsed.GetRequiredValue(seed)),
            parsed.GetValue(check),
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Settings settings, bool check, string? json, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        await using var simulation = await EnterpriseSimulation.StartAsync(
            new EnterpriseSimOptions(), cancellationToken);
        await using var server = await MortalServer.StartAsync(
            simulation,
            new Dictionary<string, string?>
            {
                ["Steward:Orchestration:PlaybookDirectory"] = Path.Combine(AppContext.BaseDirectory, "crash", "playbooks"),
                // The simulated systems have acted before they answer, so that a short wait tells as much as a long one.
                ["Steward:Connectors:SettleDelay"] = "00:00:01",
                ["Steward:Connectors:Timeout"] = "00:00:05",
            },
            cancellationToken);
        await using var connections = LoadConnections.Create(server.Url);
        using var http = connections.CreateClient();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var random = new Random(settings.Seed);
        var chaos = new Chaos(simulation, new Random(random.Next()));
        using var calm = new CancellationTokenSource();
        var faults = chaos.RunAsync(calm.Token);
        var approver = server.Token("u-crash-approver", "Crash Approver", "crash.approver@acme.example", "employee", "admin");
        var person = simulation.Company.People.First(candidate => candidate.Manager is not null && candidate.Status == "ACTIVE");
        bool Truth(string order, string operation) => Effects.Read(simulation).Of(Effects.EffectOf(operation), order) > 0;

        var orders = new List<Order>();
        var owners = new Dictionary<Order, CrashUser>();
        var killed = new TaskCompletionSource();
        var users = Enumerable.Range(1, settings.Users).Select(async number =>
        {
            var userId = $"u-crash-{number.ToString(CultureInfo.InvariantCulture)}";
            var user = new CrashUser(http, $"s-crash-{number.ToString(CultureInfo.InvariantCulture)}", server.Token(userId, person.Name, person.Email, "employee"), approver, Truth);
            var pace = new Random(settings.Seed + number);
            while (true)
            {
                Order order;
                lock (orders)
                {
                    if (killed.Task.IsCompleted && orders.Count >= settings.Runs)
                    {
                        return;
                    }

                    order = new Order($"o{orders.Count + 1}", needsApproval: pace.Next(4) == 0);
                    orders.Add(order);
                    owners.Add(order, user);
                }

                await user.CarryOutAsync(order, patience.Token);
                await Task.Delay(TimeSpan.FromMilliseconds(pace.Next(600)), TimeProvider.System, patience.Token);
            }
        }).ToArray();

        var work = Task.WhenAll(users);
        for (var kill = 1; kill <= settings.Kills && !work.IsFaulted; kill++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(200, 2500)), TimeProvider.System, cancellationToken);
            await server.KillAsync();
            await server.StartAsync(cancellationToken);
            if (kill % 10 == 0)
            {
                Console.Out.WriteLine($"{kill} kills, {Ended(orders)} of {orders.Count} runs ended, {Stopwatch.GetElapsedTime(began).TotalMinutes:0.0} minutes");
            }
        }

        killed.SetResult();
        await calm.CancelAsync();
        await faults;
        await Task.WhenAny(work, WhenStarted(orders, settings.Runs, patience.Token));
        patience.CancelAfter(DrainsWithin);
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Whoever still waits has lost a run, which is counted below.
        }

        var letters = await ReplayAsync(owners, cancellationToken);
        var result = Judge(settings, orders, letters, Effects.Read(simulation), server.Kills, chaos, Stopwatch.GetElapsedTime(began));
        Print(result);
        List<Target> targets =
        [
            new("kills", result.Kills, "", settings.Kills, AtLeast: true),
            new("runs", result.Runs, "", settings.Runs, AtLeast: true),
            new("runs lost", result.Lost, "", 0.5, AtLeast: false),
            new("effects that happened twice", result.Duplicates.Count, "", 0.5, AtLeast: false),
            new("completed runs without their effects", result.Missing.Count, "", 0.5, AtLeast: false),
            new("approvals decided twice", result.DecidedTwice, "", 0.5, AtLeast: false),
            new("dead letters that are left after one replay each", result.DeadLettersLeft, "", 0.5, AtLeast: false),
            new("events that came twice, never or out of order", result.StreamFaults.Count, "", 0.5, AtLeast: false),
        ];
        return await ResultOptions.FinishAsync(result, targets, check, json, cancellationToken);
    }

    /// <summary>Replays what is on the dead-letter list, now that the simulated systems are well again, and says what was on it and what is left.</summary>
    private static async Task<(int Found, int Left)> ReplayAsync(Dictionary<Order, CrashUser> owners, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(DrainsWithin);
        var user = owners.Values.First();
        var dead = await user.ListDeadLettersAsync(patience.Token);
        try
        {
            await Parallel.ForEachAsync(
                owners.Where(owned => owned.Key.RunId is { } run && dead.Contains(run)),
                new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = patience.Token },
                async (owned, stop) => await owned.Value.ReplayAsync(owned.Key, stop));

            // A run takes its letter off the list right after its end.
            var left = dead.Count;
            for (var tries = 0; left > 0 && tries < 50; tries++)
            {
                left = (await user.ListDeadLettersAsync(patience.Token)).Count;
                await Task.Delay(left > 0 ? TimeSpan.FromMilliseconds(100) : TimeSpan.Zero, TimeProvider.System, patience.Token);
            }

            return (dead.Count, left);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (dead.Count, dead.Count);
        }
    }

    private static int Ended(List<Order> orders)
    {
        lock (orders)
        {
            return orders.Count(order => order.State is not null);
        }
    }

    private static async Task WhenStarted(List<Order> orders, int runs, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (orders)
            {
                if (orders.Count >= runs)
                {
                    return;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }
    }

    private static CrashResult Judge(Settings settings, List<Order> orders, (int Found, int Left) letters, Effects effects, int kills, Chaos chaos, TimeSpan duration)
    {
        var missing = new List<string>();
        foreach (var order in orders.Where(order => order.State == "completed" && order.ErrorCode is null))
        {
            string[] expected = order.NeedsApproval ? ["case", "issue"] : ["incident", "issue", "comment"];
            missing.AddRange(expected.Where(effect => effects.Of(effect, order.Id) != 1).Select(effect => $"{effect} of {order.Id}: {effects.Of(effect, order.Id)} times"));
        }

        return new CrashResult(
            Machine.Read(),
            TimeProvider.System.GetUtcNow(),
            settings.ToCommand(),
            Machine.Orleans,
            Math.Round(duration.TotalMinutes, 1),
            kills,
            orders.Count,
            orders.Sum(order => order.Steps),
            orders.Where(order => order.State is not null)
                .GroupBy(order => order.ErrorCode is null ? order.State! : $"{order.State} ({order.ErrorCode})")
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.Count()),
            orders.Count(order => order.State is null),
            letters.Found,
            orders.Count(order => order is { Replays: > 0, State: "completed" }),
            letters.Left,
            effects.Total,
            effects.Duplicates,
            missing,
            orders.Sum(order => order.Decisions.Count),
            orders.Sum(order => order.Decisions.Count(decision => decision.Value > 1)),
            orders.Sum(order => order.Reconciled),
            orders.Sum(order => order.Reconnects),
            orders.Sum(order => order.LastSequence),
            [.. orders.SelectMany(order => order.StreamFaults)],
            chaos.Hits.OrderBy(fault => fault.Key.ToString(), StringComparer.Ordinal).ToDictionary(fault => fault.Key.ToString(), fault => fault.Value));
    }

    private static void Print(CrashResult result)
    {
        var output = Console.Out;
        output.WriteLine($"{result.Machine.Processor}, {result.Machine.Cores} cores, {result.Machine.Runtime}, Orleans {result.Orleans}, commit {result.Machine.Commit}, load {result.Machine.LoadAverage:0.0}");
        output.WriteLine(result.Command);
        output.WriteLine($"{result.Kills} kills in {result.Minutes:0.0} minutes, {result.Runs} runs with {result.Steps} steps: {string.Join(", ", result.Ends.Select(end => $"{end.Value} {end.Key}"))}");
        output.WriteLine($"{result.DeadLetters} dead letters replayed once the systems were well again: {result.CompletedByReplay} completed, {result.DeadLettersLeft} left");
        output.WriteLine($"{result.Effects} effects; {result.Decisions} decisions, each asked for twice; {result.Reconciled} look-ups of actions without an outcome");
        output.WriteLine($"{result.Events} events read over {result.Reconnects} broken streams; faults that hit: {string.Join(", ", result.Faults.Select(fault => $"{fault.Value} {fault.Key}"))}");
        foreach (var line in result.Duplicates.Concat(result.Missing).Concat(result.StreamFaults).Take(40))
        {
            output.WriteLine($"WRONG  {line}");
        }
    }

    private sealed record Settings(int Kills, int Runs, int Users, int Seed)
    {
        public string ToCommand() => string.Create(CultureInfo.InvariantCulture, $"steward bench crash --kills {Kills} --runs {Runs} --users {Users} --seed {Seed}");
    }

    private sealed record CrashResult(
        Machine Machine,
        DateTimeOffset At,
        string Command,
        string Orleans,
        double Minutes,
        int Kills,
        int Runs,
        int Steps,
        IReadOnlyDictionary<string, int> Ends,
        int Lost,
        int DeadLetters,
        int CompletedByReplay,
        int DeadLettersLeft,
        int Effects,
        IReadOnlyList<string> Duplicates,
        IReadOnlyList<string> Missing,
        int Decisions,
        int DecidedTwice,
        int Reconciled,
        int Reconnects,
        long Events,
        IReadOnlyList<string> StreamFaults,
        IReadOnlyDictionary<string, int> Faults);
}
