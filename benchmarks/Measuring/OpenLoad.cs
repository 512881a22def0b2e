using System.Diagnostics;
using Steward.Benchmarks.Scenarios;

namespace Steward.Benchmarks.Measuring;

/// <summary>
/// An open load: turns begin at a set rate however long earlier ones take, as those of people who do not know of each other. Latencies count from
/// the instant at which a turn is sent.
/// </summary>
internal sealed class OpenLoad(IReadOnlyList<TurnClient> clients, string question)
{
    private int _next;

    /// <summary>Sends turns for a time, then waits for all of them.</summary>
    public async Task<LoadOutcome> RunAsync(double rate, TimeSpan duration, CancellationToken cancellationToken)
    {
        var (latencies, turns, refused) = (new Latencies(), new List<Task>(), 0);
        var start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        while (Stopwatch.GetElapsedTime(start) is var elapsed && elapsed < duration)
        {
            for (var due = (int)(elapsed.TotalSeconds * rate) - turns.Count; due > 0; due--)
            {
                turns.Add(TakeAsync(clients[_next++ % clients.Count]));
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        await Task.WhenAll(turns);
        return new LoadOutcome(turns.Count, refused, latencies.Summarize());

        async Task TakeAsync(TurnClient client)
        {
            if (await client.TryTakeTurnAsync(question, null, cancellationToken) is { } timing)
            {
                latencies.Add(timing.Total);
            }
            else
            {
                Interlocked.Increment(ref refused);
            }
        }
    }
}

/// <summary>What became of an open load.</summary>
/// <param name="Sent">Turns that were begun.</param>
/// <param name="Refused">Those that were refused because too much of the tenant's waited.</param>
/// <param name="Latency">The times of the others.</param>
internal sealed record LoadOutcome(int Sent, int Refused, LatencySummary Latency);
