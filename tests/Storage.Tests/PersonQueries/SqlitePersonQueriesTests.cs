using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Steward.Storage.PersonQueries;

namespace Steward.Storage.Tests.PersonQueries;

public sealed class SqlitePersonQueriesTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("steward-people-");
    private ServiceProvider? _services;

    private string DatabaseFile => Path.Combine(_directory.FullName, "data.db");

    public async Task InitializeAsync()
    {
        await using (var connection = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = """
                CREATE TABLE tickets (id INTEGER PRIMARY KEY, title TEXT, cost REAL, opened TEXT, body BLOB);
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO tickets SELECT i, 'Ticket ' || i, i * 1.5, '2026-03-01', x'0102' FROM n;
                CREATE TABLE salaries (id INTEGER PRIMARY KEY, amount INTEGER);
                INSERT INTO salaries VALUES (1, 1000);
                CREATE TABLE hidden (id INTEGER);
                CREATE VIEW backdoor AS SELECT * FROM salaries;
                """;
            await command.ExecuteNonQueryAsync();
        }

        var services = new ServiceCollection();
        services.AddPersonQueries(options =>
        {
            var source = new PersonQuerySource { SqliteFile = DatabaseFile };
            source.SqliteTables["tickets"] = ["*"];
            source.SqliteTables["salaries"] = ["hr"];
            options.Tenants["t-acme"] = source;
        });
        _services = services.BuildServiceProvider();
    }

    public async Task DisposeAsync()
    {
        await _services!.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Query_Rows_AreJsonOfTheirTypes()
    {
        var result = await AskAsync("SELECT id, title, cost, body, NULL FROM tickets WHERE id = ?1 AND title = ?2; -- the end", parameters: [2, "Ticket 2"]);

        Assert.Equal("""[[2,"Ticket 2",3,"0102",null]]""", PersonDatabase.Rows(result).GetRawText());
        Assert.Equal(["integer", "text", "number", "text", "text"], result.Columns.Select(column => column.Type));
    }

    [Theory]
    [InlineData("SELECT strftime('%W', opened), count(*), avg(cost) FROM tickets GROUP BY 1")]
    [InlineData("WITH x AS (SELECT * FROM tickets) SELECT count(*) FROM x")]
    [InlineData("SELECT count(*) FROM tickets")]
    [InlineData("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n")]
    [InlineData("SELECT row_number() OVER (ORDER BY cost) FROM tickets")]
    [InlineData("SELECT value FROM (SELECT 1 AS value)")]
    public async Task Query_OrdinaryReports_AreAnswered(string sql)
    {
        var result = await AskAsync(sql);

        Assert.True(result.Code is null, $"{result.Code}: {result.Message}");
        Assert.NotEqual(0, result.RowCount);
    }

    [Theory]
    [InlineData("INSERT INTO tickets VALUES (999, 'x', 1, '', x'00')")]
    [InlineData("DELETE FROM tickets")]
    [InlineData("UPDATE tickets SET title = 'x' RETURNING *")]
    [InlineData("WITH x AS (SELECT 1) DELETE FROM tickets")]
    [InlineData("SELECT 1; DELETE FROM tickets")]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("SELECT 1; /* */ ; SELECT 2")]
    [InlineData("ATTACH DATABASE '/tmp/other.db' AS other")]
    [InlineData("ATTACH DATABASE ':memory:' AS other")]
    [InlineData("PRAGMA query_only = OFF")]
    [InlineData("PRAGMA table_info(tickets)")]
    [InlineData("SELECT * FROM pragma_table_info('salaries')")]
    [InlineData("SELECT * FROM pragma_database_list")]
    [InlineData("SELECT * FROM sqlite_master")]
    [InlineData("SELECT sql FROM sqlite_schema")]
    [InlineData("SELECT * FROM sqlite_temp_master")]
    [InlineData("SELECT name FROM main.sqlite_master")]
    [InlineData("SELECT load_extension('/tmp/x.so')")]
    [InlineData("SELECT fts3_tokenizer('simple')")]
    [InlineData("SELECT writefile('/tmp/x', 'x')")]
    [InlineData("SELECT sqlite_version()")]
    [InlineData("SELECT zeroblob(1000000000)")]
    [InlineData("CREATE TABLE x (a)")]
    [InlineData("CREATE TEMP TABLE x (a)")]
    [InlineData("CREATE TEMP VIEW tickets AS SELECT * FROM salaries")]
    [InlineData("DROP TABLE tickets")]
    [InlineData("ALTER TABLE tickets RENAME TO x")]
    [InlineData("BEGIN")]
    [InlineData("COMMIT")]
    [InlineData("VACUUM INTO '/tmp/stolen.db'")]
    [InlineData("ANALYZE")]
    [InlineData("REINDEX")]
    [InlineData("SELECT * FROM hidden")]
    [InlineData("SELECT count(*) FROM hidden")]
    [InlineData("SELECT * FROM salaries")]
    [InlineData("SELECT count(*) FROM salaries")]
    [InlineData("SELECT count(*) FROM pragma_table_info('salaries')")]
    [InlineData("WITH hidden AS (SELECT * FROM main.hidden) SELECT count(*) FROM hidden")]
    [InlineData("SELECT count(*) FROM main.salaries")]
    [InlineData("SELECT 1 FROM main.salaries")]
    [InlineData("SELECT 1 FROM salaries")]
    [InlineData("SELECT EXISTS (SELECT 1 FROM salaries)")]
    [InlineData("SELECT * FROM backdoor")]
    [InlineData("SELECT count(*) FROM backdoor")]
    [InlineData("WITH tickets AS (SELECT * FROM main.salaries) SELECT * FROM tickets")]
    [InlineData("SELECT (SELECT amount FROM salaries) FROM tickets")]
    [InlineData("SELECT tickets.id FROM tickets JOIN salaries USING (id)")]
    [InlineData("EXPLAIN SELECT * FROM salaries")]
    [InlineData("SELECT * FROM dbstat")]
    [InlineData("")]
    [InlineData("-- nothing")]
    public async Task Query_Attack_IsRefusedAndNothingChanges(string sql)
    {
        var before = await File.ReadAllBytesAsync(DatabaseFile);

        var result = await AskAsync(sql);

        Assert.True(result.Code is "refused" or "invalid", $"gave {result.Code ?? "rows"}: {result.Message ?? System.Text.Encoding.UTF8.GetString(result.Rows.Span)}");
        Assert.Equal(before, await File.ReadAllBytesAsync(DatabaseFile));
        Assert.Equal(["data.db"], _directory.GetFiles().Select(file => file.Name));
    }

    [Fact]
    public async Task Query_TableForARole_IsReadByWhoHasIt() => Assert.Equal(1, (await AskAsync("SELECT * FROM salaries", roles: ["hr"])).RowCount);

    [Fact]
    public async Task Query_TooLong_IsOver()
    {
        var result = await AskAsync("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", seconds: 0.2);

        Assert.Equal("timeout", result.Code);
    }

    [Fact]
    public async Task Query_Limits_CutRowsAndSaySo()
    {
        Assert.Equal((10, true), Of(await AskAsync("SELECT id FROM tickets", maxRows: 10)));
        Assert.Equal((100, false), Of(await AskAsync("SELECT id FROM tickets", maxRows: 100)));
        Assert.True((await AskAsync("SELECT replace(hex(body) || title, '0', printf('%1000d', 1)) FROM tickets", maxBytes: 20_000)).IsTruncated);
        Assert.Equal("too_large", (await AskAsync("SELECT printf('%900000d', 1)", maxBytes: 20_000)).Code);
        Assert.InRange((await AskAsync("SELECT printf('%90000000d', 1)", maxBytes: 100 << 20)).Rows.Length, 0, 2 << 20);

        static (int, bool) Of(PersonQueryResult result) => (result.RowCount, result.IsTruncated);
    }

    private ValueTask<PersonQueryResult> AskAsync(string sql, string[]? roles = null, int maxRows = 1_000, int maxBytes = 1 << 20, double seconds = 20, params object?[] parameters) =>
        _services!.GetRequiredService<IPersonQueries>().QueryAsync(new PersonQuery
        {
            TenantId = "t-acme",
            UserId = "u-2",
            Roles = roles ?? [],
            Sql = sql,
            Parameters = [.. parameters.Select(value => JsonSerializer.SerializeToElement(value))],
            MaxRows = maxRows,
            MaxBytes = maxBytes,
            Timeout = TimeSpan.FromSeconds(seconds),
        });
}
