using System.CommandLine;
using Steward.Benchmarks.Measuring;
using Steward.EnterpriseSim;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench approvals</c>: how soon everybody knows of a decision although channels fail, that nothing is lost or shown twice, and what waiting requests cost.</summary>
internal static class ApprovalsScenario
{
    private const double TargetMilliseconds = 1000;

    public static Command Create()
    {
        var rate = new Option<double>("--rate") { Description = "Decisions a second; two and a half times as many notifications.", DefaultValueFactory = _ => 50 };
        var seconds = new Option<int>("--seconds") { Description = "For how long; 0 leaves this part out.", DefaultValueFactory = _ => 120 };
        var tenants = new Option<int>("--tenants") { Description = "Tenants that share the load.", DefaultValueFactory = _ => 40 };
        var pending = new Option<int>("--pending") { Description = "Requests that wait in the second part; 0 leaves it out.", DefaultValueFactory = _ => 100_000 };
        var due = new Option<int>("--due") { Description = "Of those, how many are reminded of in one minute.", DefaultValueFactory = _ => 1000 };
        var (storage, check, json) = (MeasuredStorage.Option(), ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("approvals", "Decisions until everybody is told, with faults of channels; memory and timers of requests that wait.") { rate, seconds, tenants, pending, due, storage, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new ApprovalsPlan(parsed.GetRequiredValue(rate), parsed.GetRequiredValue(seconds), parsed.GetRequiredValue(tenants), parsed.GetRequiredValue(pending), parsed.GetRequiredValue(due), parsed.GetRequiredValue(storage)),
            parsed.GetValue(check),
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ApprovalsPlan plan, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var storage = await MeasuredStorage.StartAsync(plan.Storage, cancellationToken);
        await using var sim = await EnterpriseSimulation.StartAsync(cancellationToken: cancellationToken);
        await using var steward = await InProcessSteward.StartAsync([new("Steward:Connectors:AllowPrivateAddresses", "true"), .. storage.Settings], cancellationToken);
        var office = new ApprovalsOffice(steward, sim);
        var told = plan.Seconds > 0 ? await new ApprovalsTelling(steward, sim, office, plan).RunAsync(cancellationToken) : null;
        var waiting = plan.Pending > 0 ? await new ApprovalsWaiting(steward, office, plan).RunAsync(cancellationToken) : null;
        var result = new ApprovalsResult(
            Machine.Read(),
            TimeProvider.System.GetUtcNow(),
            FormattableString.Invariant($"steward bench approvals --rate {plan.Rate} --seconds {plan.Seconds} --tenants {plan.Tenants} --pending {plan.Pending} --due {plan.Due} --storage {plan.Storage}"),
            Machine.Orleans,
            plan.Storage,
            string.Join(' ', (string?[])[told is null ? null : ApprovalsTelling.Method(plan), waiting is null ? null : ApprovalsWaiting.Method(plan)]).Trim(),
            told,
            waiting);
        Console.Out.WriteLine($"{result.Machine.Processor}, {result.Machine.Cores} cores, load {result.Machine.LoadAverage}, Orleans {result.Orleans}, {plan.Storage}, commit {result.Machine.Commit}");
        List<Target> targets = [];
        if (told is not null)
        {
            Console.Out.WriteLine($"{told.Decisions} decisions at {told.DecisionsPerSecond:0.0}/s, {told.Notices} notices at {told.NoticesPerSecond:0.0}/s, {told.Faults} faults: told p50 {told.Told.P50:0} ms, p95 {told.Told.P95:0} ms, p99 {told.Told.P99:0} ms, max {told.Told.Max:0} ms; decided p50 {told.Decided.P50:0} ms, p99 {told.Decided.P99:0} ms");
            foreach (var (channel, latency) in told.ByChannel)
            {
                Console.Out.WriteLine($"  {channel}: {latency.Count} told, p50 {latency.P50:0} ms, p99 {latency.P99:0} ms, max {latency.Max:0} ms");
            }

            Console.Out.WriteLine($"  tried again: {told.Repeated} notices; processor time {told.ProcessorMillisecondsPerNotice:0.0} ms for each notice, simulators included");
            targets.Add(new Target("decision until a channel has told of it, p99", told.Told.P99, "ms", TargetMilliseconds, AtLeast: false));
            targets.Add(new Target("notices lost", told.Lost, "", 1, AtLeast: false));
            targets.Add(new Target("messages that people see twice", told.SeenTwice, "", 1, AtLeast: false));
        }

        if (waiting is not null)
        {
            Console.Out.WriteLine($"{waiting.Requests} requests wait: {waiting.BytesEach:0} bytes each; {waiting.Due} reminders of one minute in {waiting.TimersSeconds:0.0} s; {waiting.SubmittedPerSecond:0} requests/s taken");
            targets.Add(new Target("memory of a request that waits", waiting.BytesEach, "bytes", 4096, AtLeast: false));
            targets.Add(new Target("time for the timers of one minute", waiting.TimersSeconds, "s", 60, AtLeast: false));
            targets.Add(new Target("reminders that were not sent", waiting.NotReminded, "", 1, AtLeast: false));
        }

        return await ResultOptions.FinishAsync(result, targets, check, json, cancellationToken);
    }

    private sealed record ApprovalsResult(Machine Machine, DateTimeOffset At, string Command, string Orleans, string Storage, string Method, ToldResult? Told, WaitingResult? Waiting);
}

/// <summary>What is to be measured.</summary>
internal sealed record ApprovalsPlan(double Rate, int Seconds, int Tenants, int Pending, int Due, string Storage);

/// <summary>What telling people came to.</summary>
internal sealed record ToldResult(
    int Decisions,
    double DecisionsPerSecond,
    int Notices,
    double NoticesPerSecond,
    int Faults,
    int Repeated,
    double ProcessorMillisecondsPerNotice,
    LatencySummary Decided,
    LatencySummary Told,
    IReadOnlyDictionary<string, LatencySummary> ByChannel,
    int Lost,
    int SeenTwice);

/// <summary>What waiting came to.</summary>
internal sealed record WaitingResult(int Requests, double SubmittedPerSecond, double BytesEach, int Due, double TimersSeconds, int NotReminded);
