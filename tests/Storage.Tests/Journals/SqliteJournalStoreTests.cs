using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Steward.Storage.Journals;
using Steward.Storage.Sqlite;

namespace Steward.Storage.Tests.Journals;

public sealed class SqliteJournalStoreTests(SqliteStorageFixture fixture) : JournalStoreTests(fixture), IClassFixture<SqliteStorageFixture>
{
    private readonly SqliteStorageFixture _fixture = fixture;

    [Theory]
    [InlineData("journal_mode", "wal")]
    [InlineData("synchronous", "2")]
    [InlineData("fullfsync", "1")]
    public async Task Writer_Settings_FlushEveryCommit(string setting, string expected)
    {
        var value = await _fixture.Database.WriteAsync(session => session.Scalar($"PRAGMA {setting}"), CancellationToken.None);

        Assert.Equal(expected, value);
    }

    [Fact]
    public async Task Append_ManyAtOnce_ShareTransactions()
    {
        const int Appends = 2_000;
        var before = _fixture.Database.Commits;
        await Task.WhenAll(Enumerable.Range(0, Appends).Select(i => _fixture.Journals.AppendAsync(new JournalAppend
        {
            Journal = $"t-group/r-{i}",
            ExpectedSequence = 0,
            Records = [new JournalRecord { Type = "a", Payload = Encoding.UTF8.GetBytes("x"), At = DateTimeOffset.UnixEpoch }],
        }).AsTask()));

        Assert.InRange(_fixture.Database.Commits - before, 1, Appends / 10);
    }

    [Fact]
    public async Task Append_LogGrowsLong_IsCopiedIntoTheFileBesideTheWriter()
    {
        using var directory = new TemporaryDirectory();
        var file = directory.File("steward.db");
        await using var container = StorageFixture.Open(options => options.SqliteFile = file);
        await container.GetRequiredService<StorageMigrator>().MigrateAsync();
        var journals = container.GetRequiredService<IJournalStore>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var payload = new byte[1024 * 1024];
        long sequence = 0;
        for (; sequence < 24; sequence++)
        {
            await AppendAsync(payload);
        }

        // Far below the 64 MB at which the writer itself would copy: only the thread beside it can.
        for (; new FileInfo(file).Length < 12 * payload.Length; sequence++)
        {
            patience.Token.ThrowIfCancellationRequested();
            await AppendAsync(new byte[16]);
        }

        Assert.Equal(sequence, (await journals.GetHeadAsync("t-long/r-1"))!.Sequence);

        ValueTask<JournalAppendResult> AppendAsync(byte[] bytes) => journals.AppendAsync(new JournalAppend
        {
            Journal = "t-long/r-1",
            ExpectedSequence = sequence,
            Records = [new JournalRecord { Type = "a", Payload = bytes, At = DateTimeOffset.UnixEpoch }],
        });
    }

    [Theory]
    [InlineData(SqliteJournalStore.SelectOpen, "journal_heads_open (journal>? AND journal<?)", false)]
    [InlineData(SqliteJournalStore.SelectClosed, "journal_heads_closed (journal>? AND journal<?)", false)]
    [InlineData(SqliteJournalStore.SelectDue, "journal_heads_wake (wake_at<?)", true)]
    public void List_Plan_UsesTheIndexOverTheseJournalsAlone(string sql, string index, bool sorts)
    {
        var plan = _fixture.Database.Read(sql, static (session, sql) =>
        {
            var statement = session.Prepare("EXPLAIN QUERY PLAN " + sql);
            var lines = new List<string>();
            while (statement.Step())
            {
                lines.Add(statement.Text(3));
            }

            statement.Reset();
            return string.Join('\n', lines);
        });

        Assert.Contains(index, plan, StringComparison.Ordinal);
        Assert.Equal(sorts, plan.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Write_OneChangeOfABatchFails_OnlyThatOneFails()
    {
        var database = _fixture.Database;
        // The first holds the writer up until the others wait together.
        using var release = new ManualResetEventSlim();
        var first = await HoldWriterAsync(release);
        var good = database.WriteAsync(session => Insert(session, "t-batch/r-1"), CancellationToken.None).AsTask();
        var bad = database.WriteAsync<int>(session => throw new InvalidOperationException("bad"), CancellationToken.None).AsTask();
        var alsoGood = database.WriteAsync(session => Insert(session, "t-batch/r-2"), CancellationToken.None).AsTask();
        release.Set();

        await Assert.ThrowsAsync<InvalidOperationException>(() => bad);
        await Task.WhenAll(first, good, alsoGood);
        Assert.NotNull(await _fixture.Journals.GetHeadAsync("t-batch/r-1"));
        Assert.NotNull(await _fixture.Journals.GetHeadAsync("t-batch/r-2"));

        static int Insert(SqliteSession session, string key)
        {
            session.Prepare("INSERT INTO journal_heads (journal, sequence, open, touched_at) VALUES (?1, 1, 0, 0)").Bind(1, key).Run();
            return 0;
        }
    }

    [Fact]
    public async Task Write_FailsAtCommitOnly_IsNotAcknowledged()
    {
        using var directory = new TemporaryDirectory();
        using var database = new SqliteDatabase(directory.File("steward.db"));
        using var writer = new SqliteWriter(
            () =>
            {
                var session = database.Open(SqliteAccess.Write);
                session.Execute(
                    """
                    PRAGMA foreign_keys = ON;
                    CREATE TABLE IF NOT EXISTS parents (id INTEGER PRIMARY KEY);
                    CREATE TABLE IF NOT EXISTS children (parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
                    """);
                return session;
            },
            "test");

        var late = new Insert("INSERT INTO children VALUES (1)");
        writer.Enqueue(late);
        var failure = await Assert.ThrowsAsync<StorageException>(async () => await late.Completion);

        // Where a COMMIT that did not return successfully leaves the file is not for the writer to guess.
        Assert.True(failure.OutcomeUnknown);
        var next = new Insert("INSERT INTO parents VALUES (2)");
        writer.Enqueue(next);
        await next.Completion;
        Assert.Equal("0", database.Read(0, static (session, _) => session.Scalar("SELECT count(*) FROM children")));
    }

    [Fact]
    public async Task Append_CancelledWhileItWaits_AppendsNothing()
    {
        using var release = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var first = await HoldWriterAsync(release);
        var append = _fixture.Journals.AppendAsync(
            new JournalAppend
            {
                Journal = "t-cancel/r-1",
                ExpectedSequence = 0,
                Records = [new JournalRecord { Type = "a", Payload = default, At = DateTimeOffset.UnixEpoch }],
            },
            cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        release.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append);
        await first;
        Assert.Null(await _fixture.Journals.GetHeadAsync("t-cancel/r-1"));
    }

    [Fact]
    public async Task Append_FromTwoProcessesWorthOfConnections_NeitherIsLost()
    {
        await using var second = StorageFixture.Open(options => options.SqliteFile = _fixture.Database.Location);
        var stores = new[] { _fixture.Journals, second.GetRequiredService<IJournalStore>() };
        await Task.WhenAll(stores.Select((store, number) => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                var result = await store.AppendAsync(new JournalAppend
                {
                    Journal = $"t-two/r-{number}",
                    ExpectedSequence = i,
                    Records = [new JournalRecord { Type = "a", Payload = default, At = DateTimeOffset.UnixEpoch }],
                });
                Assert.Equal(new JournalAppended(i + 1), result);
            }
        })));

        Assert.Equal(100, (await stores[0].GetHeadAsync("t-two/r-1"))!.Sequence);
    }

    [Fact]
    public async Task File_NewlyCreated_IsReadableByItsOwnerAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var directory = new TemporaryDirectory();
        await using var container = StorageFixture.Open(options => options.SqliteFile = directory.File("sub/steward.db"));
        await container.GetRequiredService<StorageMigrator>().MigrateAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.File("sub/steward.db")));
    }

    [Fact]
    public async Task Dispose_WithWaitingAppends_WritesThemFirst()
    {
        using var directory = new TemporaryDirectory();
        Action<StewardStorageOptions> configure = options => options.SqliteFile = directory.File("steward.db");
        Task<JournalAppendResult>[] appends;
        await using (var container = StorageFixture.Open(configure))
        {
            await container.GetRequiredService<StorageMigrator>().MigrateAsync();
            var store = container.GetRequiredService<IJournalStore>();
            await store.GetHeadAsync("t-stop/r-1");
            appends = [.. Enumerable.Range(0, 100).Select(i => store.AppendAsync(new JournalAppend
            {
                Journal = "t-stop/r-1",
                ExpectedSequence = i,
                Records = [new JournalRecord { Type = "a", Payload = default, At = DateTimeOffset.UnixEpoch }],
            }).AsTask())];
        }

        Assert.All(await Task.WhenAll(appends), result => Assert.IsType<JournalAppended>(result));
        Assert.False(File.Exists(directory.File("steward.db-wal")), "The log should be merged into the file.");
        await using var reopened = StorageFixture.Open(configure);
        Assert.Equal(100, (await reopened.GetRequiredService<IJournalStore>().GetHeadAsync("t-stop/r-1"))!.Sequence);
    }

    /// <summary>Returns when the writer is in the middle of a change that lasts until it is released.</summary>
    private async Task<Task> HoldWriterAsync(ManualResetEventSlim release)
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var change = _fixture.Database.WriteAsync(
            session =>
            {
                entered.TrySetResult();
                return release.Wait(TimeSpan.FromSeconds(30));
            },
            CancellationToken.None).AsTask();
        await entered.Task;
        return change;
    }

    private sealed class Insert(string sql) : SqliteWork<bool>(CancellationToken.None)
    {
        protected override bool Run(SqliteSession session)
        {
            session.Execute(sql);
            return true;
        }
    }
}
