using Npgsql;
using NpgsqlTypes;
using Steward.Storage.PostgreSql;

namespace Steward.Storage.Notifications;

/// <summary>Notices in PostgreSQL.</summary>
internal sealed class PostgreSqlNotificationStore(PostgreSqlDatabase database) : INotificationStore
{
    private const string Add = "SELECT steward_notices_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
    private const string Update = "SELECT steward_notices_update($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    private const string SelectOpen = NoticeSql.Columns + "WHERE is_open AND tenant = $1 AND channel = $2 AND number > $3 ORDER BY number LIMIT $4";

    /// <summary>Jumps from channel to channel along the index: one look for each, however much waits there.</summary>
    private const string SelectChannels =
        """
        WITH RECURSIVE channels AS (
            (SELECT tenant, channel, coalesce(next_at, 0) AS due_at FROM notices WHERE is_open ORDER BY tenant, channel, coalesce(next_at, 0) LIMIT 1)
            UNION ALL
            SELECT f.tenant, f.channel, f.due_at FROM channels c CROSS JOIN LATERAL (
                SELECT n.tenant, n.channel, coalesce(n.next_at, 0) AS due_at FROM notices n
                WHERE n.is_open AND (n.tenant, n.channel) > (c.tenant, c.channel) ORDER BY n.tenant, n.channel, coalesce(n.next_at, 0) LIMIT 1
            ) f
        )
        SELECT tenant, channel FROM channels WHERE due_at <= $1
        """;

    private const string SelectChannelsOfTenant =
        """
        WITH RECURSIVE channels AS (
            (SELECT tenant, channel, coalesce(next_at, 0) AS due_at FROM notices WHERE is_open AND tenant = $2 ORDER BY tenant, channel, coalesce(next_at, 0) LIMIT 1)
            UNION ALL
            SELECT f.tenant, f.channel, f.due_at FROM channels c CROSS JOIN LATERAL (
                SELECT n.tenant, n.channel, coalesce(n.next_at, 0) AS due_at FROM notices n
                WHERE n.is_open AND n.tenant = $2 AND n.channel > c.channel ORDER BY n.tenant, n.channel, coalesce(n.next_at, 0) LIMIT 1
            ) f
        )
        SELECT tenant, channel FROM channels WHERE due_at <= $1
        """;

    private const string SelectReference = NoticeSql.Columns + "WHERE reference IS NOT NULL AND tenant = $1 AND channel = $2 AND thread = $3 ORDER BY number DESC LIMIT 1";
    private const string SelectNotice = NoticeSql.Columns + "WHERE tenant = $1 AND notice = $2 ORDER BY number";
    private const string SelectSubject = NoticeSql.Columns + "WHERE tenant = $1 AND subject = $2 ORDER BY number LIMIT $3";

    /// <summary>Of one address, and rows of before, of none that is known.</summary>
    private const string SelectAddress =
        "SELECT * FROM ((" + NoticeSql.Columns + "WHERE tenant = $1 AND subject = $2 AND address = $3 ORDER BY number DESC LIMIT $4) UNION ALL ("
        + NoticeSql.Columns + "WHERE tenant = $1 AND subject = $2 AND address IS NULL ORDER BY number DESC LIMIT $4)) n ORDER BY number DESC LIMIT $4";

    private const string SelectDead = NoticeSql.Columns + "WHERE is_dead AND tenant = $1 ORDER BY number DESC LIMIT $2";

    private const string Delete =
        """
        DELETE FROM notices WHERE number IN (
            SELECT number FROM notices WHERE NOT is_open AND tenant = $1 AND created_at < $2 ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        """;

    /// <inheritdoc/>
    public async ValueTask AddAsync(IReadOnlyList<NoticeRow> rows, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Rows(rows);
        if (rows.Count > 0)
        {
            await WriteAsync(
                Add,
                [
                    Texts(rows, static row => row.TenantId), Texts(rows, static row => row.NoticeId), Texts(rows, static row => row.Channel), Texts(rows, static row => row.ThreadId),
                    Texts(rows, static row => row.SubjectId), Texts(rows, static row => row.Kind), Texts(rows, static row => row.Recipient), Times(rows, static row => row.CreatedAt),
                    .. Changing(rows), Texts(rows, static row => row.Document), Texts(rows, static row => row.Address),
                ],
                cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask UpdateAsync(IReadOnlyList<NoticeRow> rows, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Rows(rows);
        if (rows.Count > 0)
        {
            // A statement changes a row once: of several changes the last one counts.
            var last = rows.Reverse().DistinctBy(static row => (row.TenantId, row.NoticeId, row.Channel)).ToList();
            await WriteAsync(
                Update,
                [Texts(last, static row => row.TenantId), Texts(last, static row => row.NoticeId), Texts(last, static row => row.Channel), .. Changing(last)],
                cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<NoticeRow>> ListOpenAsync(string tenantId, string channel, long afterNumber, int limit, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Place(tenantId, channel, nameof(channel));
        NoticeArguments.Limit(limit);
        return await ReadAsync(SelectOpen, [Text(tenantId), Text(channel), Number(afterNumber), Number(limit)], Read, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<(string TenantId, string Channel)>> ListOpenChannelsAsync(string? tenantId, DateTimeOffset dueBy, CancellationToken cancellationToken = default)
    {
        if (tenantId is not null)
        {
            Journals.JournalArguments.TenantId(tenantId);
        }

        var due = Number(dueBy.ToUnixTimeMilliseconds());
        return await ReadAsync(
            tenantId is null ? SelectChannels : SelectChannelsOfTenant, tenantId is null ? [due] : [due, Text(tenantId)], static row => (row.GetString(0), row.GetString(1)), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<NoticeRow?> FindReferenceAsync(string tenantId, string channel, string threadId, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Place(tenantId, channel, nameof(channel));
        NoticeArguments.Name(threadId, nameof(threadId));
        return (await ReadAsync(SelectReference, [Text(tenantId), Text(channel), Text(threadId)], Read, cancellationToken)).FirstOrDefault();
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<NoticeRow>> FindAsync(string tenantId, string noticeId, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Place(tenantId, noticeId, nameof(noticeId));
        return await ReadAsync(SelectNotice, [Text(tenantId), Text(noticeId)], Read, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<NoticeRow>> ListBySubjectAsync(string tenantId, string subjectId, int limit, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Place(tenantId, subjectId, nameof(subjectId));
        NoticeArguments.Limit(limit);
        return await ReadAsync(SelectSubject, [Text(tenantId), Text(subjectId), Number(limit)], Read, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<NoticeRow>> ListByAddressAsync(string tenantId, string subjectId, string address, int limit, CancellationToken cancellationToken = default)
    {
        NoticeArguments.Place(tenantId, subjectId, nameof(subjectId));
        NoticeArguments.Name(address, nameof(address));
        NoticeArguments.Limit(limit);
        return await ReadAsync(SelectAddress, [Text(tenantId), Text(subjectId), Text(address), Number(limit)], Read, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<NoticeRow>> ListDeadAsync(string tenantId, int limit, CancellationToken cancellationToken = default)
    {
        Journals.JournalArguments.TenantId(tenantId);
        NoticeArguments.Limit(limit);
        return await ReadAsync(SelectDead, [Text(tenantId), Number(limit)], Read, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveOldAsync(string tenantId, DateTimeOffset createdBefore, int limit, CancellationToken cancellationToken = default)
    {
        Journals.JournalArguments.TenantId(tenantId);
        NoticeArguments.Limit(limit);
        return WriteAsync(Delete, [Text(tenantId), Number(createdBefore.ToUnixTimeMilliseconds()), Number(limit)], cancellationToken);
    }

    private ValueTask<int> WriteAsync(string sql, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (sql, parameters),
            static async (database, change, cancellation) =>
            {
                await using var command = database.Command(change.sql);
                foreach (var parameter in change.parameters)
                {
                    command.Parameters.Add(parameter);
                }

                return await command.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken);

    private ValueTask<List<TResult>> ReadAsync<TResult>(
        string sql, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, TResult> read, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (sql, parameters, read),
            static async (database, query, cancellation) =>
            {
                await using var command = database.Command(query.sql);
                foreach (var parameter in query.parameters)
                {
                    command.Parameters.Add(parameter);
                }

                await using var row = await command.ExecuteReaderAsync(cancellation);
                List<TResult> found = [];
                while (await row.ReadAsync(cancellation))
                {
                    found.Add(query.read(row));
                }

                return found;
            },
            cancellationToken);

    private static IReadOnlyList<NpgsqlParameter> Changing(IReadOnlyList<NoticeRow> rows) =>
    [
        Texts(rows, static row => row.Delivery),
        Array(rows.Select(static row => row.IsOpen).ToArray(), NpgsqlDbType.Boolean),
        Array(rows.Select(static row => row.IsDead).ToArray(), NpgsqlDbType.Boolean),
        Texts(rows, static row => row.Engagement),
        Array(rows.Select(static row => row.Attempts).ToArray(), NpgsqlDbType.Integer),
        Times(rows, static row => row.NextAt),
        Times(rows, static row => row.SentAt),
        Texts(rows, static row => row.Reference),
        Texts(rows, static row => row.Error),
    ];

    private static NoticeRow Read(NpgsqlDataReader row) => new()
    {
        Number = row.GetInt64(0),
        TenantId = row.GetString(1),
        NoticeId = row.GetString(2),
        Channel = row.GetString(3),
        ThreadId = row.GetString(4),
        SubjectId = row.GetString(5),
        Kind = row.GetString(6),
        Recipient = row.GetString(7),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(8)),
        Delivery = row.GetString(9),
        IsOpen = row.GetBoolean(10),
        IsDead = row.GetBoolean(11),
        Engagement = row.GetString(12),
        Attempts = row.GetInt32(13),
        NextAt = row.IsDBNull(14) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(14)),
        SentAt = row.IsDBNull(15) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(15)),
        Reference = row.IsDBNull(16) ? null : row.GetString(16),
        Error = row.IsDBNull(17) ? null : row.GetString(17),
        Document = row.GetString(18),
        Address = row.IsDBNull(19) ? null : row.GetString(19),
    };

    private static NpgsqlParameter Text(string value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Number(long value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    private static NpgsqlParameter Texts(IReadOnlyList<NoticeRow> rows, Func<NoticeRow, string?> value) => Array(rows.Select(value).ToArray(), NpgsqlDbType.Text);

    private static NpgsqlParameter Times(IReadOnlyList<NoticeRow> rows, Func<NoticeRow, DateTimeOffset?> value) =>
        Array(rows.Select(row => value(row)?.ToUnixTimeMilliseconds()).ToArray(), NpgsqlDbType.Bigint);

    private static NpgsqlParameter Array(object values, NpgsqlDbType element) => new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | element };
}
