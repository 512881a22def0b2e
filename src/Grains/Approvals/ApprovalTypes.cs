using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Steward.Engines.Approvals;
using Steward.Engines.Approvals.Learning;

namespace Steward.Approvals;

/// <summary>
/// What kinds tenants' requests probably are of, of which nobody said one. Learns in the background of the silo when such a request comes, again after an hour at the earliest, from the last half year; until then, and where
/// there is too little to learn from, it suggests nothing. Safe for concurrent use.
/// </summary>
internal sealed partial class ApprovalTypes(PastApprovals past, TimeProvider time, ILogger<ApprovalTypes> logger) : IDisposable
{
    private const int MostRead = 5_000;
    private static readonly TimeSpan LearntFrom = TimeSpan.FromDays(180);
    private static readonly TimeSpan LearnsAgainAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan TriesAgainAfter = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, Learnt> _tenants = new(StringComparer.Ordinal);

    // One tenant at a time: nobody waits for it, and others need the processor.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>The most tenants whose models are kept, of some megabytes each at most; of more, those that were learnt last.</summary>
    internal int MaxTenants { get; init; } = 200;

    /// <summary>The kind that a request probably is of; null where that is not known, or somebody said one.</summary>
    public TypeSuggestion? Suggest(ApprovalRequest request)
    {
        if (!RequestTypeModel.IsFor(request))
        {
            return null;
        }

        var now = time.GetUtcNow();
        var learnt = _tenants.GetValueOrDefault(request.TenantId);
        if (learnt is null || now >= learnt.Again)
        {
            Begin(request.TenantId, learnt, now);
        }

        return learnt?.Model?.Suggest(request);
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    /// <summary>Learns from a tenant's history.</summary>
    /// <returns>Whether there is something to suggest from.</returns>
    internal async Task<bool> LearnAsync(string tenantId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (requests, read) = (new List<ApprovalRequest>(), 0);
        await foreach (var state in past.ReadAsync(tenantId, now - LearntFrom, cancellationToken))
        {
            requests.Add(state.Request);
            if (++read == MostRead)
            {
                break;
            }
        }

        var model = RequestTypeModel.Train(requests, out var refusal, cancellationToken);
        if (model is null)
        {
            LogRefused(logger, tenantId, refusal!);
        }
        else
        {
            LogLearnt(logger, tenantId, model.Types.Count, model.LearntFrom);
        }

        _tenants[tenantId] = new Learnt(model, now + LearnsAgainAfter);
        return model is not null;
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

    [LoggerMessage(EventId = 1827, Level = LogLevel.Information, Message = "Types of approvals of {TenantId}: {Types} learnt from {Requests} requests")]
    private static partial void LogLearnt(ILogger logger, string tenantId, int types, int requests);

    [LoggerMessage(EventId = 1828, Level = LogLevel.Debug, Message = "No types of approvals of {TenantId} are suggested: {Reason}")]
    private static partial void LogRefused(ILogger logger, string tenantId, string reason);

    [LoggerMessage(EventId = 1829, Level = LogLevel.Warning, Message = "Types of approvals of {TenantId} could not be learnt; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string tenantId);

    private sealed record Learnt(RequestTypeModel? Model, DateTimeOffset Again);
}
