using Steward.Models.Feedback;
using Steward.Models.Quality;

namespace Steward.Client;

/// <summary>What people say of answers, and how good answers are. Reached through <see cref="IStewardUserClient.Feedback"/> and <see cref="IModelClient"/>.</summary>
public interface IFeedbackClient
{
    /// <summary>Says something of an answer of one's own, in place of what was said before. Idempotent.</summary>
    /// <param name="target">The run (<c>r-…</c>) or model call (<c>mc-…</c>) whose answer it is.</param>
    /// <param name="feedback">What is said.</param>
    /// <param name="cancellationToken">Stops waiting; it may have been said.</param>
    /// <exception cref="Errors.StewardException"><c>not_found</c>, <c>conflict</c> while the run goes on, <c>invalid_argument</c>.</exception>
    Task<FeedbackInfo> GiveFeedbackAsync(string target, GiveFeedback feedback, CancellationToken cancellationToken = default);

    /// <summary>What one said of an answer.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>.</exception>
    Task<FeedbackInfo> GetFeedbackAsync(string target, CancellationToken cancellationToken = default);

    /// <summary>Takes back what one said, with all texts. Idempotent.</summary>
    Task WithdrawFeedbackAsync(string target, CancellationToken cancellationToken = default);

    /// <summary>A part of the examples of some days, for fine-tuning. Admins only.</summary>
    Task<FeedbackExportPage> ExportFeedbackAsync(FeedbackExportQuery query, CancellationToken cancellationToken = default);

    /// <summary>How good the tenant's answers are. Admins and auditors.</summary>
    Task<AnswerQualityReport> GetAnswerQualityAsync(CancellationToken cancellationToken = default);
}
