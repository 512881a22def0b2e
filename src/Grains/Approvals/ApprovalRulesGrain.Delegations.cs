using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.People;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>Who decides for whom. Requests that are open already are told, once the servers' copies are as new as this; that they still have to be stands in the journal.</summary>
internal sealed partial class ApprovalRulesGrain
{
    // Copies that hold the old delegations are gone by then.
    private static readonly TimeSpan ToldAfter = ApprovalRuleSets.MaxAge + TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ToldAgainAfter = TimeSpan.FromSeconds(30);

    private readonly ILogger<ApprovalRulesGrain> _logger;
    private IGrainTimer? _timer;

    /// <inheritdoc/>
    public Task<IReadOnlyList<DelegationView>> ListDelegations(CancellationToken cancellationToken = default)
    {
        var now = _time.GetUtcNow();
        var caller = Caller.Required;
        return Task.FromResult<IReadOnlyList<DelegationView>>(
            [.. State.Delegations.Where(delegation => delegation.Ends > now && (IsAdmin(caller) || IsBy(delegation, caller) || IsFor(delegation, caller)))]);
    }

    /// <inheritdoc/>
    public async Task<DelegationView> AddDelegation(DelegationView delegation, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        var isAdmin = IsAdmin(caller);
        var isOwn = IsCallers(delegation.From, caller);
        if (!isAdmin && !isOwn)
        {
            throw StewardException.Forbidden("Only an admin of the tenant may let somebody decide for others.");
        }

        // Whose address it is has to be sure: whoever is acted for gives their vote away.
        var isSure = isOwn && KnownAddress.Of(caller.Email?.Trim()) is { } address && await _actors.IsTheirsAsync(caller, address, cancellationToken);
        if (!isAdmin && !isSure)
        {
            throw StewardException.Forbidden("Several people sign in with your mail address, so that nobody can tell whose vote this would be. An admin of the tenant may set it up.");
        }

        var accepted = DelegationCheck.Accept(delegation, State.Delegations, _time.GetUtcNow()) with { By = caller.UserId };
        if (State.Delegations.Find(other => other.DelegationId == accepted.DelegationId) is { } there)
        {
            return there with { Types = accepted.Types, By = accepted.By, FromUserId = null, ToUserId = null } == accepted && there.Types.SequenceEqual(accepted.Types)
                ? there
                : throw new StewardException(ErrorCodes.Conflict, "delegationId: there is another delegation with this id.") { Field = "delegationId" };
        }

        accepted = accepted with
        {
            FromUserId = isSure ? caller.UserId : await _actors.FindOwnerAsync(TenantId, accepted.From, cancellationToken),
            ToUserId = await _actors.FindOwnerAsync(TenantId, accepted.To, cancellationToken),
        };
        await _journal.AppendAsync(ApprovalRulesRecordTypes.DelegationAdded, accepted, ApprovalRulesJson.Default.DelegationView, Soon);
        Arm();
        return accepted;
    }

    /// <inheritdoc/>
    public async Task RemoveDelegation(string delegationId, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        if (State.Delegations.Find(delegation => delegation.DelegationId == delegationId) is not { } there)
        {
            return;
        }

        // Whoever was asked to act for somebody may decline.
        if (!IsAdmin(caller) && !IsBy(there, caller) && !IsFor(there, caller))
        {
            throw StewardException.NotFound("The delegation");
        }

        var removed = new DelegationRemoved { DelegationId = delegationId, By = caller.UserId };
        await _journal.AppendAsync(ApprovalRulesRecordTypes.DelegationRemoved, removed, ApprovalRulesJson.Default.DelegationRemoved, Soon);
        Arm();
    }

    /// <inheritdoc/>
    public async Task KnowAddress(string address, string userId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        bool IsMeant(string mail, string? known) => known is null && mail.Equals(address, StringComparison.OrdinalIgnoreCase);
        if (State.Delegations.Exists(delegation => delegation.Ends > _time.GetUtcNow() && (IsMeant(delegation.From, delegation.FromUserId) || IsMeant(delegation.To, delegation.ToUserId))))
        {
            await _journal.AppendAsync(ApprovalRulesRecordTypes.AddressKnown, new AddressKnown { Address = address.ToLowerInvariant(), UserId = userId }, ApprovalRulesJson.Default.AddressKnown, static () => null);
        }
    }

    /// <inheritdoc/>
    public Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        Arm();
        return Task.CompletedTask;
    }

    private JournalWake Soon() => new(_time.GetUtcNow() + ToldAfter);

    private void Arm()
    {
        if (State.UntoldSince.Count > 0)
        {
            DelayDeactivation(ToldAfter + ToldAgainAfter);
            _timer!.Change(ToldAfter, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Tells the open requests of those whose delegations have changed.</summary>
    private async Task TellAsync()
    {
        var untold = State.UntoldSince.Keys.ToList();
        var through = State.UntoldSince.Values.DefaultIfEmpty().Max();
        try
        {
            if (untold.Count > 0)
            {
                await _news.TellAsync(TenantId, untold, CancellationToken.None);
                await _journal.AppendAsync(ApprovalRulesRecordTypes.DelegationsTold, new DelegationsTold { People = untold, Through = through }, ApprovalRulesJson.Default.DelegationsTold, () => new(State.UntoldSince.Values.Any(changed => changed > through) ? Soon().At : null));
                Arm();
            }
        }
#pragma warning disable CA1031 // It stands in the journal that they are to be told: it is tried again, here or by the watchdog. Until then they find out when somebody looks at them.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTold(_logger, exception, TenantId);
            _timer!.Change(ToldAgainAfter, Timeout.InfiniteTimeSpan);
        }
    }

    private static bool IsAdmin(CallerIdentity caller) => Caller.IsSystem || caller.Roles.Contains(WellKnownRoles.Admin);

    private static bool IsBy(DelegationView delegation, CallerIdentity caller) => IsCallers(delegation.From, caller) && (delegation.FromUserId is null || delegation.FromUserId == caller.UserId);

    private static bool IsFor(DelegationView delegation, CallerIdentity caller) => IsCallers(delegation.To, caller) && (delegation.ToUserId is null || delegation.ToUserId == caller.UserId);

    private static bool IsCallers(string mail, CallerIdentity caller) => !string.IsNullOrWhiteSpace(caller.Email) && string.Equals(mail?.Trim(), caller.Email.Trim(), StringComparison.OrdinalIgnoreCase);

    [LoggerMessage(EventId = 1825, Level = LogLevel.Warning, Message = "Not all open requests of {Tenant} could be told that delegations changed; it will be tried again")]
    private static partial void LogNotTold(ILogger logger, Exception exception, string tenant);
}
