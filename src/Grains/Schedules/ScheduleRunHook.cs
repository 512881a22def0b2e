using Steward.Identity;
using Steward.Runs;

namespace Steward.Schedules;

/// <summary>Lets schedules know that a run of theirs has ended, so that none has to ask again and again whether it has.</summary>
internal sealed class ScheduleRunHook(IGrainFactory grains, PlatformIdentity platform) : IRunEndHook
{
    private const string SessionPrefix = "s-cron-";

    /// <summary>The session that a schedule's messages go to.</summary>
    public static string SessionOf(string scheduleId) => SessionPrefix + scheduleId[2..];

    /// <summary>Whether a session is named like those of schedules.</summary>
    public static bool IsOfASchedule(string sessionKey) => GrainKeys.LastPart(sessionKey).StartsWith(SessionPrefix, StringComparison.Ordinal);

    /// <inheritdoc/>
    public ValueTask<bool> WantsAllOfAsync(string tenantId) => ValueTask.FromResult(false);

    /// <inheritdoc/>
    public bool AppliesTo(RunOrigin origin) => origin.Background && ScheduleOf(origin.SessionKey) is not null;

    /// <inheritdoc/>
    public async Task OnEndedAsync(string tenantId, RunOrigin origin, RunStatus status, CancellationToken cancellationToken)
    {
        // A person may call a session what they like: a schedule that does not exist takes no notice.
        platform.Assume(tenantId);
        await grains.GetGrain<IScheduleGrain>(ScheduleOf(origin.SessionKey)!).Resume(cancellationToken);
    }

    /// <inheritdoc/>
    public Task OnWaitingAsync(string tenantId, RunOrigin origin, RunStatus status, string occasion, CancellationToken cancellationToken) => Task.CompletedTask;

    private static string? ScheduleOf(string sessionKey)
    {
        var id = GrainKeys.LastPart(sessionKey);
        return id.StartsWith(SessionPrefix, StringComparison.Ordinal) && id.Length > SessionPrefix.Length && GrainKeys.UserOf(sessionKey) is { } user
            ? GrainKeys.Schedule(GrainKeys.TenantOf(sessionKey), user, "j-" + id[SessionPrefix.Length..])
            : null;
    }
}
