using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Steward.Storage.Journals;

namespace Steward.Storage.Tests.Journals;

public sealed class PostgreSqlJournalStoreTests(PostgreSqlStorageFixture fixture) : JournalStoreTests(fixture), IClassFixture<PostgreSqlStorageFixture>
{
    private readonly PostgreSqlStorageFixture _fixture = fixture;

    [Fact]
    public async Task Append_FromTwoStoresOnTheSameJournals_NeitherDeadlocksNorLoses()
    {
        await using var second = OpenSecond();
        var stores = new[] { _fixture.Journals, second.GetRequiredService<IJournalStore>() };
        var accepted = await Task.WhenAll(Enumerable.Range(0, 24).Select(worker => Task.Run(async () =>
        {
            var count = 0;
            var random = new Random(worker);
            for (var i = 0; i < 40; i++)
            {
                var journal = string.Create(CultureInfo.InvariantCulture, $"t-two/r-{random.Next(5)}");
                var store = stores[worker % 2];
                var head = (await store.GetHeadAsync(journal))?.Sequence ?? 0;
                if (await store.AppendAsync(Append(journal, head)) is JournalAppended)
                {
                    count++;
                }
            }

            return count;
        })));

        var stored = 0;
        for (var i = 0; i < 5; i++)
        {
            var entries = await stores[0].ReadAsync(string.Create(CultureInfo.InvariantCulture, $"t-two/r-{i}"), 0, int.MaxValue);
            Assert.Equal(Enumerable.Range(1, entries.Count).Select(n => (long)n), entries.Select(entry => entry.Sequence));
            stored += entries.Count;
        }

        Assert.Equal(accepted.Sum(), stored);
    }

    [Fact]
    public async Task Append_ServerDefaultIsAsynchronousCommit_IsStillSynchronous()
    {
        var name = new NpgsqlConnectionStringBuilder(_fixture.ConnectionString).Database;
        await ExecuteAsync($"ALTER DATABASE {name} SET synchronous_commit = off");
        await ExecuteAsync(
            """
            CREATE TABLE seen_settings (value text);
            CREATE FUNCTION see_setting() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO seen_settings VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
            CREATE TRIGGER see AFTER INSERT ON journal_entries FOR EACH STATEMENT EXECUTE FUNCTION see_setting();
            """);
        try
        {
            await using var second = OpenSecond();
            await second.GetRequiredService<IJournalStore>().AppendAsync(Append("t-sync/r-1", 0));

            Assert.Equal("on", await ExecuteAsync("SELECT string_agg(DISTINCT value, ',') FROM seen_settings"));
        }
        finally
        {
            await ExecuteAsync($"DROP TRIGGER see ON journal_entries; ALTER DATABASE {name} RESET synchronous_commit");
        }
    }

    [Fact]
    public async Task Append_OneAfterTheOther_UsesOneConnection()
    {
        var user = "calm";
        await using var second = OpenSecond(user);
        var store = second.GetRequiredService<IJournalStore>();
        for (var i = 0; i < 32; i++)
        {
            Assert.Equal(new JournalAppended(1), await store.AppendAsync(Append(string.Create(CultureInfo.InvariantCulture, $"t-calm/r-{i}"), 0)));
        }

        // The appends' own connections are in no pool; nothing else of this store has asked the server for anything.
        Assert.Equal(1L, await ExecuteAsync($"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{user}'"));
    }

    [Fact]
    public async Task Append_ToOneJournalWithoutWaiting_KeepsTheOrder()
    {
        await using var second = OpenSecond("order");
        var store = second.GetRequiredService<IJournalStore>();

        // Others keep the connections busy, so that a lane with nothing to do would always be another one.
        var others = Enumerable.Range(0, 64).Select(i => store.AppendAsync(Append(string.Create(CultureInfo.InvariantCulture, $"t-order/r-{i}"), 0)).AsTask()).ToList();
        var ordered = Enumerable.Range(0, 64).Select(i => store.AppendAsync(Append("t-order/s-1", i)).AsTask()).ToList();

        Assert.All(await Task.WhenAll(ordered), result => Assert.IsType<JournalAppended>(result));
        await Task.WhenAll(others);
    }

    [Fact]
    public async Task Append_ConnectionsCutByTheServer_RecoversWithTheNextAppends()
    {
        var user = "cut";
        await using var second = OpenSecond(user);
        var store = second.GetRequiredService<IJournalStore>();
        Assert.Equal(new JournalAppended(1), await store.AppendAsync(Append("t-cut/r-1", 0)));

        await ExecuteAsync($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{user}'");
        var failure = await Record.ExceptionAsync(async () => await store.AppendAsync(Append("t-cut/r-1", 1)));

        // The loss shows with the first append, which says that it does not know; the next one has a connection again.
        Assert.True(failure is StorageException { IsRetryable: true }, failure?.ToString());
        var head = (await store.GetHeadAsync("t-cut/r-1"))!.Sequence;
        Assert.Equal(new JournalAppended(head + 1), await store.AppendAsync(Append("t-cut/r-1", head)));
    }

    [Fact]
    public async Task Append_OneBreaksAServerRule_TheOthersOfItsBatchAreStored()
    {
        await ExecuteAsync("ALTER TABLE journal_entries ADD CONSTRAINT no_bad CHECK (type <> 'forbidden')");
        try
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
            {
                var append = Append(string.Create(CultureInfo.InvariantCulture, $"t-rule/r-{i}"), 0);
                return await Record.ExceptionAsync(async () =>
                    await _fixture.Journals.AppendAsync(i % 10 == 3 ? append with { Records = [append.Records[0] with { Type = "forbidden" }] } : append));
            }));

            Assert.Equal(4, results.Count(failure => failure is StorageException { OutcomeUnknown: false }));
            Assert.Equal(36, results.Count(failure => failure is null));
        }
        finally
        {
            await ExecuteAsync("ALTER TABLE journal_entries DROP CONSTRAINT no_bad");
        }
    }

    [Fact]
    public async Task Append_FailsAtCommitOnly_IsNotAcknowledged()
    {
        // The function's answer is on its way before the server commits; a deferred check fails after it.
        await ExecuteAsync(
            """
            CREATE FUNCTION fail_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'late'; END $$;
            CREATE CONSTRAINT TRIGGER late AFTER INSERT ON journal_entries DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.type = 'late') EXECUTE FUNCTION fail_late();
            """);
        try
        {
            var append = Append("t-late/r-1", 0);
            var failure = await Assert.ThrowsAsync<StorageException>(async () =>
                await _fixture.Journals.AppendAsync(append with { Records = [append.Records[0] with { Type = "late" }] }));

            Assert.False(failure.OutcomeUnknown);
            Assert.Null(await _fixture.Journals.GetHeadAsync("t-late/r-1"));
            Assert.Equal(new JournalAppended(1), await _fixture.Journals.AppendAsync(append));
        }
        finally
        {
            await ExecuteAsync("DROP TRIGGER late ON journal_entries; DROP FUNCTION fail_late");
        }
    }

    [Theory]
    [InlineData(PostgreSqlJournalStore.SelectOpen, "journal_heads_open")]
    [InlineData(PostgreSqlJournalStore.SelectDue, "journal_heads_wake")]
    [InlineData(PostgreSqlJournalStore.SelectClosed, "journal_heads_closed")]
    public async Task List_Plan_UsesTheIndexOverTheseJournals(string sql, string index)
    {
        await using var source = NpgsqlDataSource.Create(_fixture.ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        await using (var choose = new NpgsqlCommand("SET enable_seqscan = off", connection))
        {
            await choose.ExecuteNonQueryAsync();
        }

        await using var explain = new NpgsqlCommand("EXPLAIN " + sql, connection);
        explain.Parameters.AddWithValue("t-a");
        explain.Parameters.AddWithValue("t-b");
        explain.Parameters.AddWithValue(0L);
        explain.Parameters.AddWithValue(10L);
        await using var reader = await explain.ExecuteReaderAsync();
        var plan = "";
        while (await reader.ReadAsync())
        {
            plan += reader.GetString(0) + '\n';
        }

        Assert.Contains(index, plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Append_ServerUnreachable_SaysSoWithoutTheConnectionString()
    {
        var builder = new NpgsqlConnectionStringBuilder(_fixture.ConnectionString) { Port = 1, Password = "very-secret" };
        await using var container = StorageFixture.Open(options =>
        {
            options.Provider = StorageProvider.PostgreSql;
            options.ConnectionString = builder.ConnectionString;
        });

        var failure = await Assert.ThrowsAsync<StorageException>(async () => await container.GetRequiredService<IJournalStore>().AppendAsync(Append("t-x/r-1", 0)));

        Assert.True(failure is { IsRetryable: true, OutcomeUnknown: false });
        Assert.DoesNotContain("very-secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Append_WrongPassword_SaysSoWithoutThePassword()
    {
        var builder = new NpgsqlConnectionStringBuilder(_fixture.ConnectionString) { Password = "very-secret" };
        await using var container = StorageFixture.Open(options =>
        {
            options.Provider = StorageProvider.PostgreSql;
            options.ConnectionString = builder.ConnectionString;
        });

        var failure = await Assert.ThrowsAsync<StorageException>(async () => await container.GetRequiredService<StorageMigrator>().MigrateAsync());

        Assert.Contains("user name or password", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("very-secret", failure.ToString(), StringComparison.Ordinal);
    }

    private static JournalAppend Append(string journal, long expected) => new()
    {
        Journal = journal,
        ExpectedSequence = expected,
        Records = [new JournalRecord { Type = "a", Payload = default, At = DateTimeOffset.UnixEpoch }],
    };

    private ServiceProvider OpenSecond(string? application = null) => StorageFixture.Open(options =>
    {
        options.Provider = StorageProvider.PostgreSql;
        // Differs in its name, so that it has connections of its own.
        options.ConnectionString = new NpgsqlConnectionStringBuilder(_fixture.ConnectionString) { ApplicationName = application ?? Guid.NewGuid().ToString("n") }.ConnectionString;
    });

    private async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_fixture.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
