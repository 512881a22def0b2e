using System.Diagnostics;
using Npgsql;

namespace Steward.Storage.Tests.PersonQueries;

public sealed class PostgreSqlPersonQueriesTests(PersonDatabase database) : IClassFixture<PersonDatabase>
{
    [Fact]
    public async Task Query_TypedColumns_AreJsonOfTheirTypes()
    {
        var result = await database.AskAsync("SELECT id, title, cost, is_open, day, opened, NULL AS nothing FROM tickets WHERE id = $1", parameters: 6);

        Assert.Equal("""[[6,"Ticket 6",7.50,true,"2026-03-07","2026-03-01 14:00:00+00",null]]""", PersonDatabase.Rows(result).GetRawText());
        Assert.Equal(["integer", "text", "number", "boolean", "date", "timestamp", "text"], result.Columns.Select(column => column.Type));
        Assert.Equal(["id", "title", "cost", "is_open", "day", "opened", "nothing"], result.Columns.Select(column => column.Name));
    }

    [Theory]
    [InlineData("SELECT count(*) FROM tickets WHERE priority = $1 AND title LIKE $2", 30)]
    [InlineData("WITH t AS (SELECT title FROM tickets WHERE priority = $1) SELECT count(*) FROM t WHERE title LIKE $2 -- a remark; at the end", 30)]
    [InlineData("/* a remark */ SELECT count(*) FILTER (WHERE title LIKE $2) FROM tickets WHERE priority = $1", 30)]
    public async Task Query_Parameters_AreTypedByTheServer(string sql, int expected)
    {
        var result = await database.AskAsync(sql, parameters: [2, "Ticket %"]);

        Assert.Equal(expected, PersonDatabase.Rows(result)[0][0].GetInt32());
    }

    [Theory]
    [InlineData("SELECT date_trunc('week', opened) AS week, count(*), avg(cost), max(title) FROM tickets GROUP BY 1 ORDER BY 1")]
    [InlineData("SELECT to_char(opened, 'YYYY-MM'), round(sum(cost), 1), string_agg(title, ', ') FROM tickets GROUP BY 1")]
    [InlineData("SELECT now() - max(opened), extract(dow FROM min(opened)), coalesce(min(priority), 0) FROM tickets")]
    [InlineData("SELECT lower(title) || '!', length(title), substr(title, 1, 3), title ~ 'icket', opened::date, cost::int FROM tickets")]
    [InlineData("SELECT id, rank() OVER (PARTITION BY priority ORDER BY cost), lag(cost) OVER (ORDER BY id) FROM tickets")]
    [InlineData("SELECT json_build_object('id', id), row_to_json(t), array_agg(id) FROM (SELECT id FROM tickets) t GROUP BY id, t")]
    [InlineData("VALUES (1, 'a'), (2, 'b')")]
    [InlineData("TABLE mine")]
    public async Task Query_OrdinaryReports_AreAnswered(string sql)
    {
        var result = await database.AskAsync(sql);

        Assert.True(result.Code is null, $"{result.Code}: {result.Message}");
        Assert.NotEqual(0, result.RowCount);
    }

    [Fact]
    public async Task Query_MoreRowsThanAllowed_GivesTheLimitAndSaysSo()
    {
        var result = await database.AskAsync("SELECT n FROM generate_series(1, 1000000) n", maxRows: 2_500);

        Assert.Equal((2_500, true), (result.RowCount, result.IsTruncated));
        Assert.Equal(2_500, PersonDatabase.Rows(result)[2_499][0].GetInt32());
        Assert.False((await database.AskAsync("SELECT n FROM generate_series(1, 2500) n", maxRows: 2_500)).IsTruncated);
    }

    [Fact]
    public async Task Query_MoreBytesThanAllowed_GivesWholeRowsAndSaysSo()
    {
        var result = await database.AskAsync("SELECT repeat('x', 100) FROM generate_series(1, 100000)", maxBytes: 10_000);

        Assert.True(result.IsTruncated);
        Assert.Equal(result.RowCount, PersonDatabase.Rows(result).GetArrayLength());
        Assert.InRange(result.Rows.Length, 9_000, 10_000);
    }

    [Fact]
    public async Task Query_OneRowLargerThanTheLimit_IsTooLargeAndTheNextIsAnswered()
    {
        Assert.Equal("too_large", (await database.AskAsync("SELECT repeat('x', 50000000)", maxBytes: 10_000)).Code);

        Assert.Equal(1, PersonDatabase.Rows(await database.AskAsync("SELECT 1"))[0][0].GetInt32());
    }

    [Theory]
    [InlineData("SELECT count(*) FROM tickets a, tickets b, tickets c, tickets d, tickets e", 0.5)]
    [InlineData("SELECT length(string_agg(repeat('x', 1000000), '')) FROM generate_series(1, 300)", 0.2)]
    public async Task Query_TooLong_IsOverSoonAfterItsTimeAndTheNextIsAnswered(string sql, double seconds)
    {
        var began = Stopwatch.GetTimestamp();

        Assert.Equal("timeout", (await database.AskAsync(sql, seconds: seconds)).Code);

        // Far below what the statements take, far above what a busy machine adds.
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20));
        Assert.Null((await database.AskAsync("SELECT 1")).Code);
    }

    [Theory]
    [InlineData("SELECT count(*) FROM generate_series(1, 100000000000) n")]
    [InlineData("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT count(*) FROM r")]
    public async Task Query_MoreTemporaryFilesThanAllowed_IsOver(string sql) => Assert.Contains((await database.AskAsync(sql)).Code, new[] { "too_large", "timeout" });

    [Fact]
    public async Task Query_RowsOfAPerson_AreThatPersonsAlone()
    {
        var rows = PersonDatabase.Rows(await database.AskAsync("SELECT DISTINCT owner FROM mine", userId: "u-4"));

        Assert.Equal("""[["u-4"]]""", rows.GetRawText());
    }

    [Fact]
    public async Task Query_ManyPeopleAtOnce_NobodySeesAnotherOnesRows()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(async n =>
        {
            var user = $"u-{n % 6}";
            var tenant = n % 5 == 0 ? PersonDatabase.Globex : PersonDatabase.Acme;
            return (Tenant: tenant, User: user, Result: await database.AskAsync("SELECT owner, tenant FROM mine UNION SELECT 'any', tenant FROM tickets", tenant, user));
        }));

        Assert.All(answers, answer => Assert.All(PersonDatabase.Rows(answer.Result).EnumerateArray(), row =>
        {
            Assert.Equal(answer.Tenant, row[1].GetString());
            Assert.Contains(row[0].GetString(), new[] { "any", answer.User });
        }));
        Assert.Contains(answers, answer => answer.Tenant == PersonDatabase.Acme && answer.Result.RowCount == 2);
    }

    [Theory]
    [InlineData("staff", 0)]
    [InlineData("hr", 10)]
    public async Task Query_TableForARole_IsEmptyForEverybodyElse(string role, int expected) =>
        Assert.Equal(expected, PersonDatabase.Rows(await database.AskAsync("SELECT * FROM salaries", roles: [role])).GetArrayLength());

    [Fact]
    public async Task Query_AfterIt_NobodyIsNamedForTheProcess()
    {
        await database.AskAsync("SELECT 1");

        Assert.Equal(0L, await database.SeeAsync("SELECT count(*) FROM steward_context.backends"));
    }

    [Fact]
    public async Task Query_OfATenantWithoutDatabase_SaysSo() =>
        Assert.Equal("not_configured", (await database.AskAsync("SELECT 1", "t-other")).Code);

    [Fact]
    public async Task Role_UsedWithoutTheProxy_SeesNoRowsEvenWithForgedSettings()
    {
        // Somebody who got hold of the role's password has the grants, but nobody says for whom they ask.
        var settings = new NpgsqlDataSourceBuilder(database.As(database.Role(PersonDatabase.Acme)));
        settings.ConfigureTypeLoading(loading => loading.EnableTypeLoading(false));
        await using var source = settings.Build();
        await using var connection = await source.OpenConnectionAsync();
        await using (var forge = new NpgsqlCommand("SET app.tenant = 't-globex'; SET steward.tenant_id = 't-globex'", connection))
        {
            await forge.ExecuteNonQueryAsync();
        }

        await using var count = new NpgsqlCommand("SELECT count(*) FROM data.tickets", connection);
        Assert.Equal(0L, await count.ExecuteScalarAsync());
        await using var enter = new NpgsqlCommand("SELECT steward_context.enter(1, 'x', 'y', 'z', '{}')", connection);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => enter.ExecuteNonQueryAsync())).SqlState);
    }
}
