using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>
/// The calls of external systems that this silo makes for front ends: bounds how many a tenant may have, keeps those that take longer than a grain call may for the grain that is asked for their end,
/// and lets them end before the silo stops. Safe for concurrent use.
/// </summary>
internal sealed class CallsUnderWay(TimeProvider time) : IHostedLifecycleService
{
    /// <summary>The most of one tenant at a time.</summary>
    public const int MaxPerTenant = 64;

    /// <summary>How long a grain call waits for the end: well within the time after which it counts as lost.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(4);

    /// <summary>How long the end of a call can be asked for.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(2);

    // Less than a host waits by default, so that the audit entries are written after it.
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, CallUnderWay> _kept = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<CallUnderWay, bool> _going = new();
    private volatile bool _isStopping;

    /// <summary>How many of a tenant are under way.</summary>
    public int Count(string tenantId) => _counts.GetValueOrDefault(tenantId);

    /// <summary>Begins a call, which runs beside the grain that begins it.</summary>
    /// <returns>Null when nothing was begun: the tenant has as many as it may, or the silo stops.</returns>
    public CallUnderWay? Begin(string tenantId, string userId, Func<CancellationToken, Task<ConnectorCallResult>> make)
    {
        if (!TryEnter(tenantId))
        {
            return null;
        }

        // Nobody disposes of it: it has neither a timer nor a wait handle, and who waits may stop the call at any time.
        var stop = new CancellationTokenSource();
        var end = new TaskCompletionSource<ConnectorCallResult>();
        var call = new CallUnderWay(userId, end.Task, stop);
        _going[call] = true;

        // Looked at after the call can be seen by whoever stops the silo, so that it is either waited for or not begun.
        if (_isStopping)
        {
            end.SetCanceled(CancellationToken.None);
            Leave(tenantId, call);
            return null;
        }

        _ = Task.Run(() => MakeAsync(tenantId, call, end, make), CancellationToken.None);
        return call;
    }

    /// <summary>Keeps a call until some minutes after its end, so that it can be taken over and asked for again.</summary>
    /// <returns>Its id.</returns>
    public string Keep(string tenantId, CallUnderWay call)
    {
        var id = "x-" + RandomNumberGenerator.GetHexString(32, lowercase: true);
        var key = GrainKeys.CallUnderWay(tenantId, id);
        _kept[key] = call;
        _ = ForgetAfterAsync(key, call.Result);
        return id;
    }

    /// <summary>Finds a call that is kept; null when there is none.</summary>
    public CallUnderWay? Find(string key) => _kept.GetValueOrDefault(key);

    /// <summary>Keeps a call no longer: whoever began it waits for it.</summary>
    public void Release(string key) => _kept.TryRemove(key, out _);

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Begins no more calls and lets those under way end, while the silo and the audit log still work. Those that take too long are stopped: what became of them is not known.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        await AllEndAsync(LongestDrain, cancellationToken);
        foreach (var call in _going.Keys)
        {
            await call.Stop.CancelAsync();
        }

        await AllEndAsync(LongestStop, CancellationToken.None);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task MakeAsync(string tenantId, CallUnderWay call, TaskCompletionSource<ConnectorCallResult> end, Func<CancellationToken, Task<ConnectorCallResult>> make)
    {
        try
        {
            end.SetResult(await make(call.Stop.Token));
        }
        catch (OperationCanceledException) when (_isStopping)
        {
            end.SetResult(new ConnectorCallResult
            {
                Outcome = "unknown",
                Message = "The server that made the call was stopped before the call had ended. Look at what became of it before it is made again.",
            });
        }
        catch (OperationCanceledException exception)
        {
            end.SetCanceled(exception.CancellationToken);
        }
#pragma warning disable CA1031 // Whoever waits hears of it, whatever it was.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            end.SetException(exception);
        }
        finally
        {
            Leave(tenantId, call);
        }
    }

    private async Task AllEndAsync(TimeSpan longest, CancellationToken cancellationToken) =>
        await Task.WhenAny(Task.WhenAll(_going.Keys.Select(call => call.Result)), Task.Delay(longest, time, cancellationToken));

    private bool TryEnter(string tenantId)
    {
        while (!_isStopping)
        {
            var count = _counts.GetOrAdd(tenantId, 0);
            if (count >= MaxPerTenant)
            {
                return false;
            }

            if (_counts.TryUpdate(tenantId, count + 1, count))
            {
                return true;
            }
        }

        return false;
    }

    private void Leave(string tenantId, CallUnderWay call)
    {
        _going.TryRemove(call, out _);
        for (var count = _counts[tenantId]; ; count = _counts[tenantId])
        {
            if (count == 1 ? _counts.TryRemove(KeyValuePair.Create(tenantId, 1)) : _counts.TryUpdate(tenantId, count - 1, count))
            {
                return;
            }
        }
    }

    private async Task ForgetAfterAsync(string key, Task call)
    {
        // Apart from the grain that began the call, which may be gone by then.
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        await Task.Delay(KeptFor, time);
        _kept.TryRemove(key, out _);
    }
}

/// <summary>One of them.</summary>
/// <param name="userId">Who made it.</param>
/// <param name="result">Its end.</param>
/// <param name="stop">Stops it.</param>
internal sealed class CallUnderWay(string userId, Task<ConnectorCallResult> result, CancellationTokenSource stop)
{
    /// <summary>Who made it.</summary>
    public string UserId => userId;

    /// <summary>Its end.</summary>
    public Task<ConnectorCallResult> Result => result;

    /// <summary>Stops it.</summary>
    public CancellationTokenSource Stop => stop;
}
