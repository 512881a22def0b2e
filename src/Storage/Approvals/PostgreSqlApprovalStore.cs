using Npgsql;
using NpgsqlTypes;
using Steward.Storage.PostgreSql;

namespace Steward.Storage.Approvals;

/// <summary>The lists of approvals in PostgreSQL.</summary>
internal sealed class PostgreSqlApprovalStore(PostgreSqlDatabase database) : IApprovalStore
{
    private const string SelectOne = "SELECT " + ApprovalListSql.Columns + " FROM approvals a WHERE a.tenant = $1 AND a.approval = $2";
    private const string Put = "SELECT steward_approval_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

    /// <summary>Passes by what is being written at this moment, instead of waiting for it.</summary>
    private const string Remove =
        """
        WITH old AS (
            SELECT tenant, approval FROM approvals WHERE tenant = $1 AND ended_at < $2 ORDER BY ended_at LIMIT $3 FOR UPDATE SKIP LOCKED
        ), votes AS (
            DELETE FROM approval_votes v USING old WHERE v.tenant = old.tenant AND v.approval = old.approval
        )
        DELETE FROM approvals a USING old WHERE a.tenant = old.tenant AND a.approval = old.approval
        """;

    /// <inheritdoc/>
    public async ValueTask PutAsync(ApprovalRow row, CancellationToken cancellationToken = default)
    {
        ApprovalArguments.Row(row);
        await database.WriteAsync(
            row,
            static async (database, row, cancellation) =>
            {
                await using var command = database.Command(Put);
                var parameters = command.Parameters;
                parameters.Add(Text(row.TenantId));
                parameters.Add(Text(row.ApprovalId));
                parameters.Add(Number(row.Version));
                parameters.Add(Text(row.Status));
                parameters.Add(new NpgsqlParameter<bool> { TypedValue = row.IsOver, NpgsqlDbType = NpgsqlDbType.Boolean });
                parameters.Add(Text(row.Type));
                parameters.Add(Text(row.Action));
                parameters.Add(Text(row.Requester));
                parameters.Add(Text(row.RunId));
                parameters.Add(Number(row.RequestedAt.ToUnixTimeMilliseconds()));
                parameters.Add(Number(row.DueAt?.ToUnixTimeMilliseconds() ?? ApprovalArguments.Never));
                parameters.Add(Number(row.EndedAt?.ToUnixTimeMilliseconds()));
                parameters.Add(Number(row.ChangedAt.ToUnixTimeMilliseconds()));
                parameters.Add(Texts([.. row.WaitsFor]));
                parameters.Add(Texts([.. row.DecidedBy]));
                parameters.Add(Text(row.Document));
                parameters.Add(Text(row.Summary));
                return await command.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<ApprovalRow?> FindAsync(string tenantId, string approvalId, CancellationToken cancellationToken = default)
    {
        ApprovalArguments.Place(tenantId, approvalId);
        return (await ReadAsync(SelectOne, [tenantId, approvalId], cancellationToken)).FirstOrDefault();
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ApprovalRow>> ListAsync(ApprovalQuery query, CancellationToken cancellationToken = default)
    {
        ApprovalArguments.Query(query);
        var sql = query.WaitsFor is null ? ApprovalListSql.Rows(query, isSqlite: false) : ApprovalListSql.RowsOfAny(query);
        return await ReadAsync(sql.Text, sql.Values, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveEndedAsync(string tenantId, DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken = default)
    {
        Journals.JournalArguments.TenantId(tenantId);
        ApprovalArguments.Limit(limit);
        return database.WriteAsync(
            (tenantId, Before: endedBefore.ToUnixTimeMilliseconds(), limit),
            static async (database, query, cancellation) =>
            {
                await using var command = database.Command(Remove);
                command.Parameters.Add(Text(query.tenantId));
                command.Parameters.Add(Number(query.Before));
                command.Parameters.Add(Number(query.limit));
                return await command.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken);
    }

    /// <summary>A value of a list's statement as a parameter.</summary>
    internal static NpgsqlParameter Parameter(object value) => value switch
    {
        string text => Text(text),
        string[] texts => Texts(texts),
        _ => Number((long)value),
    };

    private ValueTask<List<ApprovalRow>> ReadAsync(string sql, IReadOnlyList<object> values, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (sql, values),
            static async (database, query, cancellation) =>
            {
                await using var command = database.Command(query.sql);
                foreach (var value in query.values)
                {
                    command.Parameters.Add(Parameter(value));
                }

                await using var row = await command.ExecuteReaderAsync(cancellation);
                List<ApprovalRow> found = [];
                while (await row.ReadAsync(cancellation))
                {
                    found.Add(Read(row));
                }

                return found;
            },
            cancellationToken);

    private static ApprovalRow Read(NpgsqlDataReader row) => new()
    {
        TenantId = row.GetString(0),
        ApprovalId = row.GetString(1),
        Version = row.GetInt64(2),
        Status = row.GetString(3),
        IsOver = row.GetBoolean(4),
        Type = row.GetString(5),
        Action = row.GetString(6),
        Requester = row.GetString(7),
        RunId = row.IsDBNull(8) ? null : row.GetString(8),
        RequestedAt = Time(row.GetInt64(9)),
        DueAt = row.GetInt64(10) is var due && due == ApprovalArguments.Never ? null : Time(due),
        EndedAt = row.IsDBNull(11) ? null : Time(row.GetInt64(11)),
        ChangedAt = Time(row.GetInt64(12)),
        WaitsFor = row.GetFieldValue<string[]>(13),
        DecidedBy = row.GetFieldValue<string[]>(14),
        Document = row.GetString(15),
        Summary = row.IsDBNull(16) ? null : row.GetString(16),
    };

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static NpgsqlParameter Text(string? value) => new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Texts(string[] value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Number(long? value) => new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };
}
