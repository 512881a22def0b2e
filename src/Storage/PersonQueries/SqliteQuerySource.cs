using System.Text;
using System.Text.Json;
using SQLitePCL;

namespace Steward.Storage.PersonQueries;

/// <summary>Statements on an SQLite file: opened for reading only, each part of the compiled statement allowed or refused by the authorizer, with a deadline that SQLite asks for while it works.</summary>
internal sealed class SqliteQuerySource(string file, IDictionary<string, string[]> tables, TimeProvider time) : IPersonQuerySource
{
    private const int MaxValue = 1 << 20;
    private const int InstructionsPerLook = 1_000;

    // Everything that SQLite computes with from values alone. Not here: load_extension, fts3_tokenizer, readfile, edit, zeroblob and randomblob (memory), sqlite_… (the build), last_insert_rowid.
    private static readonly HashSet<string> Functions = new(
        [
            "abs", "avg", "ceil", "ceiling", "changes", "char", "coalesce", "concat", "concat_ws", "count", "cume_dist", "date", "datetime", "dense_rank", "exp", "first_value", "floor", "format", "glob", "group_concat",
            "hex", "ifnull", "iif", "instr", "json", "json_array", "json_array_length", "json_extract", "json_group_array", "json_group_object", "json_object", "json_type", "json_valid", "julianday", "lag", "last_value",
            "lead", "length", "like", "ln", "log", "lower", "ltrim", "max", "min", "mod", "nth_value", "ntile", "nullif", "percent_rank", "pow", "power", "printf", "quote", "random", "rank", "replace", "round",
            "row_number", "rtrim", "sign", "sqrt", "strftime", "string_agg", "substr", "substring", "sum", "time", "total", "trim", "typeof", "unicode", "unixepoch", "upper", "->", "->>",
        ],
        StringComparer.OrdinalIgnoreCase);

    // Tables that stand in no file.
    private static readonly string[] BuiltIn = ["sqlite_", "pragma_", "dbstat", "bytecode", "tables_used", "fts", "rtree", "geopoly", "json_"];

    static SqliteQuerySource() => Batteries_V2.Init();

    /// <inheritdoc/>
    public async ValueTask<PersonQueryResult> QueryAsync(PersonQuery query, CancellationToken cancellationToken) =>
        // A statement computes: not on the caller's thread.
        await Task.Run(() => Query(query, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private PersonQueryResult Query(PersonQuery query, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var isOver = false;
        if (raw.sqlite3_open_v2(file, out var database, raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_NOMUTEX, null) != raw.SQLITE_OK)
        {
            _ = raw.sqlite3_close_v2(database);
            return PersonQueries.Failed("unavailable", "The database cannot be opened at the moment.");
        }

        try
        {
            _ = raw.sqlite3_busy_timeout(database, 2_000);
            _ = raw.sqlite3_exec(database, "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; PRAGMA hard_heap_limit = 268435456;");
            _ = raw.sqlite3_limit(database, raw.SQLITE_LIMIT_LENGTH, MaxValue);
            _ = raw.sqlite3_limit(database, raw.SQLITE_LIMIT_ATTACHED, 0);
            var refused = new Refusals(NamesIn(database));
            _ = raw.sqlite3_set_authorizer(
                database, (delegate_authorizer)((_, action, first, second, schema, _) => Allows(query, refused, action, first.utf8_to_string(), second.utf8_to_string(), schema.utf8_to_string())), null);
            raw.sqlite3_progress_handler(
                database, InstructionsPerLook, (delegate_progress)(_ => (isOver = cancellationToken.IsCancellationRequested || time.GetElapsedTime(began) > query.Timeout) ? 1 : 0), null);
            var result = Read(database, query, refused);
            cancellationToken.ThrowIfCancellationRequested();
            return isOver ? PersonQueries.Failed("timeout", "The statement took longer than it may.") : result;
        }
        finally
        {
            _ = raw.sqlite3_close_v2(database);
        }
    }

    private static PersonQueryResult Read(sqlite3 database, PersonQuery query, Refusals refused)
    {
        if (raw.sqlite3_prepare_v2(database, query.Sql, out var statement, out string tail) != raw.SQLITE_OK)
        {
            return refused.What is { } what ? PersonQueries.Failed("refused", what) : PersonQueries.Failed("invalid", raw.sqlite3_errmsg(database).utf8_to_string());
        }

        using (statement)
        {
            if (statement.IsInvalid || raw.sqlite3_column_count(statement) == 0)
            {
                return PersonQueries.Failed("invalid", "It must be one statement that reads.");
            }

            if (HasMore(database, tail))
            {
                return PersonQueries.Failed("refused", "Only one statement is allowed.");
            }

            if (raw.sqlite3_bind_parameter_count(statement) != query.Parameters.Count)
            {
                return PersonQueries.Failed("invalid", $"The statement has {raw.sqlite3_bind_parameter_count(statement)} parameters, but {query.Parameters.Count} values were given.");
            }

            for (var index = 0; index < query.Parameters.Count; index++)
            {
                Bind(statement, index + 1, query.Parameters[index]);
            }

            var rows = new QueryRows(query.MaxRows, query.MaxBytes);
            var columns = new PersonQueryColumn[raw.sqlite3_column_count(statement)];
            int code;
            while ((code = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
            {
                if (columns[0] is null)
                {
                    Describe(statement, columns);
                }

                if (!rows.TakesMore() || !rows.Add(statement, Write))
                {
                    return rows.ToResult(columns);
                }
            }

            if (code != raw.SQLITE_DONE)
            {
                return code == raw.SQLITE_TOOBIG || code == raw.SQLITE_NOMEM
                    ? PersonQueries.Failed("too_large", "The statement needs more than is allowed.")
                    : PersonQueries.Failed("invalid", raw.sqlite3_errmsg(database).utf8_to_string());
            }

            if (columns.Length > 0 && columns[0] is null)
            {
                Describe(statement, columns);
            }

            return rows.ToResult(columns);
        }
    }

    /// <summary>Whether something but blanks and comments follows: SQLite itself decides.</summary>
    private static bool HasMore(sqlite3 database, string tail)
    {
        while (!string.IsNullOrWhiteSpace(tail))
        {
            if (raw.sqlite3_prepare_v2(database, tail, out var next, out string rest) != raw.SQLITE_OK)
            {
                return true;
            }

            using (next)
            {
                if (!next.IsInvalid)
                {
                    return true;
                }
            }

            if (rest.Length >= tail.Length)
            {
                return true;
            }

            tail = rest;
        }

        return false;
    }

    private int Allows(PersonQuery query, Refusals refused, int action, string? first, string? second, string? schema)
    {
        var isAllowed = action switch
        {
            raw.SQLITE_SELECT or raw.SQLITE_RECURSIVE => true,
            raw.SQLITE_FUNCTION => second is not null && Functions.Contains(second),
            // A name that stands for a query of the statement itself comes without a schema.
            raw.SQLITE_READ => first is not null && MayRead(query, refused, first, schema, second),
            _ => false,
        };
        if (!isAllowed)
        {
            refused.What ??= action switch
            {
                raw.SQLITE_FUNCTION => $"The function '{second}' is not allowed.",
                raw.SQLITE_READ => $"The table '{first}' does not exist, or you may not read it.",
                _ => "Only statements that read are allowed.",
            };
        }

        return isAllowed ? raw.SQLITE_OK : raw.SQLITE_DENY;
    }

    private bool MayRead(PersonQuery query, Refusals refused, string table, string? schema, string? column)
    {
        if (tables.TryGetValue(table, out var readers))
        {
            return schema is "main" or null or "" && readers.Any(reader => reader == "*" || query.Roles.Contains(reader));
        }

        return string.IsNullOrEmpty(schema) && string.IsNullOrEmpty(column) && !refused.Names.Contains(table) && !BuiltIn.Any(prefix => table.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What stands in the file under a name, allowed or not.</summary>
    private static HashSet<string> NamesIn(sqlite3 database)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (raw.sqlite3_prepare_v2(database, "SELECT name FROM main.sqlite_master", out var statement) == raw.SQLITE_OK)
        {
            using (statement)
            {
                while (raw.sqlite3_step(statement) == raw.SQLITE_ROW)
                {
                    names.Add(raw.sqlite3_column_text(statement, 0).utf8_to_string());
                }
            }
        }

        return names;
    }

    private static void Bind(sqlite3_stmt statement, int index, JsonElement value) => _ = value.ValueKind switch
    {
        JsonValueKind.String => raw.sqlite3_bind_text(statement, index, value.GetString()!),
        JsonValueKind.Number when value.TryGetInt64(out var number) => raw.sqlite3_bind_int64(statement, index, number),
        JsonValueKind.Number => raw.sqlite3_bind_double(statement, index, value.GetDouble()),
        JsonValueKind.True => raw.sqlite3_bind_int64(statement, index, 1),
        JsonValueKind.False => raw.sqlite3_bind_int64(statement, index, 0),
        _ => raw.sqlite3_bind_null(statement, index),
    };

    private static void Describe(sqlite3_stmt statement, PersonQueryColumn[] columns)
    {
        for (var index = 0; index < columns.Length; index++)
        {
            var type = raw.sqlite3_column_type(statement, index) switch
            {
                raw.SQLITE_INTEGER => "integer",
                raw.SQLITE_FLOAT => "number",
                _ => "text",
            };
            columns[index] = new PersonQueryColumn(raw.sqlite3_column_name(statement, index).utf8_to_string(), type);
        }
    }

    private static void Write(sqlite3_stmt statement, Utf8JsonWriter writer)
    {
        for (var index = 0; index < raw.sqlite3_column_count(statement); index++)
        {
            switch (raw.sqlite3_column_type(statement, index))
            {
                case raw.SQLITE_NULL:
                    writer.WriteNullValue();
                    break;
                case raw.SQLITE_INTEGER:
                    writer.WriteNumberValue(raw.sqlite3_column_int64(statement, index));
                    break;
                case raw.SQLITE_FLOAT when double.IsFinite(raw.sqlite3_column_double(statement, index)):
                    writer.WriteNumberValue(raw.sqlite3_column_double(statement, index));
                    break;
                case raw.SQLITE_FLOAT:
                    writer.WriteNullValue();
                    break;
                case raw.SQLITE_BLOB:
                    writer.WriteStringValue(Convert.ToHexStringLower(raw.sqlite3_column_blob(statement, index)));
                    break;
                default:
                    writer.WriteStringValue(Encoding.UTF8.GetString(raw.sqlite3_column_blob(statement, index)));
                    break;
            }
        }
    }

    private sealed class Refusals(HashSet<string> names)
    {
        public HashSet<string> Names => names;

        public string? What { get; set; }
    }
}
