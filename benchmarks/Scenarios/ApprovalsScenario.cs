using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Steward.Approvals;
using Steward.Benchmarks.Measuring;
using Steward.EnterpriseSim;
using Steward.Notifications;
using Steward.Storage;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench approvals</c>: how soon everybody knows of a decision although channels fail, that nothing is lost or shown twice, and what waiting requests cost.</summary>
internal static class ApprovalsScenario
{
    private const int Tenants = 10;
    private const double FaultPercent = 2;
    private const double TargetMilliseconds = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var rate = new Option<double>("--rate") { Description = "Decisions a second; two and a half times as many notifications.", DefaultValueFactory = _ => 50 };
        var seconds = new Option<int>("--seconds") { Description = "For how long.", DefaultValueFactory = _ => 120 };
        var pending = new Option<int>("--pending") { Description = "Requests that wait in the second part.", DefaultValueFactory = _ => 100_000 };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("approvals", "Decisions until everybody is told, with faults of channels; memory and timers of requests that wait.") { rate, seconds, pending, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(rate), parsed.GetRequiredValue(seconds), parsed.GetRequiredValue(pending), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(double rate, int seconds, int pending, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var sim = await EnterpriseSimulation.StartAsync(cancellationToken: cancellationToken);
        await using var steward = await InProcessSteward.StartAsync([new("Steward:Connectors:AllowPrivateAddresses", "true")], cancellationToken);
        var office = new ApprovalsOffice(steward, sim);
        var told = seconds > 0 ? await TellAsync(steward, sim, office, rate, seconds, cancellationToken) : null;
        var waiting = pending > 0 ? await WaitAsync(steward, office, pending, cancellationToken) : null;
        var result = new ApprovalsResult(
            Machine.Read(),
            TimeProvider.System.GetUtcNow(),
            FormattableString.Invariant($"steward bench approvals --rate {rate} --seconds {seconds} --pending {pending}"),
            Machine.Orleans,
            $"Silo, client and simulators in one process on SQLite; {Tenants} tenants, whose people are told by Slack, Teams and mail, a third each; {FaultPercent} % of the calls of each simulator fail with a server error. From the call that decides to the channel's acceptance of each message about it; what people see is counted at the simulators. Then requests that nobody answers: growth of the managed heap, and the time until all that are due in one minute have lapsed.",
            told,
            waiting);
        Console.Out.WriteLine($"{result.Machine.Processor}, {result.Machine.Cores} cores, load {result.Machine.LoadAverage}, Orleans {result.Orleans}, commit {result.Machine.Commit}");
        List<Target> targets = [];
        if (told is not null)
        {
            Console.Out.WriteLine($"{told.Decisions} decisions at {told.DecisionsPerSecond:0.0}/s, {told.Notices} notices at {told.NoticesPerSecond:0.0}/s, {told.Faults} faults: told p50 {told.Told.P50:0} ms, p99 {told.Told.P99:0} ms, max {told.Told.Max:0} ms; decided p99 {told.Decided.P99:0} ms");
            targets.Add(new Target("decision until a channel has told of it, p99", told.Told.P99, "ms", TargetMilliseconds, AtLeast: false));
            targets.Add(new Target("notices lost", told.Lost, "", 1, AtLeast: false));
            targets.Add(new Target("messages that people see twice", told.SeenTwice, "", 1, AtLeast: false));
        }

        if (waiting is not null)
        {
            Console.Out.WriteLine($"{waiting.Requests} requests wait: {waiting.BytesEach:0} bytes each; {waiting.Due} timers of one minute in {waiting.TimersSeconds:0.0} s");
            targets.Add(new Target("memory of a request that waits", waiting.BytesEach, "bytes", 4096, AtLeast: false));
            targets.Add(new Target("time for the timers of one minute", waiting.TimersSeconds, "s", 60, AtLeast: false));
        }

        return await ResultOptions.FinishAsync(result, targets, check, json, cancellationToken);
    }

    private static async Task<Telling> TellAsync(
        InProcessSteward steward, EnterpriseSimulation sim, ApprovalsOffice office, double rate, int seconds, CancellationToken cancellationToken)
    {
        var tenants = Enumerable.Range(0, Tenants).Select(number => $"t-bench-{number}").ToList();
        await Task.WhenAll(tenants.Select(tenant => Task.Run(() => office.OpenAsync(tenant), cancellationToken)));
        var store = steward.Services.GetRequiredService<INotificationStore>();
        var requests = await SubmitAsync(office, tenants, (int)(rate * seconds), cancellationToken);
        await QuietAsync(store, tenants, cancellationToken);
        foreach (var system in (SimSystem[])[SimSystem.Slack, SimSystem.Graph, SimSystem.Smtp])
        {
            sim.Inject(new SimFault { Kind = SimFaultKind.ServerError, System = system, Percent = FaultPercent, Count = int.MaxValue });
        }

        sim.ClearCalls();
        var (decided, started) = (new Latencies(), Stopwatch.GetTimestamp());
        List<Task<DateTimeOffset>> decisions = [];
        using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2), TimeProvider.System))
        {
            while (decisions.Count < requests.Count)
            {
                for (var due = Math.Min(requests.Count, (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * rate)) - decisions.Count; due > 0; due--)
                {
                    var request = requests[decisions.Count];
                    decisions.Add(Task.Run(() => DecideAsync(request), cancellationToken));
                }

                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }

        var times = await Task.WhenAll(decisions);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await QuietAsync(store, tenants, cancellationToken);
        var faults = sim.Calls.Count(call => call.Fault is not null);
        sim.ClearFaults();
        var (told, lost, notices) = (new Latencies(), 0, 0);
        foreach (var (request, at) in requests.Zip(times))
        {
            var rows = (await store.ListBySubjectAsync(request.Tenant, request.View.ApprovalId, 1000, cancellationToken)).Where(row => row.Kind is "approval.closed" or "approval.result").ToList();
            foreach (var notice in rows.GroupBy(row => row.NoticeId))
            {
                var outside = notice.Where(row => row.Channel != NotificationChannels.InApp).ToList();
                notices++;
                if (outside.Count == 0 || outside.Any(row => row.SentAt is null))
                {
                    lost++;
                    continue;
                }

                told.Add(outside.Max(row => row.SentAt!.Value) - at);
            }

            // Whoever was asked is told that it is over; whoever asked, what became of it.
            lost += Math.Max(0, request.Approvers.Count + 1 - rows.Select(row => row.NoticeId).Distinct().Count());
        }

        return new Telling(requests.Count, requests.Count / elapsed, notices, notices / elapsed, faults, decided.Summarize(), told.Summarize(), lost, SeenTwice(sim, office));

        async Task<DateTimeOffset> DecideAsync(Pending request)
        {
            var (at, begun) = (TimeProvider.System.GetUtcNow(), Stopwatch.GetTimestamp());
            await office.ApproveAsync(request.Tenant, request.View, request.Approvers[0]);
            decided.Add(Stopwatch.GetElapsedTime(begun));
            return at;
        }
    }

    private static async Task<IReadOnlyList<Pending>> SubmitAsync(ApprovalsOffice office, List<string> tenants, int count, CancellationToken cancellationToken)
    {
        var requests = new Pending[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken }, async (number, _) =>
        {
            // One or two are asked, so that two and a half are told on average.
            var first = number * 5 % office.People.Count;
            List<int> approvers = number % 2 == 0 ? [first] : [first, (first + 1) % office.People.Count];
            var tenant = tenants[number % tenants.Count];
            requests[number] = new Pending(tenant, await office.SubmitAsync(tenant, $"a-bench-{number}", (first + 2) % office.People.Count, approvers), approvers);
        });
        return requests;
    }

    private static async Task QuietAsync(INotificationStore store, List<string> tenants, CancellationToken cancellationToken)
    {
        var (since, quiet) = (Stopwatch.GetTimestamp(), 0);
        while (quiet < 4)
        {
            if (Stopwatch.GetElapsedTime(since) > Patience)
            {
                throw new TimeoutException("Notices still wait.");
            }

            // Approvals hand over a moment after they have changed.
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, cancellationToken);
            var open = await Task.WhenAll(tenants.Select(tenant => store.ListOpenChannelsAsync(tenant, DateTimeOffset.MaxValue, cancellationToken).AsTask()));
            quiet = open.All(channels => channels.Count == 0) ? quiet + 1 : 0;
        }
    }

    // Each person has one message about a request in a chat, changed where it was; mails are told apart by their ids.
    private static int SeenTwice(EnterpriseSimulation sim, ApprovalsOffice office)
    {
        var twice = sim.State.ReceivedMail.GroupBy(mail => (mail.Header("Message-ID"), string.Join(',', mail.Recipients))).Sum(mails => mails.Count() - 1);
        for (var person = 0; person < office.People.Count; person++)
        {
            if (ApprovalsOffice.ChannelOf(person) is NotificationChannels.Email)
            {
                continue;
            }

            var system = ApprovalsOffice.ChannelOf(person) == NotificationChannels.Slack ? SimSystem.Slack : SimSystem.Graph;
            var messages = sim.MessagesTo(system, office.People[person].Email).Select(message => message.ToJsonString()).ToList();
            twice += messages.Select(message => System.Text.RegularExpressions.Regex.Match(message, "a-bench-[0-9]+").Value).GroupBy(id => id).Sum(copies => copies.Count() - 1);
        }

        return twice;
    }

    private static async Task<Waiting> WaitAsync(InProcessSteward steward, ApprovalsOffice office, int count, CancellationToken cancellationToken)
    {
        const string Tenant = "t-bench-waiting";
        await SubmitAsync("warm", 500, _ => null);
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
        var before = Heap();

        // As many are due in one minute as when each is reminded once in a working day.
        var (dueAt, due) = (TimeProvider.System.GetUtcNow().AddSeconds(Math.Max(60, count / 100)), Math.Max(1, count / 480));
        await SubmitAsync("idle", count, number => number < due ? dueAt : dueAt.AddDays(3));
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
        var bytes = (Heap() - before) / (double)count;
        var left = dueAt - TimeProvider.System.GetUtcNow();
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System, cancellationToken);
        var (started, woken) = (Stopwatch.GetTimestamp(), 0);
        while (woken < due)
        {
            var heads = await steward.Journals.ListDueAsync(Tenant + "/", TimeProvider.System.GetUtcNow(), 200, null, cancellationToken);
            await Parallel.ForEachAsync(heads, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken }, async (head, _) => await office.WakeAsync(head.Journal));
            woken += heads.Count;
            if (heads.Count == 0)
            {
                // Those that were in memory did it by themselves.
                break;
            }
        }

        return new Waiting(count, bytes, due, Stopwatch.GetElapsedTime(started).TotalSeconds);

        Task SubmitAsync(string name, int many, Func<int, DateTimeOffset?> expires) => Parallel.ForAsync(
            0, many, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken },
            async (number, _) => await office.SubmitAsync(Tenant, $"a-{name}-{number}", 0, [1], expires(number)));
    }

    private static long Heap()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private sealed record Pending(string Tenant, ApprovalView View, IReadOnlyList<int> Approvers);

    private sealed record Telling(
        int Decisions, double DecisionsPerSecond, int Notices, double NoticesPerSecond, int Faults, LatencySummary Decided, LatencySummary Told, int Lost, int SeenTwice);

    private sealed record Waiting(int Requests, double BytesEach, int Due, double TimersSeconds);

    private sealed record ApprovalsResult(Machine Machine, DateTimeOffset At, string Command, string Orleans, string Method, Telling? Told, Waiting? Waiting);
}
