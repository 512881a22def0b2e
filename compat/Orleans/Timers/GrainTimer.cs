using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Orleans.CodeGeneration;

namespace Orleans.Runtime;

/// <summary>A timer of an activation. It ends with the activation.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Changes the times. During a tick the change takes effect after it.</summary>
    void Change(TimeSpan dueTime, TimeSpan period);
}

/// <summary>How a timer ticks.</summary>
public readonly struct GrainTimerCreationOptions
{
    /// <summary>Creates options.</summary>
    public GrainTimerCreationOptions()
    {
    }

    /// <summary>Creates options.</summary>
    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
    {
        DueTime = dueTime;
        Period = period;
    }

    /// <summary>When it ticks for the first time; <see cref="Timeout.InfiniteTimeSpan"/> never.</summary>
    public required TimeSpan DueTime { get; init; }

    /// <summary>How long after a tick has ended the next begins; <see cref="Timeout.InfiniteTimeSpan"/> never.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Whether ticks run between the turns of calls. False by default: a tick is a turn as any call.</summary>
    public bool Interleave { get; init; }

    /// <summary>Whether ticks keep the activation from being idle.</summary>
    public bool KeepAlive { get; init; }
}

internal abstract partial class GrainTimer : IGrainTimer
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Activation _activation;
    private readonly ITimer _timer;
    private readonly bool _interleave;
    private readonly bool _keepAlive;
    private TimeSpan _dueTime;
    private TimeSpan _period;
    private bool _changed;
    private volatile bool _firing;

    private protected GrainTimer(Activation activation, in GrainTimerCreationOptions options)
    {
        _activation = activation;
        _interleave = options.Interleave;
        _keepAlive = options.KeepAlive;
        using (ExecutionContext.SuppressFlow())
        {
            _timer = activation.Silo.TimeProvider.CreateTimer(static state => ((GrainTimer)state!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public static IGrainTimer Register<TState>(IGrainContext context, Func<TState, CancellationToken, Task> callback, TState state, in GrainTimerCreationOptions options)
    {
        if (context is not Activation activation)
        {
            throw new ArgumentException("Timers need an activation of the runtime.", nameof(context));
        }

        if (!ReferenceEquals(RuntimeContext.Current, context))
        {
            throw RuntimeContext.Current is null
                ? new InvalidOperationException("Timers are made in the code of a grain, which is not what runs here; Task.Run and ConfigureAwait(false) leave it.")
                : new InvalidOperationException("Current grain context differs from specified grain context.");
        }

        var timer = new GrainTimer<TState>(activation, callback, state, options);
        activation.AddTimer(timer);
        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Validate(dueTime, nameof(dueTime));
        Validate(period, nameof(period));
        _changed = true;
        _dueTime = dueTime;
        _period = period;
        if (!_firing)
        {
            Arm(dueTime);
        }
    }

    public void Dispose()
    {
        if (_ended.IsCancellationRequested)
        {
            return;
        }

        try
        {
            _ended.Cancel();
        }
        catch (Exception exception)
        {
            LogCancelFailed(_activation.Silo.Logger, exception, _activation.GrainId);
        }

        _timer.Dispose();
        _activation.RemoveTimer(this);
    }

    protected abstract Task Callback(CancellationToken cancellationToken);

    private static void Validate(TimeSpan value, string name)
    {
        var milliseconds = (long)value.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, 0xfffffffe, name);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The callback of a timer of {GrainId} failed.")]
    private static partial void LogCallbackFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Ending a timer of {GrainId} failed.")]
    private static partial void LogCancelFailed(ILogger logger, Exception exception, GrainId grainId);

    private void Arm(TimeSpan dueTime)
    {
        try
        {
            _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The timer ended in the meantime.
        }
    }

    private void OnDue()
    {
        _firing = true;
        _activation.Receive(new Tick(this));
    }

    private async Task Fire()
    {
        try
        {
            _changed = false;
            if (!_ended.IsCancellationRequested)
            {
                await Callback(_ended.Token);
            }
        }
        catch (Exception exception)
        {
            LogCallbackFailed(_activation.Silo.Logger, exception, _activation.GrainId);
        }
        finally
        {
            if (!_ended.IsCancellationRequested)
            {
                Arm(_changed ? _dueTime : _period);
            }

            _firing = false;
        }
    }

    private sealed class Tick : TaskCall
    {
        private static readonly MethodEntry TickEntry = MethodEntry.Internal(typeof(ITick), nameof(ITick.InvokeCallbackAsync));
        private readonly GrainTimer _timer;

        public Tick(GrainTimer timer)
        {
            _timer = timer;
            IsLocalOnly = true;
            IsKeepAlive = timer._keepAlive;
            if (timer._interleave)
            {
                AddInvokeMethodOptions(InvokeMethodOptions.AlwaysInterleave);
            }
        }

        public override MethodEntry Entry => TickEntry;

        internal override void CopyArguments(CopySession session)
        {
        }

        protected override Task InvokeInner(object target) => _timer.Fire();
    }

    private interface ITick
    {
        Task InvokeCallbackAsync();
    }
}

internal sealed class GrainTimer<TState>(Activation activation, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    : GrainTimer(activation, options)
{
    protected override Task Callback(CancellationToken cancellationToken) => callback(state, cancellationToken);
}
