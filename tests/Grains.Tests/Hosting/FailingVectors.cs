using System.Collections.Concurrent;
using Steward.Storage;

namespace Steward.Grains.Tests.Hosting;

/// <summary>A store of vectors that breaks off in the middle of an erasure when it is told.</summary>
internal sealed class FailingVectors(IVectorStore inner) : IVectorStore
{
    private readonly ConcurrentDictionary<string, int> _left = new();

    /// <summary>Lets so many more changes of a tenant's erasure pass and none after them.</summary>
    public void FailAfter(string tenantId, int changes) => _left[tenantId] = changes;

    /// <summary>What happens behind each change of a tenant's erasure, where it is made.</summary>
    public ConcurrentDictionary<string, Func<Task>> Behind { get; } = new();

    /// <summary>Lets all pass again.</summary>
    public void Heal(string tenantId) => _left.TryRemove(tenantId, out _);

    public ValueTask<VectorSupport> GetSupportAsync(CancellationToken cancellationToken = default) => inner.GetSupportAsync(cancellationToken);

    public ValueTask<IReadOnlyList<VectorSpaceState>> ListAsync(string tenantId, string collection, CancellationToken cancellationToken = default) => inner.ListAsync(tenantId, collection, cancellationToken);

    public ValueTask<VectorsWritten> WriteAsync(VectorWrite write, CancellationToken cancellationToken = default) => inner.WriteAsync(write, cancellationToken);

    public ValueTask<IReadOnlyList<StoredVector>> ReadAsync(VectorSpace space, long afterRevision, int limit, CancellationToken cancellationToken = default) => inner.ReadAsync(space, afterRevision, limit, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListIdsAsync(VectorSpace space, CancellationToken cancellationToken = default) => inner.ListIdsAsync(space, cancellationToken);

    public ValueTask<bool> IndexAsync(VectorSpace space, CancellationToken cancellationToken = default) => inner.IndexAsync(space, cancellationToken);

    public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch search, CancellationToken cancellationToken = default) => inner.SearchAsync(search, cancellationToken);

    public async ValueTask<OwnerErased> EraseOwnerAsync(string tenantId, string owner, string operation, DateTimeOffset before, int limit, CancellationToken cancellationToken = default)
    {
        // In small steps, and with a loss behind one, too.
        Pass(tenantId);
        var erased = await inner.EraseOwnerAsync(tenantId, owner, operation, before, Math.Min(limit, 2), cancellationToken);
        Pass(tenantId);
        if (Behind.TryGetValue(tenantId, out var behind))
        {
            await behind();
        }

        return erased;
    }

    public ValueTask<bool> DropAsync(VectorSpace space, CancellationToken cancellationToken = default) => inner.DropAsync(space, cancellationToken);

    public ValueTask<long> EraseTenantAsync(string tenantId, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        Pass(tenantId);
        return inner.EraseTenantAsync(tenantId, before, cancellationToken);
    }

    public ValueTask<bool> RemoveErasedAsync(string tenantId, int limit, CancellationToken cancellationToken = default)
    {
        Pass(tenantId);
        return inner.RemoveErasedAsync(tenantId, limit, cancellationToken);
    }

    private void Pass(string tenantId)
    {
        if (_left.ContainsKey(tenantId) && _left.AddOrUpdate(tenantId, 0, static (_, left) => left - 1) < 0)
        {
            throw new StorageException("The disk is gone.");
        }
    }
}
