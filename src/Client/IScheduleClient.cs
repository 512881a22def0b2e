using Steward.Schedules;

namespace Steward.Client;

/// <summary>
/// A person's schedules and, for admins, the tenant's own: the latter have ids that begin with <c>j-tenant-</c>. Those of others answer <c>not_found</c>.
/// Reached through <see cref="IStewardUserClient.Schedules"/>.
/// </summary>
public interface IScheduleClient
{
    /// <summary>Creates a schedule. Idempotent by its id.</summary>
    /// <param name="spec">What is handed in when.</param>
    /// <param name="scheduleId"><c>j-…</c>, for one of the tenant's own <c>j-tenant-…</c>; null makes a new one.</param>
    /// <param name="tenantWide">Whether a new id is to be one of the tenant's own; admins only.</param>
    /// <param name="cancellationToken">Stops waiting; the schedule may have been created.</param>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>, <c>schedule_never_fires</c>, <c>conflict</c>, <c>limit_reached</c>.</exception>
    Task<ScheduleInfo> CreateAsync(CreateSchedule spec, string? scheduleId = null, bool tenantWide = false, CancellationToken cancellationToken = default);

    /// <summary>One page of the person's schedules, or of the tenant's own, by id.</summary>
    /// <param name="tenantWide">Whether the tenant's own are asked for; admins only.</param>
    /// <param name="afterId">Only those after this id; null from the start.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<SchedulePage> ListAsync(bool tenantWide = false, string? afterId = null, int limit = 50, CancellationToken cancellationToken = default);

    /// <summary>One schedule and what became of its last times.</summary>
    Task<ScheduleInfo> GetAsync(string scheduleId, CancellationToken cancellationToken = default);

    /// <summary>Pauses a schedule, or lets it go on. Idempotent.</summary>
    Task<ScheduleInfo> SetPausedAsync(string scheduleId, bool paused, CancellationToken cancellationToken = default);

    /// <summary>Fires now. Idempotent by <paramref name="operationId"/>, 1 to 64 characters; null draws a new one.</summary>
    Task<ScheduleFire> RunNowAsync(string scheduleId, string? operationId = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a schedule. Idempotent.</summary>
    Task DeleteAsync(string scheduleId, CancellationToken cancellationToken = default);
}

/// <summary>Part of a list of schedules.</summary>
/// <param name="Schedules">By id.</param>
/// <param name="NextAfterId">Ask for those after this id to get the next page; null at the end.</param>
public sealed record SchedulePage(IReadOnlyList<ScheduleInfo> Schedules, string? NextAfterId);
