using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Inference;

namespace Steward.Benchmarks.Scenarios;

/// <summary>Loads on an engine: callers one after the other, many at once, and more than it can do.</summary>
internal sealed class InferenceLoad(IInferenceEngine engine, string classifier, string[] words)
{
    private readonly string[] _texts = CreateTexts(words);
    private int _next;

    /// <summary>One caller, who asks when answered.</summary>
    public Task<RateAndLatency> OneByOneAsync(TimeSpan duration, CancellationToken cancellationToken) => ManyAsync(1, duration, cancellationToken);

    /// <summary>So many callers, each of whom asks when answered.</summary>
    public async Task<RateAndLatency> ManyAsync(int callers, TimeSpan duration, CancellationToken cancellationToken)
    {
        await AskAsync(cancellationToken);
        var (latencies, clock) = (new Latencies(), Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(
            async () =>
            {
                while (clock.Elapsed < duration)
                {
                    var began = Stopwatch.GetTimestamp();
                    if (await AskAsync(cancellationToken) == InferenceOutcome.Done)
                    {
                        latencies.Add(Stopwatch.GetElapsedTime(began));
                    }
                }
            },
            cancellationToken)));
        return new RateAndLatency(latencies.Count / clock.Elapsed.TotalSeconds, latencies.Summarize());
    }

    /// <summary>Tickets at a set rate while as much as possible is embedded in the background.</summary>
    public async Task<BesideBackground> BesideBackgroundAsync(double rate, string embedder, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var embedded = 0L;
        var clock = Stopwatch.StartNew();
        var background = Enumerable.Range(0, 2).Select(_ => Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var texts = Enumerable.Range(0, 64).Select(_ => Text()).ToList();
                    var answer = await engine.EmbedAsync(new EmbedRequest { Model = embedder, Texts = texts, Lane = InferenceLane.Background }, CancellationToken.None);
                    if (answer.Outcome != InferenceOutcome.Done)
                    {
                        throw new InvalidOperationException($"Background embedding ended as {answer.Outcome}: {answer.Problem}");
                    }

                    Interlocked.Add(ref embedded, texts.Count);
                }
            },
            CancellationToken.None)).ToList();
        var (latencies, asked) = (new Latencies(), new List<Task>());
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / rate), TimeProvider.System);
        while (clock.Elapsed < duration && await timer.WaitForNextTickAsync(cancellationToken))
        {
            asked.Add(TimedAsync(latencies, cancellationToken));
        }

        await Task.WhenAll(asked);
        await stop.CancelAsync();
        await Task.WhenAll(background);
        return new BesideBackground(embedded / clock.Elapsed.TotalSeconds, latencies.Summarize());
    }

    /// <summary>Texts at a set rate, however long earlier ones take.</summary>
    public async Task<Overload> OverloadAsync(double rate, TimeSpan duration, CancellationToken cancellationToken)
    {
        var (latencies, asked, mostWaiting) = (new Latencies(), new List<Task<bool>>(), 0);
        var clock = Stopwatch.StartNew();

        // A loop that never rests would take a processor from what it measures.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        while (clock.Elapsed < duration && await timer.WaitForNextTickAsync(cancellationToken))
        {
            for (var due = (int)(clock.Elapsed.TotalSeconds * rate) - asked.Count; due > 0; due--)
            {
                asked.Add(TimedAsync(latencies, cancellationToken));
            }

            mostWaiting = Math.Max(mostWaiting, engine.Status.Waiting);
        }

        var offered = asked.Count / clock.Elapsed.TotalSeconds;
        var answers = await Task.WhenAll(asked);
        return new Overload(offered, latencies.Count / clock.Elapsed.TotalSeconds, answers.Count(done => !done), mostWaiting, latencies.Summarize());
    }

    private async Task<bool> TimedAsync(Latencies latencies, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        if (await AskAsync(cancellationToken) != InferenceOutcome.Done)
        {
            return false;
        }

        latencies.Add(Stopwatch.GetElapsedTime(began));
        return true;
    }

    private async Task<InferenceOutcome> AskAsync(CancellationToken cancellationToken)
    {
        var answer = await engine.ClassifyAsync(new ClassifyRequest { Model = classifier, Text = Text() }, cancellationToken);
        return answer.Outcome is InferenceOutcome.Done or InferenceOutcome.Busy
            ? answer.Outcome
            : throw new InvalidOperationException($"{answer.Outcome}: {answer.Problem}");
    }

    private string Text() => _texts[(uint)Interlocked.Increment(ref _next) % _texts.Length];

    // As long as real tickets: half of them below 30 tokens, some of several hundred.
    [SuppressMessage("Security", "CA5394", Justification = "Texts of a seed.")]
    internal static string[] CreateTexts(string[] words)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, 1_000).Select(_ =>
        {
            var length = (int)Math.Clamp(28 * Math.Exp((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 1.7), 3, 300);
            return string.Join(' ', Enumerable.Range(0, length).Select(_ => words[random.Next(words.Length)]));
        })];
    }
}
