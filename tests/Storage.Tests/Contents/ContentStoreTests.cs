using System.Text;

namespace Steward.Storage.Tests.Contents;

/// <summary>What every content store must do.</summary>
public abstract class ContentStoreTests(StorageFixture fixture)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    private IJournalStore Journals => fixture.Journals;

    private IContentStore Store => fixture.Contents;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024 * 1024)]
    public async Task Read_AfterAppend_ReturnsTheBytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        var content = new StoredContent(ContentHash.Of(bytes), bytes);

        Assert.Equal(new JournalAppended(1), await Journals.AppendAsync(Append("r-1", 0, content)));

        Assert.True((await Store.ReadAsync(_tenant, content.Hash))!.Value.Span.SequenceEqual(bytes));
    }

    [Fact]
    public async Task Read_OtherTenantOrUnknown_ReturnsNull()
    {
        await Journals.AppendAsync(Append("r-1", 0, Content("a")));

        Assert.Null(await Store.ReadAsync(_tenant + "x", Content("a").Hash));
        Assert.Null(await Store.ReadAsync(_tenant, Content("b").Hash));
    }

    [Fact]
    public async Task Remove_Named_GoAndNoOthers()
    {
        await Journals.AppendAsync(Append("r-1", 0, Content("a"), Content("b"), Content("c")));

        Assert.Equal(2, await Store.RemoveAsync(_tenant, [Content("a").Hash, Content("c").Hash, Content("none").Hash, Content("a").Hash]));
        Assert.Equal(0, await Store.RemoveAsync(_tenant + "x", [Content("b").Hash]));
        Assert.Equal(0, await Store.RemoveAsync(_tenant, []));

        Assert.Null(await Store.ReadAsync(_tenant, Content("a").Hash));
        Assert.NotNull(await Store.ReadAsync(_tenant, Content("b").Hash));
        await Journals.AppendAsync(Append("r-2", 0, Content("a")));
        Assert.NotNull(await Store.ReadAsync(_tenant, Content("a").Hash));
    }

    [Fact]
    public void Within_AnotherScopeOrContent_IsAnotherName()
    {
        string[] names = [Content("a").Hash, ContentHash.Within("t-acme/u-7/s-1#0", Content("a").Hash), ContentHash.Within("t-acme/u-7/s-1#5", Content("a").Hash), ContentHash.Within("t-acme/u-7/s-1#0", Content("b").Hash)];

        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.All(names, name => Assert.Matches("^[0-9a-f]{64}$", name));
    }

    [Fact]
    public async Task Append_ConflictOrDuplicate_StoresNothing()
    {
        await Journals.AppendAsync(Append("r-1", 0) with { Records = [Record(Noon) with { DeduplicationId = "op-1" }] });

        Assert.IsType<JournalConflict>(await Journals.AppendAsync(Append("r-1", 5, Content("a"))));
        Assert.IsType<JournalConflict>(await Journals.AppendAsync(Append("r-none", 5, Content("a"))));
        Assert.IsType<JournalDuplicate>(await Journals.AppendAsync(
            Append("r-1", 1, Content("a")) with { Records = [Record(Noon) with { DeduplicationId = "op-1" }] }));

        Assert.Null(await Store.ReadAsync(_tenant, Content("a").Hash));
    }

    [Fact]
    public async Task Append_ManyAtOnceWithTheSameContents_AllArriveAndEachIsStoredOnce()
    {
        StoredContent[] contents = [.. Enumerable.Range(0, 5).Select(i => Content($"shared {i}"))];
        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(i =>
        {
            // Some fail in the middle of their batch; the others' contents must still come with the right append.
            var own = Content($"own {i}");
            return Journals.AppendAsync(Append($"r-{i}", i % 3 == 1 ? 7 : 0, [.. contents.Skip(i % 5), own, .. contents.Take(i % 5), own])).AsTask();
        }));

        for (var i = 0; i < results.Length; i++)
        {
            var own = await Store.ReadAsync(_tenant, Content($"own {i}").Hash);
            Assert.Equal(i % 3 == 1 ? (new JournalConflict(0), null) : (new JournalAppended(1), $"own {i}"), (results[i], own is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null));
        }

        // 133 own ones and 5 that all share.
        Assert.Equal(133 + 5, await Store.PurgeAsync(_tenant, DateTimeOffset.MaxValue, 1_000));
    }

    [Fact]
    public async Task Append_OnTwoTenants_StoresForEach()
    {
        await Journals.AppendAsync(Append("r-1", 0, Content("a")));
        await Journals.AppendAsync(Append("r-1", 0, Content("a")) with { Journal = $"{_tenant}x/r-1/with/more" });

        Assert.Equal(1, await Store.PurgeAsync(_tenant + "x", DateTimeOffset.MaxValue, 10));
        Assert.Null(await Store.ReadAsync(_tenant + "x", Content("a").Hash));
        Assert.NotNull(await Store.ReadAsync(_tenant, Content("a").Hash));
    }

    [Fact]
    public async Task Purge_LastReferenceBefore_RemovesIt()
    {
        await Journals.AppendAsync(Append("r-1", 0, Content("old")));
        await Journals.AppendAsync(Append("r-2", 0, Content("new")) with { Records = [Record(Noon.AddDays(1))] });

        // References are noted to the day.
        Assert.Equal(0, await Store.PurgeAsync(_tenant, Noon.AddDays(1), 10));
        Assert.Equal(1, await Store.PurgeAsync(_tenant, Noon.AddDays(1).AddMilliseconds(1), 10));

        Assert.Null(await Store.ReadAsync(_tenant, Content("old").Hash));
        Assert.NotNull(await Store.ReadAsync(_tenant, Content("new").Hash));
        Assert.Equal(new JournalAppended(2), await Journals.AppendAsync(Append("r-1", 1, Content("old"))));
        Assert.NotNull(await Store.ReadAsync(_tenant, Content("old").Hash));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(1.5)]
    [InlineData(20)]
    public async Task Purge_ReferredAgainSince_KeepsIt(double days)
    {
        var again = Noon.AddDays(days);
        await Journals.AppendAsync(Append("r-1", 0, Content("a")));
        await Journals.AppendAsync(Append("r-2", 0, Content("a")) with { Records = [Record(again)] });

        Assert.Equal(0, await Store.PurgeAsync(_tenant, again, 10));
        Assert.Equal(1, await Store.PurgeAsync(_tenant, again.AddDays(1).AddMilliseconds(1), 10));
    }

    [Fact]
    public async Task Append_WriterWithAnEarlierClock_DoesNotTakeTheReferenceBack()
    {
        await Journals.AppendAsync(Append("r-1", 0, Content("a")));
        await Journals.AppendAsync(Append("r-2", 0, Content("a")) with { Records = [Record(Noon.AddDays(-30))] });

        Assert.Equal(0, await Store.PurgeAsync(_tenant, Noon, 10));
    }

    [Fact]
    public async Task Purge_MoreThanTheLimit_RemovesTheOldestInSteps()
    {
        for (var i = 0; i < 5; i++)
        {
            await Journals.AppendAsync(Append($"r-{i}", 0, Content($"{i}")) with { Records = [Record(Noon.AddMinutes(-i))] });
        }

        Assert.Equal(2, await Store.PurgeAsync(_tenant, DateTimeOffset.MaxValue, 2));
        Assert.Null(await Store.ReadAsync(_tenant, Content("4").Hash));
        Assert.Null(await Store.ReadAsync(_tenant, Content("3").Hash));
        Assert.Equal(3, await Store.PurgeAsync(_tenant, DateTimeOffset.MaxValue, 10));
        Assert.Equal(0, await Store.PurgeAsync(_tenant, DateTimeOffset.MaxValue, 10));
    }

    [Fact]
    public async Task Append_InvalidContent_IsRefused()
    {
        var good = Content("a");
        foreach (var bad in new[]
        {
            Append("r-1", 0, good with { Hash = good.Hash.ToUpperInvariant() }),
            Append("r-1", 0, good with { Hash = good.Hash[1..] }),
            Append("r-1", 0, good with { Hash = null! }),
            Append("r-1", 0, good with { Bytes = new byte[(16 * 1024 * 1024) + 1] }),
            Append("r-1", 0, (StoredContent)null!),
            Append("r-1", 0, [.. Enumerable.Repeat(good, 1_001)]),
            Append("r-1", 0) with { Contents = null! },
            Append("r-1", 0, good) with { Journal = "no-tenant" },
            Append("r-1", 0, good) with { Journal = "/r-1" },
        })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Journals.AppendAsync(bad));
        }
    }

    [Fact]
    public async Task Read_InvalidArgument_IsRefused()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ReadAsync(_tenant, "abc"));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ReadAsync("", Content("a").Hash));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ReadAsync("t-a/r-1", Content("a").Hash));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.PurgeAsync(_tenant, Noon, 0));
    }

    private static StoredContent Content(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return new StoredContent(ContentHash.Of(bytes), bytes);
    }

    private static JournalRecord Record(DateTimeOffset at) => new() { Type = "a", Payload = default, At = at };

    private JournalAppend Append(string name, long expected, params StoredContent[] contents) =>
        new() { Journal = $"{_tenant}/{name}", ExpectedSequence = expected, Records = [Record(Noon)], Contents = contents };
}

public sealed class SqliteContentStoreTests(SqliteStorageFixture fixture) : ContentStoreTests(fixture), IClassFixture<SqliteStorageFixture>;

public sealed class PostgreSqlContentStoreTests(PostgreSqlStorageFixture fixture) : ContentStoreTests(fixture), IClassFixture<PostgreSqlStorageFixture>;
