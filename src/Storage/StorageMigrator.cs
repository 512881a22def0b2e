using Microsoft.Extensions.Logging;
using Steward.Storage.Migrations;

namespace Steward.Storage;

/// <summary>Brings the database's schema to the version of this build.</summary>
/// <remarks>
/// Run it before anything else uses the storage. It may run in several processes at once, and again at every start: only what is missing is
/// applied, each step in a transaction of its own.
/// </remarks>
public sealed partial class StorageMigrator
{
    private readonly StorageBackend _backend;
    private readonly TimeProvider _clock;
    private readonly ILogger<StorageMigrator> _logger;

    internal StorageMigrator(StorageBackend backend, TimeProvider clock, ILogger<StorageMigrator> logger)
    {
        _backend = backend;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>Applies the steps that are missing.</summary>
    /// <exception cref="StorageException">
    /// The database cannot be used; or it has a newer schema than this build knows (nothing was changed then, and both versions are named).
    /// </exception>
    public async Task MigrateAsync(CancellationToken cancellationToken = default)
    {
        if (_backend.PostgreSql is { } postgreSql)
        {
            await ApplyAsync(MigrationSet.PostgreSql);
#if !ORLEANS_STANDIN
            await ApplyAsync(MigrationSet.Orleans);
#endif
            async Task ApplyAsync(MigrationSet set) =>
                Report(await PostgreSqlMigrations.ApplyAsync(postgreSql, set, _clock, cancellationToken), set, postgreSql.Location);
        }
        else
        {
            var sqlite = _backend.Sqlite!;
            Report(SqliteMigrations.Apply(sqlite, MigrationSet.Sqlite, _clock, cancellationToken), MigrationSet.Sqlite, sqlite.Location);
        }
    }

    private void Report(IReadOnlyList<Migration> applied, MigrationSet set, string location)
    {
        foreach (var step in applied)
        {
            LogApplied(_logger, set.Component, step.Version, step.Name, location);
        }

        LogCurrent(_logger, set.Component, set.Latest, location);
    }

    [LoggerMessage(1, LogLevel.Information, "Applied migration {Component} {Version} ({Name}) to {Location}.")]
    private static partial void LogApplied(ILogger logger, string component, int version, string name, string location);

    [LoggerMessage(2, LogLevel.Debug, "Schema {Component} of {Location} is at version {Version}.")]
    private static partial void LogCurrent(ILogger logger, string component, int version, string location);
}
