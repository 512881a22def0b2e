using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules;
using Steward.Engines.Definitions;
using Steward.Identity;

namespace Steward.Approvals;

/// <summary>The silo's copies of tenants' rule sets, compiled once for each version, and of their delegations; a few seconds old at most. Safe for concurrent use.</summary>
internal sealed partial class ApprovalRuleSets(IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<ApprovalRuleSets> logger)
{
    /// <summary>How old a copy may be.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan KeptUnused = TimeSpan.FromMinutes(10);
    private const int TrimAbove = 1_000;

    private readonly ConcurrentDictionary<string, Copy> _copies = new(StringComparer.Ordinal);

    /// <summary>What holds in a tenant now.</summary>
    /// <exception cref="Errors.StewardException"><c>unavailable</c>: it cannot be read now.</exception>
    public async ValueTask<TenantRules> GetAsync(string tenantId, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        var known = _copies.GetValueOrDefault(tenantId);
        if (known is not null && now - known.At < MaxAge)
        {
            return known.Rules;
        }

        platform.Assume(tenantId);
        var current = await grains.GetGrain<IApprovalRulesGrain>(GrainKeys.ApprovalRules(tenantId)).ReadCurrent(known?.Rules.Set.Version ?? 0, known?.DelegationsVersion ?? 0, cancellationToken);
        var set = current.Version == 0 ? RuleSet.None : current.Text is null ? known!.Rules.Set : Compile(tenantId, current.Version, current.Text);
        var delegations = current.Delegations is null ? known?.Rules.Delegations ?? [] : [.. current.Delegations.Select(delegation => delegation.ToDelegation())];
        var copy = new Copy(new TenantRules(set, delegations), current.DelegationsVersion, now);
        _copies[tenantId] = copy;
        Trim(now);
        return copy.Rules;
    }

    private RuleSet Compile(string tenantId, int version, string text)
    {
        var set = RuleSets.Read(text, version);
        if (!set.IsReadable)
        {
            LogUnreadable(logger, tenantId, version);
        }

        foreach (var dropped in set.Dropped)
        {
            LogDropped(logger, version, tenantId, dropped.Line, dropped.Message);
        }

        return set;
    }

    private void Trim(DateTimeOffset now)
    {
        if (_copies.Count <= TrimAbove)
        {
            return;
        }

        foreach (var (tenantId, copy) in _copies)
        {
            if (now - copy.At > KeptUnused)
            {
                _copies.TryRemove(tenantId, out _);
            }
        }
    }

    [LoggerMessage(EventId = 1821, Level = LogLevel.Error, Message = "Version {Version} of the approval rules of {TenantId} cannot be read by this release: every request goes to the tenant's admins")]
    private static partial void LogUnreadable(ILogger logger, string tenantId, int version);

    [LoggerMessage(EventId = 1826, Level = LogLevel.Warning, Message = "Version {Version} of the approval rules of {TenantId}, line {Line}: {Warning}")]
    private static partial void LogDropped(ILogger logger, int version, string tenantId, int line, string warning);

    private sealed record Copy(TenantRules Rules, long DelegationsVersion, DateTimeOffset At);
}

/// <summary>What holds in a tenant.</summary>
/// <param name="Set">The rules; <see cref="RuleSet.None"/> when there are none.</param>
/// <param name="Delegations">The delegations, also those that have not begun; some may be over.</param>
internal sealed record TenantRules(RuleSet Set, IReadOnlyList<Delegation> Delegations);

/// <summary>Reads rule sets that were accepted once.</summary>
internal static class RuleSets
{
    /// <summary>The rule set; one by which the tenant's admins decide on everything when this release cannot read it any more.</summary>
    public static RuleSet Read(string text, int version)
    {
        try
        {
            return RuleSetReader.ReadStored(text, "rules.yaml", version);
        }
        catch (DefinitionException)
        {
            return RuleSet.Unreadable(version);
        }
    }
}
