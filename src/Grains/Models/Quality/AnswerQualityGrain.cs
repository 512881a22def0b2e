using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Models.Quality;

/// <summary>Owns what is known of how good a tenant's answers are. Persists: its journal, nothing else, and no text. Woken by: the silos that judge, people's words, and whoever asks.</summary>
internal sealed partial class AnswerQualityGrain : Grain, IAnswerQualityGrain, IDisposable
{
    private const int MostOfABatch = 1_000;
    private const int PurgeAfter = 2_000;

    private readonly TimeProvider _time;
    private readonly ILogger<AnswerQualityGrain> _logger;
    private readonly FoldedJournal<AnswerQualityState> _journal;

    public AnswerQualityGrain(IJournalStore journals, TimeProvider time, ILogger<AnswerQualityGrain> logger)
    {
        (_time, _logger) = (time, logger);
        _journal = new FoldedJournal<AnswerQualityState>(journals, this.GetPrimaryKeyString(), AnswerQualityJson.Default.AnswerQualityState, time, DeactivateOnIdle);
    }

    private DateOnly Today => DateOnly.FromDateTime(_time.GetUtcNow().UtcDateTime);

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken) => _journal.LoadAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task Record(AnswerQualityBatch batch, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (batch.BatchId is not { Length: > 0 and <= 128 } || batch.Judged.Count > MostOfABatch || batch.Questions.Count > MostOfABatch
            || batch.Judged.Any(answer => answer.Score is not (>= 0 and <= 1)) || batch.Questions.Any(count => count.Count < 0 || count.Kind.IndexOf(':', StringComparison.Ordinal) < 1))
        {
            throw StewardException.Invalid("judged", $"must be at most {MostOfABatch}, with scores of 0 to 1.");
        }

        await _journal.AppendAsync(AnswerQualityRecordTypes.Recorded, batch, AnswerQualityJson.Default.AnswerQualityBatch, static () => null, batch.BatchId);
        if (batch.Judged.Count > 0)
        {
            await TellAsync();
        }

        if (_journal.SincePurge > PurgeAfter)
        {
            await _journal.PurgeAsync();
        }
    }

    /// <inheritdoc/>
    public async Task Label(AnswerLabel label, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (_journal.State.Labels.Find(known => known.Target == label.Target)?.IsGood != label.IsGood)
        {
            await _journal.AppendAsync(AnswerQualityRecordTypes.Labelled, label, AnswerQualityJson.Default.AnswerLabel, static () => null);
        }
    }

    /// <inheritdoc/>
    public Task<AnswerQualityReport> GetReport(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        return Task.FromResult(_journal.State.Report(Today));
    }

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    private async Task TellAsync()
    {
        foreach (var feature in _journal.State.Report(Today).Features)
        {
            foreach (var regression in feature.Regressions)
            {
                // Dated by the first judged answer of it, which stays the same as answers come.
                var name = $"{feature.Feature} {regression.Change} {regression.At.ToUnixTimeMilliseconds()}";
                if (!_journal.State.Told.Contains(name))
                {
                    LogRegression(_logger, GrainKeys.TenantOf(this.GetPrimaryKeyString()), feature.Feature, regression.Change, regression.Before, regression.After);
                    AnswerQualityDiagnostics.Regressions.Add(1);
                    await _journal.AppendAsync(AnswerQualityRecordTypes.Told, name, AnswerQualityJson.Default.String, static () => null);
                }
            }
        }
    }

    [LoggerMessage(EventId = 7110, Level = LogLevel.Warning, Message = "Answers of {Tenant} in {Feature} became worse after the change {Change}: mean score {Before} before, {After} since")]
    private static partial void LogRegression(ILogger logger, string tenant, string feature, string change, double before, double after);
}

/// <summary>What judging tells about itself.</summary>
internal static class AnswerQualityDiagnostics
{
    public static System.Diagnostics.Metrics.Counter<long> Judged { get; } = Diagnostics.Meter.CreateCounter<long>("steward.answers.judged", "{answer}", "Answers of the sample, by what became of them: judged, unreadable, failed or dropped.");

    public static System.Diagnostics.Metrics.Counter<long> Regressions { get; } = Diagnostics.Meter.CreateCounter<long>("steward.answers.regressions", "{regression}", "Changes after which judged answers became worse.");
}
