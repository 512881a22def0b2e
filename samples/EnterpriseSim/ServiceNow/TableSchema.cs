namespace Steward.EnterpriseSim.ServiceNow;

internal enum ColumnKind
{
    Text,
    Integer,
    Boolean,
    DateTime,
    Reference,

    /// <summary>A journal: what is written is added to it, and only its display value shows it.</summary>
    Journal,
}

internal sealed record Column(string Name, ColumnKind Kind = ColumnKind.Text, string? Reference = null, string Default = "");

/// <summary>The columns of a table and what stands for a record where it is referred to.</summary>
internal sealed class TableSchema
{
    private TableSchema(string name, string display, string? numberPrefix, params Column[] columns)
    {
        Name = name;
        Display = display;
        NumberPrefix = numberPrefix;
        Columns = new Column[]
        {
            new("sys_id"),
            new("sys_created_on", ColumnKind.DateTime),
            new("sys_created_by"),
            new("sys_updated_on", ColumnKind.DateTime),
            new("sys_updated_by"),
            new("sys_mod_count", ColumnKind.Integer, Default: "0"),
        }.Concat(columns).ToDictionary(c => c.Name);
    }

    public static IReadOnlyDictionary<string, TableSchema> All { get; } = new TableSchema[]
    {
        new("incident", "number", "INC",
            new("number"), new("short_description"), new("description"), new("comments", ColumnKind.Journal), new("work_notes", ColumnKind.Journal),
            new("state", ColumnKind.Integer, Default: "1"), new("impact", ColumnKind.Integer, Default: "3"),
            new("urgency", ColumnKind.Integer, Default: "3"), new("priority", ColumnKind.Integer, Default: "5"),
            new("category", Default: "inquiry"), new("subcategory"), new("contact_type"), new("active", ColumnKind.Boolean, Default: "true"),
            Ref("caller_id", "sys_user"), Ref("opened_by", "sys_user"), Ref("assigned_to", "sys_user"), Ref("resolved_by", "sys_user"),
            Ref("assignment_group", "sys_user_group"), Ref("cmdb_ci", "cmdb_ci"), Ref("location", "cmn_location"),
            new("opened_at", ColumnKind.DateTime), new("resolved_at", ColumnKind.DateTime), new("closed_at", ColumnKind.DateTime),
            new("hold_reason", ColumnKind.Integer), new("close_code"), new("close_notes"), new("correlation_id"), new("correlation_display")),
        new("sys_audit", "sys_id", null,
            new("tablename"), new("documentkey"), new("fieldname"), new("oldvalue"), new("newvalue"), new("user"), new("record_checkpoint", ColumnKind.Integer, Default: "0")),
        new("sys_user", "name", null,
            new("user_name"), new("first_name"), new("last_name"), new("name"), new("email"), new("title"), new("employee_number"),
            Ref("department", "cmn_department"), Ref("location", "cmn_location"), Ref("manager", "sys_user"),
            new("active", ColumnKind.Boolean, Default: "true"), new("locked_out", ColumnKind.Boolean, Default: "false"),
            new("vip", ColumnKind.Boolean, Default: "false"), new("time_zone")),
        new("sys_user_group", "name", null,
            new("name"), new("description"), new("email"), Ref("manager", "sys_user"), new("active", ColumnKind.Boolean, Default: "true")),
        new("sys_user_grmember", "sys_id", null, Ref("group", "sys_user_group"), Ref("user", "sys_user")),
        new("cmn_department", "name", null, new("name"), Ref("dept_head", "sys_user")),
        new("cmn_location", "name", null, new("name"), new("city"), new("country"), new("time_zone")),
        new("sc_request", "number", "REQ",
            new("number"), Ref("requested_for", "sys_user"), Ref("opened_by", "sys_user"), new("opened_at", ColumnKind.DateTime),
            new("short_description"), new("description"), new("request_state", Default: "in_process"), new("stage", Default: "requested"),
            new("approval", Default: "not requested"), new("state", ColumnKind.Integer, Default: "1"),
            new("active", ColumnKind.Boolean, Default: "true"), new("correlation_id"), new("correlation_display")),
        new("sc_req_item", "number", "RITM",
            new("number"), Ref("request", "sc_request"), Ref("cat_item", "sc_cat_item"), Ref("requested_for", "sys_user"),
            Ref("opened_by", "sys_user"), Ref("assignment_group", "sys_user_group"), new("opened_at", ColumnKind.DateTime),
            new("short_description"), new("description"), new("quantity", ColumnKind.Integer, Default: "1"),
            new("due_date", ColumnKind.DateTime), new("stage", Default: "request_approved"), new("approval", Default: "not requested"), new("state", ColumnKind.Integer, Default: "1"),
            new("active", ColumnKind.Boolean, Default: "true"), new("correlation_id"), new("correlation_display")),
        new("sc_cat_item", "name", null,
            new("name"), new("short_description"), new("description"), new("active", ColumnKind.Boolean, Default: "true"),
            Ref("owner", "sys_user"), Ref("u_configuration_item", "cmdb_ci"), new("u_application_key"),
            new("u_approval_required", ColumnKind.Boolean, Default: "false")),
        new("sysapproval_approver", "sys_id", null,
            Ref("sysapproval", "task"), new("document_id"), new("source_table"), Ref("approver", "sys_user"), new("state", Default: "requested"),
            new("comments", ColumnKind.Journal), new("due_date", ColumnKind.DateTime)),
        new("change_request", "number", "CHG",
            new("number"), new("short_description"), new("description"), new("justification"), new("type", Default: "normal"),
            new("approval", Default: "not requested"), new("comments", ColumnKind.Journal), new("work_notes", ColumnKind.Journal),
            new("state", ColumnKind.Integer, Default: "-5"), new("risk", ColumnKind.Integer, Default: "3"), new("active", ColumnKind.Boolean, Default: "true"),
            new("start_date", ColumnKind.DateTime), new("end_date", ColumnKind.DateTime), Ref("assignment_group", "sys_user_group"), Ref("assigned_to", "sys_user"),
            Ref("opened_by", "sys_user"), new("opened_at", ColumnKind.DateTime), new("correlation_id"), new("correlation_display")),
        // The table that the others with numbers and approvals extend.
        new("task", "number", "TASK",
            new("number"), new("short_description"), new("description"), new("approval", Default: "not requested"), new("state", ColumnKind.Integer, Default: "1"),
            new("active", ColumnKind.Boolean, Default: "true"), new("comments", ColumnKind.Journal), new("work_notes", ColumnKind.Journal),
            Ref("opened_by", "sys_user"), new("opened_at", ColumnKind.DateTime), new("correlation_id"), new("correlation_display")),
        new("kb_knowledge", "number", "KB",
            new("number"), new("short_description"), new("text"), new("workflow_state", Default: "published"), Ref("author", "sys_user")),
        new("cmdb_ci", "name", null,
            new("name"), new("sys_class_name"), new("short_description"), new("operational_status", ColumnKind.Integer, Default: "1"),
            Ref("owned_by", "sys_user"), Ref("support_group", "sys_user_group"), Ref("location", "cmn_location"), new("u_application_key")),
        new("sys_choice", "label", null,
            new("name"), new("element"), new("value"), new("label"), new("dependent_value"), new("language", Default: "en"),
            new("sequence", ColumnKind.Integer), new("inactive", ColumnKind.Boolean, Default: "false")),
    }.ToDictionary(t => t.Name);

    public string Name { get; }

    /// <summary>The column that is shown where a record is referred to.</summary>
    public string Display { get; }

    /// <summary>The prefix of the number sequence; null for tables without numbers.</summary>
    public string? NumberPrefix { get; }

    public IReadOnlyDictionary<string, Column> Columns { get; }

    private static Column Ref(string name, string table) => new(name, ColumnKind.Reference, table);
}
