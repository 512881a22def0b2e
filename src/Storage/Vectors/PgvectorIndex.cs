using Npgsql;
using NpgsqlTypes;
using Pgvector;
using Steward.Storage.PostgreSql;
using static Steward.Storage.Vectors.VectorParameters;

namespace Steward.Storage.Vectors;

/// <summary>
/// Large spaces searched by PostgreSQL's extension <c>vector</c>: each has a partition of its own with an HNSW index of its own. No index is ever shared, so that no filter by tenant stands between the index and its answers.
/// Narrow searches compare every row that counts, without the index.
/// </summary>
internal sealed class PgvectorIndex(PostgreSqlDatabase database, TimeProvider clock) : IAsyncDisposable
{
    private const int OldestMajor = 0;
    private const int OldestMinor = 8;
    private const string BuildMemory = "256MB";
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMinutes(5);

    private const string Parent =
        """
        DO $$ BEGIN
            IF to_regclass('vector_partitions') IS NULL THEN
                PERFORM pg_advisory_xact_lock(hashtextextended('vector_partitions', 0));
                CREATE TABLE IF NOT EXISTS vector_partitions (
                    space     bigint  NOT NULL,
                    tenant    text    COLLATE "C" NOT NULL,
                    id        text    COLLATE "C" NOT NULL,
                    owner     text    COLLATE "C" NOT NULL,
                    kind      text    COLLATE "C" NOT NULL,
                    note      text    NOT NULL,
                    embedding halfvec NOT NULL,
                    PRIMARY KEY (space, id)
                ) PARTITION BY LIST (space);
            END IF;
        END $$
        """;

    private const int MostConnections = 8;
    private const int LeastShare = 20;
    private const int MostCandidates = 1_000;

    private readonly Lazy<NpgsqlDataSource> _source = new(() => database.CreateSource(static builder => builder.UseVector(), MostConnections));
    private VectorSupport? _support;
    private long _askedAt;

    /// <summary>
    /// Searches that so many rows pass, or a twentieth of all, or fewer, compare them all. Default 10,000, about 10 ms. The benchmark <c>vectors</c> shows why: the index alone, asked with a filter that few of the nearest pass, finds 90 to 97 % of them.
    /// </summary>
    internal int ComparedRows { get; init; } = 10_000;

    /// <summary>The partition of a space.</summary>
    public static string TableOf(long space) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"vector_partition_{space}");

    /// <summary>Whether the server has the extension. Asked once, and every five minutes as long as it has not.</summary>
    public async ValueTask<VectorSupport> GetSupportAsync(CancellationToken cancellationToken)
    {
        if (_support is { } known && (known.CanIndex || clock.GetElapsedTime(_askedAt) < AskAgainAfter))
        {
            return known;
        }

        var support = await database.WriteAsync(0, static (database, _, cancellation) => AskAsync(database, cancellation), cancellationToken);
        (_support, _askedAt) = (support, clock.GetTimestamp());
        return support;
    }

    /// <summary>Brings a space's partition in step with a change of its rows, in the change's transaction.</summary>
    public static async Task ChangeAsync(PostgreSqlChange change, long space, long afterRevision, string[] ids, CancellationToken cancellationToken)
    {
        var table = TableOf(space);
        await change.RunAsync($"DELETE FROM {table} WHERE space = $1 AND id = ANY($2)", cancellationToken, Number(space), Texts(ids));
        await change.RunAsync(Copy(table, "AND v.revision > $2"), cancellationToken, Number(space), Number(afterRevision));
    }

    /// <summary>Builds a space's partition and index. In one transaction: a process that is lost leaves nothing. Writers wait only while the last changes are copied.</summary>
    public async ValueTask<bool> BuildAsync(VectorSpace space, CancellationToken cancellationToken)
    {
        if (!(await GetSupportAsync(cancellationToken)).CanIndex)
        {
            return false;
        }

        return await PostgreSqlChange.RunAsync(
            database,
            space,
            static async (change, space, cancellation) =>
            {
                const string Select = "SELECT id, dimensions, revision, is_indexed, pg_try_advisory_xact_lock(hashtextextended('vector_partitions', id)) FROM vector_spaces WHERE tenant = $1 AND collection = $2 AND model = $3";
                var found = await change.ListAsync(
                    Select, static row => (Id: row.GetInt64(0), Dimensions: row.GetInt32(1), Revision: row.GetInt64(2), IsIndexed: row.GetBoolean(3), IsOurs: row.GetBoolean(4)), cancellation, Text(space.TenantId), Text(space.Collection), Text(space.Model));
                if (found is not [{ IsIndexed: false, IsOurs: true } state])
                {
                    return found is [{ IsIndexed: true }];
                }

                var table = TableOf(state.Id);
                await change.RunAsync($"SELECT set_config('maintenance_work_mem', '{BuildMemory}', true)", cancellation);
                await change.RunAsync($"CREATE TABLE {table} (LIKE vector_partitions)", cancellation);
                await change.RunLongAsync(Copy(table, "AND v.revision <= $2"), cancellation, Number(state.Id), Number(state.Revision));
                await change.RunLongAsync($"ALTER TABLE {table} ADD PRIMARY KEY (space, id), ADD CHECK (space = {state.Id})", cancellation);
                await change.RunLongAsync($"CREATE INDEX {table}_near ON {table} USING hnsw ((embedding::halfvec({state.Dimensions})) halfvec_cosine_ops)", cancellation);
                await change.RunLongAsync($"CREATE INDEX {table}_owner ON {table} (owner)", cancellation);
                await change.RunLongAsync($"CREATE INDEX {table}_kind ON {table} (kind)", cancellation);
                await change.RunLongAsync($"ANALYZE {table}", cancellation);

                // From here on writers wait, and what they did meanwhile is brought over.
                var now = await change.ListAsync("SELECT is_indexed FROM vector_spaces WHERE id = $1 AND collection <> $2 FOR UPDATE", static row => row.GetBoolean(0), cancellation, Number(state.Id), Text(VectorArguments.Erased));
                if (now is not [false])
                {
                    await change.RunAsync($"DROP TABLE {table}", cancellation);
                    return false;
                }

                await change.RunLongAsync(
                    $"DELETE FROM {table} p WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space = $1 AND v.id = p.id AND v.revision <= $2)", cancellation, Number(state.Id), Number(state.Revision));
                await change.RunLongAsync(Copy(table, "AND v.revision > $2"), cancellation, Number(state.Id), Number(state.Revision));
                await change.RunAsync($"ALTER TABLE vector_partitions ATTACH PARTITION {table} FOR VALUES IN ({state.Id})", cancellation);
                await change.RunAsync("UPDATE vector_spaces SET is_indexed = true WHERE id = $1", cancellation, Number(state.Id));
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.IsValueCreated ? _source.Value.DisposeAsync() : ValueTask.CompletedTask;

    /// <summary>The rows nearest to a direction.</summary>
    public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch search, VectorSpaceState state, float[] direction, CancellationToken cancellationToken) => database.ReadAsync(
        (Source: _source.Value, Compared: ComparedRows, search, state, Direction: new HalfVector(Array.ConvertAll(direction, static value => (Half)value))),
        static async (_, query, cancellation) =>
        {
            var (source, compared, search, state, direction) = query;
            if (state.Rows <= compared)
            {
                return await CompareAsync(source, search, state, direction, cancellation);
            }

            var share = 1.0;
            if (search.Reader.Owners is not null || search.Kinds is not null)
            {
                var few = Math.Max(compared, state.Rows / LeastShare);
                await using var count = source.CreateCommand($"SELECT count(*) FROM (SELECT 1 FROM {TableOf(state.Id)} {Where(search)} LIMIT {few + 1}) counted");
                Bind(count.Parameters, search, state);
                if ((long)(await count.ExecuteScalarAsync(cancellation))! <= few)
                {
                    return await CompareAsync(source, search, state, direction, cancellation);
                }

                share = (double)few / state.Rows;
            }

            // Filtered or not, at least as many rows as are wanted count: fewer mean that the index gave up.
            var hits = await AskIndexAsync(source, search, state, direction, share, cancellation);
            return hits.Count >= Math.Min(search.Top, state.Rows) ? hits : await CompareAsync(source, search, state, direction, cancellation);
        },
        cancellationToken);

    /// <summary>The statement that compares every row. The index is on another expression, so that it cannot be taken.</summary>
    internal static string CompareSql(VectorSearch search, VectorSpaceState state) =>
        $"""
        SELECT id, owner, kind, note, 1 - (embedding <=> {Direction(search)}) AS cosine FROM {TableOf(state.Id)} {Where(search)}
        ORDER BY embedding <=> {Direction(search)} LIMIT {search.Top}
        """;

    /// <summary>The statement that asks the index. More are asked for than are wanted, so that it looks further.</summary>
    internal static string IndexSql(VectorSearch search, VectorSpaceState state) =>
        $"""
        SELECT id, owner, kind, note, 1 - distance AS cosine FROM (
            SELECT id, owner, kind, note, (embedding::halfvec({state.Dimensions})) <=> {Direction(search)} AS distance FROM {TableOf(state.Id)} {Where(search)}
            ORDER BY (embedding::halfvec({state.Dimensions})) <=> {Direction(search)} LIMIT {Wanted(search)}
        ) AS near ORDER BY distance LIMIT {search.Top}
        """;

    private static int Wanted(VectorSearch search) => search.Top * 4;

    // The row's tenant and owner are compared in every statement, whatever is asked.
    private static string Where(VectorSearch search) =>
        "WHERE space = $1 AND tenant = $2"
        + (search.Reader.Owners is null ? "" : " AND owner = ANY($3)")
        + (search.Kinds is null ? "" : search.Reader.Owners is null ? " AND kind = ANY($3)" : " AND kind = ANY($4)");

    private static string Direction(VectorSearch search) => (search.Reader.Owners, search.Kinds) switch
    {
        (null, null) => "$3",
        (null, _) or (_, null) => "$4",
        _ => "$5",
    };

    private static void Bind(NpgsqlParameterCollection parameters, VectorSearch search, VectorSpaceState state, HalfVector? direction = null)
    {
        parameters.Add(Number(state.Id));
        parameters.Add(Text(search.Space.TenantId));
        if (search.Reader.Owners is { } owners)
        {
            parameters.Add(Texts(owners));
        }

        if (search.Kinds is { } kinds)
        {
            parameters.Add(Texts(kinds));
        }

        if (direction is not null)
        {
            parameters.Add(new NpgsqlParameter<HalfVector> { TypedValue = direction });
        }
    }

    private static async Task<IReadOnlyList<VectorHit>> CompareAsync(NpgsqlDataSource source, VectorSearch search, VectorSpaceState state, HalfVector direction, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(CompareSql(search, state));
        Bind(command.Parameters, search, state, direction);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await HitsAsync(row, cancellationToken);
    }

    private static async Task<IReadOnlyList<VectorHit>> AskIndexAsync(NpgsqlDataSource source, VectorSearch search, VectorSpaceState state, HalfVector direction, double share, CancellationToken cancellationToken)
    {
        // Both statements are one transaction, so that the settings are the search's alone, also behind a proxy that pools transactions.
        await using var batch = source.CreateBatch();
        var settings = new NpgsqlBatchCommand(
            """
            SELECT set_config('hnsw.ef_search', $1, true), set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.max_scan_tuples', '200000', true), set_config('hnsw.scan_mem_multiplier', '8', true)
            """);

        // So many candidates that as many as are wanted pass the filter: what the index adds when it has to go on is further away than what it passed by.
        settings.Parameters.Add(Text(((int)Math.Clamp(Wanted(search) * 2 / share, 100, MostCandidates)).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var select = new NpgsqlBatchCommand(IndexSql(search, state));
        Bind(select.Parameters, search, state, direction);
        batch.BatchCommands.Add(settings);
        batch.BatchCommands.Add(select);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        return await HitsAsync(row, cancellationToken);
    }

    private static async Task<IReadOnlyList<VectorHit>> HitsAsync(NpgsqlDataReader row, CancellationToken cancellationToken)
    {
        List<VectorHit> hits = [];
        while (await row.ReadAsync(cancellationToken))
        {
            hits.Add(new VectorHit(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), Math.Clamp(row.GetDouble(4), -1, 1)));
        }

        return hits;
    }

    private static string Copy(string table, string which) =>
        $"""
        INSERT INTO {table} (space, tenant, id, owner, kind, note, embedding)
        SELECT v.space, s.tenant, v.id, v.owner, v.kind, v.note, v.vector::halfvec FROM vectors v JOIN vector_spaces s ON s.id = v.space WHERE v.space = $1 {which}
        """;

    private static async Task<VectorSupport> AskAsync(PostgreSqlDatabase database, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(database, cancellationToken);
        if (version is null)
        {
            await using var available = database.Command("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'");
            if (await available.ExecuteScalarAsync(cancellationToken) is null)
            {
                return new VectorSupport(false, "exact scan in the process over PostgreSQL; its server has no pgvector (Debian: postgresql-NN-pgvector)");
            }

            try
            {
                await using var create = database.Command("CREATE EXTENSION IF NOT EXISTS vector");
                await create.ExecuteNonQueryAsync(cancellationToken);
            }
            catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                return new VectorSupport(false, "exact scan in the process over PostgreSQL; let a superuser run CREATE EXTENSION vector in the database");
            }

            version = await VersionAsync(database, cancellationToken);
        }

        if (version is null || version < new Version(OldestMajor, OldestMinor))
        {
            return new VectorSupport(false, $"exact scan in the process over PostgreSQL; pgvector {version} is older than {OldestMajor}.{OldestMinor}");
        }

        try
        {
            await using var parent = database.Command(Parent);
            await parent.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return new VectorSupport(false, "exact scan in the process over PostgreSQL; its role may not create the table of large collections: GRANT CREATE ON SCHEMA of its tables to it");
        }

        return new VectorSupport(true, $"exact scan in the process over PostgreSQL, pgvector {version} for large collections");
    }

    private static async Task<Version?> VersionAsync(PostgreSqlDatabase database, CancellationToken cancellationToken)
    {
        await using var command = database.Command("SELECT extversion FROM pg_extension WHERE extname = 'vector'");
        return Version.TryParse(await command.ExecuteScalarAsync(cancellationToken) as string, out var version) ? version : null;
    }
}
