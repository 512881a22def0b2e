using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Steward.LocalPostgreSql;

namespace Steward.Storage.Tests.Vectors;

/// <summary>
/// A real PostgreSQL with the real extension <c>vector</c>: the installed server where it has it, else PGlite, which is PostgreSQL compiled to WebAssembly. PGlite is one backend for all connections, so that nothing may be prepared there and nothing
/// can be tested that happens at the same time.
/// </summary>
internal static class VectorServer
{
    private static readonly Lazy<Task<(string? ConnectionString, string? Missing)>> Started = new(StartAsync);

    /// <summary>Why there is none; null when there is one.</summary>
    public static string? Missing => Started.Value.GetAwaiter().GetResult().Missing;

    /// <summary>A database of its own on the installed server, or the only one of PGlite.</summary>
    public static async Task<string> CreateDatabaseAsync() => (await Started.Value).ConnectionString ?? await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();

    /// <summary>Whether statements can run at the same time.</summary>
    public static bool HasManyBackends => Started.Value.GetAwaiter().GetResult() is { Missing: null, ConnectionString: null };

    private static async Task<(string?, string?)> StartAsync()
    {
        var server = await PostgreSqlServer.SharedAsync();
        await using (var connection = new NpgsqlConnection(server.ConnectionString("postgres")))
        {
            await connection.OpenAsync();
            await using var query = new NpgsqlCommand("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'", connection);
            if (Version.TryParse(await query.ExecuteScalarAsync() as string, out var version) && version >= new Version(0, 8))
            {
                return (null, null);
            }
        }

        return await Pglite.StartAsync();
    }

    private static class Pglite
    {
        private const string Extension = "@electric-sql/pglite-pgvector:vector";
        private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);

        // The process, for as long as this one lives.
        private static Process? _process;

        public static async Task<(string?, string?)> StartAsync()
        {
            if (await InstallAsync() is { } missing)
            {
                return (null, missing);
            }

            var port = FreePort();
            var server = Path.Combine(Folder(), "node_modules", "@electric-sql", "pglite-socket", "dist", "scripts", "server.js");

            // The shell ends the server when this process ends, however it ends: its input closes.
            const string Watch = """exec 3<&0 </dev/null; "$@" 3<&- & server=$!; { cat <&3 >/dev/null; kill "$server" 2>/dev/null; } & watcher=$!; exec 3<&-; wait "$server"; kill "$watcher" 2>/dev/null""";
            var start = new ProcessStartInfo("/bin/sh", ["-c", Watch, "pglite", "node", server, "--db=memory://", $"--port={port}", "--host=127.0.0.1", "--max-connections=8", "-e", Extension])
            {
                WorkingDirectory = Folder(),
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            _process = Process.Start(start)!;
            var output = new System.Collections.Concurrent.ConcurrentQueue<string>();
            _process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
            _process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
            var connectionString = $"Host=127.0.0.1;Port={port};Username=postgres;Password=none;Database=postgres;Max Auto Prepare=0;No Reset On Close=true;Maximum Pool Size=3;SSL Mode=Disable";
            var began = TimeProvider.System.GetTimestamp();
            while (!_process.HasExited && TimeProvider.System.GetElapsedTime(began) < StartDeadline)
            {
                try
                {
                    await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Timeout=5");
                    await connection.OpenAsync();
                    return (connectionString, null);
                }
                catch (NpgsqlException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
                }
            }

            throw new InvalidOperationException("PGlite did not start:\n" + string.Join('\n', output));
        }

        private static string Folder()
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "tests", "Pglite", "package.json")))
            {
                folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("tests/Pglite was not found above the tests' folder.");
            }

            return Path.Combine(folder, "tests", "Pglite");
        }

        // What is missing, if anything is.
        private static async Task<string?> InstallAsync()
        {
            if (File.Exists(Path.Combine(Folder(), "node_modules", ".package-lock.json")))
            {
                return null;
            }

            try
            {
                using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"]) { WorkingDirectory = Folder(), RedirectStandardOutput = true, RedirectStandardError = true })!;
                using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
                var output = npm.StandardOutput.ReadToEndAsync(limit.Token);
                var errors = await npm.StandardError.ReadToEndAsync(limit.Token);
                await npm.WaitForExitAsync(limit.Token);
                await output;
                return npm.ExitCode == 0 ? null : $"PostgreSQL has no extension vector 0.8 or newer (Debian: postgresql-NN-pgvector), and `npm ci` in tests/Pglite failed: {errors.Trim()}";
            }
            catch (Win32Exception)
            {
                return "PostgreSQL has no extension vector 0.8 or newer (Debian: postgresql-NN-pgvector), and there is no npm to install PGlite with.";
            }
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}

/// <summary>A test that needs the extension.</summary>
internal sealed class PgvectorFactAttribute : FactAttribute
{
    public PgvectorFactAttribute() => Skip = VectorServer.Missing;
}

/// <summary>A test that needs the extension on a server with many backends.</summary>
internal sealed class ManyBackendsFactAttribute : FactAttribute
{
    public ManyBackendsFactAttribute() => Skip = VectorServer.Missing ?? (VectorServer.HasManyBackends ? null : "needs an installed PostgreSQL with the extension vector: PGlite is one backend for all connections");
}

/// <summary>A migrated database on a server with the extension.</summary>
public sealed class PgvectorFixture : StorageFixture
{
    public string ConnectionString { get; private set; } = "";

    protected override async Task<Action<StewardStorageOptions>> PrepareAsync()
    {
        ConnectionString = await VectorServer.CreateDatabaseAsync();
        return options =>
        {
            options.Provider = StorageProvider.PostgreSql;
            options.ConnectionString = ConnectionString;
        };
    }
}
