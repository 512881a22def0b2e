using System.CommandLine;
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

        var server = await PostgreSqlServer.StartAsync(cancellationToken);
        try
        {
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

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
