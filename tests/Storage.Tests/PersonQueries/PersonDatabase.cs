using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Steward.LocalPostgreSql;
using Steward.Storage.PersonQueries;

namespace Steward.Storage.Tests.PersonQueries;

/// <summary>A PostgreSQL database with the tickets of two tenants, made ready for statements of people.</summary>
public sealed class PersonDatabase : IAsyncLifetime
{
    public const string Acme = "t-acme";
    public const string Globex = "t-globex";

    private const string Password = "not-a-secret-here";

    private ServiceProvider? _services;
    private static int _last;
    private int _number;

    /// <summary>What the names of this database and its roles end in.</summary>
    public int Number => _number;

    public IPersonQueries Queries => _services!.GetRequiredService<IPersonQueries>();

    public string Administrator { get; private set; } = "";

    public string Role(string tenantId) => $"person_{tenantId}_{_number}";

    public async Task InitializeAsync()
    {
        var server = await PostgreSqlServer.SharedAsync();
        _number = Interlocked.Increment(ref _last);
        Administrator = await server.CreateDatabaseAsync($"people_{_number}");
        await using var administrator = new NpgsqlConnection(Administrator);
        await administrator.OpenAsync();
        await ExecuteAsync(
            administrator,
            """
            CREATE SCHEMA data;
            CREATE TABLE data.tickets (id int PRIMARY KEY, tenant text NOT NULL, owner text NOT NULL, title text NOT NULL, priority int, cost numeric(10,2), is_open boolean, opened timestamptz, day date, secret text);
            INSERT INTO data.tickets SELECT n, CASE WHEN n % 2 = 0 THEN 't-acme' ELSE 't-globex' END, 'u-' || (n % 6), 'Ticket ' || n, n % 4, n * 1.25, n % 3 = 0, timestamptz '2026-03-01 08:00Z' + n * interval '1 hour', date '2026-03-01' + n, 'secret ' || n FROM generate_series(1, 120) n;
            CREATE TABLE data.mine (id int PRIMARY KEY, tenant text NOT NULL, owner text NOT NULL, note text NOT NULL);
            INSERT INTO data.mine SELECT n, 't-acme', 'u-' || (n % 6), 'note ' || n FROM generate_series(1, 60) n;
            CREATE TABLE data.salaries (id int PRIMARY KEY, tenant text NOT NULL, name text NOT NULL, amount int NOT NULL);
            INSERT INTO data.salaries SELECT n, 't-acme', 'Person ' || n, n * 1000 FROM generate_series(1, 10) n;
            CREATE TABLE data.unnamed (id int, value text);
            INSERT INTO data.unnamed VALUES (1, 'nobody named this table');
            CREATE SEQUENCE data.counter;
            CREATE FUNCTION data.touch() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN DELETE FROM data.unnamed; RETURN 1; END $$;
            REVOKE ALL ON FUNCTION data.touch() FROM PUBLIC;
            """);
        await PersonQuerySetup.PrepareAsync(administrator, $"context_{_number}", Password);
        var tenants = new[] { Acme, Globex };
        foreach (var tenant in tenants)
        {
            await PersonQuerySetup.AddReaderAsync(administrator, new PersonQueryReader
            {
                Role = Role(tenant),
                Password = Password,
                TenantId = tenant,
                Tables =
                [
                    new PersonQueryTable { Schema = "data", Name = "tickets", TenantColumn = "tenant", Columns = ["id", "tenant", "owner", "title", "priority", "cost", "is_open", "opened", "day"] },
                    new PersonQueryTable { Schema = "data", Name = "mine", TenantColumn = "tenant", UserColumn = "owner" },
                    new PersonQueryTable { Schema = "data", Name = "salaries", TenantColumn = "tenant", Readers = ["hr"] },
                ],
            });
        }

        var services = new ServiceCollection();
        services.AddPersonQueries(options =>
        {
            foreach (var tenant in tenants)
            {
                options.Tenants[tenant] = new PersonQuerySource { Reader = As(Role(tenant)), Context = As($"context_{_number}") };
            }
        });
        _services = services.BuildServiceProvider();
    }

    public async Task DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }
    }

    /// <summary>The connection string of a role.</summary>
    public string As(string role) => new NpgsqlConnectionStringBuilder(Administrator) { Username = role, Password = Password }.ConnectionString;

    /// <summary>A statement of a person of acme, unless another is named.</summary>
    public ValueTask<PersonQueryResult> AskAsync(string sql, string tenantId = Acme, string userId = "u-2", string[]? roles = null, int maxRows = 1_000, int maxBytes = 1 << 20, double seconds = 20, params object?[] parameters) =>
        Queries.QueryAsync(new PersonQuery
        {
            TenantId = tenantId,
            UserId = userId,
            Roles = roles ?? [],
            Sql = sql,
            Parameters = [.. parameters.Select(value => JsonSerializer.SerializeToElement(value))],
            MaxRows = maxRows,
            MaxBytes = maxBytes,
            Timeout = TimeSpan.FromSeconds(seconds),
        });

    /// <summary>A value that the administrator reads.</summary>
    public async Task<object?> SeeAsync(string sql)
    {
        await using var administrator = new NpgsqlConnection(Administrator);
        await administrator.OpenAsync();
        await using var command = new NpgsqlCommand(sql, administrator);
        return await command.ExecuteScalarAsync();
    }

    public static JsonElement Rows(PersonQueryResult result)
    {
        Assert.True(result.Code is null, $"{result.Code}: {result.Message}");
        return JsonDocument.Parse(result.Rows).RootElement;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
