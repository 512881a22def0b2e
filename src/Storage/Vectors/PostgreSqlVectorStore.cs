using Npgsql;
using Steward.Storage.PostgreSql;
using static Steward.Storage.Vectors.VectorParameters;

namespace Steward.Storage.Vectors;

/// <summary>Vectors in PostgreSQL. Where it has pgvector, large spaces are searched there; see <see cref="PgvectorIndex"/>.</summary>
internal sealed class PostgreSqlVectorStore(PostgreSqlDatabase database, TimeProvider clock) : IVectorStore, IAsyncDisposable
{
    private const string SelectSpaces =
        """
        SELECT model, id, dimensions, row_count, revision, removed_at, through, is_indexed FROM vector_spaces WHERE tenant = $1 AND collection = $2 ORDER BY model
        """;

    private const string SelectRows =
        """
        SELECT v.id, v.owner, v.kind, v.note, v.revision, v.vector FROM vectors v
        WHERE v.space = (SELECT s.id FROM vector_spaces s WHERE s.tenant = $1 AND s.collection = $2 AND s.model = $3) AND v.revision > $4 ORDER BY v.revision LIMIT $5
        """;

    private const string SelectIds =
        "SELECT v.id FROM vectors v WHERE v.space = (SELECT s.id FROM vector_spaces s WHERE s.tenant = $1 AND s.collection = $2 AND s.model = $3)";

    // Writers of a tenant share the lock, so that whoever erases a person waits for those that do not know of it yet, also for those that make a new space.
    private const string ShareTenant = "SELECT pg_advisory_xact_lock_shared(hashtextextended('vectors/' || $1, 0))";
    private const string LockTenant = "SELECT pg_advisory_xact_lock(hashtextextended('vectors/' || $1, 0))";
    private const string CommitDurably = "SELECT CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END";

    private const string InsertSpace =
        """
        INSERT INTO vector_spaces (tenant, collection, model, dimensions, row_count, revision, removed_at, through, is_indexed) VALUES ($1, $2, $3, $4, 0, 0, 0, 0, false)
        ON CONFLICT (tenant, collection, model) DO NOTHING
        """;

    private const string LockSpace = "SELECT id, dimensions, revision, is_indexed FROM vector_spaces WHERE tenant = $1 AND collection = $2 AND model = $3 FOR UPDATE";
    private const string SelectErased = "SELECT owner, erased_at FROM vector_erasures WHERE tenant = $1 AND owner = ANY($2)";
    private const string DeleteRows = "DELETE FROM vectors WHERE space = $1 AND id = ANY($2)";

    // The vectors come one behind the other: an array of arrays cannot be unnested row by row.
    private const string InsertRows =
        """
        INSERT INTO vectors (space, id, revision, owner, kind, note, vector)
        SELECT $1, r.id, $2 + r.n, r.owner, r.kind, r.note, ($7::real[])[(r.n - 1) * $8 + 1 : r.n * $8]
        FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY AS r (id, owner, kind, note, n)
        """;

    private const string UpdateSpace =
        """
        UPDATE vector_spaces SET revision = $2, removed_at = CASE WHEN $3 THEN $2 ELSE removed_at END, through = greatest(through, $4), row_count = row_count + $5 WHERE id = $1
        """;

    private const string InsertErased =
        """
        INSERT INTO vector_erasures AS e (tenant, owner, erased_at) VALUES ($1, $2, $3)
        ON CONFLICT (tenant, owner) DO UPDATE SET erased_at = greatest(e.erased_at, excluded.erased_at)
        """;

    private readonly PgvectorIndex _index = new(database, clock);

    /// <inheritdoc/>
    public ValueTask<VectorSupport> GetSupportAsync(CancellationToken cancellationToken = default) => _index.GetSupportAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<VectorSpaceState>> ListAsync(string tenantId, string collection, CancellationToken cancellationToken = default)
    {
        VectorArguments.Space(new VectorSpace(tenantId, collection, "any"));
        return await ReadAsync(
            SelectSpaces,
            parameters =>
            {
                parameters.Add(Text(tenantId));
                parameters.Add(Text(collection));
            },
            row => new VectorSpaceState(
                new VectorSpace(tenantId, collection, row.GetString(0)), row.GetInt64(1), row.GetInt32(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetBoolean(7)),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<VectorsWritten> WriteAsync(VectorWrite write, CancellationToken cancellationToken = default)
    {
        var (vectors, dimensions) = VectorArguments.Write(write);
        var written = await ChangeAsync((write, vectors, dimensions), static (change, state, cancellation) => WriteAsync(change, state.write, state.vectors, state.dimensions, cancellation), cancellationToken);
        return written ?? throw new ArgumentException($"The vectors have {dimensions} values; the space's have another number.", nameof(write));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredVector>> ReadAsync(VectorSpace space, long afterRevision, int limit, CancellationToken cancellationToken = default)
    {
        VectorArguments.Space(space);
        VectorArguments.Page(limit);
        return await ReadAsync(
            SelectRows,
            parameters =>
            {
                Place(parameters, space);
                parameters.Add(Number(afterRevision));
                parameters.Add(Number(limit));
            },
            static row => new StoredVector(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetFieldValue<float[]>(5)),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> ListIdsAsync(VectorSpace space, CancellationToken cancellationToken = default)
    {
        VectorArguments.Space(space);
        return await ReadAsync(SelectIds, parameters => Place(parameters, space), static row => row.GetString(0), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> IndexAsync(VectorSpace space, CancellationToken cancellationToken = default)
    {
        VectorArguments.Space(space);
        return _index.BuildAsync(space, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch search, CancellationToken cancellationToken = default)
    {
        VectorArguments.Search(search);
        var state = (await ListAsync(search.Space.TenantId, search.Space.Collection, cancellationToken)).FirstOrDefault(state => state.Space == search.Space);
        return state is { IsIndexed: true }
            ? await _index.SearchAsync(search, state, VectorArguments.Stored(search.Vector.Span, state.Dimensions), cancellationToken)
            : throw new StorageException($"The vectors {search.Space.Collection} of {search.Space.TenantId} have no index in the database {database.Location}.");
    }

    /// <inheritdoc/>
    public ValueTask<OwnerErased> EraseOwnerAsync(string tenantId, string owner, string operation, DateTimeOffset before, int limit, CancellationToken cancellationToken = default)
    {
        VectorArguments.Visible(tenantId, 100, nameof(tenantId));
        VectorArguments.Owner(owner);
        VectorArguments.Visible(operation, 300, nameof(operation));
        VectorArguments.Page(limit);
        return ChangeAsync(
            (tenantId, owner, operation, At: before.ToUnixTimeMilliseconds(), limit),
            static (change, person, cancellation) => PostgreSqlOwnerErasing.StepAsync(change, person.tenantId, person.owner, person.operation, person.At, person.limit, cancellation),
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> DropAsync(VectorSpace space, CancellationToken cancellationToken = default)
    {
        VectorArguments.Space(space);
        return ChangeAsync(
            space,
            static async (change, space, cancellation) =>
            {
                var found = await change.ListAsync(LockSpace, static row => (Id: row.GetInt64(0), IsIndexed: row.GetBoolean(3)), cancellation, Text(space.TenantId), Text(space.Collection), Text(space.Model));
                foreach (var (id, isIndexed) in found)
                {
                    await DropAsync(change, id, isIndexed, cancellation);
                }

                return found.Count > 0;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<long> EraseTenantAsync(string tenantId, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        VectorArguments.Visible(tenantId, 100, nameof(tenantId));
        return ChangeAsync(
            (tenantId, At: before.ToUnixTimeMilliseconds()),
            static async (change, tenant, cancellation) =>
            {
                await change.RunAsync(CommitDurably, cancellation);
                await change.RunAsync(LockTenant, cancellation, Text(tenant.tenantId));
                await change.RunAsync(InsertErased, cancellation, Text(tenant.tenantId), Text(VectorArguments.Everybody), Number(tenant.At));
                var found = await change.ListAsync(
                    "SELECT id, is_indexed, row_count, collection FROM vector_spaces WHERE tenant = $1 ORDER BY id FOR UPDATE",
                    static row => (Id: row.GetInt64(0), IsIndexed: row.GetBoolean(1), Rows: row.GetInt64(2), IsErased: row.GetString(3) == VectorArguments.Erased), cancellation, Text(tenant.tenantId));
                foreach (var (id, isIndexed, _, _) in found.Where(space => !space.IsErased))
                {
                    if (isIndexed)
                    {
                        await change.RunAsync($"DROP TABLE {PgvectorIndex.TableOf(id)}", cancellation);
                    }

                    var place = await change.ListAsync(
                        "SELECT collection, model, dimensions, through FROM vector_spaces WHERE id = $1",
                        static row => (Collection: row.GetString(0), Model: row.GetString(1), Dimensions: row.GetInt32(2), Through: row.GetInt64(3)), cancellation, Number(id));
                    await change.RunAsync("UPDATE vector_spaces SET collection = $2, model = id::text, is_indexed = false WHERE id = $1", cancellation, Number(id), Text(VectorArguments.Erased));
                    await change.RunAsync(InsertSpace, cancellation, Text(tenant.tenantId), Text(place[0].Collection), Text(place[0].Model), Count(place[0].Dimensions));
                    await change.RunAsync(
                        "UPDATE vector_spaces SET through = $4 WHERE tenant = $1 AND collection = $2 AND model = $3", cancellation, Text(tenant.tenantId), Text(place[0].Collection), Text(place[0].Model), Number(place[0].Through));
                }

                return found.Sum(space => space.Rows);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveErasedAsync(string tenantId, int limit, CancellationToken cancellationToken = default)
    {
        VectorArguments.Visible(tenantId, 100, nameof(tenantId));
        VectorArguments.Page(limit);
        return ChangeAsync(
            (tenantId, limit),
            static async (change, erased, cancellation) =>
            {
                await change.RunAsync(CommitDurably, cancellation);
                var found = await change.ListAsync(
                    "SELECT id, is_indexed FROM vector_spaces WHERE tenant = $1 AND collection = $2 ORDER BY id LIMIT 1 FOR UPDATE",
                    static row => (Id: row.GetInt64(0), IsIndexed: row.GetBoolean(1)), cancellation, Text(erased.tenantId), Text(VectorArguments.Erased));
                if (found is not [var (id, isIndexed)])
                {
                    return false;
                }

                var removed = await change.RunAsync("DELETE FROM vectors WHERE space = $1 AND id IN (SELECT id FROM vectors WHERE space = $1 LIMIT $2)", cancellation, Number(id), Number(erased.limit));
                if (removed < erased.limit)
                {
                    await DropAsync(change, id, isIndexed, cancellation);
                }
                else
                {
                    await change.RunAsync("UPDATE vector_spaces SET row_count = row_count - $2 WHERE id = $1", cancellation, Number(id), Number(removed));
                }

                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _index.DisposeAsync();

    // Null when the space has vectors of another length.
    private static async Task<VectorsWritten?> WriteAsync(PostgreSqlChange change, VectorWrite write, IReadOnlyList<float[]> vectors, int dimensions, CancellationToken cancellationToken)
    {
        var space = write.Space;
        await change.RunAsync(ShareTenant, cancellationToken, Text(space.TenantId));
        if (dimensions > 0)
        {
            await change.RunAsync(InsertSpace, cancellationToken, Text(space.TenantId), Text(space.Collection), Text(space.Model), Count(dimensions));
        }

        var found = await change.ListAsync(
            LockSpace, static row => (Id: row.GetInt64(0), Dimensions: row.GetInt32(1), Revision: row.GetInt64(2), IsIndexed: row.GetBoolean(3)), cancellationToken, Text(space.TenantId), Text(space.Collection), Text(space.Model));
        if (found.Count == 0)
        {
            return new VectorsWritten(0, 0, [], 0, 0);
        }

        var (id, length, before, isIndexed) = found[0];
        if (dimensions != 0 && dimensions != length)
        {
            return null;
        }

        var erased = await change.ListAsync(
            SelectErased, static row => (Owner: row.GetString(0), At: row.GetInt64(1)), cancellationToken, Text(space.TenantId), Texts(VectorArguments.Owners(write)));
        var taken = VectorArguments.Taken(write.Rows, erased.ToDictionary(person => person.Owner, person => person.At, StringComparer.Ordinal));
        var rows = taken.Select((index, n) => write.Rows[index] is var row ? new StoredVector(row.Id, row.Owner, row.Kind, row.Note, before + n + 1, vectors[index]) : null!).ToList();
        var replaced = rows.Count == 0 ? 0 : await change.RunAsync(DeleteRows, cancellationToken, Number(id), Texts(rows.Select(row => row.Id)));
        var removed = write.Removed.Count == 0 ? 0 : await change.RunAsync(DeleteRows, cancellationToken, Number(id), Texts(write.Removed));
        if (rows.Count > 0)
        {
            await change.RunAsync(
                InsertRows, cancellationToken, Number(id), Number(before), Texts(rows.Select(row => row.Id)), Texts(rows.Select(row => row.Owner)), Texts(rows.Select(row => row.Kind)), Texts(rows.Select(row => row.Note)),
                Values([.. taken.SelectMany(index => vectors[index])]), Number(length));
        }

        if (isIndexed)
        {
            await PgvectorIndex.ChangeAsync(change, id, before, [.. rows.Select(row => row.Id), .. write.Removed], cancellationToken);
        }

        var revision = before + rows.Count + (removed > 0 ? 1 : 0);
        await change.RunAsync(UpdateSpace, cancellationToken, Number(id), Number(revision), new NpgsqlParameter<bool> { TypedValue = removed > 0 }, Number(write.Through ?? 0), Number(rows.Count - replaced - removed));
        return new VectorsWritten(id, before, rows, removed, revision);
    }

    private static async Task DropAsync(PostgreSqlChange change, long id, bool isIndexed, CancellationToken cancellationToken)
    {
        if (isIndexed)
        {
            await change.RunAsync($"DROP TABLE {PgvectorIndex.TableOf(id)}", cancellationToken);
        }

        await change.RunAsync("DELETE FROM vector_spaces WHERE id = $1", cancellationToken, Number(id));
    }

    private ValueTask<TResult> ChangeAsync<TState, TResult>(TState state, Func<PostgreSqlChange, TState, CancellationToken, Task<TResult>> change, CancellationToken cancellationToken) =>
        PostgreSqlChange.RunAsync(database, state, change, cancellationToken);

    private ValueTask<List<TResult>> ReadAsync<TResult>(string sql, Action<NpgsqlParameterCollection> bind, Func<NpgsqlDataReader, TResult> read, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (sql, bind, read),
            static async (database, query, cancellation) =>
            {
                await using var command = database.Command(query.sql);
                query.bind(command.Parameters);
                await using var row = await command.ExecuteReaderAsync(cancellation);
                List<TResult> found = [];
                while (await row.ReadAsync(cancellation))
                {
                    found.Add(query.read(row));
                }

                return found;
            },
            cancellationToken);

    private static void Place(NpgsqlParameterCollection parameters, VectorSpace space)
    {
        parameters.Add(Text(space.TenantId));
        parameters.Add(Text(space.Collection));
        parameters.Add(Text(space.Model));
    }
}
