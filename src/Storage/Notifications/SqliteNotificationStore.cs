using Steward.Storage.Sqlite;

namespace Steward.Storage.Notifications;

/// <summary>Notices in the SQLite file.</summary>
internal sealed class SqliteNotificationStore(SqliteDatabase database) : INotificationStore
{
    private const string Insert =
        """
        INSERT INTO notices (tenant, notice, channel, thread, subject, kind, recipient, created_at, delivery, is_open, is_dead, engagement, attempts, next_at, sent_at, reference, error, document, address)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
        ON CONFLICT (tenant, notice, channel) DO NOTHING
        """;

    private const string Update =
        """
        UPDATE notices SET delivery = ?4, is_open = ?5, is_dead = ?6, engagement = ?7, attempts = ?8, next_at = ?9, sent_at = ?10, reference = ?11, error = ?12
        WHERE tenant = ?1 AND notice = ?2 AND channel = ?3
        """;

    internal const string SelectOpen = NoticeSql.Columns + "INDEXED BY notices_open WHERE is_open = 1 AND tenant = ?1 AND channel = ?2 AND number > ?3 ORDER BY number LIMIT ?4";

    /// <summary>A tenant's next channel with something to send, and when its first row is due.</summary>
    internal const string SelectNextChannel =
        "SELECT tenant, channel, coalesce(next_at, 0) FROM notices INDEXED BY notices_due WHERE is_open = 1 AND tenant = ?1 AND channel > ?2 ORDER BY channel, coalesce(next_at, 0) LIMIT 1";

    /// <summary>The first channel of the next tenant that has something to send.</summary>
    internal const string SelectNextTenant =
        "SELECT tenant, channel, coalesce(next_at, 0) FROM notices INDEXED BY notices_due WHERE is_open = 1 AND tenant > ?1 ORDER BY tenant, channel, coalesce(next_at, 0) LIMIT 1";

    internal const string SelectReference =
        NoticeSql.Columns + "INDEXED BY notices_reference WHERE reference IS NOT NULL AND tenant = ?1 AND channel = ?2 AND thread = ?3 ORDER BY number DESC LIMIT 1";

    private const string SelectNotice = NoticeSql.Columns + "WHERE tenant = ?1 AND notice = ?2 ORDER BY number";
    internal const string SelectSubject = NoticeSql.Columns + "INDEXED BY notices_subject WHERE tenant = ?1 AND subject = ?2 ORDER BY number LIMIT ?3";

    /// <summary>Of one address or, for rows of before, of none that is known.</summary>
    internal const string SelectAddress =
        NoticeSql.Columns + "INDEXED BY notices_address WHERE tenant = ?1 AND subject = ?2 AND address IS ?3 ORDER BY number DESC LIMIT ?4";

    internal const string SelectDead = NoticeSql.Columns + "INDEXED BY notices_dead WHERE is_dead = 1 AND tenant = ?1 ORDER BY number DESC LIMIT ?2";

    private const string Delete =
        "DELETE FROM notices WHERE number IN (SELECT number FROM notices INDEXED BY notices_old WHERE is_open = 0 AND tenant = ?1 AND created_at < ?2 ORDER BY created_at LIMIT ?3)";

    /// <inheritdoc/>
    public async ValueTask AddAsync(IReadOnlyList<NoticeRow> rows, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Rows(rows);
        if (rows.Count == 0)
        {
            return;
        }

        await database.WriteAsync(
            session =>
            {
                foreach (var row in rows)
                {
                    session.Prepare(Insert).Bind(1, row.TenantId).Bind(2, row.NoticeId).Bind(3, row.Channel).Bind(4, row.ThreadId).Bind(5, row.SubjectId).Bind(6, row.Kind).Bind(7, row.Recipient)
                        .Bind(8, row.CreatedAt.ToUnixTimeMilliseconds()).Bind(9, row.Delivery).Bind(10, row.IsOpen ? 1 : 0).Bind(11, row.IsDead ? 1 : 0).Bind(12, row.Engagement)
                        .Bind(13, row.Attempts).Bind(14, row.NextAt?.ToUnixTimeMilliseconds()).Bind(15, row.SentAt?.ToUnixTimeMilliseconds()).Bind(16, row.Reference).Bind(17, row.Error)
                        .Bind(18, row.Document).Bind(19, row.Address).Run();
                }

                return true;
            },
            cancellationToken,
            NoticeArguments.Weight(rows));
    }

    /// <inheritdoc/>
    public async ValueTask UpdateAsync(IReadOnlyList<NoticeRow> rows, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Rows(rows);
        if (rows.Count == 0)
        {
            return;
        }

        await database.WriteAsync(
            session =>
            {
                foreach (var row in rows)
                {
                    session.Prepare(Update).Bind(1, row.TenantId).Bind(2, row.NoticeId).Bind(3, row.Channel).Bind(4, row.Delivery).Bind(5, row.IsOpen ? 1 : 0).Bind(6, row.IsDead ? 1 : 0)
                        .Bind(7, row.Engagement).Bind(8, row.Attempts).Bind(9, row.NextAt?.ToUnixTimeMilliseconds()).Bind(10, row.SentAt?.ToUnixTimeMilliseconds()).Bind(11, row.Reference)
                        .Bind(12, row.Error).Run();
                }

                return true;
            },
            cancellationToken,
            256L * rows.Count);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NoticeRow>> ListOpenAsync(string tenantId, string channel, long afterNumber, int limit, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Place(tenantId, channel, nameof(channel));
        NoticeArguments.Limit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, channel, afterNumber, limit), static (session, query) =>
            Rows(session.Prepare(SelectOpen).Bind(1, query.tenantId).Bind(2, query.channel).Bind(3, query.afterNumber).Bind(4, query.limit))));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<(string TenantId, string Channel)>> ListOpenChannelsAsync(string? tenantId, DateTimeOffset dueBy, CancellationToken cancellationToken = default)
    {
        if (tenantId is not null)
        {
            Journals.JournalArguments.TenantId(tenantId);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, DueBy: dueBy.ToUnixTimeMilliseconds()), static (session, query) => OpenChannels(session, query.tenantId, query.DueBy)));
    }

    /// <inheritdoc/>
    public ValueTask<NoticeRow?> FindReferenceAsync(string tenantId, string channel, string threadId, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Place(tenantId, channel, nameof(channel));
        NoticeArguments.Name(threadId, nameof(threadId));
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, channel, threadId), static (session, query) =>
            Rows(session.Prepare(SelectReference).Bind(1, query.tenantId).Bind(2, query.channel).Bind(3, query.threadId)).FirstOrDefault()));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NoticeRow>> FindAsync(string tenantId, string noticeId, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Place(tenantId, noticeId, nameof(noticeId));
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, noticeId), static (session, query) => Rows(session.Prepare(SelectNotice).Bind(1, query.tenantId).Bind(2, query.noticeId))));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NoticeRow>> ListBySubjectAsync(string tenantId, string subjectId, int limit, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Place(tenantId, subjectId, nameof(subjectId));
        NoticeArguments.Limit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, subjectId, limit), static (session, query) =>
            Rows(session.Prepare(SelectSubject).Bind(1, query.tenantId).Bind(2, query.subjectId).Bind(3, query.limit))));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NoticeRow>> ListByAddressAsync(string tenantId, string subjectId, string address, int limit, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Place(tenantId, subjectId, nameof(subjectId));
        NoticeArguments.Name(address, nameof(address));
        NoticeArguments.Limit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, subjectId, address, limit), static (session, query) =>
        {
            List<NoticeRow> rows = Rows(session.Prepare(SelectAddress).Bind(1, query.tenantId).Bind(2, query.subjectId).Bind(3, query.address).Bind(4, query.limit));
            rows.AddRange(Rows(session.Prepare(SelectAddress).Bind(1, query.tenantId).Bind(2, query.subjectId).Bind(3, (string?)null).Bind(4, query.limit)));
            return rows.OrderByDescending(static row => row.Number).Take(query.limit).ToList();
        }));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NoticeRow>> ListDeadAsync(string tenantId, int limit, CancellationToken cancellationToken = default)
    {
        Journals.JournalArguments.TenantId(tenantId);
        NoticeArguments.Limit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, limit), static (session, query) => Rows(session.Prepare(SelectDead).Bind(1, query.tenantId).Bind(2, query.limit))));
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveOldAsync(string tenantId, DateTimeOffset createdBefore, int limit, CancellationToken cancellationToken = default)
    {
        Journals.JournalArguments.TenantId(tenantId);
        NoticeArguments.Limit(limit);
        return database.WriteAsync(
            session =>
            {
                session.Prepare(Delete).Bind(1, tenantId).Bind(2, createdBefore.ToUnixTimeMilliseconds()).Bind(3, limit).Run();
                return session.Changes;
            },
            cancellationToken);
    }

    /// <summary>Jumps from channel to channel along the index: one look for each, however much waits there.</summary>
    private static List<(string TenantId, string Channel)> OpenChannels(SqliteSession session, string? tenantId, long dueBy)
    {
        List<(string TenantId, string Channel)> found = [];
        var at = Next(session.Prepare(SelectNextChannel).Bind(1, tenantId ?? "").Bind(2, ""));
        if (at is null && tenantId is null)
        {
            at = Next(session.Prepare(SelectNextTenant).Bind(1, ""));
        }

        while (at is { } channel)
        {
            if (channel.DueAt <= dueBy)
            {
                found.Add((channel.TenantId, channel.Channel));
            }

            at = Next(session.Prepare(SelectNextChannel).Bind(1, channel.TenantId).Bind(2, channel.Channel));
            if (at is null && tenantId is null)
            {
                at = Next(session.Prepare(SelectNextTenant).Bind(1, channel.TenantId));
            }
        }

        return found;
    }

    private static (string TenantId, string Channel, long DueAt)? Next(SqliteStatement select)
    {
        (string, string, long)? next = select.Step() ? (select.Text(0), select.Text(1), select.Int64(2)) : null;
        select.Reset();
        return next;
    }

    private static List<NoticeRow> Rows(SqliteStatement select)
    {
        List<NoticeRow> rows = [];
        while (select.Step())
        {
            rows.Add(new NoticeRow
            {
                Number = select.Int64(0),
                TenantId = select.Text(1),
                NoticeId = select.Text(2),
                Channel = select.Text(3),
                ThreadId = select.Text(4),
                SubjectId = select.Text(5),
                Kind = select.Text(6),
                Recipient = select.Text(7),
                CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(select.Int64(8)),
                Delivery = select.Text(9),
                IsOpen = select.Int64(10) != 0,
                IsDead = select.Int64(11) != 0,
                Engagement = select.Text(12),
                Attempts = (int)select.Int64(13),
                NextAt = Time(select, 14),
                SentAt = Time(select, 15),
                Reference = select.NullableText(16),
                Error = select.NullableText(17),
                Document = select.Text(18),
                Address = select.NullableText(19),
            });
        }

        select.Reset();
        return rows;
    }

    private static DateTimeOffset? Time(SqliteStatement select, int column) =>
        select.NullableInt64(column) is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
}
