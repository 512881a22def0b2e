using System.CommandLine;
using Npgsql;
using Steward.LocalPostgreSql;

namespace Steward.Benchmarks.Measuring;

/// <summary>
/// Where the measured Steward keeps its data: a SQLite file in its data directory, or a private PostgreSQL server on loopback that flushes to disk
/// like a production server and is gone with the benchmark.
/// </summary>
internal sealed class MeasuredStorage : IAsyncDisposable
{
    public const string Sqlite = "sqlite";
    public const string PostgreSql = "postgresql";

    // As for a server that has work to do, instead of the smallest that will run: the defaults make a checkpoint of a minute's load, and the log grows file by file under the first turns.
    private static readonly Dictionary<string, string> ServerSettings = new()
    {
        ["shared_buffers"] = "256MB",
        ["wal_buffers"] = "16MB",
        ["min_wal_size"] = "1GB",
        ["max_wal_size"] = "4GB",
        ["checkpoint_timeout"] = "15min",
    };

    private const int LogFiles = 16;

    private readonly PostgreSqlServer? _server;

    private MeasuredStorage(string name, PostgreSqlServer? server, IReadOnlyDictionary<string, string?> settings)
    {
        Name = name;
        Settings = settings;
        _server = server;
    }

    /// <summary>The name that <see cref="Option"/> takes.</summary>
    public string Name { get; }

    /// <summary>How a Steward is told of it. They hold a password: for its environment, not its command line.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; }

    public static Option<string> Option()
    {
        var option = new Option<string>("--storage") { Description = "Where Steward keeps its data: an SQLite file, or a private PostgreSQL server that is started for it.", DefaultValueFactory = _ => Sqlite };
        option.AcceptOnlyFromAmong(Sqlite, PostgreSql);
        return option;
    }

    public static async Task<MeasuredStorage> StartAsync(string name, CancellationToken cancellationToken)
    {
        if (name == Sqlite)
        {
            return new MeasuredStorage(name, null, new Dictionary<string, string?>());
        }

        var server = await PostgreSqlServer.StartAsync(ServerSettings, cancellationToken);
        try
        {
            await GrowLogAsync(server, cancellationToken);
            return new MeasuredStorage(name, server, new Dictionary<string, string?>
            {
                ["Steward:Storage:Provider"] = "PostgreSql",
                ["Steward:Storage:ConnectionString"] = await server.CreateDatabaseAsync("steward", cancellationToken),
            });
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Fills files of the write-ahead log and gives them free again, so that commits find them there, as on a server that has been running for a while.</summary>
    private static async Task GrowLogAsync(PostgreSqlServer server, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString("postgres"));
        await connection.OpenAsync(cancellationToken);
        for (var i = 0; i < LogFiles; i++)
        {
            await using var fill = new NpgsqlCommand("SELECT pg_logical_emit_message(true, 'bench', 'x'), pg_switch_wal()", connection);
            await fill.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var checkpoint = new NpgsqlCommand("CHECKPOINT", connection);
        await checkpoint.ExecuteNonQueryAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
