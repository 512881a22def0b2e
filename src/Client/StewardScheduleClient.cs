using System.Security.Cryptography;
using Steward.Errors;
using Steward.Identity;
using Steward.Schedules;

namespace Steward.Client;

/// <summary>One person's view of schedules, over grain calls.</summary>
internal sealed class StewardScheduleClient(IGrainFactory grains, SignedCaller calls, CallerIdentity identity) : IScheduleClient
{
    /// <inheritdoc/>
    public Task<ScheduleInfo> CreateAsync(CreateSchedule spec, string? scheduleId = null, bool tenantWide = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        // The id is drawn before the first attempt, so that a repetition creates the same schedule.
        scheduleId ??= InputRules.NewScheduleId(tenantWide);
        return CallAsync("schedule.create", changes: true, Schedule(scheduleId), spec, static (schedule, spec, token) => schedule.Create(spec, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SchedulePage> ListAsync(bool tenantWide = false, string? afterId = null, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        if (afterId is not null)
        {
            InputRules.ScheduleId(afterId, "afterId");
        }

        var index = grains.GetGrain<IScheduleIndexGrain>(GrainKeys.ScheduleIndex(identity.TenantId));
        var ids = await CallAsync(
            "schedule-index.list",
            changes: false,
            index,
            (tenantWide, afterId, limit),
            static (index, page, token) => index.List(page.tenantWide, page.afterId, page.limit, token),
            cancellationToken);
        var found = await Task.WhenAll(ids.Select(id => FindAsync(id, cancellationToken)));
        return new SchedulePage([.. found.OfType<ScheduleInfo>()], ids.Count == limit ? ids[^1] : null);
    }

    /// <inheritdoc/>
    public async Task<ScheduleInfo> GetAsync(string scheduleId, CancellationToken cancellationToken = default) =>
        await FindAsync(scheduleId, cancellationToken) ?? throw StewardException.NotFound("The schedule");

    /// <inheritdoc/>
    public Task<ScheduleInfo> SetPausedAsync(string scheduleId, bool paused, CancellationToken cancellationToken = default) =>
        CallAsync("schedule.set-paused", changes: true, Schedule(scheduleId), paused, static (schedule, paused, token) => schedule.SetPaused(paused, token), cancellationToken);

    /// <inheritdoc/>
    public Task<ScheduleFire> RunNowAsync(string scheduleId, string? operationId = null, CancellationToken cancellationToken = default)
    {
        operationId ??= "op-" + RandomNumberGenerator.GetString(InputRules.IdAlphabet, 24);
        return CallAsync("schedule.run-now", changes: true, Schedule(scheduleId), operationId, static (schedule, id, token) => schedule.RunNow(id, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string scheduleId, CancellationToken cancellationToken = default) =>
        CallAsync("schedule.delete", changes: true, Schedule(scheduleId), 0, static async (schedule, _, token) =>
        {
            await schedule.Delete(token);
            return true;
        }, cancellationToken);

    private Task<ScheduleInfo?> FindAsync(string scheduleId, CancellationToken cancellationToken) =>
        CallAsync("schedule.get-info", changes: false, Schedule(scheduleId), 0, static (schedule, _, token) => schedule.GetInfo(token), cancellationToken);

    private IScheduleGrain Schedule(string scheduleId)
    {
        InputRules.ScheduleId(scheduleId);
        return grains.GetGrain<IScheduleGrain>(GrainKeys.Schedule(identity.TenantId, identity.UserId, scheduleId));
    }

    // All calls of this client are idempotent: by their nature, by the schedule's id or by the operation id.
    private Task<TResult> CallAsync<TGrain, TState, TResult>(
        string operation,
        bool changes,
        TGrain grain,
        TState state,
        Func<TGrain, TState, CancellationToken, Task<TResult>> call,
        CancellationToken cancellationToken) =>
        calls.CallAsync(operation, idempotent: true, changes, grain, state, call, cancellationToken);
}
