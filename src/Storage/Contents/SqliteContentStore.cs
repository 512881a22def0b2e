using Steward.Storage.Journals;
using Steward.Storage.Sqlite;

namespace Steward.Storage.Contents;

/// <summary>Contents in the SQLite file; written by the appends.</summary>
internal sealed class SqliteContentStore(SqliteDatabase database) : IContentStore
{
    private const string Select = "SELECT bytes FROM contents WHERE tenant = ?1 AND hash = ?2";

    private const string Delete =
        "DELETE FROM contents WHERE id IN (SELECT id FROM contents WHERE tenant = ?1 AND referred_at < ?2 ORDER BY referred_at LIMIT ?3)";

    private const string DeleteOne = "DELETE FROM contents WHERE tenant = ?1 AND hash = ?2";

    /// <inheritdoc/>
    public ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string tenantId, string hash, CancellationToken cancellationToken = default)
    {
        JournalArguments.TenantId(tenantId);
        JournalArguments.Hash(hash, nameof(hash));
        cancellationToken.ThrowIfCancellationRequested();
        var bytes = database.Read((tenantId, hash), static (session, query) =>
        {
            var select = session.Prepare(Select).Bind(1, query.tenantId).Bind(2, query.hash);
            var found = select.Step() ? select.Blob(0) : null;
            select.Reset();
            return found;
        });
        return new(bytes is null ? default(ReadOnlyMemory<byte>?) : bytes.AsMemory());
    }

    /// <inheritdoc/>
    public ValueTask<int> PurgeAsync(string tenantId, DateTimeOffset referredBefore, int limit, CancellationToken cancellationToken = default)
    {
        JournalArguments.TenantId(tenantId);
        JournalArguments.Limit(limit);
        var before = referredBefore.ToUnixTimeMilliseconds() - JournalArguments.ReferencePrecision;
        return database.WriteAsync(
            session =>
            {
                session.Prepare(Delete).Bind(1, tenantId).Bind(2, before).Bind(3, limit).Run();
                return session.Changes;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveAsync(string tenantId, IReadOnlyList<string> hashes, CancellationToken cancellationToken = default)
    {
        JournalArguments.Hashes(tenantId, hashes);
        return database.WriteAsync(
            session =>
            {
                var removed = 0;
                foreach (var hash in hashes)
                {
                    session.Prepare(DeleteOne).Bind(1, tenantId).Bind(2, hash).Run();
                    removed += session.Changes;
                }

                return removed;
            },
            cancellationToken);
    }
}
