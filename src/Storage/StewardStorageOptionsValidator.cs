using Microsoft.Extensions.Options;
using Npgsql;

namespace Steward.Storage;

/// <summary>Says what is wrong with the storage configuration and how to put it right, without repeating the connection string.</summary>
internal sealed class StewardStorageOptionsValidator : IValidateOptions<StewardStorageOptions>
{
    private const string Example = "for example Host=db;Port=5432;Database=steward;Username=steward;Password=…";

    public ValidateOptionsResult Validate(string? name, StewardStorageOptions options)
    {
        var problem = options.Provider switch
        {
            StorageProvider.Sqlite => SqliteProblem(options.SqliteFile),
            StorageProvider.PostgreSql => PostgreSqlProblem(options.ConnectionString),
            _ => $"{StewardStorageOptions.SectionName}:Provider is {(int)options.Provider}; set it to Sqlite or PostgreSql.",
        };
        return problem is null ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problem);
    }

    private static string? SqliteProblem(string? file)
    {
        const string Setting = $"{StewardStorageOptions.SectionName}:SqliteFile";
        if (string.IsNullOrWhiteSpace(file))
        {
            return $"{Setting} is empty; set it to a file path such as data/steward.db.";
        }

        if (file.Contains('\0', StringComparison.Ordinal) || file.StartsWith("file:", StringComparison.OrdinalIgnoreCase) || file.StartsWith(':'))
        {
            return $"{Setting} must be a plain file path such as data/steward.db; URIs and in-memory databases are not durable.";
        }

        return Directory.Exists(file) ? $"{Setting} names a directory; append a file name, for example {Path.Combine(file, "steward.db")}." : null;
    }

    private static string? PostgreSqlProblem(string? connectionString)
    {
        const string Setting = $"{StewardStorageOptions.SectionName}:ConnectionString";
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            return $"{Setting} is empty; set it to the PostgreSQL connection string, {Example}, or set Provider to Sqlite.";
        }

        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
        {
            // The parser's message may quote a part of the string, and with it the password.
            return $"{Setting} cannot be read as an Npgsql connection string; write it as key=value pairs separated by semicolons, {Example}.";
        }

        return string.IsNullOrWhiteSpace(builder.Host)
            ? $"{Setting} names no Host; add the database server, {Example}."
            : string.IsNullOrWhiteSpace(builder.Database)
                ? $"{Setting} names no Database; create one and add it, {Example}."
                : null;
    }
}
