using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Steward.Storage.Migrations;
using Steward.Storage.PostgreSql;
using Steward.Storage.Sqlite;
using Steward.LocalPostgreSql;

namespace Steward.Storage.Tests.Migrations;

/// <summary>What migrating must do on every database. Each test has an empty database of its own.</summary>
public abstract class MigrationTests
{
    private static readonly JournalAppend FirstAppend = new()
    {
        Journal = "t-old/r-1",
        ExpectedSequence = 0,
        Open = true,
        Records = [new JournalRecord { Type = "a", Payload = new byte[] { 1, 2, 3 }, At = DateTimeOffset.UnixEpoch, DeduplicationId = "op" }],
    };

    private protected abstract MigrationSet Set { get; }

    [Fact]
    public async Task Migrate_FreshDatabase_AppliesEveryStepInOrder()
    {
        Assert.Equal(Set.Steps, await ApplyAsync(Set));
        Assert.Equal(Set.Steps.Select(step => $"{step.Version} {step.Name}"), await VersionsAsync());
    }

    [Fact]
    public async Task Migrate_Again_AppliesNothing()
    {
        await ApplyAsync(Set);
        var before = await VersionsAsync();

        Assert.Empty(await ApplyAsync(Set));
        Assert.Equal(before, await VersionsAsync());
    }

    [Fact]
    public async Task Migrate_SeveralAtOnce_AppliesEachStepOnce()
    {
        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => ApplyAsync(Set))));

        Assert.Equal(Set.Steps.Select(step => step.Version), applied.SelectMany(steps => steps).Select(step => step.Version).Order());
    }

    [Fact]
    public async Task Migrate_NewerSchema_IsRefusedNamingBothVersions()
    {
        var newer = Set with { Steps = [.. Set.Steps, new Migration(Set.Latest + 1, "future", "CREATE TABLE future (id integer)")] };
        await ApplyAsync(newer);

        var exception = await Assert.ThrowsAsync<StorageException>(MigrateAsync);

        Assert.Contains($"has version {newer.Latest} ", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"versions up to {Set.Latest}.", exception.Message, StringComparison.Ordinal);
        Assert.Equal(newer.Latest, (await VersionsAsync()).Count);
    }

    [Fact]
    public async Task Migrate_StepFails_KeepsTheStepsBeforeAndNothingOfIt()
    {
        var broken = Set with { Steps = [.. Set.Steps, new Migration(Set.Latest + 1, "broken", "CREATE TABLE half (id integer); INSERT INTO missing VALUES (1)")] };

        await Assert.ThrowsAsync<StorageException>(() => ApplyAsync(broken));

        Assert.Equal(Set.Latest, (await VersionsAsync()).Count);
        var repaired = broken with { Steps = [.. Set.Steps, new Migration(Set.Latest + 1, "repaired", "CREATE TABLE half (id integer)")] };
        Assert.Single(await ApplyAsync(repaired));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Migrate_FromAnOlderVersion_KeepsTheJournals(int version)
    {
        await ApplyAsync(Set with { Steps = [.. Set.Steps.Take(version)] });
        // As the build of that version wrote it; this one cannot write to the older tables.
        await ExecuteAsync(WriteOldJournals);

        await MigrateAsync();

        await using var current = Open();
        var store = current.GetRequiredService<IJournalStore>();
        Assert.Equal(new byte[] { 1, 2, 3 }, (await store.FindAsync("t-old/r-1", "op"))!.Payload.ToArray());
        Assert.IsType<JournalDuplicate>(await store.AppendAsync(FirstAppend));
        Assert.Equal(new JournalAppended(2), await store.AppendAsync(FirstAppend with
        {
            ExpectedSequence = 1,
            Records = [FirstAppend.Records[0] with { DeduplicationId = null }],
        }));
        Assert.Equal([new JournalHead("t-old/r-1", 2, true, DateTimeOffset.UnixEpoch)], await store.ListOpenAsync("t-old/", DateTimeOffset.MaxValue, 10));
        Assert.Equal([new JournalHead("t-old/r-2", 1, false, DateTimeOffset.UnixEpoch)], await store.ListClosedAsync("t-old/", DateTimeOffset.MaxValue, 10));
        Assert.Empty(await store.ListDueAsync("t-old/", DateTimeOffset.MaxValue, 10));
    }

    [Fact]
    public async Task Append_OlderSchema_SaysToMigrate()
    {
        await ApplyAsync(Set with { Steps = [.. Set.Steps.Take(2)] });
        await using var container = Open();

        var exception = await Assert.ThrowsAsync<StorageException>(async () => await container.GetRequiredService<IJournalStore>().AppendAsync(FirstAppend));

        Assert.Contains("run the storage migration first", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Append_BeforeMigration_SaysToMigrate()
    {
        await using var container = Open();

        var exception = await Assert.ThrowsAsync<StorageException>(async () => await container.GetRequiredService<IJournalStore>().AppendAsync(FirstAppend));

        Assert.Contains("run the storage migration first", exception.Message, StringComparison.Ordinal);
        Assert.False(exception.OutcomeUnknown);
    }

    private protected abstract void Configure(StewardStorageOptions options);

    private protected abstract Task<IReadOnlyList<Migration>> ApplyAsync(MigrationSet set);

    private protected abstract Task<IReadOnlyList<string>> VersionsAsync();

    /// <summary>Writes the journals t-old/r-1, open, with <see cref="FirstAppend"/>, and t-old/r-2, closed.</summary>
    private protected abstract string WriteOldJournals { get; }

    private protected abstract Task ExecuteAsync(string sql);

    private ServiceProvider Open() => StorageFixture.Open(Configure);

    private async Task MigrateAsync()
    {
        await using var container = Open();
        await container.GetRequiredService<StorageMigrator>().MigrateAsync();
    }
}

public sealed class SqliteMigrationTests : MigrationTests, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private protected override MigrationSet Set => MigrationSet.Sqlite;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Migrate_FileIsSomethingElse_SaysSo()
    {
        await File.WriteAllTextAsync(_directory.File("steward.db"), "This is a text of more than sixteen bytes, not a database.");

        var exception = await Assert.ThrowsAsync<StorageException>(() => ApplyAsync(Set));

        Assert.Contains("is not a SQLite database", exception.Message, StringComparison.Ordinal);
    }

    private protected override string WriteOldJournals =>
        """
        INSERT INTO journal_heads (id, journal, sequence, open, touched_at) VALUES (1, 't-old/r-1', 1, 1, 0), (2, 't-old/r-2', 1, 0, 0);
        INSERT INTO journal_entries (journal_id, sequence, type, at, deduplication_id, payload) VALUES (1, 1, 'a', 0, 'op', x'010203'), (2, 1, 'a', 0, NULL, x'');
        """;

    private protected override void Configure(StewardStorageOptions options) => options.SqliteFile = _directory.File("steward.db");

    private protected override Task ExecuteAsync(string sql)
    {
        using var database = new SqliteDatabase(_directory.File("steward.db"));
        using var session = database.Open(SqliteAccess.Write);
        session.Execute(sql);
        return Task.CompletedTask;
    }

    private protected override Task<IReadOnlyList<Migration>> ApplyAsync(MigrationSet set)
    {
        using var database = new SqliteDatabase(_directory.File("steward.db"));
        return Task.FromResult(SqliteMigrations.Apply(database, set, TimeProvider.System, CancellationToken.None));
    }

    private protected override Task<IReadOnlyList<string>> VersionsAsync()
    {
        using var database = new SqliteDatabase(_directory.File("steward.db"));
        return Task.FromResult(database.Read<string, IReadOnlyList<string>>(Set.Component, static (session, component) =>
        {
            var select = session.Prepare("SELECT version, name FROM schema_version WHERE component = ?1 ORDER BY version").Bind(1, component);
            var versions = new List<string>();
            while (select.Step())
            {
                versions.Add($"{select.Int64(0)} {select.Text(1)}");
            }

            select.Reset();
            return versions;
        }));
    }
}

public class PostgreSqlMigrationTests : MigrationTests, IAsyncLifetime
{
    private protected string ConnectionString { get; private set; } = "";

    private protected override MigrationSet Set => MigrationSet.PostgreSql;

    public async Task InitializeAsync() => ConnectionString = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();

    public async Task DisposeAsync()
    {
        // Frees the connections for the other test classes.
        await using var connection = new NpgsqlConnection(ConnectionString);
        NpgsqlConnection.ClearPool(connection);
    }

    [Fact]
    public async Task Migrate_CurrentSchemaAsAUserWhoMayNotCreateTables_Succeeds()
    {
        await ApplyAsync(Set);
        var role = $"limited_{Guid.NewGuid():n}";
        await using (var source = NpgsqlDataSource.Create(ConnectionString))
        await using (var grant = source.CreateCommand(
            $"""
            REVOKE CREATE ON SCHEMA public FROM PUBLIC;
            CREATE ROLE {role} LOGIN PASSWORD '{role}';
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
            """))
        {
            await grant.ExecuteNonQueryAsync();
        }

        await using var database = new PostgreSqlDatabase(new NpgsqlConnectionStringBuilder(ConnectionString) { Username = role, Password = role }.ConnectionString);
        Assert.Empty(await PostgreSqlMigrations.ApplyAsync(database, Set, TimeProvider.System, CancellationToken.None));
        using var journals = new Steward.Storage.Journals.PostgreSqlJournalStore(database);
        Assert.Null(await journals.GetHeadAsync("t-acme/r-1"));
    }

    // The function of the first version, which stays for processes that are not replaced yet.
    private protected override string WriteOldJournals =>
        """
        SELECT * FROM steward_journal_append(
            ARRAY['t-old/r-1', 't-old/r-2'], ARRAY[0, 0]::bigint[], ARRAY[true, NULL]::boolean[], ARRAY[1, 1], ARRAY['a', 'a'], ARRAY[0, 0]::bigint[],
            ARRAY['op', NULL], ARRAY['\x010203', '']::bytea[])
        """;

    private protected override void Configure(StewardStorageOptions options)
    {
        options.Provider = StorageProvider.PostgreSql;
        options.ConnectionString = ConnectionString;
    }

    private protected override async Task<IReadOnlyList<Migration>> ApplyAsync(MigrationSet set)
    {
        await using var database = new PostgreSqlDatabase(ConnectionString);
        return await PostgreSqlMigrations.ApplyAsync(database, set, TimeProvider.System, CancellationToken.None);
    }

    private protected override async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private protected override async Task<IReadOnlyList<string>> VersionsAsync()
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand("SELECT version, name FROM schema_version WHERE component = $1 ORDER BY version");
        command.Parameters.AddWithValue(Set.Component);
        await using var reader = await command.ExecuteReaderAsync();
        var versions = new List<string>();
        while (await reader.ReadAsync())
        {
            versions.Add($"{reader.GetInt32(0)} {reader.GetString(1)}");
        }

        return versions;
    }
}
