using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Steward.Benchmarks.Measuring;
using Steward.Client;
using Steward.Memory;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench memory-pace</c>: messages at a set rate, of which one in ten says something of its author; how long each takes to be accepted, how soon what was said is in the memory, and whether all of it is.</summary>
internal static class MemoryPace
{
    // 15 million messages a day.
    private const double DefaultRate = 15_000_000.0 / 86_400;
    private const int SaysSomething = 10;
    private const int Sampled = 50;
    private const int Page = 200;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Command Create()
    {
        var rate = new Option<double>("--rate") { Description = "Messages per second; 173.6 are 15 million a day.", DefaultValueFactory = _ => Math.Round(DefaultRate, 1) };
        var seconds = new Option<int>("--seconds") { Description = "For how long.", DefaultValueFactory = _ => 300 };
        var people = new Option<int>("--people") { Description = "Who writes, each in a session of their own.", DefaultValueFactory = _ => 500 };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("memory-pace", "Messages at a set rate, and how soon what they say is remembered.") { rate, seconds, people, check, json };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetValue(rate), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(people), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(double rate, TimeSpan duration, int people, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var steward = await InProcessSteward.StartAsync([], cancellationToken);
        var writers = new Writer[people];
        foreach (var batch in Enumerable.Range(0, people).Chunk(50))
        {
            await Task.WhenAll(batch.Select(async number =>
            {
                var client = steward.Employee(string.Create(CultureInfo.InvariantCulture, $"u-pace-{number}"));
                writers[number] = new Writer(client, (await client.CreateSessionAsync(title: "pace", cancellationToken: cancellationToken)).SessionId);
            }));
        }

        var (accepted, remembered, sent) = (new Latencies(), new Latencies(), new List<Task>());
        var failures = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var start = Stopwatch.GetTimestamp();
        using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1), TimeProvider.System))
        {
            while (Stopwatch.GetElapsedTime(start) is var elapsed && elapsed < duration)
            {
                for (var due = (int)(elapsed.TotalSeconds * rate) - sent.Count; due > 0; due--)
                {
                    sent.Add(SendAsync(sent.Count));
                }

                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }

        await Task.WhenAll(sent);
        var took = Stopwatch.GetElapsedTime(start);
        var (missing, since) = (0, Stopwatch.GetTimestamp());
        foreach (var writer in writers)
        {
            missing += await MissingAsync(writer, since, cancellationToken);
        }

        var result = new PaceResult(
            Machine.Read(),
            TimeProvider.System.GetUtcNow(),
            string.Create(CultureInfo.InvariantCulture, $"steward bench memory-pace --rate {rate} --seconds {duration.TotalSeconds:0} --people {people}"),
            Machine.Orleans,
            "Messages are submitted over the client, silo and client in one process, embedded storage; no model is configured, so that each run ends by saying so. One in ten says something of its author, read by rules. Accepted: until the message is durable. Remembered: from then until its author's memory lists it, looked for every 5 ms, of one in fifty of these.",
            sent.Count,
            Math.Round(sent.Count / took.TotalSeconds, 1),
            failures.Values.Sum(),
            new SortedDictionary<string, int>(failures, StringComparer.Ordinal),
            writers.Sum(writer => writer.Said.Count),
            missing,
            accepted.Summarize(),
            remembered.Summarize());
        Console.Out.WriteLine($"{result.Machine.Processor}, {result.Machine.Cores} cores, {result.Machine.Runtime}, Orleans {result.Orleans}, commit {result.Machine.Commit}, load average {result.Machine.LoadAverage}");
        Console.Out.WriteLine($"{result.Messages} messages, {result.PerSecond}/s, {result.Failed} refused or failed{string.Concat(result.FailedBy.Select(failure => $", {failure.Key}: {failure.Value}"))}; {result.Statements} said something, {result.Missing} of these are not remembered");
        Console.Out.WriteLine($"accepted    {Tell(result.Accepted)}");
        Console.Out.WriteLine($"remembered  {Tell(result.Remembered)}");
        List<Target> targets =
        [
            new("messages per second", result.PerSecond, "1/s", Math.Floor(rate * 0.99), AtLeast: true),
            new("refused or failed", result.Failed, "", 1, AtLeast: false),
            new("said and not remembered", result.Missing, "", 1, AtLeast: false),
        ];
        return await ResultOptions.FinishAsync(result, targets, check, json, cancellationToken);

        async Task SendAsync(int number)
        {
            var writer = writers[number % writers.Length];
            var says = number % SaysSomething == 0;
            var value = string.Create(CultureInfo.InvariantCulture, $"tea number {number}");
            var call = "submit";
            try
            {
                var began = Stopwatch.GetTimestamp();
                var submitted = await writer.Client.SubmitAsync(writer.SessionId, says ? $"I like {value}." : "Thanks, that works again.", cancellationToken: cancellationToken);
                if (submitted.RunId is null)
                {
                    Note($"{submitted.Outcome}: {submitted.Reason}");
                    return;
                }

                accepted.Add(Stopwatch.GetElapsedTime(began));
                if (!says)
                {
                    return;
                }

                lock (writer.Said)
                {
                    writer.Said.Add(value);
                }

                if (number / SaysSomething % Sampled == 0)
                {
                    call = "list";
                    var since = Stopwatch.GetTimestamp();
                    while (!(await ValuesAsync(writer.Client, cancellationToken)).Contains(value) && Stopwatch.GetElapsedTime(since) < Patience)
                    {
                        await Task.Delay(LookEvery, TimeProvider.System, cancellationToken);
                    }

                    remembered.Add(Stopwatch.GetElapsedTime(since));
                }
            }
            catch (Errors.StewardException exception)
            {
                Note($"{exception.Code}: {exception.Message}");
            }

            void Note(string why) => failures.AddOrUpdate($"{call} {why}", 1, (_, count) => count + 1);
        }
    }

    // What is still on its way may arrive; all of it has the same time for that.
    private static async Task<int> MissingAsync(Writer writer, long since, CancellationToken cancellationToken)
    {
        while (true)
        {
            var known = await ValuesAsync(writer.Client, cancellationToken);
            var missing = writer.Said.Count(value => !known.Contains(value));
            if (missing == 0 || Stopwatch.GetElapsedTime(since) >= Patience)
            {
                return missing;
            }

            await Task.Delay(LookEvery, TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<HashSet<string>> ValuesAsync(IStewardUserClient client, CancellationToken cancellationToken)
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        for (long? after = 0; after is { } place;)
        {
            var page = await client.Memory.ListAsync(new ListMemories { After = place, Limit = Page }, cancellationToken);
            values.UnionWith(page.Memories.Select(item => item.Value));
            after = page.NextAfter;
        }

        return values;
    }

    private static string Tell(LatencySummary latencies) =>
        string.Create(CultureInfo.InvariantCulture, $"{latencies.Count}: p50 {latencies.P50:0.0} ms  p95 {latencies.P95:0.0} ms  p99 {latencies.P99:0.0} ms  max {latencies.Max:0.0} ms");

    private sealed record Writer(IStewardUserClient Client, string SessionId)
    {
        public List<string> Said { get; } = [];
    }

    private sealed record PaceResult(
        Machine Machine, DateTimeOffset At, string Command, string Orleans, string Method, int Messages, double PerSecond, int Failed, IReadOnlyDictionary<string, int> FailedBy, int Statements, int Missing, LatencySummary Accepted, LatencySummary Remembered);
}
