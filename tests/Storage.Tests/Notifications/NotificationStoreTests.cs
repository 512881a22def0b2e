using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace Steward.Storage.Tests.Notifications;

/// <summary>What every store of notices must do.</summary>
public abstract class NotificationStoreTests(StorageFixture fixture)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] Channels = ["slack", "email", "teams"];

    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    private protected INotificationStore Store => fixture.Services.GetRequiredService<INotificationStore>();

    [Fact]
    public async Task Operations_Random_AgreeWithAListInMemory()
    {
        var operation =
            from kind in Gen.Frequency((4, Gen.Constant(0)), (4, Gen.Constant(1)), (1, Gen.Constant(2)))
            from rows in Gen.NonEmptyListOf(
                from notice in Gen.Choose(0, 5)
                from channel in Gen.Choose(0, 2)
                from state in Gen.Choose(0, 3)
                from minute in Gen.Choose(-1, 4)
                from hasReference in Gen.Elements(true, false)
                select (notice, channel, state, minute, hasReference))
            select (kind, rows: rows.Take(6).ToArray());
        var property = Prop.ForAll(Arb.From(Gen.ArrayOf(operation)), async operations =>
        {
            var model = new Model($"t-{Guid.NewGuid():n}");
            foreach (var (kind, drawn) in operations)
            {
                var rows = drawn.Select(d => Row($"n-{d.notice}", Channels[d.channel]) with
                {
                    TenantId = model.Tenant,
                    ThreadId = $"th-{d.notice % 2}",
                    SubjectId = $"a-{d.notice % 3}",
                    CreatedAt = Noon.AddMinutes(d.notice),
                    IsOpen = d.state < 2,
                    IsDead = d.state == 2,
                    Delivery = d.state < 2 ? "queued" : d.state == 2 ? "failed" : "sent",
                    Attempts = d.minute + 1,
                    NextAt = d.minute < 0 ? null : Noon.AddMinutes(d.minute),
                    Reference = d.hasReference ? $"ref-{d.notice}-{d.minute}" : null,
                    Error = d.state == 2 ? "no such person" : null,
                }).ToList();
                switch (kind)
                {
                    case 0:
                        await Store.AddAsync(rows);
                        model.Add(rows);
                        break;
                    case 1:
                        await Store.UpdateAsync(rows);
                        model.Update(rows);
                        break;
                    default:
                        var (before, limit) = (Noon.AddMinutes(drawn[0].notice), drawn[0].minute + 2);
                        await model.RemoveAsync(Store, before, limit);
                        break;
                }

                await model.AgreeAsync(Store);
            }

            return true;
        });
        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(25), property));
    }

    [Fact]
    public async Task Add_FromManyAtOnce_NumbersAscendAndAReaderMissesNone()
    {
        const int Writers = 16, Each = 20;
        var done = 0;
        var writers = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                await Store.AddAsync([Row($"n-{writer}-{i}-a", "slack"), Row($"n-{writer}-{i}-b", "slack"), Row($"n-{writer}-{i}-c", "email")]);
            }

            Interlocked.Increment(ref done);
        })));
        List<NoticeRow> read = [];
        while (true)
        {
            // Asked before reading: whatever was there by then is in what is read now.
            var last = Volatile.Read(ref done) == Writers;
            var page = await Store.ListOpenAsync(_tenant, "slack", read.LastOrDefault()?.Number ?? 0, 7);
            read.AddRange(page);
            if (last && page.Count == 0)
            {
                break;
            }
        }

        await writers;
        Assert.Equal(Writers * Each * 2, read.Select(row => row.NoticeId).Distinct().Count());
        Assert.Equal(read.OrderBy(row => row.Number).Select(row => row.NoticeId), read.Select(row => row.NoticeId));
        foreach (var group in read.GroupBy(row => row.NoticeId[..^2].Split('-')[1]))
        {
            var order = group.Select(row => (int.Parse(row.NoticeId.Split('-')[2], System.Globalization.CultureInfo.InvariantCulture), row.NoticeId[^1])).ToList();
            Assert.Equal(order.Order(), order);
        }
    }

    [Fact]
    public async Task Update_SameRowsFromManyAtOnce_OneOfThemStays()
    {
        var rows = Enumerable.Range(0, 30).Select(i => Row($"n-{i}", Channels[i % 3])).ToList();
        await Store.AddAsync(rows);

        await Task.WhenAll(Enumerable.Range(1, 20).Select(writer => Task.Run(async () =>
            await Store.UpdateAsync([.. (writer % 2 == 0 ? rows : rows.AsEnumerable().Reverse()).Select(row => row with { Attempts = writer })]))));

        foreach (var row in rows)
        {
            Assert.InRange((await Store.FindAsync(_tenant, row.NoticeId))[0].Attempts, 1, 20);
        }
    }

    [Fact]
    public async Task Add_AfterTheNewestWasRemoved_NumbersStillAscend()
    {
        await Store.AddAsync([Row("n-1", "slack") with { IsOpen = false }]);
        var first = (await Store.FindAsync(_tenant, "n-1"))[0].Number;
        Assert.Equal(1, await Store.RemoveOldAsync(_tenant, Noon.AddDays(1), 10));

        await Store.AddAsync([Row("n-1", "slack")]);

        Assert.True((await Store.FindAsync(_tenant, "n-1"))[0].Number > first);
    }

    [Fact]
    public async Task ListOpenChannels_OfAllTenants_NamesThoseThatAreDueOnce()
    {
        await Store.AddAsync(
        [
            .. Enumerable.Range(0, 50).Select(i => Row($"n-{i}", "slack")),
            Row("late", "email") with { NextAt = Noon.AddHours(1) },
            Row("done", "teams") with { IsOpen = false },
            Row("other", "slack") with { TenantId = _tenant + "x", NextAt = Noon },
        ]);

        var due = (await Store.ListOpenChannelsAsync(null, Noon)).Where(found => found.TenantId.StartsWith(_tenant, StringComparison.Ordinal));
        var later = await Store.ListOpenChannelsAsync(_tenant, Noon.AddHours(1));

        Assert.Equal([(_tenant, "slack"), (_tenant + "x", "slack")], due.Order());
        Assert.Equal([(_tenant, "email"), (_tenant, "slack")], later.Order());
    }

    [Fact]
    public async Task ListByAddress_SubjectOfManyPeople_GivesOnesOwnAndThoseOfBeforeNewestFirst()
    {
        await Store.AddAsync([.. Enumerable.Range(0, 20).Select(i => Row($"n-{i}", "slack") with { SubjectId = "a-7", Address = i % 5 == 4 ? null : $"p{i % 5}@acme.example" })]);
        await Store.AddAsync([Row("n-20", "slack") with { SubjectId = "a-8", Address = "p1@acme.example" }, Row("n-21", "email") with { SubjectId = "a-7", Address = "" }]);

        Assert.Equal(["n-19", "n-16", "n-14", "n-11", "n-9", "n-6", "n-4", "n-1"], (await Store.ListByAddressAsync(_tenant, "a-7", "p1@acme.example", 100)).Select(row => row.NoticeId));
        Assert.Equal(["n-19", "n-16", "n-14"], (await Store.ListByAddressAsync(_tenant, "a-7", "p1@acme.example", 3)).Select(row => row.NoticeId));
        Assert.Equal("p1@acme.example", (await Store.FindAsync(_tenant, "n-16"))[0].Address);
        Assert.Empty(await Store.ListByAddressAsync(_tenant + "x", "a-7", "p1@acme.example", 100));
    }

    [Fact]
    public async Task Reopen_AfterWrites_EverythingIsThere()
    {
        await Store.AddAsync([Row("n-1", "slack")]);
        await using var again = Reopen();

        Assert.Equal("n-1", Assert.Single(await again.GetRequiredService<INotificationStore>().ListOpenAsync(_tenant, "slack", 0, 10)).NoticeId);
    }

    [Fact]
    public async Task Add_InvalidArgument_IsRefused()
    {
        foreach (var bad in new[]
        {
            Row("", "slack"),
            Row("n-1", ""),
            Row("n-1", "slack") with { TenantId = "a/b" },
            Row("n-1", "slack") with { Recipient = "a\0" },
            Row("n-1", "slack") with { Document = "" },
            Row("n-1", "slack") with { Attempts = -1 },
        })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.AddAsync([bad]));
        }

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ListDeadAsync(_tenant, 0));
    }

    private protected abstract ServiceProvider Reopen();

    private NoticeRow Row(string notice, string channel) => new()
    {
        TenantId = _tenant,
        NoticeId = notice,
        Channel = channel,
        ThreadId = "th-1",
        SubjectId = "a-1",
        Kind = "approval.requested",
        Recipient = "u-1",
        Document = "{}",
        CreatedAt = Noon,
        Delivery = "queued",
        IsOpen = true,
    };

    /// <summary>A list in memory that is too simple to be wrong.</summary>
    private sealed class Model(string tenant)
    {
        private readonly List<NoticeRow> _rows = [];

        public string Tenant => tenant;

        public void Add(IEnumerable<NoticeRow> rows)
        {
            foreach (var row in rows.Where(row => !_rows.Exists(old => Same(old, row))))
            {
                _rows.Add(row);
            }
        }

        public void Update(IEnumerable<NoticeRow> rows)
        {
            foreach (var row in rows)
            {
                if (_rows.FindIndex(old => Same(old, row)) is >= 0 and var place)
                {
                    var old = _rows[place];
                    _rows[place] = old with
                    {
                        Delivery = row.Delivery,
                        IsOpen = row.IsOpen,
                        IsDead = row.IsDead,
                        Engagement = row.Engagement,
                        Attempts = row.Attempts,
                        NextAt = row.NextAt,
                        SentAt = row.SentAt,
                        Reference = row.Reference,
                        Error = row.Error,
                    };
                }
            }
        }

        public async Task RemoveAsync(INotificationStore store, DateTimeOffset before, int limit)
        {
            var gone = _rows.Where(row => !row.IsOpen && row.CreatedAt < before).ToList();
            Assert.Equal(Math.Min(limit, gone.Count), await store.RemoveOldAsync(tenant, before, limit));
            foreach (var row in gone)
            {
                if (!(await store.FindAsync(tenant, row.NoticeId)).Any(found => found.Channel == row.Channel))
                {
                    _rows.Remove(row);
                }
            }
        }

        public async Task AgreeAsync(INotificationStore store)
        {
            foreach (var channel in Channels)
            {
                var open = _rows.Where(row => row.IsOpen && row.Channel == channel).ToList();
                Equal(open.Take(3), await store.ListOpenAsync(tenant, channel, 0, 3));
                if (open.Count > 3)
                {
                    var first = await store.ListOpenAsync(tenant, channel, 0, 3);
                    Equal(open.Skip(3), await store.ListOpenAsync(tenant, channel, first[^1].Number, 100));
                }

                foreach (var thread in new[] { "th-0", "th-1" })
                {
                    var newest = _rows.LastOrDefault(row => row.Channel == channel && row.ThreadId == thread && row.Reference is not null);
                    Equal(newest is null ? [] : [newest], await store.FindReferenceAsync(tenant, channel, thread) is { } found ? [found] : []);
                }
            }

            foreach (var subject in new[] { "a-0", "a-1", "a-2" })
            {
                Equal(_rows.Where(row => row.SubjectId == subject).Take(4), await store.ListBySubjectAsync(tenant, subject, 4));
            }

            Equal(_rows.Where(row => row.IsDead).Reverse().Take(5), await store.ListDeadAsync(tenant, 5));
            Equal(_rows.Where(row => row.NoticeId == "n-1"), await store.FindAsync(tenant, "n-1"));
            var due = Noon.AddMinutes(2);
            Assert.Equal(
                _rows.Where(row => row.IsOpen && (row.NextAt is null || row.NextAt <= due)).Select(row => row.Channel).Distinct().Order(),
                (await store.ListOpenChannelsAsync(tenant, due)).Select(found => found.Channel).Order());
        }

        private static bool Same(NoticeRow left, NoticeRow right) => left.NoticeId == right.NoticeId && left.Channel == right.Channel;

        private static void Equal(IEnumerable<NoticeRow> expected, IEnumerable<NoticeRow> actual)
        {
            static string Show(IEnumerable<NoticeRow> rows) => rows.Aggregate(new StringBuilder(), (text, row) => text.AppendLine($"{row with { Number = 0 }}")).ToString();
            Assert.Equal(Show(expected), Show(actual));
        }
    }
}

public sealed class SqliteNotificationStoreTests(SqliteStorageFixture fixture) : NotificationStoreTests(fixture), IClassFixture<SqliteStorageFixture>
{
    [Fact]
    public void List_EachWay_ReadsAPageOfAnIndexAndSortsNothing()
    {
        string[] statements =
        [
            Storage.Notifications.SqliteNotificationStore.SelectOpen,
            Storage.Notifications.SqliteNotificationStore.SelectNextChannel,
            Storage.Notifications.SqliteNotificationStore.SelectNextTenant,
            Storage.Notifications.SqliteNotificationStore.SelectReference,
            Storage.Notifications.SqliteNotificationStore.SelectSubject,
            Storage.Notifications.SqliteNotificationStore.SelectAddress,
            Storage.Notifications.SqliteNotificationStore.SelectDead,
        ];
        foreach (var statement in statements)
        {
            var plan = fixture.Database.Read(statement, static (session, sql) => Plan(session, sql));
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("SCAN", plan, StringComparison.Ordinal);
        }
    }

    private protected override ServiceProvider Reopen() => StorageFixture.Open(options => options.SqliteFile = fixture.Database.Location);

    private static string Plan(Storage.Sqlite.SqliteSession session, string sql)
    {
        var select = session.Prepare("EXPLAIN QUERY PLAN " + sql);
        var plan = "";
        while (select.Step())
        {
            plan += select.Text(3) + "\n";
        }

        select.Reset();
        return plan;
    }
}

public sealed class PostgreSqlNotificationStoreTests(PostgreSqlStorageFixture fixture) : NotificationStoreTests(fixture), IClassFixture<PostgreSqlStorageFixture>
{
    [Fact]
    public async Task Add_ByAServerOfBefore_IsFoundByAnyAddress()
    {
        var tenant = $"t-{Guid.NewGuid():n}";
        await using var source = Npgsql.NpgsqlDataSource.Create(fixture.ConnectionString);
        await using (var command = source.CreateCommand(
            "SELECT steward_notices_add(ARRAY[$1], '{n-1}', '{slack}', '{th}', '{a-1}', '{k}', '{u-ada}', '{1}', '{sent}', '{false}', '{false}', '{none}', '{1}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', ARRAY['{}'])"))
        {
            command.Parameters.AddWithValue(tenant);
            await command.ExecuteNonQueryAsync();
        }

        Assert.Null(Assert.Single(await Store.ListByAddressAsync(tenant, "a-1", "ada@acme.example", 10)).Address);
    }

    private protected override ServiceProvider Reopen() => StorageFixture.Open(options =>
    {
        options.Provider = StorageProvider.PostgreSql;
        options.ConnectionString = fixture.ConnectionString;
    });
}
