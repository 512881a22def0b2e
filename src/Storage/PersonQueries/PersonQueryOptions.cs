namespace Steward.Storage.PersonQueries;

/// <summary>The databases that code of people may ask, by tenant. None by default: then <c>sql</c> answers that nothing is configured.</summary>
public sealed class PersonQueryOptions
{
    /// <summary>The configuration section that the host binds to these options.</summary>
    public const string SectionName = "Steward:Sandbox:Data";

    /// <summary>The database of each tenant, by its id.</summary>
    public IDictionary<string, PersonQuerySource> Tenants { get; } = new Dictionary<string, PersonQuerySource>(StringComparer.Ordinal);
}

/// <summary>The database of one tenant: a PostgreSQL server or an SQLite file.</summary>
public sealed class PersonQuerySource
{
    /// <summary>
    /// The connection string of the tenant's own role on PostgreSQL, which <see cref="PersonQuerySetup"/> creates. It goes to the server itself, not by way of a pooler: rights are kept by the number of the server's process.
    /// </summary>
    public string? Reader { get; set; }

    /// <summary>The connection string of the role that says who is asking. Required with <see cref="Reader"/>; a role that no code of people ever uses.</summary>
    public string? Context { get; set; }

    /// <summary>The SQLite file. Opened for reading only.</summary>
    public string? SqliteFile { get; set; }

    /// <summary>
    /// The tables of <see cref="SqliteFile"/> that may be read, each with the roles of which a reader needs one, or <c>*</c> for everybody. SQLite has no rules for rows: a table whose rows are not for all of
    /// its readers does not belong here.
    /// </summary>
    public IDictionary<string, string[]> SqliteTables { get; } = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
}
