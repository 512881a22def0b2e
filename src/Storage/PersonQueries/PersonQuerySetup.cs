using System.Globalization;
using System.Text;
using Npgsql;

namespace Steward.Storage.PersonQueries;

/// <summary>
/// Prepares a PostgreSQL database for statements of people: where it stands who is asking, a role per tenant, policies on the tables. For the database's administrator; repeating it changes nothing. It takes rights from
/// everybody in this database, so that the database should be there for such statements, or the roles that need those rights be given them.
/// </summary>
public static class PersonQuerySetup
{
    /// <summary>Creates <c>steward_context</c> and the role that says who is asking, and takes away what everybody may do: temporary tables, catalogue, languages, functions with side effects.</summary>
    /// <param name="administrator">An open connection of a superuser to the database.</param>
    /// <param name="contextRole">The role that says who is asking.</param>
    /// <param name="contextPassword">Its password.</param>
    /// <param name="cancellationToken">Stops between statements.</param>
    public static async Task PrepareAsync(NpgsqlConnection administrator, string contextRole, string contextPassword, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(administrator);
        await RunAsync(administrator, Resource("context.sql"), cancellationToken);
        await RunAsync(administrator, Resource("closing.sql"), cancellationToken);
        await RoleAsync(administrator, contextRole, contextPassword, cancellationToken);
        await RunAsync(
            administrator,
            $"""
            GRANT USAGE ON SCHEMA steward_context TO {Name(contextRole)};
            GRANT EXECUTE ON FUNCTION steward_context.enter(integer, name, text, text, text[]), steward_context.leave(integer) TO {Name(contextRole)};
            """,
            cancellationToken);
    }

    /// <summary>Creates a tenant's role, with nothing but its tables and their policies.</summary>
    /// <param name="administrator">An open connection of a superuser to the database.</param>
    /// <param name="reader">The role and its tables.</param>
    /// <param name="cancellationToken">Stops between statements.</param>
    public static async Task AddReaderAsync(NpgsqlConnection administrator, PersonQueryReader reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(administrator);
        ArgumentNullException.ThrowIfNull(reader);
        await RoleAsync(administrator, reader.Role, reader.Password, cancellationToken);
        var role = Name(reader.Role);
        var script = new StringBuilder();
        script.AppendLine(CultureInfo.InvariantCulture, $"ALTER ROLE {role} SET default_transaction_read_only = on;");
        script.AppendLine(CultureInfo.InvariantCulture, $"ALTER ROLE {role} SET statement_timeout = '10s';");
        script.AppendLine(CultureInfo.InvariantCulture, $"ALTER ROLE {role} SET lock_timeout = '2s';");
        script.AppendLine(CultureInfo.InvariantCulture, $"ALTER ROLE {role} SET idle_in_transaction_session_timeout = '15s';");
        script.AppendLine(CultureInfo.InvariantCulture, $"ALTER ROLE {role} SET temp_file_limit = '64MB';");
        script.AppendLine(CultureInfo.InvariantCulture, $"ALTER ROLE {role} SET work_mem = '16MB';");
        script.AppendLine(CultureInfo.InvariantCulture, $"ALTER ROLE {role} SET max_parallel_workers_per_gather = 0;");
        script.AppendLine(CultureInfo.InvariantCulture, $"ALTER ROLE {role} SET search_path = {string.Join(", ", reader.Tables.Select(table => table.Schema).Distinct(StringComparer.Ordinal).Select(Name))};");
        script.AppendLine(CultureInfo.InvariantCulture, $"GRANT USAGE ON SCHEMA steward_context TO {role};");
        script.AppendLine(CultureInfo.InvariantCulture, $"GRANT EXECUTE ON FUNCTION steward_context.tenant_id(), steward_context.user_id(), steward_context.has_role(text[]) TO {role};");
        script.AppendLine(CultureInfo.InvariantCulture, $"INSERT INTO steward_context.readers (role, tenant_id) VALUES ({Literal(reader.Role)}, {Literal(reader.TenantId)}) ON CONFLICT (role) DO UPDATE SET tenant_id = excluded.tenant_id;");
        foreach (var table in reader.Tables)
        {
            var name = $"{Name(table.Schema)}.{Name(table.Name)}";
            var columns = table.Columns.Count == 0 ? "" : $" ({string.Join(", ", table.Columns.Select(Name))})";
            var conditions = new List<string> { $"{Name(table.TenantColumn)}::text = (SELECT steward_context.tenant_id())" };
            if (table.UserColumn is { } user)
            {
                conditions.Add($"{Name(user)}::text = (SELECT steward_context.user_id())");
            }

            conditions.Add($"(SELECT steward_context.has_role(ARRAY[{string.Join(", ", table.Readers.Select(Literal))}]::text[]))");
            script.AppendLine(CultureInfo.InvariantCulture, $"GRANT USAGE ON SCHEMA {Name(table.Schema)} TO {role};");
            script.AppendLine(CultureInfo.InvariantCulture, $"GRANT SELECT{columns} ON {name} TO {role};");
            script.AppendLine(CultureInfo.InvariantCulture, $"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;");
            script.AppendLine(CultureInfo.InvariantCulture, $"DROP POLICY IF EXISTS {Name("steward_" + reader.Role)} ON {name};");
            script.AppendLine(CultureInfo.InvariantCulture, $"CREATE POLICY {Name("steward_" + reader.Role)} ON {name} FOR SELECT TO {role} USING ({string.Join(" AND ", conditions)});");
        }

        await RunAsync(administrator, script.ToString(), cancellationToken);
    }

    private static Task RoleAsync(NpgsqlConnection administrator, string role, string password, CancellationToken cancellationToken) => RunAsync(
        administrator,
        $"""
        DO $role$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {Literal(role)}) THEN
                CREATE ROLE {Name(role)};
            END IF;
        END $role$;
        ALTER ROLE {Name(role)} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 32 PASSWORD {Literal(password)};
        """,
        cancellationToken);

    private static async Task RunAsync(NpgsqlConnection connection, string script, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(script, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Resource(string name)
    {
        using var stream = typeof(PersonQuerySetup).Assembly.GetManifestResourceStream("PersonQueries/" + name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static string Name(string name) =>
        name is { Length: >= 1 and <= 63 } && !name.Contains('\0', StringComparison.Ordinal) && !name.Contains("$role$", StringComparison.Ordinal)
            ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : throw new ArgumentException($"'{name}' is not a name of PostgreSQL: 1 to 63 characters.", nameof(name));

    private static string Literal(string value) =>
        !value.Contains('\0', StringComparison.Ordinal) && !value.Contains('\\', StringComparison.Ordinal) && !value.Contains("$role$", StringComparison.Ordinal)
            ? $"'{value.Replace("'", "''", StringComparison.Ordinal)}'"
            : throw new ArgumentException("A value holds a backslash or a NUL.", nameof(value));
}

/// <summary>A tenant's role for statements of people.</summary>
public sealed record PersonQueryReader
{
    /// <summary>The role.</summary>
    public required string Role { get; init; }

    /// <summary>Its password.</summary>
    public required string Password { get; init; }

    /// <summary>The tenant, <c>t-…</c>.</summary>
    public required string TenantId { get; init; }

    /// <summary>What it may read.</summary>
    public required IReadOnlyList<PersonQueryTable> Tables { get; init; }
}

/// <summary>A table that a tenant's role may read.</summary>
public sealed record PersonQueryTable
{
    /// <summary>Its schema. Default <c>public</c>.</summary>
    public string Schema { get; init; } = "public";

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The column with the tenant's id: other tenants' rows are not there.</summary>
    public required string TenantColumn { get; init; }

    /// <summary>The column with the id of the person that a row is for; null when all of the tenant's rows are for all of its readers.</summary>
    public string? UserColumn { get; init; }

    /// <summary>The columns that may be read; empty is all of them.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>The roles of which a person needs one to see any row; <c>*</c>, the default, is everybody of the tenant.</summary>
    public IReadOnlyList<string> Readers { get; init; } = ["*"];
}
