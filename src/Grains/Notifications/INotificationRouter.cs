using Steward.Engines.Notifications;

namespace Steward.Notifications;

/// <summary>
/// Tells people: decides by their preferences and the tenant's settings on which channels each notice goes out and when, and gives it to the queues. In-app always gets everything. Safe for concurrent use, and to be
/// called from grains: it acts in the platform's name and leaves the caller's identity as it was.
/// </summary>
public interface INotificationRouter
{
    /// <summary>Takes notices, of any people of one tenant; what is to be sent is durable when this returns. Idempotent by <see cref="Notice.NoticeId"/>: after a failure it is called again with the same notices.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>: a notice is of another tenant, or lacks what it needs; <c>unavailable</c>: try again.</exception>
    /// <exception cref="Storage.StorageException">The store could not be reached; the outcome may be unknown: try again.</exception>
    Task TellAsync(string tenantId, IReadOnlyList<Notice> notices, CancellationToken cancellationToken);
}

/// <summary>Tells all admins of a tenant that the platform knows.</summary>
public interface INoticeAdmins
{
    /// <summary>Tells every admin that came by lately, by their preferences. Idempotent by <paramref name="eventId"/>; durable when this returns.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="kind">One of <see cref="NoticeKinds"/>.</param>
    /// <param name="eventId">The same for the same event, and for no other of the tenant; 1 to 100 characters.</param>
    /// <param name="subjectId">What it is about, for example the connector instance <c>c-okta</c>.</param>
    /// <param name="data">What texts are filled with, a JSON object.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How many are told.</returns>
    Task<int> TellAdminsAsync(string tenantId, string kind, string eventId, string subjectId, string data, CancellationToken cancellationToken);
}
