using System.Globalization;
using System.Text;

namespace Steward.Storage.Tests.Journals;

/// <summary>What every journal store must do.</summary>
public abstract class JournalStoreTests(StorageFixture fixture)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    private IJournalStore Store => fixture.Journals;

    [Fact]
    public async Task Append_NewJournal_ReturnsSequenceOfLastRecord()
    {
        var result = await Store.AppendAsync(Append("r-1", 0, Record("a"), Record("b")));

        Assert.Equal(new JournalAppended(2), result);
    }

    [Fact]
    public async Task Read_AfterAppend_ReturnsWhatWasAppended()
    {
        var at = new DateTimeOffset(2026, 3, 1, 14, 30, 15, 250, TimeSpan.FromHours(2));
        await Store.AppendAsync(Append("r-1", 0, new JournalRecord { Type = "step.started", Payload = new byte[] { 0, 255, 7 }, At = at, DeduplicationId = "op-1" }));

        var entry = Assert.Single(await Store.ReadAsync(Key("r-1"), 0, 10));

        Assert.Equal((1L, "step.started", "op-1", at.ToUniversalTime(), "00FF07"),
            (entry.Sequence, entry.Type, entry.DeduplicationId, entry.At, Convert.ToHexString(entry.Payload.Span)));
        Assert.Equal(TimeSpan.Zero, entry.At.Offset);
    }

    [Fact]
    public async Task Append_TimeFinerThanMilliseconds_IsStoredInMilliseconds()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a") with { At = Noon.AddTicks(15_999) }));

        Assert.Equal(Noon.AddMilliseconds(1), (await Store.ReadAsync(Key("r-1"), 0, 1))[0].At);
    }

    [Fact]
    public async Task Append_TimeBeforeTheEpochAndAtTheEnds_ComesBack()
    {
        var times = new[] { DateTimeOffset.MinValue, Noon.AddYears(-200), new DateTimeOffset(9999, 12, 31, 23, 59, 59, 999, TimeSpan.Zero) };
        await Store.AppendAsync(Append("r-1", 0, [.. times.Select(time => Record("a") with { At = time })]));

        Assert.Equal(times, (await Store.ReadAsync(Key("r-1"), 0, 10)).Select(entry => entry.At));
    }

    [Fact]
    public async Task Read_InPages_ReturnsEveryEntryOnceInOrder()
    {
        await Store.AppendAsync(Append("r-1", 0, Records(25)));
        var seen = new List<string>();
        for (long after = 0; ;)
        {
            var page = await Store.ReadAsync(Key("r-1"), after, 10);
            if (page.Count == 0)
            {
                break;
            }

            seen.AddRange(page.Select(Text));
            after = page[^1].Sequence;
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => i.ToString(CultureInfo.InvariantCulture)), seen);
    }

    [Theory]
    [InlineData(25L)]
    [InlineData(26L)]
    [InlineData(long.MaxValue)]
    public async Task Read_AtOrBehindTheHead_ReturnsNothing(long after)
    {
        await Store.AppendAsync(Append("r-1", 0, Records(25)));

        Assert.Empty(await Store.ReadAsync(Key("r-1"), after, 10));
    }

    [Fact]
    public async Task Read_UnknownJournal_ReturnsNothing()
    {
        Assert.Empty(await Store.ReadAsync(Key("r-none"), 0, 10));
        Assert.Empty(await Store.ReadTailAsync(Key("r-none"), 10));
        Assert.Null(await Store.GetHeadAsync(Key("r-none")));
        Assert.Null(await Store.FindAsync(Key("r-none"), "op"));
    }

    [Fact]
    public async Task ReadTail_LongJournal_ReturnsLastEntriesAscending()
    {
        await Store.AppendAsync(Append("r-1", 0, Records(25)));

        Assert.Equal([23L, 24L, 25L], (await Store.ReadTailAsync(Key("r-1"), 3)).Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task ReadTail_ShortJournal_ReturnsAll()
    {
        await Store.AppendAsync(Append("r-1", 0, Records(2)));

        Assert.Equal([1L, 2L], (await Store.ReadTailAsync(Key("r-1"), int.MaxValue)).Select(entry => entry.Sequence));
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(1L)]
    [InlineData(3L)]
    public async Task Append_WrongExpectedSequence_ConflictsAndChangesNothing(long expected)
    {
        await Store.AppendAsync(Append("r-1", 0, Records(2)));

        var result = await Store.AppendAsync(Append("r-1", expected, Record("late")));

        Assert.Equal(new JournalConflict(2), result);
        Assert.Equal(2, (await Store.ReadAsync(Key("r-1"), 0, 10)).Count);
    }

    [Fact]
    public async Task Append_NewJournalWithExpectedSequence_ConflictsAndLeavesNoJournal()
    {
        Assert.Equal(new JournalConflict(0), await Store.AppendAsync(Append("r-1", 5, Record("a"))));
        Assert.Null(await Store.GetHeadAsync(Key("r-1")));
    }

    [Fact]
    public async Task Append_KnownDeduplicationId_ReturnsExistingAndChangesNothing()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("first") with { DeduplicationId = "op-1" }));

        var result = await Store.AppendAsync(Append("r-1", 1, Record("other"), Record("again") with { DeduplicationId = "op-1" }));

        Assert.Equal((1L, "first"), (Assert.IsType<JournalDuplicate>(result).Existing.Sequence, Text(((JournalDuplicate)result).Existing)));
        Assert.Equal(1, (await Store.GetHeadAsync(Key("r-1")))!.Sequence);
    }

    [Fact]
    public async Task Append_KnownDeduplicationIdAndStaleSequence_IsADuplicateNotAConflict()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("first") with { DeduplicationId = "op-1" }));

        Assert.IsType<JournalDuplicate>(await Store.AppendAsync(Append("r-1", 0, Record("again") with { DeduplicationId = "op-1" })));
    }

    [Fact]
    public async Task Append_SeveralKnownDeduplicationIds_ReturnsTheFirstOfTheAppend()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a") with { DeduplicationId = "op-a" }, Record("b") with { DeduplicationId = "op-b" }));

        var result = await Store.AppendAsync(Append("r-1", 2, Record("x") with { DeduplicationId = "op-b" }, Record("y") with { DeduplicationId = "op-a" }));

        Assert.Equal("b", Text(Assert.IsType<JournalDuplicate>(result).Existing));
    }

    [Fact]
    public async Task Append_SameDeduplicationIdInAnotherJournal_IsAccepted()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a") with { DeduplicationId = "op-1" }));

        Assert.Equal(new JournalAppended(1), await Store.AppendAsync(Append("r-2", 0, Record("a") with { DeduplicationId = "op-1" })));
    }

    [Fact]
    public async Task Append_SameDeduplicationIdTwiceInOneAppend_IsRefused() =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAsync(
            Append("r-1", 0, Record("a") with { DeduplicationId = "op-1" }, Record("b") with { DeduplicationId = "op-1" })));

    [Fact]
    public async Task Find_KnownDeduplicationId_ReturnsThatEntry()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a"), Record("b") with { DeduplicationId = "op-1" }, Record("c")));

        Assert.Equal("b", Text((await Store.FindAsync(Key("r-1"), "op-1"))!));
        Assert.Null(await Store.FindAsync(Key("r-1"), "OP-1"));
    }

    [Fact]
    public async Task GetHead_AfterAppends_SaysSequenceMarkAndTime()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a")) with { Open = true });
        await Store.AppendAsync(Append("r-1", 1, Record("b"), Record("c") with { At = Noon.AddMinutes(5) }));

        Assert.Equal(new JournalHead(Key("r-1"), 3, Open: true, Noon.AddMinutes(5)), await Store.GetHeadAsync(Key("r-1")));
    }

    [Fact]
    public async Task Append_WithoutMark_LeavesItAndNewJournalsAreClosed()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a")));
        Assert.False((await Store.GetHeadAsync(Key("r-1")))!.Open);

        await Store.AppendAsync(Append("r-1", 1, Record("b")) with { Open = true });
        await Store.AppendAsync(Append("r-1", 2, Record("c")));
        Assert.True((await Store.GetHeadAsync(Key("r-1")))!.Open);

        await Store.AppendAsync(Append("r-1", 3, Record("d")) with { Open = false });
        Assert.False((await Store.GetHeadAsync(Key("r-1")))!.Open);
    }

    [Fact]
    public async Task Append_Conflict_LeavesTheMark()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a")) with { Open = true });
        await Store.AppendAsync(Append("r-1", 0, Record("b")) with { Open = false });

        Assert.True((await Store.GetHeadAsync(Key("r-1")))!.Open);
    }

    [Fact]
    public async Task ListOpen_SomeOpen_ListsThemByKeyWithinPrefixAndTime()
    {
        await Store.AppendAsync(Append("r-b", 0, Record("a")) with { Open = true });
        await Store.AppendAsync(Append("r-a", 0, Record("a")) with { Open = true });
        await Store.AppendAsync(Append("r-closed", 0, Record("a")));
        await Store.AppendAsync(Append("r-late", 0, Record("a") with { At = Noon.AddMilliseconds(1) }) with { Open = true });
        await Store.AppendAsync(Append("s-1", 0, Record("a")) with { Open = true });

        var heads = await Store.ListOpenAsync(Key("r-"), Noon, 10);

        Assert.Equal([new JournalHead(Key("r-a"), 1, true, Noon), new JournalHead(Key("r-b"), 1, true, Noon)], heads);
    }

    [Fact]
    public async Task ListOpen_InPages_ListsEachOnce()
    {
        var names = Enumerable.Range(0, 23).Select(i => string.Create(CultureInfo.InvariantCulture, $"r-{i:00}")).ToArray();
        await Task.WhenAll(names.Select(name => Store.AppendAsync(Append(name, 0, Record("a")) with { Open = true }).AsTask()));
        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = await Store.ListOpenAsync(Key("r-"), Noon, 5, after);
            seen.AddRange(page.Select(head => head.Journal));
            after = page.Count == 0 ? null : page[^1].Journal;
        }
        while (after is not null);

        Assert.Equal(names.Select(Key), seen);
    }

    [Fact]
    public async Task ListOpen_EmptyPrefix_ListsAllTenants()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a")) with { Open = true });
        var other = $"zz-{_tenant}/r-1";
        await Store.AppendAsync(Append("r-1", 0, Record("a")) with { Journal = other, Open = true });

        var heads = (await Store.ListOpenAsync("", DateTimeOffset.MaxValue, int.MaxValue)).Select(head => head.Journal).ToList();

        Assert.Contains(Key("r-1"), heads);
        Assert.Contains(other, heads);
    }

    [Fact]
    public async Task ListOpen_PrefixEndsWithTheLastCharacters_StaysWithinIt()
    {
        const string Last = "\U0010FFFF";
        await Store.AppendAsync(Append($"r-{Last}x", 0, Record("a")) with { Open = true });
        await Store.AppendAsync(Append("r-\uD7FF", 0, Record("a")) with { Open = true });
        await Store.AppendAsync(Append("s", 0, Record("a")) with { Open = true });

        Assert.Equal([Key($"r-{Last}x")], (await Store.ListOpenAsync(Key($"r-{Last}"), Noon, 10)).Select(head => head.Journal));
        Assert.Equal([Key("r-\uD7FF")], (await Store.ListOpenAsync(Key("r-\uD7FF"), Noon, 10)).Select(head => head.Journal));
    }

    [Fact]
    public async Task Keys_ThatDifferInCaseZerosOrAccents_AreDifferentJournals()
    {
        string[] names = ["ab", "AB", "0ab", "00ab", "a b", "ab ", "\u00e9", "e\u0301", "0x10", "16", "1e1", "%", "_", "a'b", "\u0130", "i"];
        foreach (var name in names)
        {
            Assert.Equal(new JournalAppended(1), await Store.AppendAsync(Append(name, 0, Record(name)) with { Open = true }));
        }

        foreach (var name in names)
        {
            Assert.Equal(name, Text(Assert.Single(await Store.ReadAsync(Key(name), 0, 10))));
        }

        Assert.Equal(names.Select(Key).Order(StringComparer.Ordinal), (await Store.ListOpenAsync(Key(""), Noon, 100)).Select(head => head.Journal));
    }

    [Fact]
    public async Task Append_KeyThatLooksLikeHexWithoutPrefix_IsItsOwnJournal()
    {
        var key = Guid.NewGuid().ToString("n");
        await Store.AppendAsync(Append("", 0, Record("lower")) with { Journal = key });
        await Store.AppendAsync(Append("", 0, Record("upper")) with { Journal = key.ToUpperInvariant() });
        await Store.AppendAsync(Append("", 0, Record("zero")) with { Journal = "0" + key });

        Assert.Equal("lower", Text(Assert.Single(await Store.ReadAsync(key, 0, 10))));
    }

    [Fact]
    public async Task Append_Unicode_ComesBack()
    {
        const string Odd = "Grüße 你好 🧪 \u202Eright\u202C \u0001\u007f";
        await Store.AppendAsync(Append(Odd, 0, new JournalRecord { Type = Odd, Payload = Encoding.UTF8.GetBytes(Odd), At = Noon, DeduplicationId = Odd }));

        var entry = (await Store.FindAsync(Key(Odd), Odd))!;

        Assert.Equal((Odd, Odd, Odd), (entry.Type, entry.DeduplicationId, Text(entry)));
    }

    [Fact]
    public async Task Append_LongestKeyAndId_AreAccepted()
    {
        var key = new string('\u6f22', 512);
        var id = new string('\u6f22', 512);
        await Store.AppendAsync(Append("", 0, Record("a") with { DeduplicationId = id }) with { Journal = key, Open = true });

        Assert.NotNull(await Store.FindAsync(key, id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024 * 1024)]
    [InlineData(9 * 1024 * 1024)]
    public async Task Append_PayloadOfAnySize_ComesBack(int size)
    {
        var payload = new byte[size];
        new Random(size).NextBytes(payload);
        await Store.AppendAsync(Append("r-1", 0, Record("before"), Record("a") with { Payload = payload }, Record("after")));

        Assert.True((await Store.ReadAsync(Key("r-1"), 1, 1))[0].Payload.Span.SequenceEqual(payload));
        Assert.Equal("after", Text((await Store.ReadTailAsync(Key("r-1"), 1))[0]));
    }

    [Fact]
    public async Task Append_ManyWritersOnOneJournal_LosesNoneAndLeavesNoGaps()
    {
        const int Writers = 8, Each = 25;
        var accepted = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var sequences = new List<(long Sequence, string Text)>();
            long expected = 0;
            while (sequences.Count < Each)
            {
                var text = string.Create(CultureInfo.InvariantCulture, $"{writer}-{sequences.Count}");
                switch (await Store.AppendAsync(Append("r-1", expected, Record(text))))
                {
                    case JournalAppended appended:
                        sequences.Add((appended.Sequence, text));
                        expected = appended.Sequence;
                        break;
                    case JournalConflict conflict:
                        expected = conflict.Sequence;
                        break;
                }
            }

            return sequences;
        })));

        var entries = await Store.ReadAsync(Key("r-1"), 0, int.MaxValue);

        Assert.Equal(Enumerable.Range(1, Writers * Each).Select(i => (long)i), entries.Select(entry => entry.Sequence));
        Assert.Equal(accepted.SelectMany(list => list).OrderBy(item => item.Sequence).Select(item => item.Text), entries.Select(Text));
    }

    [Fact]
    public async Task Append_SameDeduplicationIdFromManyWriters_IsAcceptedOnce()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Store.AppendAsync(
            Append("r-1", 0, Record(i.ToString(CultureInfo.InvariantCulture)) with { DeduplicationId = "op-1" })).AsTask()));

        Assert.Single(results.OfType<JournalAppended>());
        Assert.Equal(19, results.OfType<JournalDuplicate>().Count());
    }

    [Fact]
    public async Task Append_TenThousandOnManyJournals_AllArrive()
    {
        const int Journals = 200, Each = 50;
        await Task.WhenAll(Enumerable.Range(0, Journals).Select(journal => Task.Run(async () =>
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"r-{journal:000}");
            for (var i = 0; i < Each; i++)
            {
                Assert.Equal(new JournalAppended(i + 1), await Store.AppendAsync(Append(name, i, Record("a")) with { Open = true }));
            }
        })));

        var heads = await Store.ListOpenAsync(Key("r-"), Noon, Journals + 1);
        Assert.Equal(Journals, heads.Count);
        Assert.All(heads, head => Assert.Equal(Each, head.Sequence));
    }

    [Fact]
    public async Task Append_OneOfABatchCannotBeStored_TheOthersAre()
    {
        // Sent together, they share a transaction. A conflict in the middle must not take the others with it.
        var results = await Task.WhenAll(Enumerable.Range(0, 30).Select(i =>
            Store.AppendAsync(Append(string.Create(CultureInfo.InvariantCulture, $"r-{i}"), i % 3 == 1 ? 7 : 0, Record("a"))).AsTask()));

        Assert.Equal(10, results.OfType<JournalConflict>().Count());
        Assert.Equal(20, results.OfType<JournalAppended>().Count());
    }

    [Fact]
    public async Task Append_Cancelled_AppendsNothing()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.AppendAsync(Append("r-1", 0, Record("a")), cancellation.Token));
        Assert.Null(await Store.GetHeadAsync(Key("r-1")));
    }

    public static TheoryData<string, JournalAppend> Refused()
    {
        var good = new JournalAppend { Journal = "t-x/r-1", ExpectedSequence = 0, Records = [Record("a")] };
        return new TheoryData<string, JournalAppend>
        {
            { "empty key", good with { Journal = "" } },
            { "long key", good with { Journal = new string('a', 513) } },
            { "zero in key", good with { Journal = "a\0b" } },
            { "half a character in key", good with { Journal = "a\uD800" } },
            { "negative sequence", good with { ExpectedSequence = -1 } },
            { "no records", good with { Records = [] } },
            { "empty type", good with { Records = [Record("a") with { Type = "" }] } },
            { "zero in type", good with { Records = [Record("a") with { Type = "\0" }] } },
            { "empty id", good with { Records = [Record("a") with { DeduplicationId = "" }] } },
            { "half a character in id", good with { Records = [Record("a") with { DeduplicationId = "\uDC00" }] } },
            { "long id", good with { Records = [Record("a") with { DeduplicationId = new string('a', 513) }] } },
        };
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Append_InvalidArgument_IsRefusedByName(string what, JournalAppend append)
    {
        var exception = await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.AppendAsync(append));

        Assert.False(string.IsNullOrEmpty(exception.Message), what);
        Assert.Null(await Store.GetHeadAsync("t-x/r-1"));
    }

    [Fact]
    public async Task Read_LimitOfZero_IsRefused()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ReadAsync(Key("r-1"), 0, 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ReadTailAsync(Key("r-1"), 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ListOpenAsync("", Noon, 0));
    }

    [Fact]
    public async Task ListOpen_InvalidKey_IsRefused()
    {
        // Not inline data: half a character does not survive in an attribute.
        foreach (var (prefix, after) in new (string, string?)[] { ("a\0", null), ("a\uD800", null), ("", ""), ("", "\0"), ("", "a\uDC00") })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ListOpenAsync(prefix, Noon, 1, after));
        }
    }

    [Fact]
    public Task RandomOperations_ComparedWithAModel_AnswerTheSame() => JournalModel.CheckAsync(Store);

    private static JournalRecord Record(string text) => new() { Type = "test", Payload = Encoding.UTF8.GetBytes(text), At = Noon };

    private static JournalRecord[] Records(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Record(i.ToString(CultureInfo.InvariantCulture)))];

    private static string Text(JournalEntry entry) => Encoding.UTF8.GetString(entry.Payload.Span);

    private string Key(string name) => $"{_tenant}/{name}";

    private JournalAppend Append(string name, long expected, params JournalRecord[] records) =>
        new() { Journal = Key(name), ExpectedSequence = expected, Records = records };
}
