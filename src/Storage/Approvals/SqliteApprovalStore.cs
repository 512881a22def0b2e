using System.Text.Json;
using Steward.Storage.Sqlite;

namespace Steward.Storage.Approvals;

/// <summary>The lists of approvals in the SQLite file.</summary>
internal sealed class SqliteApprovalStore(SqliteDatabase database) : IApprovalStore
{
    private const string SelectOne = "SELECT " + ApprovalListSql.Columns + " FROM approvals a WHERE a.tenant = ?1 AND a.approval = ?2";
    private const string SelectSummary = "SELECT " + ApprovalListSql.SummaryColumns + " FROM approvals a WHERE a.tenant = ?1 AND a.approval = ?2";
    private const string SelectOld = "SELECT version, due_at, requested_at, waits_for, decided_by FROM approvals WHERE tenant = ?1 AND approval = ?2";

    private const string Upsert =
        """
        INSERT INTO approvals (tenant, approval, version, status, is_over, type, action, requester, run, requested_at, due_at, ended_at, changed_at, waits_for, decided_by, document, summary)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        ON CONFLICT (tenant, approval) DO UPDATE SET
            version = excluded.version, status = excluded.status, is_over = excluded.is_over, type = excluded.type, action = excluded.action, requester = excluded.requester, run = excluded.run,
            requested_at = excluded.requested_at, due_at = excluded.due_at, ended_at = excluded.ended_at, changed_at = excluded.changed_at, waits_for = excluded.waits_for,
            decided_by = excluded.decided_by, document = excluded.document, summary = excluded.summary
        """;

    private const string DeleteWait = "DELETE FROM approval_waits WHERE tenant = ?1 AND whom = ?2 AND due_at = ?3 AND approval = ?4";
    private const string InsertWait = "INSERT OR IGNORE INTO approval_waits (tenant, whom, due_at, approval, requested_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    private const string DeleteVote = "DELETE FROM approval_votes WHERE tenant = ?1 AND voter = ?2 AND requested_at = ?3 AND approval = ?4";
    private const string InsertVote = "INSERT OR IGNORE INTO approval_votes (tenant, voter, requested_at, approval) VALUES (?1, ?2, ?3, ?4)";

    private const string SelectEnded = "SELECT approval FROM approvals INDEXED BY approvals_ended WHERE tenant = ?1 AND ended_at < ?2 ORDER BY ended_at LIMIT ?3";
    private const string Delete = "DELETE FROM approvals WHERE tenant = ?1 AND approval = ?2";

    /// <inheritdoc/>
    public async ValueTask PutAsync(ApprovalRow row, CancellationToken cancellationToken = default)
    {
        ApprovalArguments.Row(row);
        await database.WriteAsync(session => Put(session, row), cancellationToken, row.Document.Length);
    }

    /// <inheritdoc/>
    public ValueTask<ApprovalRow?> FindAsync(string tenantId, string approvalId, CancellationToken cancellationToken = default)
    {
        ApprovalArguments.Place(tenantId, approvalId);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, approvalId), static (session, wanted) => Find(session, SelectOne, wanted.tenantId, wanted.approvalId)));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ApprovalRow>> ListAsync(ApprovalQuery query, CancellationToken cancellationToken = default)
    {
        ApprovalArguments.Query(query);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read(query, static (session, query) => query.WaitsFor is null ? List(session, query) : ListWaiting(session, query)));
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveEndedAsync(string tenantId, DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken = default)
    {
        Journals.JournalArguments.TenantId(tenantId);
        ApprovalArguments.Limit(limit);
        return database.WriteAsync(session => RemoveEnded(session, tenantId, endedBefore.ToUnixTimeMilliseconds(), limit), cancellationToken);
    }

    /// <summary>Binds the values of a list's statement.</summary>
    internal static SqliteStatement Bind(SqliteSession session, ApprovalListSql sql)
    {
        var select = session.Prepare(sql.Text);
        for (var i = 0; i < sql.Values.Count; i++)
        {
            _ = sql.Values[i] is string text ? select.Bind(i + 1, text) : select.Bind(i + 1, (long)sql.Values[i]);
        }

        return select;
    }

    private static List<ApprovalRow> List(SqliteSession session, ApprovalQuery query) => Rows(Bind(session, ApprovalListSql.Rows(query, isSqlite: true)));

    /// <summary>A page for each name, along its index, merged: it does not matter how much waits for it.</summary>
    private static List<ApprovalRow> ListWaiting(SqliteSession session, ApprovalQuery query)
    {
        List<(long Place, string Id)> keys = [];
        foreach (var whom in query.WaitsFor!.Distinct(StringComparer.Ordinal))
        {
            var select = Bind(session, ApprovalListSql.KeysOf(query, whom));
            while (select.Step())
            {
                keys.Add((select.Int64(0), select.Text(1)));
            }

            select.Reset();
        }

        var ids = keys.Distinct().Order(Comparer<(long Place, string Id)>.Create(static (left, right) =>
            left.Place != right.Place ? left.Place.CompareTo(right.Place) : Journals.KeyRange.CompareCodePoints(left.Id, right.Id)));
        var ordered = query.Order == ApprovalOrder.Newest ? ids.Reverse() : ids;
        return [.. ordered.Take(query.Limit).Select(key => Find(session, query.SummariesOnly ? SelectSummary : SelectOne, query.TenantId, key.Id)).OfType<ApprovalRow>()];
    }

    private static bool Put(SqliteSession session, ApprovalRow row)
    {
        var old = session.Prepare(SelectOld).Bind(1, row.TenantId).Bind(2, row.ApprovalId);
        var isThere = old.Step();
        var (version, oldDue, oldRequested) = isThere ? (old.Int64(0), old.Int64(1), old.Int64(2)) : (-1, 0, 0);
        var (oldWaits, oldVotes) = isThere ? (old.Text(3), old.Text(4)) : ("[]", "[]");
        old.Reset();
        if (version >= row.Version)
        {
            return false;
        }

        var (due, requested) = (row.DueAt?.ToUnixTimeMilliseconds() ?? ApprovalArguments.Never, row.RequestedAt.ToUnixTimeMilliseconds());
        var (waits, votes) = (Names(row.WaitsFor), Names(row.DecidedBy));
        session.Prepare(Upsert).Bind(1, row.TenantId).Bind(2, row.ApprovalId).Bind(3, row.Version).Bind(4, row.Status).Bind(5, row.IsOver ? 1 : 0).Bind(6, row.Type).Bind(7, row.Action)
            .Bind(8, row.Requester).Bind(9, row.RunId).Bind(10, requested).Bind(11, due).Bind(12, row.EndedAt?.ToUnixTimeMilliseconds()).Bind(13, row.ChangedAt.ToUnixTimeMilliseconds())
            .Bind(14, waits).Bind(15, votes).Bind(16, row.Document).Bind(17, row.Summary).Run();

        // A comment or a vote leaves the lists alone.
        if (waits != oldWaits || due != oldDue || requested != oldRequested)
        {
            foreach (var whom in Names(oldWaits))
            {
                session.Prepare(DeleteWait).Bind(1, row.TenantId).Bind(2, whom).Bind(3, oldDue).Bind(4, row.ApprovalId).Run();
            }

            foreach (var whom in row.WaitsFor)
            {
                session.Prepare(InsertWait).Bind(1, row.TenantId).Bind(2, whom).Bind(3, due).Bind(4, row.ApprovalId).Bind(5, requested).Run();
            }
        }

        if (votes != oldVotes || requested != oldRequested)
        {
            RemoveVotes(session, row.TenantId, row.ApprovalId, oldVotes, oldRequested);
            foreach (var voter in row.DecidedBy)
            {
                session.Prepare(InsertVote).Bind(1, row.TenantId).Bind(2, voter).Bind(3, requested).Bind(4, row.ApprovalId).Run();
            }
        }

        return true;
    }

    private static int RemoveEnded(SqliteSession session, string tenantId, long before, int limit)
    {
        List<string> ids = [];
        var select = session.Prepare(SelectEnded).Bind(1, tenantId).Bind(2, before).Bind(3, limit);
        while (select.Step())
        {
            ids.Add(select.Text(0));
        }

        select.Reset();
        foreach (var id in ids)
        {
            var old = session.Prepare(SelectOld).Bind(1, tenantId).Bind(2, id);
            old.Step();
            var (requested, votes) = (old.Int64(2), old.Text(4));
            old.Reset();
            RemoveVotes(session, tenantId, id, votes, requested);
            session.Prepare(Delete).Bind(1, tenantId).Bind(2, id).Run();
        }

        return ids.Count;
    }

    private static void RemoveVotes(SqliteSession session, string tenantId, string approvalId, string votes, long requested)
    {
        foreach (var voter in Names(votes))
        {
            session.Prepare(DeleteVote).Bind(1, tenantId).Bind(2, voter).Bind(3, requested).Bind(4, approvalId).Run();
        }
    }

    private static ApprovalRow? Find(SqliteSession session, string select, string tenantId, string approvalId) =>
        Rows(session.Prepare(select).Bind(1, tenantId).Bind(2, approvalId)).FirstOrDefault();

    private static List<ApprovalRow> Rows(SqliteStatement select)
    {
        List<ApprovalRow> rows = [];
        while (select.Step())
        {
            rows.Add(new ApprovalRow
            {
                TenantId = select.Text(0),
                ApprovalId = select.Text(1),
                Version = select.Int64(2),
                Status = select.Text(3),
                IsOver = select.Int64(4) != 0,
                Type = select.Text(5),
                Action = select.Text(6),
                Requester = select.Text(7),
                RunId = select.NullableText(8),
                RequestedAt = Time(select.Int64(9)),
                DueAt = select.Int64(10) is var due && due == ApprovalArguments.Never ? null : Time(due),
                EndedAt = select.NullableInt64(11) is { } ended ? Time(ended) : null,
                ChangedAt = Time(select.Int64(12)),
                WaitsFor = Names(select.Text(13)),
                DecidedBy = Names(select.Text(14)),
                Document = select.Text(15),
                Summary = select.NullableText(16),
            });
        }

        select.Reset();
        return rows;
    }

    private static string Names(IReadOnlyList<string> names) => names.Count == 0 ? "[]" : JsonSerializer.Serialize(names);

    private static string[] Names(string json) => json == "[]" ? [] : JsonSerializer.Deserialize<string[]>(json)!;

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
