using Orleans.Concurrency;

namespace Steward.Models.Feedback;

/// <summary>
/// What a person said of one answer: of a run's, or of a model's at the endpoint. Key: <c>t-acme/f-r-…</c> or <c>t-acme/f-mc-…</c>. Only whose answer it was may say something of it; of experiments that the answer took part in, the first word
/// of each kind counts.
/// </summary>
[Alias("steward.feedback")]
public interface IFeedbackGrain : IGrainWithStringKey
{
    /// <summary>Says something of the answer, in place of what was said before. Idempotent. Its owner only.</summary>
    /// <exception cref="Errors.StewardException">
    /// <c>not_found</c>: there is no such answer of this person (records of calls are there a moment after their end); <c>conflict</c>: the run has not ended; <c>invalid_argument</c> names the field, also when
    /// <see cref="GiveFeedback.Input"/> and <see cref="GiveFeedback.Answer"/> are not what was asked and answered.
    /// </exception>
    [Alias("give")]
    Task<FeedbackInfo> Give(GiveFeedback feedback, CancellationToken cancellationToken = default);

    /// <summary>What was said, or null. Its owner only.</summary>
    [Alias("get")]
    [AlwaysInterleave] // Safe: returns what was last written and changes nothing.
    Task<FeedbackInfo?> Get(CancellationToken cancellationToken = default);

    /// <summary>Takes back what was said, with all texts. What experiments and calibrations have counted stays counted, without texts. Idempotent. Its owner only.</summary>
    [Alias("withdraw")]
    Task Withdraw(CancellationToken cancellationToken = default);

    /// <summary>The texts as an example to learn from; null without consent, or when it was not good. The platform only.</summary>
    [Alias("export")]
    [AlwaysInterleave] // Safe: returns what was last written and changes nothing.
    Task<FeedbackExample?> Export(DateOnly day, CancellationToken cancellationToken = default);

    /// <summary>Removes everything, if it was last said at or before a day. The platform only.</summary>
    [Alias("retire")]
    Task Retire(DateOnly lastDay, CancellationToken cancellationToken = default);
}

/// <summary>Which answers of a tenant people said something of. Key: <c>t-acme/i-feedback</c>.</summary>
[Alias("steward.feedback-index")]
public interface IFeedbackIndexGrain : IGrainWithStringKey
{
    /// <summary>Notes that something was said of an answer. The platform only.</summary>
    [Alias("add")]
    Task Add(string target, CancellationToken cancellationToken = default);

    /// <summary>
    /// A part of the examples of some days, for fine-tuning: one line of JSON each, as chat messages; only with consent, only what was good or edited and not escalated, masked. Admins.
    /// </summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field.</exception>
    [Alias("export")]
    Task<FeedbackExportPage> Export(FeedbackExportQuery query, CancellationToken cancellationToken = default);
}
