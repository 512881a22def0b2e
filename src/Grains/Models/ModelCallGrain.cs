using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Orleans.Placement;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Models;

/// <summary>
/// Owns one call of a model while it is under way: its buffer and whoever reads it. Persists nothing. Woken by: the front end that starts, reads and stops the call. Leaves memory once its reader says that the
/// end has come, else 10 s after the call was read to its end.
/// </summary>
[PreferLocalPlacement]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class ModelCallGrain(ModelCallRunner runner, TimeProvider time, IHostApplicationLifetime lifetime) : StewardGrain, IModelCallGrain, IDisposable
{
    /// <summary>How long a call goes on that nobody reads.</summary>
    internal static readonly TimeSpan UnreadFor = TimeSpan.FromSeconds(10);

    // Longer than any call may take: background work does not keep an activation by itself.
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(70);

    private ModelCallBuffer? _buffer;
    private CancellationTokenSource? _stop;
    private string? _userId;
    private IGrainTimer? _leave;
    private int _readers;
    private bool _isConfirmed;

    /// <inheritdoc/>
    public Task Start(StartModelCall command, CancellationToken cancellationToken = default)
    {
        if (TryBegin(command, UnreadFor))
        {
            LeaveUnlessRead();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ModelCallBatch> Call(StartModelCall command, CancellationToken cancellationToken = default)
    {
        // It is read from its first turn on, and so needs no clock for the time in which nobody reads.
        TryBegin(command, Timeout.InfiniteTimeSpan);
        return ReadBatches(0, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ModelCallEvent> Read(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var batch in ReadBatches(afterSequence, cancellationToken))
        {
            foreach (var next in batch.Events)
            {
                yield return next;
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ModelCallBatch> ReadBatches(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (_buffer is not { } buffer || _stop is not { } stop || !IsOwn(Caller.Required))
        {
            throw StewardException.NotFound("The call");
        }

        if (afterSequence < 0)
        {
            throw StewardException.Invalid("afterSequence", "must be 0 or a sequence number.");
        }

        // Somebody who waits would hold up the end of a process that stops.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        _readers++;
        stop.CancelAfter(Timeout.InfiniteTimeSpan);
        try
        {
            while (true)
            {
                var events = buffer.After(afterSequence);
                if (events.Count == 0)
                {
                    await buffer.WhenChangedAsync(afterSequence, either.Token);
                    continue;
                }

                afterSequence = events[^1].Sequence;
                yield return new ModelCallBatch { Events = events };
                if (events[^1].EndsCall)
                {
                    break;
                }
            }
        }
        finally
        {
            _readers--;
            if (_isConfirmed)
            {
                // It is on its way out.
            }
            else if (_readers == 0 && buffer.HasEnded)
            {
                // What was given to an enumeration need not have arrived: a reader that was cut off comes back for the rest.
                LeaveUnlessRead();
            }
            else if (_readers == 0 && !stop.IsCancellationRequested)
            {
                stop.CancelAfter(UnreadFor);
                LeaveUnlessRead();
            }
        }
    }

    /// <inheritdoc/>
    public Task Confirm(CancellationToken cancellationToken = default)
    {
        // The enumeration of whoever confirms is not over here: it is not read any more, and ends with the activation.
        if (_buffer is null || (_buffer.HasEnded && _readers <= 1 && IsOwn(Caller.Required)))
        {
            _isConfirmed = true;
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task Cancel(CancellationToken cancellationToken = default)
    {
        if (_stop is null)
        {
            DeactivateOnIdle();
            return;
        }

        if (!IsOwn(Caller.Required))
        {
            throw StewardException.NotFound("The call");
        }

        await _stop.CancelAsync();
        if (_readers == 0)
        {
            DeactivateOnIdle();
        }
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_stop is { } stop)
        {
            await stop.CancelAsync();
        }

        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop?.Dispose();
        _leave?.Dispose();
    }

    private bool TryBegin(StartModelCall command, TimeSpan unreadFor)
    {
        var caller = Caller.Required;
        if (_buffer is not null)
        {
            return IsOwn(caller) ? false : throw StewardException.NotFound("The call");
        }

        ModelCallRules.Check(command);
        var key = this.GetPrimaryKeyString();
        _userId = caller.UserId;
        _stop = new CancellationTokenSource(unreadFor, time);
        _buffer = new ModelCallBuffer(command.IsWhole);
        DelayDeactivation(LongestCall);
        // Beside the activation: deltas are not turns.
        var (buffer, stop) = (_buffer, _stop.Token);
        _ = Task.Run(() => runner.RunAsync(command, caller, GrainKeys.LastPart(key), buffer, stop), CancellationToken.None);
        return true;
    }

    private void LeaveUnlessRead()
    {
        _leave?.Dispose();
        _leave = this.RegisterGrainTimer(LeaveAsync, new GrainTimerCreationOptions(UnreadFor, Timeout.InfiniteTimeSpan));
    }

    private Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (_readers == 0)
        {
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }

    private bool IsOwn(CallerIdentity caller) => string.Equals(caller.UserId, _userId, StringComparison.Ordinal);
}
