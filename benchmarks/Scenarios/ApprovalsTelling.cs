using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Steward.Approvals;
using Steward.Benchmarks.Measuring;
using Steward.EnterpriseSim;
using Steward.Notifications;
using Steward.Storage;

namespace Steward.Benchmarks.Scenarios;

/// <summary>The first part of <c>bench approvals</c>: decisions at a set rate, until each channel has taken each message about them.</summary>
internal sealed partial class ApprovalsTelling(InProcessSteward steward, EnterpriseSimulation sim, ApprovalsOffice office, ApprovalsPlan plan)
{
    private const double FaultPercent = 2;
    private const int Seed = 20261121;
    private const int AskedAtOnce = 100;
    private const int FewChannels = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly INotificationStore _store = steward.Services.GetRequiredService<INotificationStore>();
    private readonly List<string> _tenants = [.. Enumerable.Range(0, plan.Tenants).Select(number => $"t-bench-{number}")];

    public static string Method(ApprovalsPlan plan) => FormattableString.Invariant(
        $"Silo, client and simulators in one process; {plan.Tenants} tenants, so that each stays within the limits of the shipped templates; their people are told by Slack, Teams and mail, a third each. All requests are asked for first. Then decisions at a set rate, however long earlier ones take, while {FaultPercent} % of the calls of Slack and Teams and of the mails fail: half of them with a server error, the others are carried out and the connection is cut before the answer. Latency is from the call that decides until the channel took the last message of a notice. Every message is then looked up at the simulators: the one about the outcome must be there, and there once.");

    public async Task<ToldResult> RunAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(_tenants, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (tenant, _) => await office.OpenAsync(tenant));
        Console.Error.WriteLine($"{watch.Elapsed.TotalSeconds:0} s: {_tenants.Count} tenants with {office.People.Count} people");
        var requests = await SubmitAsync(cancellationToken);
        Console.Error.WriteLine($"{watch.Elapsed.TotalSeconds:0} s: {requests.Count} requests");
        await QuietAsync(cancellationToken);
        Console.Error.WriteLine($"{watch.Elapsed.TotalSeconds:0} s: all who decide were asked");

        // The machine comes to rest before anything is measured.
        GC.Collect();
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken);
        foreach (var system in (SimSystem[])[SimSystem.Slack, SimSystem.Graph, SimSystem.Smtp])
        {
            // A mail is several commands: one of them, so that the share is that of the mails.
            var operation = system == SimSystem.Smtp ? "DATA" : null;
            sim.Inject(new SimFault { Kind = SimFaultKind.ServerError, System = system, Operation = operation, Percent = FaultPercent / 2, Count = int.MaxValue });
            sim.Inject(new SimFault { Kind = SimFaultKind.CutAfterCommit, System = system, Operation = operation, Percent = FaultPercent / 2, Count = int.MaxValue });
        }

        sim.ClearCalls();
        var decided = new Latencies();
        var (processor, started) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var times = await DecideAllAsync(requests, decided, cancellationToken);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await QuietAsync(cancellationToken);
        processor = Environment.CpuUsage.TotalTime - processor;
        Console.Error.WriteLine($"{watch.Elapsed.TotalSeconds:0} s: everybody was told");
        var faults = sim.Calls.Count(call => call.Fault is not null);
        sim.ClearFaults();
        var told = await CountAsync(requests, times, new Seen(sim, office), cancellationToken);
        return new ToldResult(
            requests.Count, requests.Count / elapsed, told.Notices, told.Notices / elapsed, faults, told.Repeated, processor.TotalMilliseconds / Math.Max(1, told.Notices), decided.Summarize(), told.All.Summarize(),
            told.ByChannel.ToDictionary(pair => pair.Key, pair => pair.Value.Summarize()), told.Lost, told.SeenTwice);
    }

    private async Task<IReadOnlyList<Pending>> SubmitAsync(CancellationToken cancellationToken)
    {
        var requests = new Pending[(int)(plan.Rate * plan.Seconds)];
        var random = new Random(Seed);
        for (var number = 0; number < requests.Length; number++)
        {
            // One or two are asked, so that two and a half are told on average; all of them different people.
            var people = new int[3];
            do
            {
                people = [random.Next(office.People.Count), random.Next(office.People.Count), random.Next(office.People.Count)];
            }
            while (people.Distinct().Count() < people.Length);
            requests[number] = new Pending($"a-bench-{number}", _tenants[number % _tenants.Count], people[0], number % 2 == 0 ? [people[1]] : people[1..]);
        }

        foreach (var some in requests.Chunk(AskedAtOnce))
        {
            // In portions: thousands at once would only be in each other's way.
            await Parallel.ForEachAsync(some, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (request, _) =>
                request.View = await office.SubmitAsync(request.Tenant, request.ApprovalId, request.Requester, request.Approvers));
            while ((await _store.ListOpenChannelsAsync(null, DateTimeOffset.MaxValue, cancellationToken)).Count > FewChannels)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
            }
        }

        return requests;
    }

    private async Task<DateTimeOffset[]> DecideAllAsync(IReadOnlyList<Pending> requests, Latencies decided, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        List<Task<DateTimeOffset>> decisions = [];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        while (decisions.Count < requests.Count)
        {
            for (var due = Math.Min(requests.Count, (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * plan.Rate)) - decisions.Count; due > 0; due--)
            {
                // Late by as much as the load tester itself, and not by what Steward does.
                var (request, at, begun) = (requests[decisions.Count], TimeProvider.System.GetUtcNow(), Stopwatch.GetTimestamp());
                decisions.Add(Task.Run(
                    async () =>
                    {
                        await office.ApproveAsync(request.Tenant, request.View!, request.Approvers[0]);
                        decided.Add(Stopwatch.GetElapsedTime(begun));
                        return at;
                    },
                    cancellationToken));
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return await Task.WhenAll(decisions);
    }

    /// <summary>Waits until nothing is to be sent any more.</summary>
    private async Task QuietAsync(CancellationToken cancellationToken)
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
            quiet = (await _store.ListOpenChannelsAsync(null, DateTimeOffset.MaxValue, cancellationToken)).Count == 0 ? quiet + 1 : 0;
        }
    }

    private async Task<Outcome> CountAsync(IReadOnlyList<Pending> requests, DateTimeOffset[] times, Seen seen, CancellationToken cancellationToken)
    {
        var outcome = new Outcome { SeenTwice = seen.Twice };
        foreach (var (request, at) in requests.Zip(times))
        {
            var rows = (await _store.ListBySubjectAsync(request.Tenant, request.ApprovalId, 1000, cancellationToken)).Where(row => row.Kind is "approval.closed" or "approval.result").ToList();
            foreach (var notice in rows.GroupBy(row => row.NoticeId))
            {
                outcome.Notices++;
                var outside = notice.Where(row => row.Channel != NotificationChannels.InApp).ToList();
                outcome.Repeated += outside.Any(row => row.Attempts > 1) ? 1 : 0;
                if (outside.Count == 0 || outside.Any(row => row.SentAt is null))
                {
                    Console.Error.WriteLine($"lost: {notice.Key} {string.Join("; ", notice.Select(row => $"{row.Channel} {row.Delivery} {row.Error}"))}");
                    outcome.Lost++;
                    continue;
                }

                var latency = outside.Max(row => row.SentAt!.Value) - at;
                outcome.All.Add(latency);
                foreach (var row in outside)
                {
                    outcome.Of(row.Channel).Add(row.SentAt!.Value - at);
                }

                if (latency > TimeSpan.FromSeconds(1))
                {
                    Console.Error.WriteLine($"late: {notice.Key} {latency.TotalMilliseconds:0} ms after {at:HH:mm:ss.fff} {string.Join("; ", outside.Select(row => $"{row.Channel} {row.Delivery} {row.Attempts} attempts"))}");
                }
            }

            // Whoever was asked is told that it is over; whoever asked, what became of it: in the table, and before their eyes.
            int[] people = [.. request.Approvers, request.Requester];
            outcome.Lost += Math.Max(0, people.Length - rows.Select(row => row.NoticeId).Distinct().Count()) + people.Count(person => !seen.Knows(person, request.ApprovalId));
        }

        return outcome;
    }

    private sealed record Pending(string ApprovalId, string Tenant, int Requester, IReadOnlyList<int> Approvers)
    {
        public ApprovalView? View { get; set; }
    }

    private sealed class Outcome
    {
        public int Notices { get; set; }

        public int Repeated { get; set; }

        public int Lost { get; set; }

        public int SeenTwice { get; init; }

        public Latencies All { get; } = new();

        public Dictionary<string, Latencies> ByChannel { get; } = [];

        public Latencies Of(string channel) => ByChannel.TryGetValue(channel, out var known) ? known : ByChannel[channel] = new Latencies();
    }

    /// <summary>What people see in the simulated systems.</summary>
    private sealed class Seen
    {
        private readonly HashSet<(int Person, string ApprovalId)> _outcomes = [];

        public Seen(EnterpriseSimulation sim, ApprovalsOffice office)
        {
            var mails = sim.State.ReceivedMail.ToLookup(mail => mail.Recipients.Count == 1 ? mail.Recipients[0] : "", StringComparer.OrdinalIgnoreCase);
            for (var person = 0; person < office.People.Count; person++)
            {
                var (email, channel) = (office.People[person].Email, ApprovalsOffice.ChannelOf(person));

                // Mails are told apart by their ids. In a chat each person has one message about a request, changed where it was.
                var messages = channel == NotificationChannels.Email
                    ? mails[email].Select(mail => (Text: Decoded(mail.Header("Subject") ?? ""), Id: mail.Header("Message-ID") ?? "")).ToList()
                    : sim.MessagesTo(channel == NotificationChannels.Slack ? SimSystem.Slack : SimSystem.Graph, email).Select(message => message.ToJsonString()).Select(text => (Text: text, Id: Request().Match(text).Value)).ToList();
                Twice += messages.GroupBy(message => message.Id).Sum(copies => copies.Count() - 1);
                foreach (var (text, _) in messages.Where(message => Approved().IsMatch(message.Text)))
                {
                    _outcomes.Add((person, Request().Match(text).Value));
                }
            }
        }

        public int Twice { get; }

        // RFC 2047, as the platform writes it.
        private static string Decoded(string header) => Word().Replace(header, word => Encoding.UTF8.GetString(Convert.FromBase64String(word.Groups[1].Value)));

        public bool Knows(int person, string approvalId) => _outcomes.Contains((person, approvalId));
    }

    [GeneratedRegex(@"=\?utf-8\?B\?([^?]*)\?=\s*", RegexOptions.IgnoreCase)]
    private static partial Regex Word();

    [GeneratedRegex("a-bench-[0-9]+")]
    private static partial Regex Request();

    [GeneratedRegex(@"\bapproved\b", RegexOptions.IgnoreCase)]
    private static partial Regex Approved();
}
