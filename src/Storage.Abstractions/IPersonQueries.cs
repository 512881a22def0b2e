using System.Text.Json;

namespace Steward.Storage;

/// <summary>
/// Queries that a person's code sends to the tenant's own data: one statement that reads, with that person's rights, inside limits. Nothing in the statement's text decides whose rights these are.
/// </summary>
public interface IPersonQueries
{
    /// <summary>Whether the tenant has a database that can be asked.</summary>
    bool IsConfigured(string tenantId);

    /// <summary>Runs one statement. What the database refuses is an answer with a code, never an exception.</summary>
    /// <param name="query">The statement, its person and its limits.</param>
    /// <param name="cancellationToken">Ends the statement at the database too, as far as it can be reached.</param>
    ValueTask<PersonQueryResult> QueryAsync(PersonQuery query, CancellationToken cancellationToken = default);
}

/// <summary>One statement of a person.</summary>
public sealed record PersonQuery
{
    /// <summary>The tenant, <c>t-…</c>. From the lease, never from the code that asks.</summary>
    public required string TenantId { get; init; }

    /// <summary>The person. From the lease.</summary>
    public required string UserId { get; init; }

    /// <summary>The person's roles. From the lease.</summary>
    public IReadOnlyCollection<string> Roles { get; init; } = [];

    /// <summary>The statement, up to 64 Ki characters. Parameters are <c>$1</c>, <c>$2</c> … on PostgreSQL, <c>?1</c>, <c>?2</c> … on SQLite.</summary>
    public required string Sql { get; init; }

    /// <summary>Values of the parameters: texts, numbers, booleans and null. At most 100.</summary>
    public IReadOnlyList<JsonElement> Parameters { get; init; } = [];

    /// <summary>The most rows of the answer. Default 10,000.</summary>
    public int MaxRows { get; init; } = 10_000;

    /// <summary>The most bytes of the answer's rows as JSON. Default 4 MiB.</summary>
    public int MaxBytes { get; init; } = 4 << 20;

    /// <summary>How long it may take. Default 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>What a statement gave, or why it gave nothing.</summary>
public sealed record PersonQueryResult
{
    /// <summary>
    /// Null for rows. Else <c>not_configured</c>, <c>invalid</c> (the statement or its parameters), <c>refused</c> (it is not one that reads, or reads what the person may not), <c>timeout</c>, <c>too_large</c> (a
    /// single row is larger than the limit) or <c>unavailable</c>.
    /// </summary>
    public string? Code { get; init; }

    /// <summary>Why, safe to show to whoever wrote the statement.</summary>
    public string? Message { get; init; }

    /// <summary>The columns, in order.</summary>
    public IReadOnlyList<PersonQueryColumn> Columns { get; init; } = [];

    /// <summary>The rows: a JSON array of arrays, in UTF-8.</summary>
    public ReadOnlyMemory<byte> Rows { get; init; } = "[]"u8.ToArray();

    /// <summary>How many rows there are.</summary>
    public int RowCount { get; init; }

    /// <summary>Whether there were more rows than the limits allow.</summary>
    public bool IsTruncated { get; init; }
}

/// <summary>A column of an answer.</summary>
/// <param name="Name">Its name; need not be unique.</param>
/// <param name="Type"><c>integer</c>, <c>number</c>, <c>boolean</c>, <c>timestamp</c>, <c>date</c>, <c>json</c> or <c>text</c>. On SQLite what the first row holds.</param>
public sealed record PersonQueryColumn(string Name, string Type);
