using System.Globalization;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.ServiceNow;

/// <summary>All tables with the business rules that clients rely on. Callers hold the system's lock.</summary>
internal sealed class TableStore(SimWorld world)
{
    private readonly Dictionary<string, Dictionary<string, Dictionary<string, string>>> tables =
        TableSchema.All.Keys.ToDictionary(name => name, _ => new Dictionary<string, Dictionary<string, string>>());

    // Columns by which clients look for one record among many.
    private static readonly string[] Indexed = ["correlation_id", "number", "user_name", "email", "documentkey"];

    // Columns of incidents whose changes the audit table keeps.
    private static readonly string[] Audited = ["assignment_group", "assigned_to", "state"];

    private const string Task = "task";

    // A reference to a task may lead to a record of any of these.
    private static readonly string[] Extensions = ["incident", "sc_request", "sc_req_item", "change_request"];

    private readonly Dictionary<(string Table, string Column, string Value), List<Dictionary<string, string>>> index = [];
    private readonly Dictionary<string, int> numbers = [];
    private readonly Dictionary<(string Table, string Element, string Value), string> labels = [];

    public IReadOnlyCollection<Dictionary<string, string>> Rows(string table) => tables[table].Values;

    /// <summary>The records that can match a query at all: those under a pinned value of an indexed column, otherwise all.</summary>
    public IReadOnlyCollection<Dictionary<string, string>> Candidates(string table, EncodedQuery query)
    {
        foreach (var column in Indexed)
        {
            if (TableSchema.All[table].Columns.ContainsKey(column) && query.Pinned(column) is { Length: > 0 } value)
            {
                return index.TryGetValue((table, column, value.ToUpperInvariant()), out var rows) ? rows : [];
            }
        }

        return Rows(table);
    }

    public Dictionary<string, string>? Find(string table, string sysId) =>
        tables[table].GetValueOrDefault(sysId) ?? (table == Task ? Extensions.Select(name => tables[name].GetValueOrDefault(sysId)).FirstOrDefault(row => row is not null) : null);

    public Dictionary<string, string>? FindBy(string table, string column, string value) =>
        tables[table].Values.FirstOrDefault(r => r[column].Equals(value, StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds a record; columns that the table lacks are ignored, as the product does.</summary>
    public Dictionary<string, string> Insert(string table, IReadOnlyDictionary<string, string> values, string user, DateTimeOffset now, string? seedName = null)
    {
        var schema = TableSchema.All[table];
        var id = world.Ids.ServiceNow(seedName ?? world.Ids.Fresh(table));
        var row = schema.Columns.Values.ToDictionary(c => c.Name, c => c.Default);
        row["sys_id"] = id;
        row["sys_created_on"] = row["sys_updated_on"] = Stamp(now);
        row["sys_created_by"] = row["sys_updated_by"] = user;
        if (schema.NumberPrefix is { } prefix)
        {
            row["number"] = NextNumber(prefix);
        }

        if (schema.Columns.ContainsKey("opened_by"))
        {
            row["opened_at"] = Stamp(now);
            row["opened_by"] = FindBy("sys_user", "user_name", user)?["sys_id"] ?? "";
        }

        Assign(schema, row, values, user, now);
        ApplyRules(table, row, [], now);
        tables[table][id] = row;
        Index(table, row, add: true);
        if (table == "sys_choice")
        {
            labels[(row["name"], row["element"], row["value"])] = row["label"];
        }

        return row;
    }

    /// <summary>Changes a record; returns false if a data policy forbids it.</summary>
    public bool Update(string table, Dictionary<string, string> row, IReadOnlyDictionary<string, string> values, string user, DateTimeOffset now)
    {
        var schema = TableSchema.All[table];
        var changed = new Dictionary<string, string>(row);
        Assign(schema, changed, values, user, now);
        if (table == "incident" && changed["state"] is "6" or "7" && (changed["close_code"].Length == 0 || changed["close_notes"].Length == 0))
        {
            return false;
        }

        ApplyRules(table, changed, row, now);
        changed["sys_updated_on"] = Stamp(now);
        changed["sys_updated_by"] = user;
        changed["sys_mod_count"] = (int.Parse(row["sys_mod_count"], CultureInfo.InvariantCulture) + 1).Plain();
        Audit(table, row, changed, user, now);
        Index(table, row, add: false);
        foreach (var (name, value) in changed)
        {
            row[name] = value;
        }

        Index(table, row, add: true);

        return true;
    }

    private void Audit(string table, Dictionary<string, string> row, Dictionary<string, string> changed, string user, DateTimeOffset now)
    {
        foreach (var column in table == "incident" ? Audited.Where(column => row[column] != changed[column]) : [])
        {
            var values = new Dictionary<string, string>
            {
                ["tablename"] = table, ["documentkey"] = row["sys_id"], ["fieldname"] = column, ["oldvalue"] = row[column], ["newvalue"] = changed[column], ["user"] = user,
                ["record_checkpoint"] = changed["sys_mod_count"],
            };
            Insert("sys_audit", values, user, now, $"sys_audit/{row["sys_id"]}/{changed["sys_mod_count"]}/{column}");
        }
    }

    public void Delete(string table, Dictionary<string, string> row)
    {
        tables[table].Remove(row["sys_id"]);
        Index(table, row, add: false);
    }

    /// <summary>The kind of a column, also through references (<c>caller_id.email</c>); null if there is none.</summary>
    public static ColumnKind? KindOf(string table, string path)
    {
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        if (!TableSchema.All[table].Columns.TryGetValue(dot < 0 ? path : path[..dot], out var column))
        {
            return null;
        }

        return dot < 0 ? column.Kind : column.Reference is { } target ? KindOf(target, path[(dot + 1)..]) : null;
    }

    /// <summary>Table, record and column that a path ends in; the record is null if a reference on the way is empty.</summary>
    public (string Table, Dictionary<string, string>? Row, Column Column)? Walk(string table, Dictionary<string, string>? row, string path)
    {
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        if (!TableSchema.All[table].Columns.TryGetValue(dot < 0 ? path : path[..dot], out var column))
        {
            return null;
        }

        if (dot < 0)
        {
            return (table, row, column);
        }

        return column.Reference is { } target
            ? Walk(target, row is null ? null : Find(target, row[column.Name]), path[(dot + 1)..])
            : null;
    }

    public string Value(string table, Dictionary<string, string> row, string path) =>
        Walk(table, row, path) is { Row: { } found } step ? found[step.Column.Name] : "";

    /// <summary>What people see for a value: the label of a choice, the name of a referred record, true and false as words.</summary>
    public string Display(string table, Column column, string value) => column switch
    {
        { Reference: { } target } => Find(target, value)?[TableSchema.All[target].Display] ?? "",
        _ => labels.GetValueOrDefault((table, column.Name, value), value),
    };

    /// <summary>ITIL's matrix: impact and urgency from 1 (high) to 3 (low) give a priority from 1 (critical) to 5 (planning).</summary>
    public static string Priority(string impact, string urgency) => int.TryParse(impact, out var i) && int.TryParse(urgency, out var u)
        ? Math.Clamp(i + u - 1, 1, 5).Plain()
        : "5";

    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private void Assign(TableSchema schema, Dictionary<string, string> row, IReadOnlyDictionary<string, string> values, string user, DateTimeOffset now)
    {
        foreach (var (name, value) in values)
        {
            if (schema.Columns.TryGetValue(name, out var column) && name is not ("sys_id" or "number" or "sys_mod_count"))
            {
                row[name] = column switch
                {
                    { Reference: { } target } => Resolve(target, value),
                    { Kind: ColumnKind.Journal } => value.Length == 0 ? row[name] : $"{Stamp(now)} - {FindBy("sys_user", "user_name", user)?["name"] ?? user} ({name})\n{value}\n\n{row[name]}",
                    _ => value,
                };
            }
        }
    }

    /// <summary>A reference may be set by sys_id, by the display value, and for people by user name or e-mail address.</summary>
    private string Resolve(string table, string value)
    {
        if (value.Length == 0 || Find(table, value) is not null)
        {
            return value;
        }

        var found = FindBy(table, TableSchema.All[table].Display, value);
        if (found is null && table == "sys_user")
        {
            found = FindBy(table, "user_name", value) ?? FindBy(table, "email", value);
        }

        return found?["sys_id"] ?? "";
    }

    private void ApplyRules(string table, Dictionary<string, string> row, Dictionary<string, string> before, DateTimeOffset now)
    {
        if (table == "incident")
        {
            row["priority"] = Priority(row["impact"], row["urgency"]);
            row["active"] = row["state"] is "7" or "8" ? "false" : "true";
            if (row["state"] is "6" or "7" && before.GetValueOrDefault("state") is not ("6" or "7"))
            {
                row["resolved_at"] = row["resolved_at"].Length > 0 ? row["resolved_at"] : Stamp(now);
                row["closed_at"] = row["state"] == "7" ? Stamp(now) : "";
            }
        }
        else if (table == "sysapproval_approver" && before.Count > 0 && row["state"] != before["state"] && Find("sc_req_item", row["sysapproval"]) is { } item)
        {
            // One decision is enough here.
            item["approval"] = row["state"];
            item["stage"] = row["state"] == "approved" ? "fulfillment" : "Request Cancelled";
        }
        else if (table == "sc_req_item" && before.Count == 0)
        {
            var wanted = Find("sc_cat_item", row["cat_item"]);
            row["short_description"] = row["short_description"].Length > 0 ? row["short_description"] : wanted?["name"] ?? "";
            if (wanted?["u_approval_required"] == "true")
            {
                row["approval"] = "requested";
                row["stage"] = "waiting_for_approval";
            }
        }
    }

    private void Index(string table, Dictionary<string, string> row, bool add)
    {
        foreach (var column in Indexed)
        {
            if (row.TryGetValue(column, out var value) && value.Length > 0)
            {
                var key = (table, column, value.ToUpperInvariant());
                if (!index.TryGetValue(key, out var rows))
                {
                    index[key] = rows = [];
                }

                rows.Remove(row);
                if (add)
                {
                    rows.Add(row);
                }
            }
        }
    }

    private string NextNumber(string prefix)
    {
        var next = numbers[prefix] = numbers.GetValueOrDefault(prefix, 10_000) + 1;
        return prefix + next.ToString("D7", CultureInfo.InvariantCulture);
    }
}
