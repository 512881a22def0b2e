using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;

namespace Steward.Engines.Connectors.Mcp;

/// <summary>
/// The sessions that are open: one for each instance and, where people sign in themselves, for each of them. Bounded; those that nobody uses are closed. Safe for concurrent use.
/// </summary>
internal sealed class McpSessions : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(30);

    private readonly McpConnector _connector;
    private readonly McpOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<Key, Task<McpConnection>> _open = [];
    private readonly ITimer _sweeper;

    public McpSessions(McpConnector connector, IOptions<McpOptions> options, TimeProvider time)
    {
        (_connector, _options, _time) = (connector, options.Value, time);
        _sweeper = time.CreateTimer(static state => ((McpSessions)state!).Sweep(), this, BetweenSweeps, BetweenSweeps);
    }

    /// <summary>How many are open, or about to be.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>The session of an instance, opened when there is none.</summary>
    /// <exception cref="OutcomeException">It cannot be opened as configured, or too many are.</exception>
    public async Task<McpConnection> GetAsync(ResolvedInstance target, string? userId, Credential? credential, CancellationToken cancellationToken)
    {
        var key = new Key(target.Instance.TenantId, target.Instance.Name, target.Instance.Revision, userId);
        Task<McpConnection>? opening;
        lock (_lock)
        {
            if (!_open.TryGetValue(key, out opening) || opening is { IsCompleted: true, IsCompletedSuccessfully: false } || (Peek(opening) is { IsOver: true }))
            {
                MakeRoom();

                // Not bound to one caller's patience: others wait for the same session.
                _open[key] = opening = _connector.OpenAsync(target, credential, CancellationToken.None);
            }
        }

        try
        {
            var connection = await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
            connection.UsedAt = _time.GetTimestamp();
            connection.Use(credential);
            return connection;
        }
        catch when (opening.IsFaulted || opening.IsCanceled)
        {
            Forget(key, opening);
            throw;
        }
    }

    /// <summary>Closes an instance's session, since it does not work any more.</summary>
    public void Drop(ResolvedInstance target, string? userId)
    {
        var key = new Key(target.Instance.TenantId, target.Instance.Name, target.Instance.Revision, userId);
        lock (_lock)
        {
            if (_open.Remove(key, out var dropped))
            {
                _ = CloseAsync(dropped);
            }
        }
    }

    /// <summary>Begins to close all, and does not wait for it: for hosts that end without the time to.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _sweeper.DisposeAsync().ConfigureAwait(false);
        Task<McpConnection>[] all;
        lock (_lock)
        {
            all = [.. _open.Values];
            _open.Clear();
        }

        await Task.WhenAll(all.Select(CloseAsync)).ConfigureAwait(false);
    }

    private static McpConnection? Peek(Task<McpConnection> opening) => opening.IsCompletedSuccessfully ? opening.GetAwaiter().GetResult() : null;

    private static async Task CloseAsync(Task<McpConnection> opening)
    {
        try
        {
            await (await opening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It was never open, or ends badly: nobody is left who could do anything about it.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private void Forget(Key key, Task<McpConnection> opening)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(key, out var present) && present == opening)
            {
                _open.Remove(key);
            }
        }
    }

    private void Sweep()
    {
        lock (_lock)
        {
            foreach (var (key, opening) in _open.ToList())
            {
                if (opening is { IsCompleted: true, IsCompletedSuccessfully: false }
                    || (Peek(opening) is { IsBusy: false } idle && (idle.IsOver || _time.GetElapsedTime(idle.UsedAt) >= _options.CloseAfter)))
                {
                    _open.Remove(key);
                    _ = CloseAsync(opening);
                }
            }
        }
    }

    private void MakeRoom()
    {
        if (_open.Count < _options.MaxSessions)
        {
            return;
        }

        var idle = _open.Where(open => Peek(open.Value) is { IsBusy: false }).MinBy(open => Peek(open.Value)!.UsedAt);
        if (idle.Key is null)
        {
            throw OutcomeException.Failed(FailureCodes.Unavailable, "As many servers of the Model Context Protocol are in use as may be at a time.", isRetryable: true);
        }

        _open.Remove(idle.Key);
        _ = CloseAsync(idle.Value);
    }

    /// <summary>A changed instance gets a session of its own; the one before is closed when it is idle.</summary>
    private sealed record Key(string TenantId, string Instance, long Revision, string? UserId);
}
