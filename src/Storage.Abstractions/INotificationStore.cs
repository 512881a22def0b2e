namespace Steward.Storage;

/// <summary>The notices of all tenants and what became of them on each channel; at once the channels' queues. Safe for concurrent use.</summary>
public interface INotificationStore
{
    /// <summary>Adds rows; those that are there already, by tenant, notice and channel, stay as they are.</summary>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask AddAsync(IReadOnlyList<NoticeRow> rows, CancellationToken cancellationToken = default);

    /// <summary>Replaces what may change of rows: <see cref="NoticeRow.Delivery"/> and all after it; of several changes of a row the last one counts. Rows that are not there are left out.</summary>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask UpdateAsync(IReadOnlyList<NoticeRow> rows, CancellationToken cancellationToken = default);

    /// <summary>The rows of a channel that still have to be sent, in the order in which they came, after a number (exclusive).</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<NoticeRow>> ListOpenAsync(string tenantId, string channel, long afterNumber, int limit, CancellationToken cancellationToken = default);

    /// <summary>The channels, by tenant, that have rows to send, whose time has come by <paramref name="dueBy"/>; of one tenant or, for null, of all.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<(string TenantId, string Channel)>> ListOpenChannelsAsync(string? tenantId, DateTimeOffset dueBy, CancellationToken cancellationToken = default);

    /// <summary>The newest row of a thread on a channel that has a reference; null when there is none.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<NoticeRow?> FindReferenceAsync(string tenantId, string channel, string threadId, CancellationToken cancellationToken = default);

    /// <summary>The rows of a notice, one for each channel.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<NoticeRow>> FindAsync(string tenantId, string noticeId, CancellationToken cancellationToken = default);

    /// <summary>The rows about a subject, oldest first.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<NoticeRow>> ListBySubjectAsync(string tenantId, string subjectId, int limit, CancellationToken cancellationToken = default);

    /// <summary>The rows about a subject whose recipient has an address, newest first. Rows that do not say an address may be among them.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<NoticeRow>> ListByAddressAsync(string tenantId, string subjectId, string address, int limit, CancellationToken cancellationToken = default);

    /// <summary>The dead letters of a tenant, newest first: rows that failed with no channel left.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<NoticeRow>> ListDeadAsync(string tenantId, int limit, CancellationToken cancellationToken = default);

    /// <summary>Removes rows that have nothing to send any more and were made before a time.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<int> RemoveOldAsync(string tenantId, DateTimeOffset createdBefore, int limit, CancellationToken cancellationToken = default);
}

/// <summary>A notice on a channel.</summary>
public sealed record NoticeRow
{
    /// <summary>The tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>The notice.</summary>
    public required string NoticeId { get; init; }

    /// <summary>The channel.</summary>
    public required string Channel { get; init; }

    /// <summary>What belongs together for the recipient.</summary>
    public required string ThreadId { get; init; }

    /// <summary>What the thread is about.</summary>
    public required string SubjectId { get; init; }

    /// <summary>The kind of notice.</summary>
    public required string Kind { get; init; }

    /// <summary>Who is told, by user id.</summary>
    public required string Recipient { get; init; }

    /// <summary>The address by which channels find who is told, in lower case; empty for none, null in rows of before addresses were kept.</summary>
    public string? Address { get; init; }

    /// <summary>The notice and the channels to try next, JSON of the owner's own form.</summary>
    public required string Document { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Given by the store, ascending within a tenant and channel in the order of adding; 0 before that.</summary>
    public long Number { get; init; }

    /// <summary><c>queued</c>, <c>sent</c>, <c>delivered</c>, <c>failed</c>, <c>bounced</c>, <c>unknown</c>, or <c>skipped</c> when it was not worth sending any more.</summary>
    public required string Delivery { get; init; }

    /// <summary>Whether it still has to be sent.</summary>
    public required bool IsOpen { get; init; }

    /// <summary>Whether it failed with no channel left.</summary>
    public bool IsDead { get; init; }

    /// <summary><c>none</c>, <c>seen</c>, <c>read</c>, <c>acted</c> or <c>unknown</c>.</summary>
    public string Engagement { get; init; } = "none";

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>When it is due; null at once.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>When the channel took it.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>The channel's reference of the message.</summary>
    public string? Reference { get; init; }

    /// <summary>What went wrong last, safe to show.</summary>
    public string? Error { get; init; }
}
