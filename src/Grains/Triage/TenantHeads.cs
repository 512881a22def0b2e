using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Triage.Heads;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>
/// The heads that this silo has loaded, of all tenants, as many as fit; those used least recently leave. A head is found by its tenant and its hash together, so that no tenant's triage can load another one's. Thread-safe.
/// </summary>
internal sealed partial class TenantHeads(IContentStore contents, IOptions<TriageOptions> options, ILogger<TenantHeads> logger)
{
    // Weights are kept as they are written; the index over them takes about as much again.
    private const int MemoryPerByte = 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, string Content), LinkedListNode<Loaded>> _loaded = [];
    private readonly LinkedList<Loaded> _order = new();
    private long _bytes;

    /// <summary>What the loaded heads take, estimated.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>A head of a tenant; null when there is none with this hash in the tenant, or it cannot be read.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public async ValueTask<TenantHead?> ReadAsync(string tenantId, string content, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_loaded.TryGetValue((tenantId, content), out var node))
            {
                _order.Remove(node);
                _order.AddFirst(node);
                return node.Value.Head;
            }
        }

        if (await contents.ReadAsync(tenantId, content, cancellationToken) is not { } bytes)
        {
            LogGone(logger, tenantId, content);
            return null;
        }

        try
        {
            // Milliseconds of work that other calls of the tenant need not wait for.
            var head = await Task.Run(() => TenantHead.FromBytes(bytes.ToArray()), cancellationToken);
            Keep(new Loaded((tenantId, content), head, (long)bytes.Length * MemoryPerByte));
            return head;
        }
        catch (InvalidDataException exception)
        {
            LogDamaged(logger, exception, tenantId, content);
            return null;
        }
    }

    private void Keep(Loaded loaded)
    {
        lock (_gate)
        {
            if (_loaded.ContainsKey(loaded.Key))
            {
                return;
            }

            _loaded[loaded.Key] = _order.AddFirst(loaded);
            _bytes += loaded.Bytes;

            // The one that is needed now stays, however large it is.
            while (_bytes > options.Value.HeadMemoryBytes && _order.Count > 1)
            {
                var last = _order.Last!.Value;
                _order.RemoveLast();
                _loaded.Remove(last.Key);
                _bytes -= last.Bytes;
            }
        }
    }

    [LoggerMessage(EventId = 1701, Level = LogLevel.Warning, Message = "The head {Content} of {Tenant} is not stored any more; another one or the base answers")]
    private static partial void LogGone(ILogger logger, string tenant, string content);

    [LoggerMessage(EventId = 1702, Level = LogLevel.Error, Message = "The head {Content} of {Tenant} cannot be read; another one or the base answers")]
    private static partial void LogDamaged(ILogger logger, Exception exception, string tenant, string content);

    private sealed record Loaded((string Tenant, string Content) Key, TenantHead Head, long Bytes);
}
