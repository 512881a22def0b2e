using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Inference;
using Steward.Engines.Triage.Tickets;

namespace Steward.Benchmarks.Scenarios;

/// <summary>The embedder's vectors of tickets, and what they cost.</summary>
/// <param name="Known">Of those that are learnt from.</param>
/// <param name="Unseen">Of those that are kept away.</param>
/// <param name="Cost">What the former cost.</param>
internal sealed record HeadVectors(IReadOnlyList<float[]> Known, IReadOnlyList<float[]> Unseen, EmbeddingCost Cost)
{
    private const string Embedder = "embedder";
    private const int AtOnce = 64;

    /// <summary>Computes them in this process, as a night does: in the background lane.</summary>
    /// <exception cref="InvalidOperationException">There is no runtime, or no such model.</exception>
    public static async Task<HeadVectors> EmbedAsync(string models, IReadOnlyList<LabelledTicket> known, IReadOnlyList<LabelledTicket> unseen, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddStewardInference(options => options.ModelDirectory = models)
            .BuildServiceProvider();
        var engine = services.GetRequiredService<IInferenceEngine>();
        _ = await EmbedAsync(engine, ["a text that loads the model"], cancellationToken);
        var (cpu, wall) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var learnt = await EmbedAsync(engine, [.. known.Select(ticket => ticket.Ticket.Text)], cancellationToken);
        var cost = new EmbeddingCost(engine.Status.Summary, learnt.Count, learnt[0].Length, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, Stopwatch.GetElapsedTime(wall).TotalSeconds);
        return new HeadVectors(learnt, await EmbedAsync(engine, [.. unseen.Select(ticket => ticket.Ticket.Text)], cancellationToken), cost);
    }

    private static async Task<List<float[]>> EmbedAsync(IInferenceEngine engine, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var vectors = new List<float[]>(texts.Count);
        foreach (var part in texts.Chunk(AtOnce))
        {
            var answer = await engine.EmbedAsync(new EmbedRequest { Model = Embedder, Texts = part, Lane = InferenceLane.Background }, cancellationToken);
            vectors.AddRange(answer.Value?.Vectors ?? throw new InvalidOperationException($"The embedder gave no answer ({answer.Outcome}): {answer.Problem}"));
        }

        return vectors;
    }
}

/// <summary>What embedding cost.</summary>
internal sealed record EmbeddingCost(string Runtime, int Texts, int Dimensions, double CpuSeconds, double WallSeconds)
{
    public override string ToString() => FormattableString.Invariant($"{Texts} texts embedded in {Dimensions} dimensions: {CpuSeconds:0.0} s of processor time, {WallSeconds:0.0} s; {Runtime}");
}
