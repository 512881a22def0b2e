using Steward.Storage.PostgreSql;
using static Steward.Storage.Vectors.VectorParameters;

namespace Steward.Storage.Vectors;

/// <summary>
/// Takes a person's rows out of PostgreSQL in steps, each a change of its own. The first notes who is erased and up to which revision of each space, while no writer of the tenant is at work: what is written later stays, and what is replayed from before is refused.
/// </summary>
internal static class PostgreSqlOwnerErasing
{
    private const string LockTenant = "SELECT pg_advisory_xact_lock(hashtextextended('vectors/' || $1, 0))";
    private const string CommitDurably = "SELECT CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END";
    private const string SelectErased = "SELECT erased_at, removed, operation FROM vector_erasures WHERE tenant = $1 AND owner = $2 FOR UPDATE";

    private const string BeginErasing =
        """
        INSERT INTO vector_erasures AS e (tenant, owner, erased_at, removed, operation) VALUES ($1, $2, $3, 0, $4)
        ON CONFLICT (tenant, owner) DO UPDATE SET erased_at = greatest(e.erased_at, excluded.erased_at), removed = 0, operation = excluded.operation
        """;

    private const string NoteSpaces =
        """
        INSERT INTO vector_owner_erasures (tenant, owner, space, through)
        SELECT $1, $2, s.id, s.revision FROM vector_spaces s WHERE s.tenant = $1 AND EXISTS (SELECT 1 FROM vectors v WHERE v.owner = $2 AND v.space = s.id)
        ON CONFLICT (tenant, owner, space) DO UPDATE SET through = excluded.through
        """;

    private const string SelectNext =
        """
        SELECT s.id, e.through, s.is_indexed FROM vector_owner_erasures e JOIN vector_spaces s ON s.id = e.space
        WHERE e.tenant = $1 AND e.owner = $2 ORDER BY e.space LIMIT 1 FOR UPDATE OF s
        """;

    private const string DeleteSome =
        """
        DELETE FROM vectors WHERE space = $1 AND id IN (SELECT id FROM vectors WHERE space = $1 AND owner = $2 AND revision <= $3 LIMIT $4) RETURNING id
        """;

    private const string NoteRemoval = "UPDATE vector_spaces SET revision = revision + 1, removed_at = revision + 1, row_count = row_count - $2 WHERE id = $1";

    public static async Task<OwnerErased> StepAsync(PostgreSqlChange change, string tenantId, string owner, string operation, long before, int limit, CancellationToken cancellationToken)
    {
        await change.RunAsync(CommitDurably, cancellationToken);
        if (await FindAsync(change, tenantId, owner, operation, before, cancellationToken) is not { } removed)
        {
            await change.RunAsync(LockTenant, cancellationToken, Text(tenantId));

            // Whoever held the lock may have begun the same erasure.
            if (await FindAsync(change, tenantId, owner, operation, before, cancellationToken) is { } meanwhile)
            {
                removed = meanwhile;
            }
            else
            {
                await change.RunAsync(BeginErasing, cancellationToken, Text(tenantId), Text(owner), Number(before), Text(operation));
                await change.RunAsync(NoteSpaces, cancellationToken, Text(tenantId), Text(owner));
                removed = 0;
            }
        }

        var found = await change.ListAsync(SelectNext, static row => (Id: row.GetInt64(0), Through: row.GetInt64(1), IsIndexed: row.GetBoolean(2)), cancellationToken, Text(tenantId), Text(owner));
        if (found is not [var (id, through, isIndexed)])
        {
            return new OwnerErased(removed, HasMore: false);
        }

        var gone = await change.ListAsync(DeleteSome, static row => row.GetString(0), cancellationToken, Number(id), Text(owner), Number(through), Count(limit));
        if (gone.Count > 0)
        {
            if (isIndexed)
            {
                await change.RunAsync($"DELETE FROM {PgvectorIndex.TableOf(id)} WHERE space = $1 AND id = ANY($2)", cancellationToken, Number(id), Texts(gone));
            }

            await change.RunAsync(NoteRemoval, cancellationToken, Number(id), Number(gone.Count));
            await change.RunAsync("UPDATE vector_erasures SET removed = removed + $3 WHERE tenant = $1 AND owner = $2", cancellationToken, Text(tenantId), Text(owner), Number(gone.Count));
        }

        if (gone.Count < limit)
        {
            await change.RunAsync("DELETE FROM vector_owner_erasures WHERE tenant = $1 AND owner = $2 AND space = $3", cancellationToken, Text(tenantId), Text(owner), Number(id));
        }

        var left = await change.ListAsync("SELECT count(*) FROM vector_owner_erasures WHERE tenant = $1 AND owner = $2", static row => row.GetInt64(0), cancellationToken, Text(tenantId), Text(owner));
        return new OwnerErased(removed + gone.Count, left[0] > 0);
    }

    // How many this erasure has removed so far. One that an earlier release began has no operation; its time says which it is.
    private static async Task<long?> FindAsync(PostgreSqlChange change, string tenantId, string owner, string operation, long before, CancellationToken cancellationToken) =>
        await change.ListAsync(SelectErased, static row => (At: row.GetInt64(0), Removed: row.GetInt64(1), Operation: row.IsDBNull(2) ? null : row.GetString(2)), cancellationToken, Text(tenantId), Text(owner)) is [var known]
            && (known.Operation is null ? known.At == before : known.Operation == operation)
            ? known.Removed
            : null;
}
