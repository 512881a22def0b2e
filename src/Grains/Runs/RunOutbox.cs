using Microsoft.Extensions.Logging;
using Steward.Engines.Orchestration;
using Steward.Identity;
using Steward.Models.Feedback;
using Steward.Sessions;

namespace Steward.Runs;

/// <summary>Tells everyone who has to know what became of a run. Everything here may be said twice; those who are told take it once.</summary>
internal sealed partial class RunOutbox(IGrainFactory grains, PlatformIdentity platform, RunApprovals approvals, IEnumerable<IRunEndHook> hooks, RunEscalations escalations, ILogger<RunOutbox> logger)
{
    private readonly IRunEndHook[] _hooks = [.. hooks];

    /// <summary>Whether somebody besides the session has to be told of the run's end.</summary>
    public bool HasHook(RunOrigin origin) => _hooks.Any(hook => hook.AppliesTo(origin));

    /// <summary>
    /// Whether somebody wants to be told of all runs of a tenant that begin now, or may want to: a hook that cannot say so now holds no run up, and is asked again when there is something to tell.
    /// </summary>
    public async ValueTask<bool> TellsTenantAsync(string tenantId)
    {
        foreach (var hook in _hooks)
        {
            try
            {
                if (await hook.WantsAllOfAsync(tenantId))
                {
                    return true;
                }
            }
#pragma warning disable CA1031 // Whatever is wrong with those who want to know of runs, runs go on.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogNotKnown(logger, exception, tenantId);
                return true;
            }
        }

        return false;
    }

    /// <summary>Tells all others that the run waits for a person.</summary>
    public async Task TellOthersOfWaitingAsync(string runKey, RunLife life, RunStatus status, string occasion, CancellationToken cancellationToken)
    {
        var tenantId = GrainKeys.TenantOf(runKey);
        foreach (var hook in _hooks.Where(hook => hook.AppliesTo(life.Origin!)))
        {
            await hook.OnWaitingAsync(tenantId, life.Origin!, status, occasion, cancellationToken);
        }
    }

    /// <summary>Tells the session of the end, or, with an id, that the run goes on without it.</summary>
    public Task TellSessionAsync(string runKey, RunLife life, RunSnapshot snapshot, string? interimId)
    {
        var origin = life.Origin!;
        platform.Assume(GrainKeys.TenantOf(runKey));
        return grains.GetGrain<ISessionGrain>(origin.SessionKey).RunEnded(RunStates.Report(GrainKeys.LastPart(runKey), life.Attempt, snapshot, interimId));
    }

    /// <summary>Tells all others of the end.</summary>
    public async Task TellOthersAsync(string runKey, RunLife life, RunSnapshot snapshot, RunStatus status, CancellationToken cancellationToken)
    {
        var tenantId = GrainKeys.TenantOf(runKey);
        var origin = life.Origin!;
        await approvals.WithdrawAsync(runKey, snapshot.Decisions.Where(RunApprovals.IsClosedByRun), cancellationToken);
        foreach (var hook in _hooks.Where(hook => hook.AppliesTo(origin)))
        {
            platform.Assume(tenantId);
            await hook.OnEndedAsync(tenantId, origin, status, cancellationToken);
        }

        if (life.IsTechnical)
        {
            var failed = FailedStep(snapshot);
            platform.Assume(tenantId);
            await grains.GetGrain<IDeadLettersGrain>(GrainKeys.DeadLetters(tenantId)).Add(
                new DeadLetter
                {
                    RunId = status.RunId,
                    Attempt = life.Attempt,
                    UserId = origin.UserId,
                    Code = status.ErrorCode ?? "internal",
                    StepId = failed?.StepId,
                    Cause = failed?.Message,
                    RequestedAt = status.RequestedAt,
                    FailedAt = status.EndedAt ?? status.RequestedAt,
                },
                cancellationToken);
            await escalations.CountAsync(tenantId, status.RunId, origin, snapshot);
        }
    }

    /// <summary>Lets experiments know of a run that waits since it does not know what became of an action.</summary>
    public Task CountEscalationAsync(string runKey, RunLife life, RunSnapshot snapshot) =>
        RunEscalations.Waits(snapshot) ? escalations.CountAsync(GrainKeys.TenantOf(runKey), GrainKeys.LastPart(runKey), life.Origin!, snapshot) : Task.CompletedTask;

    /// <summary>The letter of a run, or null.</summary>
    public async Task<DeadLetter?> FindLetterAsync(string runKey)
    {
        platform.Assume(GrainKeys.TenantOf(runKey));
        return await Letters(runKey).Find(GrainKeys.LastPart(runKey));
    }

    /// <summary>Takes a run's letter off the list.</summary>
    public Task SettleLetterAsync(string runKey, int attempt, string outcome, string by, string? comment = null)
    {
        platform.Assume(GrainKeys.TenantOf(runKey));
        return Letters(runKey).Settle(new SettleDeadLetter { RunId = GrainKeys.LastPart(runKey), Attempt = attempt, Outcome = outcome, By = by, Comment = comment });
    }

    /// <summary>The step whose failure is the cause, as far as one can be told.</summary>
    public static StepState? FailedStep(RunSnapshot snapshot) => snapshot.Steps.LastOrDefault(step => step.Status == StepStatus.Failed);

    [LoggerMessage(EventId = 1411, Level = LogLevel.Warning, Message = "Who wants to know of the runs of {Tenant} cannot be told now; they are asked again when there is something to tell")]
    private static partial void LogNotKnown(ILogger logger, Exception exception, string tenant);

    private IDeadLettersGrain Letters(string runKey) => grains.GetGrain<IDeadLettersGrain>(GrainKeys.DeadLetters(GrainKeys.TenantOf(runKey)));
}
