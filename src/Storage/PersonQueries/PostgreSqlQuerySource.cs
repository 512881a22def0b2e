using System.Data;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Steward.Storage.PersonQueries;

/// <summary>
/// Statements on PostgreSQL. The server is the parser: the text is what a cursor is declared for, so that only one statement that reads gets through, and it goes to the server as it is. Whose rights count stands in a row that a
/// second connection writes, by the number and start of the server's process; the policies of the tables read it.
/// </summary>
internal sealed class PostgreSqlQuerySource : IPersonQuerySource
{
    // A statement with a positional parameter is never split by Npgsql: that is what keeps a second one from riding along.
    private const string Cursor = "DECLARE q NO SCROLL CURSOR FOR ";
    private const int FetchRows = 1_000;

    private readonly NpgsqlDataSource _reader;
    private readonly NpgsqlDataSource _context;
    private readonly string _role;
    private readonly TimeProvider _time;

    public PostgreSqlQuerySource(string reader, string context, TimeProvider time)
    {
        var settings = new NpgsqlConnectionStringBuilder(reader)
        {
            MaxAutoPrepare = 0,
            NoResetOnClose = false,
            Multiplexing = false,
            MaxPoolSize = 8,
            // Milliseconds until a connection is dropped whose server does not react to a cancellation.
            CancellationTimeout = 500,
            IncludeErrorDetail = false,
            ApplicationName = "steward-sandbox",
        };
        _role = settings.Username ?? throw new InvalidOperationException("The reader's connection string names no user.");
        _reader = Source(settings);
        _context = Source(new NpgsqlConnectionStringBuilder(context) { MaxPoolSize = 8, IncludeErrorDetail = false, ApplicationName = "steward-sandbox-context" });
        _time = time;
    }

    /// <inheritdoc/>
    public async ValueTask<PersonQueryResult> QueryAsync(PersonQuery query, CancellationToken cancellationToken)
    {
        // The server's own limit is not hard: some of its loops never look at it.
        using var clock = new CancellationTokenSource(query.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            await using var connection = await _reader.OpenConnectionAsync(either.Token);
            var process = connection.ProcessID;
            await EnterAsync(process, query, either.Token);
            try
            {
                return await ReadAsync(connection, query, either.Token);
            }
            finally
            {
                await LeaveAsync(process);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return PersonQueries.Failed("timeout", Late(query));
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return PersonQueries.Failed("timeout", Late(query));
        }
        catch (PostgresException refused)
        {
            return Refusal(refused);
        }
        catch (Exception lost) when (lost is NpgsqlException or IOException or System.Net.Sockets.SocketException or TimeoutException)
        {
            return PersonQueries.Failed("unavailable", "The database cannot be reached at the moment.");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _context.DisposeAsync();
    }

    private static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder settings)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        // The catalogue is closed to these roles: types are read as text.
        builder.ConfigureTypeLoading(loading => loading.EnableTypeLoading(false));
        return builder.Build();
    }

    private async Task EnterAsync(int process, PersonQuery query, CancellationToken cancellationToken)
    {
        await using var command = _context.CreateCommand("SELECT steward_context.enter($1, $2, $3, $4, string_to_array($5, chr(31)))");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = process });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _role });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = query.TenantId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = query.UserId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = string.Join('\u001f', query.Roles) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task LeaveAsync(int process)
    {
        try
        {
            await using var command = _context.CreateCommand("SELECT steward_context.leave($1)");
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = process });
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The row is worth nothing to anybody else: it is overwritten before the next use of the process, whose number alone it is not.
        }
    }

    private static async Task<PersonQueryResult> ReadAsync(NpgsqlConnection connection, PersonQuery query, CancellationToken cancellationToken)
    {
        await using var begun = await BeginAsync(connection, cancellationToken);
        await using (var declare = new NpgsqlCommand(Cursor + query.Sql, connection))
        {
            foreach (var value in query.Parameters)
            {
                // Of no type of its own: the server finds it as for a text in quotes.
                declare.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = Text(value) ?? (object)DBNull.Value });
            }

            declare.Parameters.Add(new NpgsqlParameter<int> { TypedValue = 0 });
            await declare.ExecuteNonQueryAsync(cancellationToken);
        }

        var rows = new QueryRows(query.MaxRows, query.MaxBytes);
        IReadOnlyList<PersonQueryColumn> columns = [];
        while (true)
        {
            // One more than is wanted, to know whether there are more.
            var want = Math.Min(FetchRows, query.MaxRows - rows.Count + 1);
            var before = rows.Count;
            columns = await FetchAsync(connection, want, rows, columns, cancellationToken);
            if (rows.IsTruncated || rows.Count - before < want)
            {
                break;
            }
        }

        return columns.Count == 0 ? PersonQueries.Failed("invalid", "It selects no column.") : rows.ToResult(columns);
    }

    private static async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        try
        {
            await using var readOnly = new NpgsqlCommand("SET TRANSACTION READ ONLY", connection);
            await readOnly.ExecuteNonQueryAsync(cancellationToken);
            return transaction;
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }

    private static async Task<IReadOnlyList<PersonQueryColumn>> FetchAsync(
        NpgsqlConnection connection, int count, QueryRows rows, IReadOnlyList<PersonQueryColumn> known, CancellationToken cancellationToken)
    {
        await using var fetch = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"FETCH FORWARD {count} FROM q"), connection) { AllResultTypesAreUnknown = true };
        var reader = await fetch.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        try
        {
            var columns = known.Count > 0 ? known : [.. Enumerable.Range(0, reader.FieldCount).Select(index => new PersonQueryColumn(reader.GetName(index), TypeOf(reader.GetDataTypeOID(index))))];
            var values = new string?[columns.Count];
            while (await reader.ReadAsync(cancellationToken))
            {
                if (!rows.TakesMore())
                {
                    break;
                }

                if (!await ReadRowAsync(reader, values, rows.BytesLeft, cancellationToken) || !rows.Add((columns, values), Write))
                {
                    // Whatever is left of it, perhaps a gigabyte, is not waited for.
                    rows.LeaveOut();
                    fetch.Cancel();
                    break;
                }
            }

            return columns;
        }
        finally
        {
            await DisposeAsync(reader);
        }
    }

    private static async Task DisposeAsync(NpgsqlDataReader reader)
    {
        try
        {
            await reader.DisposeAsync();
        }
        catch (PostgresException cancelled) when (cancelled.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            // As was asked for.
        }
    }

    /// <summary>Reads a row's texts, but no more than the limit.</summary>
    private static async Task<bool> ReadRowAsync(NpgsqlDataReader reader, string?[] values, int bytes, CancellationToken cancellationToken)
    {
        for (var index = 0; index < values.Length; index++)
        {
            if (await reader.IsDBNullAsync(index, cancellationToken))
            {
                values[index] = null;
                continue;
            }

            using var text = await reader.GetTextReaderAsync(index, cancellationToken);
            var found = new StringBuilder();
            var buffer = new char[2048];
            int read;
            while ((read = await text.ReadAsync(buffer, cancellationToken)) > 0)
            {
                bytes -= read;
                if (bytes < 0)
                {
                    return false;
                }

                found.Append(buffer, 0, read);
            }

            values[index] = found.ToString();
        }

        return true;
    }

    private static void Write((IReadOnlyList<PersonQueryColumn> Columns, string?[] Values) row, Utf8JsonWriter writer)
    {
        for (var index = 0; index < row.Values.Length; index++)
        {
            switch (row.Columns[index].Type, row.Values[index])
            {
                case (_, null):
                    writer.WriteNullValue();
                    break;
                case ("boolean", var value):
                    writer.WriteBooleanValue(value == "t");
                    break;
                case ("integer" or "number", var value):
                    if (value is "NaN" or "Infinity" or "-Infinity")
                    {
                        writer.WriteNullValue();
                    }
                    else
                    {
                        writer.WriteRawValue(value, skipInputValidation: true);
                    }

                    break;
                case (_, var value):
                    writer.WriteStringValue(value);
                    break;
            }
        }
    }

    private static string TypeOf(uint type) => type switch
    {
        20 or 21 or 23 => "integer",
        700 or 701 or 1700 => "number",
        16 => "boolean",
        1114 or 1184 => "timestamp",
        1082 => "date",
        114 or 3802 => "json",
        _ => "text",
    };

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static PersonQueryResult Refusal(PostgresException refused) => refused.SqlState switch
    {
        PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.FeatureNotSupported =>
            PersonQueries.Failed("refused", $"The database refuses it: {refused.MessageText}."),
        // What the grammar or the data say helps whoever wrote the statement, and is about no other rows than the person's own.
        ['4', '2', ..] or ['2', '2', ..] => PersonQueries.Failed("invalid", $"{refused.MessageText} ({refused.SqlState}).{(refused.Position > Cursor.Length ? string.Create(CultureInfo.InvariantCulture, $" At character {refused.Position - Cursor.Length}.") : "")}"),
        ['5', '3', ..] or ['5', '4', ..] => PersonQueries.Failed("too_large", "The statement needs more than the database allows."),
        ['2', '8', ..] or ['0', '8', ..] or ['5', '7', ..] or ['3', 'D', ..] => PersonQueries.Failed("unavailable", "The database cannot be reached at the moment."),
        _ => PersonQueries.Failed("refused", $"The database refuses it ({refused.SqlState})."),
    };

    private static string Late(PersonQuery query) => string.Create(CultureInfo.InvariantCulture, $"The statement took longer than {query.Timeout.TotalSeconds:0.#} s.");
}
