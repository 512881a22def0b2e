using Orleans.Concurrency;

namespace Steward.Schedules;

/// <summary>
/// Hands in a message at the times of a cron line. Key: <c>t-acme/u-7/j-…</c> for a person's schedule, <c>t-acme/j-tenant-…</c> for one of the tenant, which admins see to.
/// Runs act in the name of the person who made the schedule, with the roles of that moment. Each time starts at most one run, whatever is lost in between.
/// </summary>
[Alias("steward.schedule")]
public interface IScheduleGrain : IGrainWithStringKey
{
    /// <summary>Creates the schedule. Idempotent: the same command again returns what is there.</summary>
    /// <exception cref="Errors.StewardException">
    /// <c>invalid_argument</c> names the field; <c>schedule_never_fires</c> when the line has no time; <c>conflict</c> when there is, or was, another schedule with this id;
    /// <c>limit_reached</c> when the person or tenant has too many.
    /// </exception>
    [Alias("create")]
    Task<ScheduleInfo> Create(CreateSchedule command, CancellationToken cancellationToken = default);

    /// <summary>The schedule, or null when there is none.</summary>
    [Alias("get-info")]
    [AlwaysInterleave] // Safe: returns what was last folded from the journal and changes nothing.
    Task<ScheduleInfo?> GetInfo(CancellationToken cancellationToken = default);

    /// <summary>Stops the schedule from firing, or lets it go on. What was missed while it was paused is not made up for. Idempotent.</summary>
    [Alias("set-paused")]
    Task<ScheduleInfo> SetPaused(bool paused, CancellationToken cancellationToken = default);

    /// <summary>Fires now, whatever the line says, also while it is paused.</summary>
    /// <param name="operationId">Chosen by the caller, 1 to 64 characters; the same id fires once.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.StewardException"><c>overloaded</c> when too many runs of the schedule are at work.</exception>
    [Alias("run-now")]
    Task<ScheduleFire> RunNow(string operationId, CancellationToken cancellationToken = default);

    /// <summary>Removes the schedule. Runs that it started go on. Idempotent.</summary>
    [Alias("delete")]
    Task Delete(CancellationToken cancellationToken = default);

    /// <summary>Sees to what is due. The watchdog calls it; the platform only.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);
}

/// <summary>Which schedules a tenant has. Key: <c>t-acme/i-schedules</c>.</summary>
[Alias("steward.schedule-index")]
public interface IScheduleIndexGrain : IGrainWithStringKey
{
    /// <summary>Notes a schedule. Idempotent; the platform only.</summary>
    /// <param name="scheduleId">The schedule.</param>
    /// <param name="userId">Whose it is; null for the tenant's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.StewardException"><c>limit_reached</c>.</exception>
    [Alias("add")]
    Task Add(string scheduleId, string? userId, CancellationToken cancellationToken = default);

    /// <summary>Forgets a schedule. Idempotent; the platform only.</summary>
    [Alias("remove")]
    Task Remove(string scheduleId, string? userId, CancellationToken cancellationToken = default);

    /// <summary>The ids of the caller's schedules, or of the tenant's, in ordinal order.</summary>
    /// <param name="tenantWide">Whether the tenant's are asked for; admins only.</param>
    /// <param name="after">Only ids after this one; null from the start.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    [Alias("list")]
    Task<IReadOnlyList<string>> List(bool tenantWide, string? after, int limit, CancellationToken cancellationToken = default);
}
