using Steward.Identity;
using Steward.Models;
using Steward.Models.Feedback;
using Steward.Models.Quality;

namespace Steward.Client;

/// <summary>The language models behind the cluster. Singleton, thread-safe.</summary>
public interface IStewardModels
{
    /// <summary>Acts in the name of one person, whom the front end has authenticated.</summary>
    IModelClient For(CallerIdentity identity);
}

/// <summary>
/// What one person can do with models. Every error is a <see cref="Errors.StewardException"/>, apart from <see cref="OperationCanceledException"/> when the caller cancels.
/// </summary>
public interface IModelClient
{
    /// <summary>
    /// Calls a model and gives its events until the last one (<see cref="ModelCallEvent.EndsCall"/>), which may be a failure. Breaks are bridged while the silo that makes the call lives. Whoever stops reading, or cancels, stops the
    /// call at the provider too.
    /// </summary>
    /// <param name="callId"><c>mc-</c> and 16 to 64 of a-z and 0-9: unique, and the same for a repetition.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    IAsyncEnumerable<ModelCallEvent> StreamAsync(string callId, StartModelCall call, CancellationToken cancellationToken = default);

    /// <summary>What may be asked for.</summary>
    Task<IReadOnlyList<OfferedModel>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>The tenant's settings. Admins only.</summary>
    Task<ModelSettings> GetSettingsAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces the tenant's settings. Not repeated. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>conflict</c> when the revision is not the one that holds.</exception>
    Task<ModelSettings> SetSettingsAsync(ModelSettings settings, CancellationToken cancellationToken = default);

    /// <summary>Counts a change of what answers rest on. Admins only. May be counted twice after a failure, which costs cached answers and nothing else.</summary>
    /// <param name="source">The source; the empty name stands for all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<long> BumpSourceAsync(string source, CancellationToken cancellationToken = default);

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
