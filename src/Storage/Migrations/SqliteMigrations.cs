using Steward.Storage.Sqlite;

namespace Steward.Storage.Migrations;

/// <summary>Brings the schema of a SQLite file up to date. Each step is a transaction that takes the write lock before it looks at the version.</summary>
internal static class SqliteMigrations
{
    /// <summary>Applies what is missing and returns the steps that this call applied.</summary>
    public static IReadOnlyList<Migration> Apply(SqliteDatabase database, MigrationSet set, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            using var session = database.Open(SqliteAccess.Write);
            var applied = new List<Migration>();
            while (Next(session, database.Location, set, clock) is { } step)
            {
                applied.Add(step);
                cancellationToken.ThrowIfCancellationRequested();
            }

            return applied;
        }
        catch (SqliteError error)
        {
            throw error.ToStorageException(database.Location, outcomeUnknown: false);
        }
    }

    private static Migration? Next(SqliteSession session, string location, MigrationSet set, TimeProvider clock)
    {
        // Another process that migrates at the same time waits here, then sees the version that this one left.
        session.Execute("BEGIN IMMEDIATE");
        try
        {
            session.Execute(
                """
                CREATE TABLE IF NOT EXISTS schema_version (
                    component  TEXT    NOT NULL,
                    version    INTEGER NOT NULL,
                    name       TEXT    NOT NULL,
                    applied_at INTEGER NOT NULL,
                    PRIMARY KEY (component, version)
                ) WITHOUT ROWID
                """);
            var select = session.Prepare("SELECT coalesce(max(version), 0) FROM schema_version WHERE component = ?1").Bind(1, set.Component);
            select.Step();
            var version = (int)select.Int64(0);
            select.Reset();
            var step = set.After(version, location);
            if (step is not null)
            {
                session.Execute(step.Sql);
                session.Prepare("INSERT INTO schema_version (component, version, name, applied_at) VALUES (?1, ?2, ?3, ?4)")
                    .Bind(1, set.Component).Bind(2, step.Version).Bind(3, step.Name).Bind(4, clock.GetUtcNow().ToUnixTimeMilliseconds()).Run();
            }

            session.Execute("COMMIT");
            return step;
        }
        catch
        {
            session.Rollback();
            throw;
        }
    }
}
