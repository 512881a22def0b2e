namespace Steward.Storage;

/// <summary>The databases that Steward keeps its data in.</summary>
public enum StorageProvider
{
    /// <summary>One SQLite file inside the process: nothing to install, one process.</summary>
    Sqlite,

    /// <summary>A PostgreSQL server, version 15 or newer: any number of processes.</summary>
    PostgreSql,
}

/// <summary>Where Steward keeps its data.</summary>
public sealed class StewardStorageOptions
{
    /// <summary>The configuration section that the host binds to these options.</summary>
    public const string SectionName = "Steward:Storage";

    /// <summary>The database. Default <see cref="StorageProvider.Sqlite"/>.</summary>
    public StorageProvider Provider { get; set; } = StorageProvider.Sqlite;

    /// <summary>
    /// The file of the SQLite database, relative to the working directory; its directory is created when it is missing.
    /// Default <c>data/steward.db</c>. Used with <see cref="StorageProvider.Sqlite"/> only.
    /// </summary>
    public string SqliteFile { get; set; } = "data/steward.db";

    /// <summary>
    /// The Npgsql connection string, for example <c>Host=db;Database=steward;Username=steward;Password=…</c>. It may hold a
    /// password, so it never appears in logs, exceptions or health reports. Required with <see cref="StorageProvider.PostgreSql"/>.
    /// </summary>
    public string? ConnectionString { get; set; }
}
