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
    private const string SelectErased = "SELECT erased_at, removed FROM vector_erasures WHERE tenant = $1 AND owner = $2 FOR UPDATE";

    private const string BeginErasing =
        """
        INSERT INTO vector_erasures AS e (tenant, owner, erased_at, removed) VALUES ($1, $2, $3, 0)
        ON CONFLICT (tenant, owner) DO UPDATE SET erased_at = excluded.erased_at, removed = 0
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

    public static async Task<OwnerErased> StepAsync(PostgreSqlChange change, string tenantId, string owner, long before, int limit, CancellationToken cancellationToken)
    {
        await change.RunAsync(CommitDurably, cancellationToken);
        if (await FindAsync(change, tenantId, owner, cancellationToken) is not { } known || known.At < before)
        {
            await change.RunAsync(LockTenant, cancellationToken, Text(tenantId));
            await change.RunAsync(BeginErasing, cancellationToken, Text(tenantId), Text(owner), Number(before));
            await change.RunAsync(NoteSpaces, cancellationToken, Text(tenantId), Text(owner));
            known = (before, 0);
        }

        var found = await change.ListAsync(SelectNext, static row => (Id: row.GetInt64(0), Through: row.GetInt64(1), IsIndexed: row.GetBoolean(2)), cancellationToken, Text(tenantId), Text(owner));
        if (found is not [var (id, through, isIndexed)])
        {
            return new OwnerErased(known.Removed, HasMore: false);
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
        return new OwnerErased(known.Removed + gone.Count, left[0] > 0);
    }

    private static async Task<(long At, long Removed)?> FindAsync(PostgreSqlChange change, string tenantId, string owner, CancellationToken cancellationToken) =>
        await change.ListAsync(SelectErased, static row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken, Text(tenantId), Text(owner)) is [var known] ? known : null;
}
