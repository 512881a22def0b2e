using Steward.Storage.Sqlite;

namespace Steward.Storage.Vectors;

/// <summary>Vectors in the SQLite file. It does not search: whoever asks reads them into memory.</summary>
internal sealed class SqliteVectorStore(SqliteDatabase database) : IVectorStore
{
    private const string SelectSpaces =
        """
        SELECT model, id, dimensions, row_count, revision, removed_at, through FROM vector_spaces WHERE tenant = ?1 AND collection = ?2 ORDER BY model
        """;

    private const string SelectSpace = "SELECT id, dimensions, revision FROM vector_spaces WHERE tenant = ?1 AND collection = ?2 AND model = ?3";
    private const string InsertSpace = "INSERT INTO vector_spaces (tenant, collection, model, dimensions, row_count, revision, removed_at, through) VALUES (?1, ?2, ?3, ?4, 0, 0, 0, 0)";

    private const string UpdateSpace =
        "UPDATE vector_spaces SET revision = ?2, removed_at = CASE WHEN ?3 > 0 THEN ?2 ELSE removed_at END, through = max(through, ?4), row_count = row_count + ?5 WHERE id = ?1";

    private const string SelectErased = "SELECT erased_at FROM vector_erasures WHERE tenant = ?1 AND owner = ?2";

    private const string InsertRow = "INSERT INTO vectors (space, id, revision, owner, kind, note, vector) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    private const string DeleteRow = "DELETE FROM vectors WHERE space = ?1 AND id = ?2";
    private const string SelectRows = "SELECT id, owner, kind, note, revision, vector FROM vectors WHERE space = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3";
    private const string SelectIds = "SELECT id FROM vectors WHERE space = ?1";

    private const string SelectPerson = "SELECT erased_at, removed, operation FROM vector_erasures WHERE tenant = ?1 AND owner = ?2";

    private const string BeginErasing =
        "INSERT INTO vector_erasures (tenant, owner, erased_at, removed, operation) VALUES (?1, ?2, ?3, 0, ?4) ON CONFLICT (tenant, owner) DO UPDATE SET erased_at = max(erased_at, excluded.erased_at), removed = 0, operation = excluded.operation";

    private const string NoteSpaces =
        """
        INSERT INTO vector_owner_erasures (tenant, owner, space, through)
        SELECT ?1, ?2, s.id, s.revision FROM vector_spaces s WHERE s.tenant = ?1 AND EXISTS (SELECT 1 FROM vectors v WHERE v.owner = ?2 AND v.space = s.id)
        ON CONFLICT (tenant, owner, space) DO UPDATE SET through = excluded.through
        """;

    private const string SelectNext = "SELECT space, through FROM vector_owner_erasures WHERE tenant = ?1 AND owner = ?2 ORDER BY space LIMIT 1";

    private const string DeleteOwned =
        "DELETE FROM vectors WHERE space = ?1 AND id IN (SELECT id FROM vectors WHERE space = ?1 AND owner = ?2 AND revision <= ?3 LIMIT ?4)";

    private const string CountOwned = "SELECT count(*) FROM (SELECT 1 FROM vectors WHERE space = ?1 AND owner = ?2 AND revision <= ?3 LIMIT ?4)";
    private const string NoteRemoval = "UPDATE vector_spaces SET revision = revision + 1, removed_at = revision + 1, row_count = row_count - ?2 WHERE id = ?1";

    private const string SelectHeld = "SELECT id, collection, model FROM vector_spaces WHERE tenant = ?1 AND collection <> ?2";

    private const string InsertEmptied =
        """
        INSERT INTO vector_spaces (tenant, collection, model, dimensions, row_count, revision, removed_at, through) SELECT tenant, ?2, ?3, dimensions, 0, 0, 0, through FROM vector_spaces WHERE id = ?1
        """;

    private const string InsertErased =
        "INSERT INTO vector_erasures (tenant, owner, erased_at) VALUES (?1, ?2, ?3) ON CONFLICT (tenant, owner) DO UPDATE SET erased_at = max(erased_at, excluded.erased_at)";

    private static readonly VectorSupport Support = new(false, "exact scan in the process over SQLite");

    /// <inheritdoc/>
    public ValueTask<VectorSupport> GetSupportAsync(CancellationToken cancellationToken = default) => new(Support);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<VectorSpaceState>> ListAsync(string tenantId, string collection, CancellationToken cancellationToken = default)
    {
        VectorArguments.Space(new VectorSpace(tenantId, collection, "any"));
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, collection), static (session, wanted) => Rows(
            session.Prepare(SelectSpaces).Bind(1, wanted.tenantId).Bind(2, wanted.collection),
            row => new VectorSpaceState(
                new VectorSpace(wanted.tenantId, wanted.collection, row.Text(0)), row.Int64(1), (int)row.Int64(2), row.Int64(3), row.Int64(4), row.Int64(5), row.Int64(6), IsIndexed: false))));
    }

    /// <inheritdoc/>
    public ValueTask<VectorsWritten> WriteAsync(VectorWrite write, CancellationToken cancellationToken = default)
    {
        var (vectors, dimensions) = VectorArguments.Write(write);
        return WriteAsync(write, vectors, dimensions, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredVector>> ReadAsync(VectorSpace space, long afterRevision, int limit, CancellationToken cancellationToken = default)
    {
        VectorArguments.Space(space);
        VectorArguments.Page(limit);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((space, afterRevision, limit), static (session, wanted) => Find(session, wanted.space) is { } found
            ? Rows(
                session.Prepare(SelectRows).Bind(1, found.Id).Bind(2, wanted.afterRevision).Bind(3, wanted.limit),
                static row => new StoredVector(row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Int64(4), VectorArguments.FromBytes(row.Blob(5))))
            : []));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListIdsAsync(VectorSpace space, CancellationToken cancellationToken = default)
    {
        VectorArguments.Space(space);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read(space, static (session, wanted) => Find(session, wanted) is { } found ? Rows(session.Prepare(SelectIds).Bind(1, found.Id), static row => row.Text(0)) : []));
    }

    /// <inheritdoc/>
    public ValueTask<bool> IndexAsync(VectorSpace space, CancellationToken cancellationToken = default) => new(false);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch search, CancellationToken cancellationToken = default)
    {
        VectorArguments.Search(search);
        throw new StorageException($"The database {database.Location} does not search vectors.");
    }

    /// <inheritdoc/>
    public ValueTask<OwnerErased> EraseOwnerAsync(string tenantId, string owner, string operation, DateTimeOffset before, int limit, CancellationToken cancellationToken = default)
    {
        VectorArguments.Visible(tenantId, 100, nameof(tenantId));
        VectorArguments.Owner(owner);
        VectorArguments.Visible(operation, 300, nameof(operation));
        VectorArguments.Page(limit);
        return database.WriteAsync(
            session =>
            {
                // One that an earlier release began has no operation; its time says which it is.
                var at = before.ToUnixTimeMilliseconds();
                var known = Rows(session.Prepare(SelectPerson).Bind(1, tenantId).Bind(2, owner), static row => (At: row.Int64(0), Removed: row.Int64(1), Operation: row.IsNull(2) ? null : row.Text(2)));
                var removed = known is [var last] ? last.Removed : 0;
                if (known is not [var begun] || !(begun.Operation is null ? begun.At == at : begun.Operation == operation))
                {
                    session.Prepare(BeginErasing).Bind(1, tenantId).Bind(2, owner).Bind(3, at).Bind(4, operation).Run();
                    session.Prepare(NoteSpaces).Bind(1, tenantId).Bind(2, owner).Run();
                    removed = 0;
                }

                if (Rows(session.Prepare(SelectNext).Bind(1, tenantId).Bind(2, owner), static row => (Id: row.Int64(0), Through: row.Int64(1))) is not [var (id, through)])
                {
                    return new OwnerErased(removed, HasMore: false);
                }

                var count = Rows(session.Prepare(CountOwned).Bind(1, id).Bind(2, owner).Bind(3, through).Bind(4, limit), static row => row.Int64(0))[0];
                if (count > 0)
                {
                    session.Prepare(DeleteOwned).Bind(1, id).Bind(2, owner).Bind(3, through).Bind(4, limit).Run();
                    session.Prepare(NoteRemoval).Bind(1, id).Bind(2, count).Run();
                    session.Prepare("UPDATE vector_erasures SET removed = removed + ?3 WHERE tenant = ?1 AND owner = ?2").Bind(1, tenantId).Bind(2, owner).Bind(3, count).Run();
                }

                if (count < limit)
                {
                    session.Prepare("DELETE FROM vector_owner_erasures WHERE tenant = ?1 AND owner = ?2 AND space = ?3").Bind(1, tenantId).Bind(2, owner).Bind(3, id).Run();
                }

                return new OwnerErased(removed + count, Rows(session.Prepare(SelectNext).Bind(1, tenantId).Bind(2, owner), static row => row.Int64(0)).Count > 0);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> DropAsync(VectorSpace space, CancellationToken cancellationToken = default)
    {
        VectorArguments.Space(space);
        return database.WriteAsync(
            session =>
            {
                if (Find(session, space) is not { } found)
                {
                    return false;
                }

                session.Prepare("DELETE FROM vectors WHERE space = ?1").Bind(1, found.Id).Run();
                session.Prepare("DELETE FROM vector_spaces WHERE id = ?1").Bind(1, found.Id).Run();
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<long> EraseTenantAsync(string tenantId, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        VectorArguments.Visible(tenantId, 100, nameof(tenantId));
        return database.WriteAsync(
            session =>
            {
                session.Prepare(InsertErased).Bind(1, tenantId).Bind(2, VectorArguments.Everybody).Bind(3, before.ToUnixTimeMilliseconds()).Run();
                var found = Rows(session.Prepare(SelectHeld).Bind(1, tenantId).Bind(2, VectorArguments.Erased), static row => (Id: row.Int64(0), Collection: row.Text(1), Model: row.Text(2)));
                foreach (var (id, collection, model) in found)
                {
                    session.Prepare("UPDATE vector_spaces SET collection = ?2, model = CAST(id AS TEXT) WHERE id = ?1").Bind(1, id).Bind(2, VectorArguments.Erased).Run();
                    session.Prepare(InsertEmptied).Bind(1, id).Bind(2, collection).Bind(3, model).Run();
                }

                return Rows(session.Prepare("SELECT row_count FROM vector_spaces WHERE tenant = ?1 AND collection = ?2").Bind(1, tenantId).Bind(2, VectorArguments.Erased), static row => row.Int64(0)).Sum();
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveErasedAsync(string tenantId, int limit, CancellationToken cancellationToken = default)
    {
        VectorArguments.Visible(tenantId, 100, nameof(tenantId));
        VectorArguments.Page(limit);
        return database.WriteAsync(
            session =>
            {
                var found = Rows(session.Prepare("SELECT id FROM vector_spaces WHERE tenant = ?1 AND collection = ?2 ORDER BY id LIMIT 1").Bind(1, tenantId).Bind(2, VectorArguments.Erased), static row => row.Int64(0));
                if (found is not [var id])
                {
                    return false;
                }

                session.Prepare("DELETE FROM vectors WHERE space = ?1 AND id IN (SELECT id FROM vectors WHERE space = ?1 LIMIT ?2)").Bind(1, id).Bind(2, limit).Run();
                var removed = session.Changes;
                if (removed < limit)
                {
                    session.Prepare("DELETE FROM vector_spaces WHERE id = ?1").Bind(1, id).Run();
                }
                else
                {
                    session.Prepare("UPDATE vector_spaces SET row_count = row_count - ?2 WHERE id = ?1").Bind(1, id).Bind(2, removed).Run();
                }

                return true;
            },
            cancellationToken);
    }

    private async ValueTask<VectorsWritten> WriteAsync(VectorWrite write, IReadOnlyList<float[]> vectors, int dimensions, CancellationToken cancellationToken)
    {
        var written = await database.WriteAsync(session => Change(session, write, vectors, dimensions), cancellationToken, vectors.Count * (dimensions * 2L));
        return written ?? throw new ArgumentException($"The vectors have {dimensions} values; the space's have another number.", nameof(write));
    }

    // Null when the space has vectors of another length: an exception would undo the changes of others that share the transaction.
    private static VectorsWritten? Change(SqliteSession session, VectorWrite write, IReadOnlyList<float[]> vectors, int dimensions)
    {
        var found = Find(session, write.Space);
        if (found is null)
        {
            if (dimensions == 0)
            {
                return new VectorsWritten(0, 0, [], 0, 0);
            }

            session.Prepare(InsertSpace).Bind(1, write.Space.TenantId).Bind(2, write.Space.Collection).Bind(3, write.Space.Model).Bind(4, dimensions).Run();
            found = (session.LastInsertRowId, dimensions, 0);
        }

        var (space, length, before) = found.Value;
        if (dimensions != 0 && dimensions != length)
        {
            return null;
        }

        var (revision, replaced) = (before, 0);
        var rows = new List<StoredVector>();
        foreach (var i in VectorArguments.Taken(write.Rows, Erased(session, write)))
        {
            var row = write.Rows[i];
            replaced += Delete(session, space, row.Id);
            session.Prepare(InsertRow).Bind(1, space).Bind(2, row.Id).Bind(3, ++revision).Bind(4, row.Owner).Bind(5, row.Kind).Bind(6, row.Note).Bind(7, VectorArguments.ToBytes(vectors[i]).AsSpan()).Run();
            rows.Add(new StoredVector(row.Id, row.Owner, row.Kind, row.Note, revision, vectors[i]));
        }

        var removed = write.Removed.Sum(id => Delete(session, space, id));
        revision += removed > 0 ? 1 : 0;
        session.Prepare(UpdateSpace).Bind(1, space).Bind(2, revision).Bind(3, removed).Bind(4, write.Through ?? 0).Bind(5, rows.Count - replaced - removed).Run();
        return new VectorsWritten(space, before, rows, removed, revision);
    }

    private static int Delete(SqliteSession session, long space, string id)
    {
        session.Prepare(DeleteRow).Bind(1, space).Bind(2, id).Run();
        return session.Changes;
    }

    private static Dictionary<string, long> Erased(SqliteSession session, VectorWrite write)
    {
        var erased = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var owner in VectorArguments.Owners(write))
        {
            var select = session.Prepare(SelectErased).Bind(1, write.Space.TenantId).Bind(2, owner);
            if (select.Step())
            {
                erased[owner] = select.Int64(0);
            }

            select.Reset();
        }

        return erased;
    }

    private static (long Id, int Dimensions, long Revision)? Find(SqliteSession session, VectorSpace space)
    {
        var select = session.Prepare(SelectSpace).Bind(1, space.TenantId).Bind(2, space.Collection).Bind(3, space.Model);
        (long, int, long)? found = select.Step() ? (select.Int64(0), (int)select.Int64(1), select.Int64(2)) : null;
        select.Reset();
        return found;
    }

    private static List<T> Rows<T>(SqliteStatement select, Func<SqliteStatement, T> read)
    {
        List<T> rows = [];
        while (select.Step())
        {
            rows.Add(read(select));
        }

        select.Reset();
        return rows;
    }
}
