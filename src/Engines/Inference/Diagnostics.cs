using System.Diagnostics;
using System.Diagnostics.Metrics;
using Steward.Engines.Inference.Batching;
using Steward.Engines.Inference.Models;
using Steward.Engines.Inference.Sessions;

namespace Steward.Engines.Inference;

/// <summary>What inference tells about itself, by model, version and device: meter <c>Steward.Engines.Inference</c>. No text of requests.</summary>
public static class Diagnostics
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "Steward.Engines.Inference";

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> QueueTime = Meter.CreateHistogram(
        "steward.inference.queue.duration",
        "s",
        "Wait of a text from admission to its run.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] });

    private static readonly Histogram<double> RunTime = Meter.CreateHistogram(
        "steward.inference.run.duration",
        "s",
        "Time of one run of a batch.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] });

    private static readonly Histogram<int> BatchSize = Meter.CreateHistogram(
        "steward.inference.batch.size",
        "{text}",
        "Texts of a batch.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });

    // A rate over these two is the throughput, and one minus their ratio the waste.
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("steward.inference.tokens", "{token}", "Tokens of texts that were run.");

    private static readonly Counter<long> PaddedTokens = Meter.CreateCounter<long>("steward.inference.tokens.padded", "{token}", "Tokens that were computed, padding among them.");

    private static readonly Counter<long> Texts = Meter.CreateCounter<long>("steward.inference.texts", "{text}", "Texts by what became of them.");

    private static readonly Counter<long> Shadowed = Meter.CreateCounter<long>("steward.inference.shadow", "{text}", "Texts that a shadow saw too, by whether it agreed.");

    internal static void RecordBatch(LoadedModel model, Batch batch, TimeSpan now)
    {
        var tags = model.Tags;
        BatchSize.Record(batch.Items.Count, tags);
        if (!QueueTime.Enabled)
        {
            return;
        }

        foreach (var work in batch.Items)
        {
            var ofLane = tags;
            ofLane.Add("steward.lane", NameOf(work.Lane));
            QueueTime.Record((now - work.AdmittedAt).TotalSeconds, ofLane);
        }
    }

    internal static void RecordRun(LoadedModel model, Batch batch, TimeSpan took, WorkOutcome outcome)
    {
        var tags = model.Tags;
        RunTime.Record(took.TotalSeconds, tags);
        if (outcome == WorkOutcome.Done)
        {
            Tokens.Add(batch.Tokens, tags);
            PaddedTokens.Add(batch.PaddedTokens, tags);
        }
    }

    internal static void RecordOutcome(LoadedModel model, InferenceLane lane, InferenceOutcome outcome, int texts)
    {
        if (!Texts.Enabled)
        {
            return;
        }

        var tags = model.Tags;
        tags.Add("steward.lane", NameOf(lane));
        tags.Add("steward.outcome", outcome.ToString());
        Texts.Add(texts, tags);
    }

    internal static void RecordShadow(LoadedModel shadow, string result)
    {
        var tags = shadow.Tags;
        tags.Add("steward.result", result);
        Shadowed.Add(1, tags);
    }

    private static string NameOf(InferenceLane lane) => lane == InferenceLane.Interactive ? "interactive" : "background";
}
