using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Identity;

namespace Steward.Models;

/// <summary>
/// The silo's copies of tenants' settings of models. A copy is at most two seconds old when it is used; where the settings cannot be read now, one of up to a minute is. Nothing is asked for tenants that make no calls.
/// Safe for concurrent use.
/// </summary>
internal sealed partial class TenantModelPolicies(IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<TenantModelPolicies> logger) : IModelTenantPolicies
{
    /// <summary>From this age on a copy is renewed beside the call that uses it.</summary>
    internal static readonly TimeSpan RenewAfter = TimeSpan.FromSeconds(1);

    /// <summary>An older copy is not used without asking.</summary>
    internal static readonly TimeSpan Staleness = TimeSpan.FromSeconds(2);

    /// <summary>How old a copy may be when there is no answer.</summary>
    internal static readonly TimeSpan UsedWithoutAnswer = TimeSpan.FromMinutes(1);

    private const int SweepAt = 10_000;

    private readonly ConcurrentDictionary<string, Copy> _copies = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task<Copy>>> _reading = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<ModelTenantPolicy> GetAsync(string tenantId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tenantId);
        if (_copies.TryGetValue(tenantId, out var copy))
        {
            var age = time.GetElapsedTime(copy.At);
            if (age <= Staleness)
            {
                if (age > RenewAfter)
                {
                    _ = RenewAsync(tenantId);
                }

                return new ValueTask<ModelTenantPolicy>(copy.Policy);
            }
        }

        return new ValueTask<ModelTenantPolicy>(WaitAsync(tenantId, cancellationToken));
    }

    private async Task<ModelTenantPolicy> WaitAsync(string tenantId, CancellationToken cancellationToken)
    {
        try
        {
            return (await RenewAsync(tenantId).WaitAsync(cancellationToken)).Policy;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever it was, the settings cannot be read.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (_copies.TryGetValue(tenantId, out var copy) && time.GetElapsedTime(copy.At) <= UsedWithoutAnswer)
            {
                LogStale(failure, tenantId);
                return copy.Policy;
            }

            throw new ModelException("model_unavailable", "The tenant's settings of models cannot be read now.", failure) { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(1) };
        }
    }

    // One question at a time for each tenant, whoever waits for it; not bound to one call's cancellation.
    private Task<Copy> RenewAsync(string tenantId) => _reading.GetOrAdd(tenantId, id => new Lazy<Task<Copy>>(() => Task.Run(() => ReadAsync(id)))).Value;

    private async Task<Copy> ReadAsync(string tenantId)
    {
        try
        {
            platform.Assume(tenantId);
            var read = await grains.GetGrain<IModelSettingsGrain>(GrainKeys.ModelSettings(tenantId)).GetPolicy();
            var copy = new Copy(ToPolicy(read), time.GetTimestamp());
            Sweep();
            _copies[tenantId] = copy;
            return copy;
        }
        finally
        {
            _reading.TryRemove(tenantId, out _);
        }
    }

    private void Sweep()
    {
        if (_copies.Count < SweepAt)
        {
            return;
        }

        foreach (var (tenantId, copy) in _copies)
        {
            if (time.GetElapsedTime(copy.At) > UsedWithoutAnswer)
            {
                _copies.TryRemove(KeyValuePair.Create(tenantId, copy));
            }
        }
    }

    private static ModelTenantPolicy ToPolicy(TenantModelSettings read) => new()
    {
        Tier = read.Tier,
        RequiredTags = read.Settings.RequiredTags,
        Models = read.Settings.Models,
        CostCaps = read.Settings.CostCaps,
        Caches = read.Settings.Caches,
        SemanticThreshold = read.Settings.SemanticThreshold,
        SourceVersions = read.Settings.SourceVersions,
        ForcedDegradation = read.Settings.ForcedDegradation,
        JudgesAnswers = read.Settings.JudgesAnswers,
        Providers = read.Settings.Providers ?? [],
        ForgottenOfAll = read.ForgottenOfAll,
        Forgotten = read.Forgotten,
    };

    [LoggerMessage(EventId = 6102, Level = LogLevel.Warning, Message = "The settings of models of {Tenant} cannot be read; the last ones are used")]
    private partial void LogStale(Exception exception, string tenant);

    private sealed record Copy(ModelTenantPolicy Policy, long At);
}
