using Microsoft.Extensions.Logging;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;

namespace Steward.Approvals;

/// <summary>How an approval finds its chain, its people and those who may act for them. What cannot be looked up now is tried again; nobody is left out, and nothing approved, for that.</summary>
internal sealed partial class ApprovalGrain
{
    private Task _advance = Task.CompletedTask;

    /// <summary>Looks rules and people up as far as that is due, and lets time have its way. Whoever calls while it goes on waits for the same.</summary>
    private Task AdvanceAsync()
    {
        if (_advance.IsCompleted)
        {
            _advance = AdvanceOnceAsync();
        }

        return _advance;
    }

    private async Task AdvanceOnceAsync()
    {
        for (var step = 0; step < MaxSteps && _journal.State is { } state; step++)
        {
            var now = _time.GetUtcNow();
            switch (ApprovalMachine.Due(state, now).Kind)
            {
                case DueKind.FindRoute:
                    await LookUpAsync(async () =>
                    {
                        var verdict = await _parts.Routes.RouteAsync(state.Request, now, _stop.Token);
                        return current => ApprovalMachine.Route(current, verdict, _time.GetUtcNow());
                    });
                    break;
                case DueKind.OpenLevel:
                    await LookUpAsync(async () =>
                    {
                        var people = await ChainResolver.ResolveAsync(_parts.Directories.ForTenant(TenantId), await QueryAsync(state, now), _stop.Token);
                        return current => ApprovalMachine.OpenLevel(current, people, _time.GetUtcNow());
                    });
                    break;
                case DueKind.Escalate:
                    await LookUpAsync(async () =>
                    {
                        var people = await ChainResolver.ResolveEscalationAsync(_parts.Directories.ForTenant(TenantId), await QueryAsync(state, now), _stop.Token);
                        return current => ApprovalMachine.Escalate(current, people, _time.GetUtcNow());
                    });
                    break;
                case DueKind.ChangeDelegations:
                    await RedelegateAsync(state, now);
                    break;
                case DueKind.Remind or DueKind.EndLevel or DueKind.Expire:
                    await Note(current => ApprovalMachine.Advance(current!, _time.GetUtcNow()));
                    break;
                case var _ when state.OpenLevel is not null && state.RetryAt is null && await HaveDelegationsChangedAsync(state, now) is true:
                    await RedelegateAsync(state, now);
                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>Looks up who is asked, and who may act for them, as far as that is not what it should be: whoever was told of the last level's end, or set up a delegation, may be faster than this grain.</summary>
    /// <returns>Whether those may act for others who should by now.</returns>
    private async Task<bool> CurrentAsync(CancellationToken cancellationToken)
    {
        if (_journal.State is not { IsOver: false } state)
        {
            return true;
        }

        if (state.OpenLevel is null || await HaveDelegationsChangedAsync(state, _time.GetUtcNow()) is true)
        {
            await AdvanceAsync().WaitAsync(_parts.Options.LookUpPatience, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }

        return await HaveDelegationsChangedAsync(_journal.State, _time.GetUtcNow()) is false;
    }

    /// <summary>Whether other delegations hold for the open level than it knows; null when that cannot be told now.</summary>
    private async Task<bool?> HaveDelegationsChangedAsync(ApprovalState state, DateTimeOffset now)
    {
        try
        {
            return state.OpenLevel is not null && LevelDelegations.HaveChanged(state, await _parts.Routes.DelegationsAsync(TenantId, _stop.Token), now);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Nobody acts for another until it can be told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotLookedUp(_logger, exception, Key);
            return null;
        }
    }

    private Task RedelegateAsync(ApprovalState state, DateTimeOffset now) => LookUpAsync(
        async () =>
        {
            var people = await ChainResolver.ResolveDelegationsAsync(_parts.Directories.ForTenant(TenantId), await QueryAsync(state, now), _stop.Token);
            return current => ApprovalMachine.ChangeDelegations(current, people, _time.GetUtcNow());
        },
        ApprovalMachine.DelegationsUnavailable);

    /// <summary>Looks something up and notes what follows; that it could not be looked up otherwise, so that it is tried again later. Nobody is left out, and nothing approved, for that.</summary>
    private async Task LookUpAsync(Func<Task<Func<ApprovalState, ApprovalOutcome>>> lookUp, Func<ApprovalState, string, DateTimeOffset, ApprovalOutcome>? unavailable = null)
    {
        Func<ApprovalState, ApprovalOutcome> decide;
        try
        {
            _parts.Platform.Assume(TenantId);
            decide = await lookUp();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever keeps rules or people from being looked up: it is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotLookedUp(_logger, exception, Key);
            var reason = exception is DirectoryUnavailableException ? "The directory cannot be asked now." : "Rules or people cannot be looked up now.";
            decide = state => (unavailable ?? ApprovalMachine.Unavailable)(state, reason, _time.GetUtcNow());
        }

        await Note(state => decide(state!));
    }

    private async Task<LevelQuery> QueryAsync(ApprovalState state, DateTimeOffset now) => LevelQuery.Of(state, await _parts.Routes.DelegationsAsync(TenantId, _stop.Token), now);

    [LoggerMessage(EventId = 1802, Level = LogLevel.Warning, Message = "Rules or people of approval {Approval} cannot be looked up now; it will be tried again")]
    private static partial void LogNotLookedUp(ILogger logger, Exception exception, string approval);
}
