using Steward.Errors;
using Steward.Identity;
using Steward.Models.Feedback;
using Steward.Models.Quality;

namespace Steward.Client;

/// <summary>What people say of answers, and how good answers are.</summary>
internal sealed partial class StewardModelClient
{
    /// <inheritdoc/>
    public Task<FeedbackInfo> GiveFeedbackAsync(string target, GiveFeedback feedback, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(feedback);
        return _calls.CallAsync("feedback.give", idempotent: true, changes: true, Feedback(target), feedback, static (grain, feedback, token) => grain.Give(feedback, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<FeedbackInfo> GetFeedbackAsync(string target, CancellationToken cancellationToken = default) =>
        await _calls.CallAsync("feedback.get", idempotent: true, changes: false, Feedback(target), 0, static (grain, _, token) => grain.Get(token), cancellationToken)
        ?? throw StewardException.NotFound("The feedback");

    /// <inheritdoc/>
    public Task WithdrawFeedbackAsync(string target, CancellationToken cancellationToken = default) =>
        _calls.CallAsync("feedback.withdraw", idempotent: true, changes: true, Feedback(target), 0, static async (grain, _, token) =>
        {
            await grain.Withdraw(token);
            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<FeedbackExportPage> ExportFeedbackAsync(FeedbackExportQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _calls.CallAsync(
            "feedback-index.export", idempotent: true, changes: false, grains.GetGrain<IFeedbackIndexGrain>(GrainKeys.FeedbackIndex(identity.TenantId)), query, static (grain, query, token) => grain.Export(query, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<AnswerQualityReport> GetAnswerQualityAsync(CancellationToken cancellationToken = default) => _calls.CallAsync(
        "answer-quality.get-report", idempotent: true, changes: false, grains.GetGrain<IAnswerQualityGrain>(GrainKeys.AnswerQuality(identity.TenantId)), 0, static (grain, _, token) => grain.GetReport(token), cancellationToken);

    private IFeedbackGrain Feedback(string target) => grains.GetGrain<IFeedbackGrain>(GrainKeys.Feedback(identity.TenantId, target));
}
