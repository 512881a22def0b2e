using Npgsql;

namespace Steward.Storage.PostgreSql;

/// <summary>The connections to the PostgreSQL database, and its errors in the storage's own terms.</summary>
internal sealed class PostgreSqlDatabase : IDisposable, IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly string _unpooled;

    public PostgreSqlDatabase(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        // What the operator wrote wins; behind a transaction-pooling proxy that cannot keep prepared statements, 0 turns this off.
        if (!settings.ContainsKey("Max Auto Prepare"))
        {
            settings.MaxAutoPrepare = 32;
        }

        if (string.IsNullOrEmpty(settings.ApplicationName))
        {
            settings.ApplicationName = "steward";
        }

        CanPrepare = settings.MaxAutoPrepare > 0;
        Location = $"{settings.Host}:{settings.Port}/{settings.Database}";
        _source = NpgsqlDataSource.Create(settings);
        settings.Pooling = false;
        _unpooled = settings.ConnectionString;
    }

    /// <summary>Host, port and database name.</summary>
    public string Location { get; }

    /// <summary>Whether statements may be prepared on the server.</summary>
    public bool CanPrepare { get; }

    /// <summary>A command that takes a connection from the pool for its duration.</summary>
    public NpgsqlCommand Command(string sql) => _source.CreateCommand(sql);

    /// <summary>Connections of their own for statements with types of an extension. A source knows the types that there were when it connected first.</summary>
    /// <param name="use">Makes the types known.</param>
    /// <param name="most">The most connections; the operator's setting wins where it is smaller.</param>
    public NpgsqlDataSource CreateSource(Action<NpgsqlDataSourceBuilder> use, int most)
    {
        var builder = new NpgsqlDataSourceBuilder(_unpooled);
        builder.ConnectionStringBuilder.Pooling = true;
        builder.ConnectionStringBuilder.MaxPoolSize = Math.Min(most, builder.ConnectionStringBuilder.MaxPoolSize);
        builder.ConnectionStringBuilder.MinPoolSize = 0;
        use(builder);
        return builder.Build();
    }

    /// <summary>A connection from the pool.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _source.OpenConnectionAsync(cancellationToken);

    /// <summary>
    /// A connection of its own for a thread that waits in it. Not from the pool: a socket that was opened for asynchronous use wakes whoever waits in it by way of two other threads.
    /// </summary>
    public NpgsqlConnection OpenForAppends()
    {
        var connection = new NpgsqlConnection(_unpooled);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs a read and translates its errors.</summary>
    public async ValueTask<TResult> ReadAsync<TState, TResult>(TState state, Func<PostgreSqlDatabase, TState, CancellationToken, Task<TResult>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await read(this, state, cancellationToken);
        }
        catch (Exception exception) when (IsStorageError(exception))
        {
            throw Translate(exception, outcomeUnknown: false);
        }
    }

    /// <summary>Runs one autonomous statement that changes something and translates its errors.</summary>
    public async ValueTask<TResult> WriteAsync<TState, TResult>(TState state, Func<PostgreSqlDatabase, TState, CancellationToken, Task<TResult>> write, CancellationToken cancellationToken)
    {
        try
        {
            return await write(this, state, cancellationToken);
        }
        catch (Exception exception) when (IsStorageError(exception))
        {
            // An answer from the server says that the statement was undone; silence says nothing.
            throw Translate(exception, outcomeUnknown: exception is not PostgresException);
        }
    }

    /// <summary>Whether the exception comes from the database or the way to it.</summary>
    public static bool IsStorageError(Exception exception) => exception is NpgsqlException or TimeoutException or IOException or System.Net.Sockets.SocketException;

    /// <summary>The error in the storage's own terms. Neither the connection string nor values of the statement get into it.</summary>
    public StorageException Translate(Exception exception, bool outcomeUnknown)
    {
        var (message, retryable) = exception switch
        {
            PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.UndefinedColumn } =>
                ("has no Steward schema or an older one; run the storage migration first", false),
            PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
                ("refused the user name or password", false),
            PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => ("does not exist on the server; create it", false),
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } => ("does not allow this user to do that", false),
            PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => ("is read-only, for example a standby; connect to the primary server", true),
            PostgresException { SqlState: PostgresErrorCodes.DiskFull } => ("could not grow: the server's disk is full", true),
            PostgresException error => ($"refused a statement with SQLSTATE {error.SqlState}", error.IsTransient),
            _ => ("cannot be reached", true),
        };
        return new StorageException($"The PostgreSQL database {Location} {message}.", exception) { IsRetryable = retryable, OutcomeUnknown = outcomeUnknown };
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
