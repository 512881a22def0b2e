using Orleans.Concurrency;

namespace Steward.Models.Quality;

/// <summary>
/// How good a tenant's answers are: what the judge said of a sample, how far it can be trusted by what people say of the same answers, whether questions and scores drift, and after which change answers became worse.
/// Key: <c>t-acme/i-answer-quality</c>.
/// </summary>
[Alias("steward.answer-quality")]
public interface IAnswerQualityGrain : IGrainWithStringKey
{
    /// <summary>Takes what a silo has seen and judged. Counts once by its id. The platform only.</summary>
    [Alias("record")]
    Task Record(AnswerQualityBatch batch, CancellationToken cancellationToken = default);

    /// <summary>Takes a person's word on an answer; the last one counts. The platform only.</summary>
    [Alias("label")]
    Task Label(AnswerLabel label, CancellationToken cancellationToken = default);

    /// <summary>What is known. Admins and auditors.</summary>
    [Alias("get-report")]
    [AlwaysInterleave] // Safe: computes from what was written and changes nothing.
    Task<AnswerQualityReport> GetReport(CancellationToken cancellationToken = default);
}
