using System.CommandLine;
using Steward.Benchmarks.Measuring;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench sessions</c>: what an open session that does nothing costs in a silo's memory.</summary>
internal static class SessionsScenario
{
    private const int WarmUp = 2_000;
    private const int UsersShareSessions = 10;

    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "Sessions to open.", DefaultValueFactory = _ => 20_000 };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("sessions", "Memory of idle sessions.") { count, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(count), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int count, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var steward = await InProcessSteward.StartAsync([], cancellationToken);
        await OpenAsync(steward, "u-warm", WarmUp, cancellationToken);
        var before = Heap();
        await OpenAsync(steward, "u-idle", count, cancellationToken);
        var perSession = (Heap() - before) / (double)count;
        var result = new SessionsResult(
            Machine.Read(),
            TimeProvider.System.GetUtcNow(),
            $"steward bench sessions --count {count}",
            Machine.Orleans,
            "Growth of the managed heap after a full collection, per opened session, silo and client in one process; it includes the runtime's own bookkeeping of the activation.",
            count,
            perSession);
        Console.Out.WriteLine($"{result.Machine.Processor}, {result.Machine.Cores} cores, {result.Machine.Runtime}, Orleans {result.Orleans}, commit {result.Machine.Commit}");
        Console.Out.WriteLine(result.Command);
        Console.Out.WriteLine($"{count} idle sessions, {perSession:0} bytes each");
        return await ResultOptions.FinishAsync(result, [new Target("memory of an idle session", perSession, "bytes", (8 * 1024) + 1, AtLeast: false)], check, json, cancellationToken);
    }

    private static async Task OpenAsync(InProcessSteward steward, string user, int count, CancellationToken cancellationToken)
    {
        foreach (var batch in Enumerable.Range(0, count).Chunk(200))
        {
            await Task.WhenAll(batch.Select(number =>
                steward.Employee($"{user}-{number / UsersShareSessions}").CreateSessionAsync(title: "idle", cancellationToken: cancellationToken)));
        }
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

    private sealed record SessionsResult(Machine Machine, DateTimeOffset At, string Command, string Orleans, string Method, int Sessions, double BytesPerSession);
}
