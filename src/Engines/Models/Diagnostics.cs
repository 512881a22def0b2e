using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Steward.Engines.Models;

/// <summary>
/// What model calls tell about themselves: source and meter <c>Steward.Engines.Models</c>, with the names of OpenTelemetry's semantic conventions for generative AI. No text of
/// prompts or answers.
/// </summary>
public static class Diagnostics
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "Steward.Engines.Models";

    private const string Operation = "chat";

    /// <summary>The source, for spans of whole calls.</summary>
    internal static readonly ActivitySource Source = new(Name);

    /// <summary>The meter, for the instruments of the capabilities.</summary>
    internal static readonly Meter Meter = new(Name);

    // The conventions name the buckets.
    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "gen_ai.client.operation.duration",
        "s",
        "Duration of model calls; each attempt is a call.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] });

    private static readonly Histogram<long> Tokens = Meter.CreateHistogram(
        "gen_ai.client.token.usage",
        "{token}",
        "Tokens that models read and wrote.",
        advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864] });

    /// <summary>Passes an answer on and records the call that it belongs to.</summary>
    internal static async IAsyncEnumerable<ChatDelta> RecordAsync(
        string provider, string model, Uri? server, TimeProvider time, IAsyncEnumerable<ChatDelta> answer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tags = new TagList { { "gen_ai.operation.name", Operation }, { "gen_ai.provider.name", provider }, { "gen_ai.request.model", model } };
        if (server is not null)
        {
            tags.Add("server.address", server.Host);
            tags.Add("server.port", server.Port);
        }

        using var activity = Source.StartActivity($"{Operation} {model}", ActivityKind.Client, parentContext: default, tags);
        var began = time.GetTimestamp();
        ChatFinished? finished = null;
        string? error = "_OTHER";
        try
        {
            await using var deltas = answer.GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await deltas.MoveNextAsync())
                    {
                        error = null;
                        break;
                    }
                }
                catch (Exception e)
                {
                    error = e is ModelException failed ? failed.Code : e.GetType().FullName;
                    throw;
                }

                finished = deltas.Current as ChatFinished ?? finished;
                yield return deltas.Current;
            }
        }
        finally
        {
            // A consumer that has the end of the answer need not ask for more.
            End(activity, tags, time.GetElapsedTime(began), finished, finished is null ? error : null);
        }
    }

    private static void End(Activity? activity, TagList tags, TimeSpan elapsed, ChatFinished? finished, string? error)
    {
        if (error is not null)
        {
            activity?.SetStatus(ActivityStatusCode.Error, error);
            activity?.SetTag("error.type", error);
            tags.Add("error.type", error);
        }

        if (finished is not null)
        {
            tags.Add("gen_ai.response.model", finished.Model);
            activity?.SetTag("gen_ai.response.model", finished.Model);
            activity?.SetTag("gen_ai.response.finish_reasons", new[] { finished.Reason });
            activity?.SetTag("steward.first_token_ms", Math.Round(finished.FirstToken.TotalMilliseconds, 1));
        }

        Duration.Record(elapsed.TotalSeconds, tags);
        if (finished?.Usage is not { } usage)
        {
            return;
        }

        activity?.SetTag("gen_ai.usage.input_tokens", usage.InputTokens);
        activity?.SetTag("gen_ai.usage.cache_read.input_tokens", usage.CachedInputTokens);
        activity?.SetTag("gen_ai.usage.output_tokens", usage.OutputTokens);
        if (usage.CostUsd is { } cost)
        {
            activity?.SetTag("steward.cost_usd", (double)cost);
        }

        var input = tags;
        input.Add("gen_ai.token.type", "input");
        Tokens.Record(usage.InputTokens, input);
        var output = tags;
        output.Add("gen_ai.token.type", "output");
        Tokens.Record(usage.OutputTokens, output);
    }
}
