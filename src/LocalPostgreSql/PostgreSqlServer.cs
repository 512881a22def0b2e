using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace Steward.LocalPostgreSql;

/// <summary>
/// A private PostgreSQL server in a temporary directory: on a free loopback port, with a random password, as an unprivileged user when this
/// process is root. It flushes to disk like a production server.
/// </summary>
/// <remarks>
/// A shell watches over it: when this process ends, however it ends, the shell's input closes, and it stops the server by its id and removes
/// the directory.
/// </remarks>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private const string User = "steward";
    private const int PortAttempts = 5;
    private const string SetSid = "/usr/bin/setsid";
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);

    // $1 postgres, $2 data directory, $3 port, $4 directory to remove in the end.
    private const string Watch =
        """
        exec 3<&0 </dev/null
        "$1" -D "$2" -p "$3" >"$4/server.log" 2>&1 3<&- &
        server=$!
        { cat <&3 >/dev/null; kill -QUIT "$server" 2>/dev/null; } &
        watcher=$!
        exec 3<&-
        wait "$server"
        status=$?
        kill "$watcher" 2>/dev/null
        [ -e "$4/keep" ] || rm -rf "$4"
        exit "$status"
        """;

    private static readonly Lazy<Task<PostgreSqlServer>> SharedServer = new(static () => StartAsync());

    private readonly Process _shell;
    private readonly string _password;
    private int _databases;

    private PostgreSqlServer(Process shell, int port, string password)
    {
        _shell = shell;
        _password = password;
        Port = port;
    }

    /// <summary>The loopback port.</summary>
    public int Port { get; }

    /// <summary>The server that all tests of this process share; started when first asked for, gone with the process.</summary>
    public static Task<PostgreSqlServer> SharedAsync() => SharedServer.Value;

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed or does not start.</exception>
    public static Task<PostgreSqlServer> StartAsync(CancellationToken cancellationToken = default) => StartAsync(new Dictionary<string, string>(), cancellationToken);

    /// <summary>Starts a server with settings of its own and waits until it answers.</summary>
    /// <param name="settings">Values of <c>postgresql.conf</c>, which come after this class's own and so take their place. Not checked: a server that does not take them does not start.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed or does not start.</exception>
    public static async Task<PostgreSqlServer> StartAsync(IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var binaries = PostgreSqlBinaries.Find();
        // Short, since the path of the socket in it is limited to 107 characters.
        var directory = Directory.CreateTempSubdirectory("steward-pg-").FullName;
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var data = Path.Combine(directory, "data");
        try
        {
            await InitializeAsync(binaries, directory, data, password, settings, cancellationToken);
            return await StartAsync(binaries, directory, data, password, cancellationToken);
        }
        catch
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }

            throw;
        }
    }

    /// <summary>Creates an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string? name = null, CancellationToken cancellationToken = default)
    {
        name ??= string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync(cancellationToken);
        await using var create = new NpgsqlCommand($"CREATE DATABASE \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
        await create.ExecuteNonQueryAsync(cancellationToken);
        return ConnectionString(name);
    }

    /// <summary>The connection string of a database on this server.</summary>
    public string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = User,
        Password = _password,
        Database = database,
        MaxPoolSize = 20,
        IncludeErrorDetail = false,
    }.ConnectionString;

    /// <summary>Stops the server and removes its files.</summary>
    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private static async Task InitializeAsync(
        string binaries, string directory, string data, string password, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var passwordFile = Path.Combine(directory, "password");
        await File.WriteAllTextAsync(passwordFile, password, cancellationToken);
        if (UnprivilegedUser() is { } user)
        {
            await RunAsync("chown", ["-R", user, directory], cancellationToken);
        }

        var (program, arguments) = Unprivileged(
            Path.Combine(binaries, "initdb"),
            ["-D", data, "-U", User, "--pwfile", passwordFile, "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"]);
        await RunAsync(program, arguments, cancellationToken);
        File.Delete(passwordFile);
        await File.AppendAllTextAsync(
            Path.Combine(data, "postgresql.conf"),
            $"""

            listen_addresses = '127.0.0.1'
            unix_socket_directories = '{directory}'
            max_connections = 100
            shared_buffers = 32MB
            min_wal_size = 32MB
            max_wal_size = 256MB
            jit = off
            fsync = on
            synchronous_commit = on
            {string.Join('\n', settings.Select(setting => $"{setting.Key} = '{setting.Value}'"))}

            """,
            cancellationToken);
    }

    private static async Task<PostgreSqlServer> StartAsync(string binaries, string directory, string data, string password, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            // Between finding the port and the server's listening on it somebody else may take it; then the next is tried.
            var port = FreePort();
            var (program, arguments) = Unprivileged(
                "/bin/sh", ["-c", Watch, "steward-postgres", Path.Combine(binaries, "postgres"), data, port.ToString(CultureInfo.InvariantCulture), directory]);
            if (File.Exists(SetSid))
            {
                // In a session of its own: Ctrl-C is for this process, which may still need the server to end in order.
                (program, arguments) = (SetSid, [program, .. arguments]);
            }

            await File.WriteAllTextAsync(Path.Combine(directory, "keep"), "", cancellationToken);
            var shell = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, WorkingDirectory = "/" })
                ?? throw new InvalidOperationException("The shell that watches over PostgreSQL did not start.");
            var server = new PostgreSqlServer(shell, port, password);
            if (await server.AnswersAsync(cancellationToken))
            {
                File.Delete(Path.Combine(directory, "keep"));
                return server;
            }

            await server.DisposeAsync();
            var log = await File.ReadAllTextAsync(Path.Combine(directory, "server.log"), cancellationToken);
            if (attempt == PortAttempts || !log.Contains("could not bind", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"PostgreSQL from {binaries} did not start:\n{log}");
            }
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!_shell.HasExited && TimeProvider.System.GetElapsedTime(started) < StartDeadline)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false;Timeout=5");
                await connection.OpenAsync(cancellationToken);
                return !_shell.HasExited;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }

        return false;
    }

    /// <summary>PostgreSQL refuses to run as root: then as the packaged user or nobody.</summary>
    private static string? UnprivilegedUser()
    {
        if (!string.Equals(Environment.UserName, "root", StringComparison.Ordinal))
        {
            return null;
        }

        var users = File.ReadLines("/etc/passwd").Select(static line => line.Split(':')[0]).ToHashSet(StringComparer.Ordinal);
        return users.Contains("postgres") ? "postgres" : "nobody";
    }

    private static (string Program, IReadOnlyList<string> Arguments) Unprivileged(string program, IReadOnlyList<string> arguments) =>
        UnprivilegedUser() is { } user
            ? ("setpriv", ["--reuid", user, "--regid", PrimaryGroup(user), "--clear-groups", "--no-new-privs", program, .. arguments])
            : (program, arguments);

    private static string PrimaryGroup(string user) =>
        File.ReadLines("/etc/passwd").Select(static line => line.Split(':')).First(fields => fields[0] == user)[3];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })
            ?? throw new InvalidOperationException($"{program} did not start.");
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{Path.GetFileName(program)} ended with {process.ExitCode}: {await output}{await errors}");
        }
    }
}
