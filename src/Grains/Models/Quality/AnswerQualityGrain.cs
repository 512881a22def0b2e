using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Models.Quality;

/// <summary>Owns what is known of how good a tenant's answers are. Persists: its journal, nothing else, and no text. Woken by: the silos that judge, people's words, and whoever asks.</summary>
internal sealed partial class AnswerQualityGrain : StewardGrain, IAnswerQualityGrain, IDisposable
{
    private const int MostOfABatch = 1_000;
    private const int PurgeAfter = 2_000;

    private readonly HashSet<string> _telling = new(StringComparer.Ordinal);
    private readonly QualityAlerts _alerts;
    private readonly TimeProvider _time;
    private readonly ILogger<AnswerQualityGrain> _logger;
    private readonly FoldedJournal<AnswerQualityState> _journal;

    public AnswerQualityGrain(IJournalStore journals, QualityAlerts alerts, TimeProvider time, ILogger<AnswerQualityGrain> logger)
    {
        (_alerts, _time, _logger) = (alerts, time, logger);
        _journal = new FoldedJournal<AnswerQualityState>(journals, this.GetPrimaryKeyString(), AnswerQualityJson.Default.AnswerQualityState, time, DeactivateOnIdle);
    }

    private DateOnly Today => DateOnly.FromDateTime(_time.GetUtcNow().UtcDateTime);

    /// <inheritdoc/>
    protected override Task ActivateAsync(CancellationToken cancellationToken) => _journal.LoadAsync(cancellationToken);

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
        foreach (var finding in _journal.State.Untold(_journal.State.Report(Today), Today).ToList())
        {
            if (_telling.Add(finding.Name))
            {
                _ = TellAsync(finding);
            }
        }

        await _journal.ShortenAsync(PurgeAfter);
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

    // In the background of the activation: no silo that judges waits for notices. What could not be told is told with a later batch, by the same id.
    private async Task TellAsync(QualityFinding finding)
    {
        var tenantId = GrainKeys.TenantOf(this.GetPrimaryKeyString());
        try
        {
            await _alerts.TellAsync(tenantId, finding);
            if (finding.Regression is { } regression)
            {
                LogRegression(_logger, tenantId, finding.Feature, regression.Change, regression.Before, regression.After);
                AnswerQualityDiagnostics.Regressions.Add(1);
            }
            else
            {
                LogDrift(_logger, tenantId, finding.Feature, finding.Drift!.Of, finding.Drift.Index);
                AnswerQualityDiagnostics.Drifts.Add(1);
            }

            await _journal.AppendAsync(AnswerQualityRecordTypes.Told, finding.Name, AnswerQualityJson.Default.String, static () => null);
        }
#pragma warning disable CA1031 // Whatever keeps the notice back, what was judged is written.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTold(_logger, exception, tenantId, finding.Name);
        }
        finally
        {
            _telling.Remove(finding.Name);
        }
    }

    [LoggerMessage(EventId = 7110, Level = LogLevel.Warning, Message = "Answers of {Tenant} in {Feature} became worse after the change {Change}: mean score {Before} before, {After} since")]
    private static partial void LogRegression(ILogger logger, string tenant, string feature, string change, double before, double after);

    [LoggerMessage(EventId = 7114, Level = LogLevel.Warning, Message = "Of {Tenant} in {Feature} the {Of} have moved: stability index {Index}")]
    private static partial void LogDrift(ILogger logger, string tenant, string feature, string of, double index);

    [LoggerMessage(EventId = 7115, Level = LogLevel.Warning, Message = "The admins of {Tenant} could not be told of {Finding} yet")]
    private static partial void LogNotTold(ILogger logger, Exception exception, string tenant, string finding);
}

/// <summary>What judging tells about itself.</summary>
internal static class AnswerQualityDiagnostics
{
    public static System.Diagnostics.Metrics.Counter<long> Judged { get; } = Diagnostics.Meter.CreateCounter<long>("steward.answers.judged", "{answer}", "Answers of the sample, by what became of them: judged, unreadable, failed or dropped.");

    public static System.Diagnostics.Metrics.Counter<long> Regressions { get; } = Diagnostics.Meter.CreateCounter<long>("steward.answers.regressions", "{regression}", "Changes after which judged answers became worse.");

    public static System.Diagnostics.Metrics.Counter<long> Drifts { get; } = Diagnostics.Meter.CreateCounter<long>("steward.answers.drifts", "{drift}", "Drifts of questions and scores that admins were told of.");
}
