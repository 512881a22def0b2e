using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Steward.Storage.Tests;

public abstract class StorageHealthTests(StorageFixture fixture)
{
    [Fact]
    public async Task Check_WorkingStorage_IsWritable()
    {
        var report = await fixture.Services.GetRequiredService<IStorageHealth>().CheckAsync();

        Assert.True(report.IsWritable, report.Problem);
        Assert.Null(report.Problem);
        Assert.NotEmpty(report.Location);
    }
}

public sealed class SqliteStorageHealthTests(SqliteStorageFixture fixture) : StorageHealthTests(fixture), IClassFixture<SqliteStorageFixture>
{
    [Fact]
    public async Task Check_WithinASecond_AnswersFromMemory()
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        await using var container = StorageFixture.Open(options => options.SqliteFile = directory.File("steward.db"), clock);
        await container.GetRequiredService<StorageMigrator>().MigrateAsync();
        var health = container.GetRequiredService<IStorageHealth>();
        var database = container.GetRequiredService<StorageBackend>().Sqlite!;

        await health.CheckAsync();
        await health.CheckAsync();
        Assert.Equal(1, database.Commits);

        clock.Advance(TimeSpan.FromSeconds(1));
        await health.CheckAsync();
        Assert.Equal(2, database.Commits);
    }

    [Fact]
    public async Task Check_DirectoryCannotBeCreated_SaysWhy()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("taken"), "");
        await using var container = StorageFixture.Open(options => options.SqliteFile = Path.Combine(directory.File("taken"), "steward.db"));

        var report = await container.GetRequiredService<IStorageHealth>().CheckAsync();

        Assert.False(report.IsWritable);
        Assert.Contains("cannot be created", report.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_BeforeMigration_SaysToMigrate()
    {
        using var directory = new TemporaryDirectory();
        await using var container = StorageFixture.Open(options => options.SqliteFile = directory.File("steward.db"));

        var report = await container.GetRequiredService<IStorageHealth>().CheckAsync();

        Assert.False(report.IsWritable);
        Assert.Contains("migration", report.Problem, StringComparison.Ordinal);
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;
    }
}

public sealed class PostgreSqlStorageHealthTests(PostgreSqlStorageFixture fixture) : StorageHealthTests(fixture), IClassFixture<PostgreSqlStorageFixture>
{
    private readonly PostgreSqlStorageFixture _fixture = fixture;

    [Fact]
    public async Task Check_ReadOnlyDatabase_SaysSoWithoutCredentials()
    {
        var builder = new NpgsqlConnectionStringBuilder(_fixture.ConnectionString) { Options = "-c default_transaction_read_only=on" };
        await using var container = StorageFixture.Open(options =>
        {
            options.Provider = StorageProvider.PostgreSql;
            options.ConnectionString = builder.ConnectionString;
        });

        var report = await container.GetRequiredService<IStorageHealth>().CheckAsync();

        Assert.False(report.IsWritable);
        Assert.Contains("read-only", report.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain(builder.Password!, report.ToString(), StringComparison.Ordinal);
    }
}
