using System.Diagnostics;
using Steward.Benchmarks.Measuring;

namespace Steward.Benchmarks.Scenarios;

/// <summary>Follows one run and takes down, step by step, what it writes and how long it takes besides the model.</summary>
internal sealed class StepMeter
{
    private const string Appended = "steward_journal_appended_bytes_total";

    private readonly List<long> _bytes = [];
    private readonly Latencies _steps = new();
    private readonly Latencies _models = new();
    private long _largestPrompt;
    private long _lastCall;

    /// <summary>Has a question worked off. Throws unless the run completes.</summary>
    public static async Task<MeasuredRun> FollowAsync(TurnClient user, HttpClient http, string question, CancellationToken cancellationToken)
    {
        var meter = new StepMeter();
        var before = await ReadAsync(http, cancellationToken);
        Task<long>? reading = null;
        var last = before;
        var answer = "";
        var start = Stopwatch.GetTimestamp();
        await user.TakeTurnAsync(
            question,
            async (type, data) =>
            {
                if (type == "model.called")
                {
                    if (reading is not null)
                    {
                        // The model answers long after the counter was read; otherwise the next step's bytes would be among this one's.
                        var bytes = reading.IsCompleted ? await reading : throw new InvalidOperationException("The simulated model answered before the server's counter was read.");
                        meter._bytes.Add(bytes - last);
                        (last, reading) = (bytes, null);
                    }

                    meter.Take(TimeSpan.FromMilliseconds(data.GetProperty("durationMs").GetDouble()), data.GetProperty("inputTokens").GetInt64());
                }
                else if (type == "step.completed")
                {
                    reading = ReadAsync(http, cancellationToken);
                }
                else if (type == "answer.delta")
                {
                    answer += data.GetProperty("text").GetString();
                }
                else if (type == "step.failed")
                {
                    throw new InvalidOperationException($"A step failed: {data}");
                }
            },
            cancellationToken);
        return new MeasuredRun(
            [.. meter._bytes],
            await ReadAsync(http, cancellationToken) - before,
            Stopwatch.GetElapsedTime(start),
            meter._steps,
            meter._models,
            meter._largestPrompt,
            answer);
    }

    private void Take(TimeSpan call, long promptTokens)
    {
        _largestPrompt = Math.Max(_largestPrompt, promptTokens);
        _models.Add(call);
        if (_lastCall != 0)
        {
            _steps.Add(Stopwatch.GetElapsedTime(_lastCall) - call);
        }

        _lastCall = Stopwatch.GetTimestamp();
    }

    private static async Task<long> ReadAsync(HttpClient http, CancellationToken cancellationToken) =>
        (long)(await PrometheusPage.ReadAsync(http, cancellationToken)).Sum(Appended);
}

/// <summary>What a run wrote and how long it took: bytes of each step and of all, the whole time, steps without the model, calls of the model; and its answer.</summary>
internal sealed record MeasuredRun(
    long[] BytesPerStep, long TotalBytes, TimeSpan TotalTime, Latencies StepTime, Latencies ModelTime, long LargestPrompt, string Answer);
