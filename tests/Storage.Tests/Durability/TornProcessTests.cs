using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Steward.Storage.Tests.Durability;

/// <summary>Kills a process that appends, at moments that nobody chose, and looks at what is left.</summary>
public abstract class TornProcessTests
{
    private const int Journals = 8;
    private const int Rounds = 4;

    private protected abstract StorageProvider Provider { get; }

    private protected abstract string Location { get; }

    [Fact]
    public async Task Kill_WhileAppending_LosesNothingThatWasAcknowledged()
    {
        var random = new Random();
        for (var round = 0; round < Rounds; round++)
        {
            using var writer = new WriterProcess(Provider, Location, Journals);
            var acknowledged = await writer.KillAfterAsync(random.Next(1, 600));

            await AssertIntactAsync(acknowledged);
        }
    }

    private protected async Task AssertIntactAsync(IReadOnlyDictionary<int, long> acknowledged)
    {
        await using var container = StorageFixture.Open(Configure);
        var store = container.GetRequiredService<IJournalStore>();
        var contents = container.GetRequiredService<IContentStore>();
        foreach (var (number, last) in acknowledged)
        {
            var journal = string.Create(CultureInfo.InvariantCulture, $"t-acme/r-{number}");
            var entries = await store.ReadAsync(journal, 0, int.MaxValue);

            Assert.True(entries.Count >= last, $"{journal}: {last} acknowledged, {entries.Count} there.");
            Assert.Equal(
                Enumerable.Range(1, entries.Count).Select(sequence => string.Create(CultureInfo.InvariantCulture, $"{sequence} {number}:{sequence}")),
                entries.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Sequence} {Encoding.UTF8.GetString(entry.Payload.Span)}")));
            // What belongs to an append came with it: the wake time of the last one, the contents of all.
            var head = (await store.GetHeadAsync(journal))!;
            Assert.Equal((entries.Count, DateTimeOffset.UnixEpoch.AddSeconds(entries.Count)), (head.Sequence, head.WakeAt));
            foreach (var entry in entries)
            {
                var content = await contents.ReadAsync("t-acme", ContentHash.Of(entry.Payload.Span));
                Assert.Equal(entry.Payload.ToArray(), content?.ToArray());
            }

            Assert.Null(await contents.ReadAsync("t-acme", ContentHash.Of(Payload(number, entries.Count + 1))));
            Assert.Equal(new JournalAppended(entries.Count + 1), await store.AppendAsync(new JournalAppend
            {
                Journal = journal,
                ExpectedSequence = entries.Count,
                Wake = new JournalWake(DateTimeOffset.UnixEpoch.AddSeconds(entries.Count + 1)),
                Records = [new JournalRecord { Type = "step", Payload = Payload(number, entries.Count + 1), At = DateTimeOffset.UnixEpoch }],
                Contents = [new StoredContent(ContentHash.Of(Payload(number, entries.Count + 1)), Payload(number, entries.Count + 1))],
            }));
        }
    }

    private static byte[] Payload(int number, long sequence) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}:{sequence}"));

    private protected void Configure(StewardStorageOptions options)
    {
        options.Provider = Provider;
        options.SqliteFile = Provider == StorageProvider.Sqlite ? Location : options.SqliteFile;
        options.ConnectionString = Provider == StorageProvider.PostgreSql ? Location : null;
    }
}

public sealed class SqliteTornProcessTests : TornProcessTests, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private protected override StorageProvider Provider => StorageProvider.Sqlite;

    private protected override string Location => _directory.File("steward.db");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    [InlineData(4096 + 24)]
    [InlineData(100_000)]
    public async Task Kill_WithGarbageBehindTheLog_LosesNothingThatWasAcknowledged(int length)
    {
        using var writer = new WriterProcess(Provider, Location, journals: 4);
        var acknowledged = await writer.KillAfterAsync(200);
        var garbage = new byte[length];
        new Random(length).NextBytes(garbage);
        await using (var log = new FileStream(Location + "-wal", FileMode.Append))
        {
            await log.WriteAsync(garbage);
        }

        await AssertIntactAsync(acknowledged);
    }

    [Fact]
    public async Task Kill_WithTheLastFrameTorn_KeepsEveryTransactionBeforeIt()
    {
        using var writer = new WriterProcess(Provider, Location, journals: 1);
        var acknowledged = await writer.KillAfterAsync(200);
        await using (var log = new FileStream(Location + "-wal", FileMode.Open))
        {
            log.SetLength(log.Length - 100);
        }

        // The end of the log belongs to the last transaction, which on one journal is one append.
        await AssertIntactAsync(acknowledged.ToDictionary(pair => pair.Key, pair => pair.Value - 1));
    }
}

public sealed class PostgreSqlTornProcessTests(PostgreSqlStorageFixture fixture) : TornProcessTests, IClassFixture<PostgreSqlStorageFixture>
{
    private protected override StorageProvider Provider => StorageProvider.PostgreSql;

    private protected override string Location => fixture.ConnectionString;
}
