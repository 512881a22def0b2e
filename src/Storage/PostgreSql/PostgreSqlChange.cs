using Npgsql;

namespace Steward.Storage.PostgreSql;

/// <summary>Several statements that change something, in one transaction.</summary>
internal sealed class PostgreSqlChange(NpgsqlConnection connection, NpgsqlTransaction transaction)
{
    /// <summary>Runs a change and translates its errors. Until the commit is sent, an error means that nothing was changed.</summary>
    public static async ValueTask<TResult> RunAsync<TState, TResult>(
        PostgreSqlDatabase database, TState state, Func<PostgreSqlChange, TState, CancellationToken, Task<TResult>> change, CancellationToken cancellationToken)
    {
        var isSent = false;
        try
        {
            await using var connection = await database.OpenAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var result = await change(new PostgreSqlChange(connection, transaction), state, cancellationToken);
            isSent = true;
            await transaction.CommitAsync(cancellationToken);
            return result;
        }
        catch (Exception exception) when (PostgreSqlDatabase.IsStorageError(exception))
        {
            throw database.Translate(exception, outcomeUnknown: isSent && exception is not PostgresException);
        }
    }

    /// <summary>Runs one statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public async Task<int> RunAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Runs a statement that may take long, such as building an index.</summary>
    public async Task RunLongAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(sql, parameters);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Reads rows.</summary>
    public async Task<List<T>> ListAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(sql, parameters);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<T> found = [];
        while (await row.ReadAsync(cancellationToken))
        {
            found.Add(read(row));
        }

        return found;
    }

    private NpgsqlCommand Command(string sql, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        command.Parameters.AddRange(parameters);
        return command;
    }
}
