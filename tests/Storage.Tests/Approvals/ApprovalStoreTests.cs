using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Steward.Storage.Approvals;

namespace Steward.Storage.Tests.Approvals;

/// <summary>What every store of the lists of approvals must do.</summary>
public abstract class ApprovalStoreTests(StorageFixture fixture)
{
    private protected static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    private protected IApprovalStore Store => fixture.Services.GetRequiredService<IApprovalStore>();

    [Fact]
    public Task Operations_Random_AgreeWithAListInMemory() => ApprovalModel.CheckAsync(Store);

    [Fact]
    public async Task Put_EarlierVersion_ChangesNothing()
    {
        await Store.PutAsync(Row("a-1", 5) with { Status = "approved", IsOver = true, WaitsFor = [], DueAt = null, EndedAt = Noon });

        await Store.PutAsync(Row("a-1", 4));
        await Store.PutAsync(Row("a-1", 5));

        Assert.Equal("approved", (await Store.FindAsync(_tenant, "a-1"))!.Status);
        Assert.Empty(await Store.ListAsync(new ApprovalQuery { TenantId = _tenant, WaitsFor = ["email:ada@acme.example"] }));
    }

    [Fact]
    public async Task Put_VersionsOfOneRowAtOnce_TheLatestStays()
    {
        var versions = Enumerable.Range(0, 60).Select(i => (i * 37) % 60).ToList();

        await Task.WhenAll(versions.Select(version => Task.Run(async () => await Store.PutAsync(
            Row("a-1", version) with { WaitsFor = [$"user:u-{version}"], DecidedBy = [$"u-{version}"], DueAt = Noon.AddMinutes(version) }))));

        Assert.Equal(59, (await Store.FindAsync(_tenant, "a-1"))!.Version);
        Assert.Single(await Store.ListAsync(new ApprovalQuery { TenantId = _tenant, WaitsFor = ["user:u-59"] }));
        Assert.Empty(await Store.ListAsync(new ApprovalQuery { TenantId = _tenant, WaitsFor = [.. versions.Where(version => version < 59).Select(version => $"user:u-{version}")] }));
        Assert.Empty(await Store.ListAsync(new ApprovalQuery { TenantId = _tenant, DecidedBy = "u-58" }));
    }

    [Fact]
    public async Task List_OtherTenant_FindsNothing()
    {
        await Store.PutAsync(Row("a-1", 1));

        Assert.Null(await Store.FindAsync(_tenant + "x", "a-1"));
        Assert.Empty(await Store.ListAsync(new ApprovalQuery { TenantId = _tenant + "x", WaitsFor = ["email:ada@acme.example"] }));
        Assert.Empty(await Store.ListAsync(new ApprovalQuery { TenantId = _tenant + "x" }));
    }

    [Fact]
    public async Task List_NobodyToWaitFor_FindsNothing()
    {
        await Store.PutAsync(Row("a-1", 1));

        Assert.Empty(await Store.ListAsync(new ApprovalQuery { TenantId = _tenant, WaitsFor = [] }));
    }

    [Fact]
    public async Task List_WaitsForSeveralOfMine_GivesItOnce()
    {
        await Store.PutAsync(Row("a-1", 1) with { WaitsFor = ["email:ada@acme.example", "role:approver", "group:Finance"] });

        Assert.Single(await Store.ListAsync(new ApprovalQuery { TenantId = _tenant, WaitsFor = ["group:Finance", "role:approver", "email:ada@acme.example", "email:ada@acme.example"] }));
    }

    [Fact]
    public async Task List_SummariesOnly_LeavesOutDocumentsThatASummaryStandsFor()
    {
        await Store.PutAsync(Row("a-1", 1) with { Summary = """{"short":1}""" });
        await Store.PutAsync(Row("a-2", 1));
        foreach (var query in new[] { new ApprovalQuery { TenantId = _tenant }, new ApprovalQuery { TenantId = _tenant, WaitsFor = ["email:ada@acme.example"] } })
        {
            var short1 = (await Store.ListAsync(query with { SummariesOnly = true })).ToDictionary(row => row.ApprovalId);
            Assert.Equal(("", """{"short":1}"""), (short1["a-1"].Document, short1["a-1"].Summary));
            Assert.Null(short1["a-2"].Summary);
            Assert.NotEqual("", short1["a-2"].Document);
            Assert.All(await Store.ListAsync(query), row => Assert.NotEqual("", row.Document));
        }

        await Store.PutAsync(Row("a-1", 2) with { Summary = """{"short":2}""" });
        Assert.Equal("""{"short":2}""", (await Store.FindAsync(_tenant, "a-1"))!.Summary);
    }

    [Fact]
    public async Task Reopen_AfterWrites_EverythingIsThere()
    {
        await Store.PutAsync(Row("a-1", 1));
        await using var again = Reopen();

        var row = await again.GetRequiredService<IApprovalStore>().FindAsync(_tenant, "a-1");

        Assert.Equal(1, row!.Version);
        Assert.Equal(["email:ada@acme.example"], row.WaitsFor);
    }

    [Fact]
    public async Task Put_InvalidArgument_IsRefused()
    {
        foreach (var bad in new[]
        {
            Row("", 1),
            Row("a-1", -1),
            Row("a-1", 1) with { TenantId = "t/x" },
            Row("a-1", 1) with { Type = "a\0b" },
            Row("a-1", 1) with { Document = "" },
            Row("a-1", 1) with { Document = new string('x', (4 * 1024 * 1024) + 1) },
            Row("a-1", 1) with { WaitsFor = ["\ud800"] },
            Row("a-1", 1) with { IsOver = true },
        })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.PutAsync(bad));
        }

        foreach (var limit in new[] { 0, -1, 1_001 })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ListAsync(new ApprovalQuery { TenantId = _tenant, Limit = limit }));
        }
    }

    private protected abstract ServiceProvider Reopen();

    private protected static IEnumerable<ApprovalQuery> Listings(string tenant) =>
    [
        new() { TenantId = tenant, Statuses = ["pending", "escalated"] },
        new() { TenantId = tenant, Statuses = ["pending", "escalated"], Order = ApprovalOrder.DueFirst },
        new() { TenantId = tenant, Statuses = ["approved", "rejected"], Action = "okta.groups.add_user" },
        new() { TenantId = tenant, Statuses = ["approved", "rejected"], Type = "okta" },
        new() { TenantId = tenant, Statuses = ["pending"], Requester = "u-1" },
        new() { TenantId = tenant, Statuses = ["pending", "approved"], Requester = "u-1" },
        new() { TenantId = tenant, RunId = "r-1" },
        new() { TenantId = tenant, DecidedBy = "u-1" },
        new() { TenantId = tenant, Order = ApprovalOrder.Changed, ChangedFrom = Noon, ChangedUntil = Noon.AddDays(1) },
        new() { TenantId = tenant },
    ];

    private protected ApprovalRow Row(string id, long version) => new()
    {
        TenantId = _tenant,
        ApprovalId = id,
        Version = version,
        Status = "pending",
        IsOver = false,
        Type = "okta",
        Action = "okta.groups.add_user",
        Requester = "u-1",
        RequestedAt = Noon,
        DueAt = Noon.AddHours(1),
        ChangedAt = Noon,
        WaitsFor = ["email:ada@acme.example"],
        Document = "{}",
    };
}

public sealed class SqliteApprovalStoreTests(SqliteStorageFixture fixture) : ApprovalStoreTests(fixture), IClassFixture<SqliteStorageFixture>
{
    [Fact]
    public void List_EachWay_ReadsAPageOfAnIndexAndSortsNothing()
    {
        List<string> plans = [];
        foreach (var first in Listings("t-1"))
        {
            var query = first with { After = Row("a-1", 1) };
            plans.Add(Plan(ApprovalListSql.Rows(query, isSqlite: true)));
        }

        plans.Add(Plan(ApprovalListSql.KeysOf(new ApprovalQuery { TenantId = "t-1", WaitsFor = ["a"], Order = ApprovalOrder.DueFirst, After = Row("a-1", 1) }, "a")));
        plans.Add(Plan(ApprovalListSql.KeysOf(new ApprovalQuery { TenantId = "t-1", WaitsFor = ["a"], After = Row("a-1", 1) }, "a")));

        Assert.DoesNotContain(plans, plan => plan.Contains("TEMP B-TREE", StringComparison.Ordinal) || plan.Contains("SCAN", StringComparison.Ordinal));
    }

    private protected override ServiceProvider Reopen() => StorageFixture.Open(options => options.SqliteFile = fixture.Database.Location);

    private string Plan(ApprovalListSql sql) => fixture.Database.Read(sql, static (session, sql) =>
    {
        var select = session.Prepare("EXPLAIN QUERY PLAN " + sql.Text);
        var plan = "";
        while (select.Step())
        {
            plan += select.Text(3) + "\n";
        }

        select.Reset();
        return plan;
    });
}

public sealed class PostgreSqlApprovalStoreTests(PostgreSqlStorageFixture fixture) : ApprovalStoreTests(fixture), IClassFixture<PostgreSqlStorageFixture>
{
    [Fact]
    public async Task List_EachWay_ReadsAPageOfAnIndexAndSortsNothing()
    {
        await using var source = NpgsqlDataSource.Create(fixture.ConnectionString);
        List<string> plans = [];
        foreach (var first in Listings("t-1"))
        {
            plans.Add(await PlanAsync(source, ApprovalListSql.Rows(first with { After = Row("a-1", 1) }, isSqlite: false)));
        }

        foreach (var order in new[] { ApprovalOrder.Newest, ApprovalOrder.DueFirst })
        {
            // The pages of the names are merged by sorting; within each, nothing is.
            var plan = await PlanAsync(source, ApprovalListSql.RowsOfAny(new ApprovalQuery { TenantId = "t-1", WaitsFor = ["a", "b"], Order = order, After = Row("a-1", 1) }));
            plans.Add(plan[plan.IndexOf("approval_waits", StringComparison.Ordinal)..]);
        }

        Assert.DoesNotContain(plans, plan => plan.Contains("Sort", StringComparison.Ordinal) || plan.Contains("Seq Scan", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Put_ByAServerOfBefore_LeavesNoSummaryOfAnEarlierVersion()
    {
        var row = Row("a-1", 1) with { TenantId = $"t-{Guid.NewGuid():n}", Summary = """{"short":1}""" };
        await Store.PutAsync(row);
        await using var source = NpgsqlDataSource.Create(fixture.ConnectionString);
        await using (var command = source.CreateCommand("SELECT steward_approval_put($1, 'a-1', 2, 'approved', true, 'licence', 'x.y', 'u-bob', NULL, 1, 2, 3, 4, '{}', '{u-ada}', '{}')"))
        {
            command.Parameters.AddWithValue(row.TenantId);
            await command.ExecuteNonQueryAsync();
        }

        var found = await Store.FindAsync(row.TenantId, "a-1");

        Assert.Equal((2, "approved", null), (found!.Version, found.Status, found.Summary));
        Assert.Single(await Store.ListAsync(new ApprovalQuery { TenantId = row.TenantId, DecidedBy = "u-ada", SummariesOnly = true }), listed => listed.Document == "{}");
    }

    private protected override ServiceProvider Reopen() => StorageFixture.Open(options =>
    {
        options.Provider = StorageProvider.PostgreSql;
        options.ConnectionString = fixture.ConnectionString;
    });

    /// <summary>What the planner does where it may neither scan nor sort: then it shows whether an index gives the order.</summary>
    private static async Task<string> PlanAsync(NpgsqlDataSource source, ApprovalListSql sql)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using (var settings = new NpgsqlCommand("SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off", connection))
        {
            await settings.ExecuteNonQueryAsync();
        }

        await using var command = new NpgsqlCommand("EXPLAIN " + sql.Text, connection);
        foreach (var value in sql.Values)
        {
            command.Parameters.Add(PostgreSqlApprovalStore.Parameter(value));
        }

        var plan = "";
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            plan += row.GetString(0) + "\n";
        }

        return plan;
    }
}
