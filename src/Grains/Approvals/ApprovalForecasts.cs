using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Steward.Engines.Approvals.Learning;
using Steward.Engines.Approvals.Machine;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>
/// What tenants' histories say of their open requests. Learns in the background of the silo when a tenant is asked about, again after some hours, from the last half year; until then, and where there is too little history or nothing to
/// learn from it, it says nothing. Safe for concurrent use.
/// </summary>
internal sealed partial class ApprovalForecasts(PastApprovals past, ApprovalRuleSets rules, TimeProvider time, ILogger<ApprovalForecasts> logger) : IApprovalForecasts, IDisposable
{
    private const int MaxRequests = 5_000;
    private static readonly TimeSpan LearntFrom = TimeSpan.FromDays(180);
    private static readonly TimeSpan LearnsAgainAfter = TimeSpan.FromHours(6);
    private static readonly TimeSpan TriesAgainAfter = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, Learnt> _tenants = new(StringComparer.Ordinal);

    // One tenant at a time: nobody waits for it, and others need the processor.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>The most tenants whose histories are remembered; of more, those that were learnt last.</summary>
    internal int MaxTenants { get; init; } = 1_000;

    /// <inheritdoc/>
    public ValueTask<ApprovalForecast?> ForecastAsync(ApprovalState state, DateTimeOffset now, CancellationToken cancellationToken) =>
        LevelObservation.OfOpen(state) is { } open ? ForecastAsync(state.Request.TenantId, open, now, cancellationToken) : default;

    /// <inheritdoc/>
    public ValueTask<ApprovalForecast?> ForecastAsync(string tenantId, LevelObservation open, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var learnt = _tenants.GetValueOrDefault(tenantId);
        if (learnt is null || now >= learnt.Again)
        {
            Begin(tenantId, learnt, now);
        }

        return new ValueTask<ApprovalForecast?>(learnt?.Model?.Forecast(open, now) is { } forecast
            ? new ApprovalForecast { BreachProbability = forecast.BreachProbability, LikelyApprover = forecast.LikelyApprover, Reasons = forecast.Reasons }
            : null);
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    /// <summary>Learns from a tenant's history.</summary>
    /// <returns>How good it is; null when there is too little history.</returns>
    internal async Task<ForecastQuality?> LearnAsync(string tenantId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var zone = (await rules.GetAsync(tenantId, cancellationToken)).Set.TimeZone;
        var (history, requests) = (new List<LevelObservation>(), 0);
        await foreach (var state in past.ReadAsync(tenantId, now - LearntFrom, cancellationToken))
        {
            history.AddRange(LevelObservation.Of(state, now));
            if (++requests == MaxRequests)
            {
                break;
            }
        }

        if (!ForecastModel.TryTrain(history, zone, out var model, out var refusal))
        {
            LogRefused(logger, tenantId, refusal);
        }
        else
        {
            LogLearnt(logger, tenantId, history.Count, model.Quality.HeldOut, model.Quality.Brier, model.Quality.BaseBrier, model.Quality.IsUseful);
        }

        _tenants[tenantId] = new Learnt(model, now + LearnsAgainAfter);
        return model?.Quality;
    }

    private void Begin(string tenantId, Learnt? known, DateTimeOffset now)
    {
        // Whoever sets the next time is the one who learns.
        var next = new Learnt(known?.Model, now + TriesAgainAfter);
        if (known is null ? !_tenants.TryAdd(tenantId, next) : !_tenants.TryUpdate(tenantId, next, known))
        {
            return;
        }

        if (_tenants.Count > MaxTenants && _tenants.Where(other => other.Key != tenantId).MinBy(other => other.Value.Again) is { Key: { } oldest } entry)
        {
            // It is learnt again when somebody asks.
            _tenants.TryRemove(KeyValuePair.Create(oldest, entry.Value));
        }

        // Off the caller's scheduler, and without its identity.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => LearnInTurnAsync(tenantId));
        }
    }

    private async Task LearnInTurnAsync(string tenantId)
    {
        await _turn.WaitAsync();
        try
        {
            await LearnAsync(tenantId, CancellationToken.None);
        }
#pragma warning disable CA1031 // Nobody waits for it; it is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogFailed(logger, exception, tenantId);
        }
        finally
        {
            _turn.Release();
        }
    }

    [LoggerMessage(EventId = 1822, Level = LogLevel.Information, Message = "Forecasts of approvals of {TenantId}, from {Levels} levels: Brier score {Brier:0.0000} on {HeldOut} held back, {BaseBrier:0.0000} by the base rate; used: {IsUseful}")]
    private static partial void LogLearnt(ILogger logger, string tenantId, int levels, int heldOut, double brier, double baseBrier, bool isUseful);

    [LoggerMessage(EventId = 1823, Level = LogLevel.Debug, Message = "No forecasts of approvals of {TenantId}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string tenantId, string reason);

    [LoggerMessage(EventId = 1824, Level = LogLevel.Warning, Message = "Forecasts of approvals of {TenantId} could not be learnt; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string tenantId);

    private sealed record Learnt(ForecastModel? Model, DateTimeOffset Again);
}
