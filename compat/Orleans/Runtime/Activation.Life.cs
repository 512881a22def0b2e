using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

/// <summary>The beginning and the end of the activation.</summary>
internal sealed partial class Activation
{
    /// <summary>Begins the life of the activation; the values are those of the first call.</summary>
    public void Start(Dictionary<string, object>? requestContext) => Post(() => _ = Activate(requestContext));

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (this)
        {
            if (_state is State.Deactivating or State.Invalid)
            {
                return;
            }

            Extras.Reason = deactivationReason;
            if (_state == State.Creating)
            {
                // Seen when the activation has come up.
                Extras.EndRequested = true;
                return;
            }

            _state = State.Deactivating;
        }

        Post(TryEnd);
    }

    public void DelayDeactivation(TimeSpan time)
    {
        Extras.KeepAliveUntil = time == TimeSpan.MaxValue || time == Timeout.InfiniteTimeSpan ? long.MaxValue
            : time <= TimeSpan.Zero ? 0
            : Environment.TickCount64 + (long)time.TotalMilliseconds;
    }

    /// <summary>Ends the activation if nothing was asked of it for the age of its class.</summary>
    public void CollectIfIdle(long now)
    {
        if (_state != State.Valid || Class.CollectionAge == TimeSpan.MaxValue || Class.CollectionAge == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        lock (this)
        {
            if (_state != State.Valid || _runningCount > 0 || _queuedCalls > 0 || now - _idleSince < (long)Class.CollectionAge.TotalMilliseconds || _rare?.KeepAliveUntil > now)
            {
                return;
            }
        }

        Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, $"Activation became idle after {Class.CollectionAge}"));
    }

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "Activating {GrainId} failed.")]
    private static partial void LogActivateFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(EventId = 11, Level = LogLevel.Error, Message = "Deactivating {GrainId} failed.")]
    private static partial void LogDeactivateFailed(ILogger logger, Exception exception, GrainId grainId);

    private async Task Activate(Dictionary<string, object>? requestContext)
    {
        try
        {
            RequestContext.Values = requestContext;
            using var timeout = new CancellationTokenSource(Silo.CollectionOptions.ActivationTimeout);
            GrainInstance = Construct();
            if (_rare?.Lifecycle is GrainLifecycle lifecycle)
            {
                await lifecycle.OnStart(timeout.Token).WaitAsync(timeout.Token);
            }

            if (GrainInstance is IGrainBase grain)
            {
                await grain.OnActivateAsync(timeout.Token).WaitAsync(timeout.Token);
            }
        }
        catch (Exception exception)
        {
            LogActivateFailed(Silo.Logger, exception, GrainId);
            await End(exception);
            return;
        }

        lock (this)
        {
            _state = _rare is { EndRequested: true } ? State.Deactivating : State.Valid;
        }

        _idleSince = Environment.TickCount64;
        Pump();
    }

    private object Construct()
    {
        try
        {
            return Class.Factory(this);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"Failed to create an instance of grain type '{Class.Type}'. See {nameof(Exception.InnerException)} for details.", exception);
        }
    }

    private void TryEnd()
    {
        if (_state == State.Deactivating && _runningCount == 0 && !Extras.Ending)
        {
            Extras.Ending = true;
            _ = EndGracefully();
        }
    }

    private async Task EndGracefully()
    {
        RequestContext.Values = null;
        using var timeout = new CancellationTokenSource(Silo.CollectionOptions.DeactivationTimeout);
        try
        {
            StopTimers();
            if (GrainInstance is IGrainBase grain)
            {
                await grain.OnDeactivateAsync(Extras.Reason, timeout.Token).WaitAsync(timeout.Token);
            }
        }
        catch (Exception exception)
        {
            LogDeactivateFailed(Silo.Logger, exception, GrainId);
        }

        try
        {
            if (_rare?.Lifecycle is GrainLifecycle lifecycle)
            {
                await lifecycle.OnStop(timeout.Token).WaitAsync(timeout.Token);
            }
        }
        catch (Exception exception)
        {
            LogDeactivateFailed(Silo.Logger, exception, GrainId);
        }

        await End(null);
    }

    /// <summary>Leaves the directory and hands the waiting calls on, or fails them with the error of the activation.</summary>
    private async Task End(Exception? error)
    {
        StopTimers();
        Silo.Remove(this, _pool);
        List<Call> left = [];
        lock (this)
        {
            _state = State.Invalid;
            if (_waiting is not null)
            {
                left.AddRange(_waiting.Skip(_waitingHead));
                _waiting = null;
                _waitingHead = 0;
            }

            _queuedCalls -= left.Count;
        }

        foreach (var call in left)
        {
            if (error is not null)
            {
                call.Reject(error);
            }
            else
            {
                Forward(call);
            }
        }

        Extras.ActivationError = error;
        try
        {
            if (_rare?.Enumerations is { } enumerations)
            {
                await enumerations.DisposeAsync();
            }

            switch (GrainInstance)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }

            switch (_scope)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case { } disposable:
                    disposable.Dispose();
                    break;
            }
        }
        catch (Exception exception)
        {
            LogDeactivateFailed(Silo.Logger, exception, GrainId);
        }

        lock (this)
        {
            DeactivatedSource.TrySetResult();
        }
    }

    private void StopTimers()
    {
        if (_rare?.Timers is not { Count: > 0 } timers)
        {
            return;
        }

        foreach (var timer in timers.ToArray())
        {
            timer.Dispose();
        }
    }
}
