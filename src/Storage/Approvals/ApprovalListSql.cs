namespace Steward.Storage.Approvals;

/// <summary>
/// The statement of a list: which index it goes along, what else rows must fulfil, and where the page begins. The two databases differ in how a parameter is written and in that SQLite is told
/// the index by name, since it has no statistics to choose by.
/// </summary>
internal sealed class ApprovalListSql
{
    public const string Columns =
        "a.tenant, a.approval, a.version, a.status, a.is_over, a.type, a.action, a.requester, a.run, a.requested_at, a.due_at, a.ended_at, a.changed_at, a.waits_for, a.decided_by, a.document, a.summary";

    /// <summary>The same without documents that a summary stands for.</summary>
    public const string SummaryColumns =
        "a.tenant, a.approval, a.version, a.status, a.is_over, a.type, a.action, a.requester, a.run, a.requested_at, a.due_at, a.ended_at, a.changed_at, a.waits_for, a.decided_by, CASE WHEN a.summary IS NULL THEN a.document ELSE '' END, a.summary";

    private static readonly string[] OpenStatuses = ["submitted", "pending", "escalated"];

    private readonly List<object> _values = [];
    private readonly ApprovalQuery _query;
    private readonly bool _isSqlite;

    private ApprovalListSql(ApprovalQuery query, bool isSqlite)
    {
        _query = query;
        _isSqlite = isSqlite;
    }

    /// <summary>The parameters in order: texts, arrays of texts, and numbers.</summary>
    public IReadOnlyList<object> Values => _values;

    /// <summary>The statement.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Whole rows of a list that is not about whom requests wait for.</summary>
    public static ApprovalListSql Rows(ApprovalQuery query, bool isSqlite)
    {
        var sql = new ApprovalListSql(query, isSqlite);
        var (order, down) = sql.Order();
        var voters = query.DecidedBy is not null;
        // Votes hold the time of the request, so that their index has the order of the newest.
        var key = voters ? query.Order == ApprovalOrder.Newest ? "v" : "a" : "a";
        var from = voters
            ? $"FROM approval_votes v CROSS JOIN approvals a WHERE v.tenant = {sql.Add(query.TenantId)} AND v.voter = {sql.Add(query.DecidedBy!)} AND a.tenant = v.tenant AND a.approval = v.approval"
            : $"FROM approvals a {sql.Index()}WHERE a.tenant = {sql.Add(query.TenantId)}";
        sql.Text = $"SELECT {ColumnsOf(query)} {from}{sql.Filter(voters)}{sql.After($"{key}.{order}", $"{key}.approval", down)} "
            + $"ORDER BY {key}.{order}{down}, {key}.approval{down} LIMIT {sql.Add((long)query.Limit)}";
        return sql;
    }

    /// <summary>For SQLite: order and id of what waits for one name, from its index; <paramref name="whom"/> is the last parameter.</summary>
    public static ApprovalListSql KeysOf(ApprovalQuery query, string whom)
    {
        var sql = new ApprovalListSql(query, isSqlite: true);
        sql.Text = sql.Waits(sql.Add(query.TenantId), sql.Add(whom));
        return sql;
    }

    /// <summary>For PostgreSQL: whole rows of what waits for any of several names. A page is read for each of them, so that it does not matter how much waits.</summary>
    public static ApprovalListSql RowsOfAny(ApprovalQuery query)
    {
        var sql = new ApprovalListSql(query, isSqlite: false);
        var (_, down) = sql.Order();
        var tenant = sql.Add(query.TenantId);
        var names = sql.Add(query.WaitsFor!.Distinct(StringComparer.Ordinal).ToArray());
        var inner = sql.Waits(tenant, "n.whom");
        sql.Text =
            $"""
            SELECT {ColumnsOf(query)} FROM (
                SELECT DISTINCT s.place, s.approval FROM unnest({names}) AS n (whom) CROSS JOIN LATERAL ({inner}) s
                ORDER BY s.place{down}, s.approval{down} LIMIT {sql.Add((long)query.Limit)}
            ) p JOIN approvals a ON a.tenant = {tenant} AND a.approval = p.approval ORDER BY p.place{down}, p.approval{down}
            """;
        return sql;
    }

    /// <summary>What is read of rows.</summary>
    public static string ColumnsOf(ApprovalQuery query) => query.SummariesOnly ? SummaryColumns : Columns;

    /// <summary>What a row is ordered by.</summary>
    public static long Place(ApprovalOrder order, ApprovalRow row) => order switch
    {
        ApprovalOrder.Newest => row.RequestedAt.ToUnixTimeMilliseconds(),
        ApprovalOrder.DueFirst => row.DueAt?.ToUnixTimeMilliseconds() ?? ApprovalArguments.Never,
        _ => row.ChangedAt.ToUnixTimeMilliseconds(),
    };

    private string Waits(string tenant, string whom)
    {
        var (order, down) = Order();
        var key = _query.Order == ApprovalOrder.Changed ? "a" : "w";
        return $"SELECT {key}.{order} AS place, w.approval FROM approval_waits w CROSS JOIN approvals a WHERE w.tenant = {tenant} AND w.whom = {whom} AND a.tenant = w.tenant AND a.approval = w.approval"
            + $"{Filter(drivenByVotes: false)}{After($"{key}.{order}", "w.approval", down)} ORDER BY {key}.{order}{down}, w.approval{down} LIMIT {Add((long)_query.Limit)}";
    }

    private (string Column, string Down) Order() => _query.Order switch
    {
        ApprovalOrder.Newest => ("requested_at", " DESC"),
        ApprovalOrder.DueFirst => ("due_at", ""),
        _ => ("changed_at", ""),
    };

    /// <summary>Whether the statuses that are asked for are all of open requests, or all of others; null when mixed or any.</summary>
    private bool? IsOver()
    {
        if (_query.Statuses is not { Count: > 0 } statuses)
        {
            return null;
        }

        var open = statuses.Count(status => OpenStatuses.Contains(status, StringComparer.Ordinal));
        return open == 0 ? true : open == statuses.Count ? false : null;
    }

    private string Index() => !_isSqlite ? "" : "INDEXED BY " + _query switch
    {
        { RunId: not null } => "approvals_run ",
        { Order: ApprovalOrder.Changed } => "approvals_changed ",
        { Requester: not null } => IsOver() is null ? "approvals_requester_requested " : "approvals_requester ",
        { Action: not null } => "approvals_action ",
        { Type: not null } => "approvals_type ",
        { Order: ApprovalOrder.DueFirst } when IsOver() == false => "approvals_due ",
        _ when IsOver() is not null => "approvals_over_requested ",
        _ => "approvals_requested ",
    };

    private string Filter(bool drivenByVotes)
    {
        var filter = "";
        if (IsOver() is { } isOver)
        {
            filter += _isSqlite ? $" AND a.is_over = {(isOver ? 1 : 0)}" : isOver ? " AND a.is_over" : " AND NOT a.is_over";
        }

        if (_query.Statuses is { } statuses)
        {
            // SQLite has no arrays; a status holds no line feed.
            filter += _isSqlite
                ? $" AND instr({Add('\n' + string.Join('\n', statuses) + '\n')}, char(10) || a.status || char(10)) > 0"
                : $" AND a.status = ANY ({Add(statuses.ToArray())})";
        }

        if (_query.DecidedBy is { } voter && !drivenByVotes)
        {
            filter += $" AND EXISTS (SELECT 1 FROM approval_votes v WHERE v.tenant = a.tenant AND v.voter = {Add(voter)} AND v.requested_at = a.requested_at AND v.approval = a.approval)";
        }

        filter += Equal("a.requester", _query.Requester) + Equal("a.type", _query.Type) + Equal("a.action", _query.Action) + Equal("a.run", _query.RunId);
        filter += Bound("a.requested_at >=", _query.RequestedFrom) + Bound("a.changed_at >=", _query.ChangedFrom) + Bound("a.changed_at <", _query.ChangedUntil);
        return filter;
    }

    private string Equal(string column, string? value) => value is null ? "" : $" AND {column} = {Add(value)}";

    private string Bound(string comparison, DateTimeOffset? at) => at is { } time ? $" AND {comparison} {Add(time.ToUnixTimeMilliseconds())}" : "";

    private string After(string place, string id, string down) => _query.After is not { } last
        ? ""
        : $" AND ({place}, {id}) {(down.Length > 0 ? '<' : '>')} ({Add(Place(_query.Order, last))}, {Add(last.ApprovalId)})";

    private string Add(object value)
    {
        _values.Add(value);
        return (_isSqlite ? "?" : "$") + _values.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
