using Microsoft.Extensions.Options;

namespace Steward.Storage.PersonQueries;

/// <summary>Gives each tenant's statements to that tenant's database.</summary>
internal sealed class PersonQueries(IOptions<PersonQueryOptions> options, TimeProvider time) : IPersonQueries, IAsyncDisposable
{
    private const int MaxSql = 64 << 10;
    private const int MaxParameters = 100;

    private readonly Dictionary<string, IPersonQuerySource> _sources = options.Value.Tenants.ToDictionary(entry => entry.Key, entry => Source(entry.Value, time), StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool IsConfigured(string tenantId) => _sources.ContainsKey(tenantId);

    /// <inheritdoc/>
    public async ValueTask<PersonQueryResult> QueryAsync(PersonQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (!_sources.TryGetValue(query.TenantId, out var source))
        {
            return Failed("not_configured", "No database is configured for queries of this tenant (Steward:Sandbox:Data:Tenants).");
        }

        if (query.Sql.Length is 0 or > MaxSql || query.Sql.Contains('\0', StringComparison.Ordinal))
        {
            return Failed("invalid", $"A statement has 1 to {MaxSql} characters and no NUL.");
        }

        if (query.Parameters.Count > MaxParameters || !query.Parameters.All(IsScalar))
        {
            return Failed("invalid", $"There are at most {MaxParameters} parameters: texts without NUL, numbers, booleans and null.");
        }

        return await source.QueryAsync(query, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values)
        {
            await source.DisposeAsync();
        }
    }

    internal static PersonQueryResult Failed(string code, string message) => new() { Code = code, Message = message };

    private static bool IsScalar(System.Text.Json.JsonElement value) => value.ValueKind switch
    {
        System.Text.Json.JsonValueKind.String => !value.GetString()!.Contains('\0', StringComparison.Ordinal),
        System.Text.Json.JsonValueKind.Number or System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False or System.Text.Json.JsonValueKind.Null => true,
        _ => false,
    };

    private static IPersonQuerySource Source(PersonQuerySource settings, TimeProvider time) => settings switch
    {
        { Reader: { } reader, Context: { } context } => new PostgreSqlQuerySource(reader, context, time),
        { SqliteFile: { } file } => new SqliteQuerySource(file, settings.SqliteTables, time),
        _ => throw new InvalidOperationException($"A tenant under {PersonQueryOptions.SectionName}:Tenants needs Reader and Context (PostgreSQL), or SqliteFile."),
    };
}

/// <summary>One tenant's database.</summary>
internal interface IPersonQuerySource : IAsyncDisposable
{
    /// <summary>Runs a statement whose size and parameters were checked.</summary>
    ValueTask<PersonQueryResult> QueryAsync(PersonQuery query, CancellationToken cancellationToken);
}
