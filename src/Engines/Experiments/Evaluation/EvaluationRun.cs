using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Experiments.Evaluation;

/// <summary>What a model answered.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Tokens">Tokens read and written; null when unknown.</param>
/// <param name="CostUsd">What it cost; null when unknown.</param>
public sealed record EvaluatedAnswer(string Text, double Seconds, long? Tokens, decimal? CostUsd);

/// <summary>Asks the model that is evaluated, or the judge.</summary>
/// <param name="system">The instructions; null for none.</param>
/// <param name="input">What is asked.</param>
/// <param name="cancellationToken">Stops it.</param>
/// <returns>Null when the call failed for good.</returns>
public delegate Task<EvaluatedAnswer?> AskModel(string? system, string input, CancellationToken cancellationToken);

/// <summary>What became of one question.</summary>
public sealed record CaseResult
{
    /// <summary>The question's id.</summary>
    public required string Id { get; init; }

    /// <summary>What the question was, as a hash.</summary>
    public required string Hash { get; init; }

    /// <summary>Whether it is of the frozen subset.</summary>
    public bool Anchor { get; init; }

    /// <summary>Whether the answer is good; null when the judge said nothing that could be read.</summary>
    public bool? IsGood { get; init; }

    /// <summary>How faithful to the context the judge found it, 0 to 1.</summary>
    public double? Faithfulness { get; init; }

    /// <summary>How relevant the judge found it, 0 to 1.</summary>
    public double? Relevance { get; init; }

    /// <summary>Seconds; null when the call failed.</summary>
    public double? Seconds { get; init; }

    /// <summary>Tokens; null when unknown.</summary>
    public long? Tokens { get; init; }

    /// <summary>US dollars; null when unknown.</summary>
    public decimal? CostUsd { get; init; }
}

/// <summary>A run over a set.</summary>
public sealed record EvaluationRun
{
    /// <summary>The set's name.</summary>
    public required string Suite { get; init; }

    /// <summary>The set's version.</summary>
    public required string Version { get; init; }

    /// <summary>The version of its frozen subset; null when it has none.</summary>
    public string? AnchorVersion { get; init; }

    /// <summary>The model that was asked for.</summary>
    public required string Model { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The results, in the set's order.</summary>
    public required IReadOnlyList<CaseResult> Cases { get; init; }

    /// <summary>The share of good answers among those that were judged; 0 for none.</summary>
    [JsonIgnore]
    public double Accuracy => Cases.Count(one => one.IsGood is not null) is var judged and > 0 ? (double)Cases.Count(one => one.IsGood == true) / judged : 0;

    /// <summary>Runs a set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="model">The model's name, for the report.</param>
    /// <param name="ask">Asks it.</param>
    /// <param name="judge">Asks the judge; null when there is none, and cases that need one are not judged.</param>
    /// <param name="atOnce">How many questions are asked at once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<EvaluationRun> RunAsync(GoldenSet set, string model, AskModel ask, AskModel? judge, int atOnce, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(ask);
        ArgumentNullException.ThrowIfNull(time);
        var results = new CaseResult[set.Cases.Count];
        await Parallel.ForAsync(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken }, async (i, token) =>
            results[i] = await AskAsync(set.Cases[i], ask, judge, token));
        return new EvaluationRun { Suite = set.Name, Version = set.Version, AnchorVersion = set.AnchorVersion, Model = model, At = time.GetUtcNow(), Cases = results };
    }

    private static async Task<CaseResult> AskAsync(GoldenCase golden, AskModel ask, AskModel? judge, CancellationToken cancellationToken)
    {
        var result = new CaseResult { Id = golden.Id, Hash = golden.Hash, Anchor = golden.Anchor, IsGood = false };
        if (await ask(golden.System, golden.Input, cancellationToken) is not { } answer)
        {
            return result;
        }

        result = result with { Seconds = answer.Seconds, Tokens = answer.Tokens, CostUsd = answer.CostUsd };
        if (golden.Check != GoldenCheck.Judge)
        {
            return result with { IsGood = AnswerChecks.IsGood(golden, answer.Text) };
        }

        var verdict = judge is null ? null : AnswerJudge.Read((await judge(AnswerJudge.Instructions, AnswerJudge.Question(golden, answer.Text), cancellationToken))?.Text);
        return result with { IsGood = verdict?.IsGood, Faithfulness = verdict?.Faithfulness, Relevance = verdict?.Relevance };
    }
}

/// <summary>How sets and runs are written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(GoldenCase))]
[JsonSerializable(typeof(EvaluationRun))]
public sealed partial class EvaluationJson : JsonSerializerContext;
