using Orleans.Storage;

namespace Orleans.Runtime;

/// <summary>Which call runs when: in their order, and beside another only those that may.</summary>
internal sealed partial class Activation
{
    /// <returns>False when the activation has ended, so that the call goes to another.</returns>
    public bool Receive(Call call)
    {
        var limit = Class.MaxWorkers > 0 ? Silo.Messaging.MaxEnqueuedRequestsHardLimit_StatelessWorker : Silo.Messaging.MaxEnqueuedRequestsHardLimit;
        lock (this)
        {
            if (_state == State.Invalid)
            {
                return call.IsLocalOnly;
            }

            if (limit > 0 && _queuedCalls >= limit && !call.IsLocalOnly)
            {
                call.Reject(new LimitExceededException("MaxEnqueuedRequestsHardLimit", _queuedCalls, limit, GrainId));
                return true;
            }

            _queuedCalls++;
            Push(call);
        }

        return true;
    }

    public void OnEnterReentrantSection(Guid reentrancyId)
    {
        var sections = Extras.Sections ??= [];
        lock (sections)
        {
            sections[reentrancyId] = sections.GetValueOrDefault(reentrancyId) + 1;
        }
    }

    public void OnExitReentrantSection(Guid reentrancyId)
    {
        if (_rare?.Sections is not { } sections)
        {
            return;
        }

        lock (sections)
        {
            if (sections.TryGetValue(reentrancyId, out var count) && count > 1)
            {
                sections[reentrancyId] = count - 1;
            }
            else
            {
                sections.Remove(reentrancyId);
            }
        }
    }

    public void Completed(Call call, Exception? error)
    {
        if (!ReferenceEquals(RuntimeContext.Current, this))
        {
            Post(() => Completed(call, error));
            return;
        }

        _runningCount--;
        if (_blocking is null || ReferenceEquals(_blocking, call))
        {
            _blocking = null;
        }

        if (call.IsKeepAlive)
        {
            _idleSince = Environment.TickCount64;
        }

        if (error is InconsistentStateException { IsSourceActivation: true } inconsistent)
        {
            inconsistent.IsSourceActivation = false;
            Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, error, "The stored state has changed behind this activation."));
        }

        Pump();
    }

    private void OnCall(Call call)
    {
        if (_state == State.Valid && (_waiting is null || _waiting.Count == _waitingHead || _runningCount > 0) && MayRun(call))
        {
            Run(call);
        }
        else if (_state == State.Invalid)
        {
            Interlocked.Decrement(ref _queuedCalls);
            Forward(call);
        }
        else
        {
            (_waiting ??= []).Add(call);
        }
    }

    private bool MayRun(Call call)
    {
        if (_runningCount == 0 || call.IsAlwaysInterleave || _blocking is null || (_blocking.IsReadOnly && call.IsReadOnly) || Class.IsReentrant)
        {
            return true;
        }

        if (_rare?.Sections is { Count: > 0 } sections && RequestContext.ReentrancyIdOf(call.Context) is var id && id != Guid.Empty)
        {
            lock (sections)
            {
                return sections.ContainsKey(id);
            }
        }

        return false;
    }

    private void Run(Call call)
    {
        Interlocked.Decrement(ref _queuedCalls);
        _runningCount++;
        if (_blocking is null && !call.IsAlwaysInterleave)
        {
            _blocking = call;
        }

        call.Run(this);
    }

    /// <summary>Runs every waiting call that may run now, in order.</summary>
    private void Pump()
    {
        if (_state == State.Deactivating)
        {
            TryEnd();
            return;
        }

        if (_pumping || _waiting is null || _state != State.Valid)
        {
            return;
        }

        _pumping = true;
        try
        {
            var i = _waitingHead;
            while (_waiting is not null && i < _waiting.Count && _state == State.Valid)
            {
                var call = _waiting[i];
                if (!MayRun(call))
                {
                    i++;
                    continue;
                }

                if (i == _waitingHead)
                {
                    _waiting[i] = null!;
                    _waitingHead++;
                    i++;
                }
                else
                {
                    _waiting.RemoveAt(i);
                }

                // A turn of its own keeps the values that one call sets in its flow from the next.
                new Task(static call => ((Activation)RuntimeContext.Current!).Run((Call)call!), call).RunSynchronously(this);
                if (_runningCount == 0)
                {
                    i = _waitingHead;
                }
            }

            if (_waiting is not null && _waitingHead == _waiting.Count)
            {
                _waiting = null;
                _waitingHead = 0;
            }
            else if (_waitingHead > 64 && _waitingHead > _waiting!.Count / 2)
            {
                _waiting.RemoveRange(0, _waitingHead);
                _waitingHead = 0;
            }
        }
        finally
        {
            _pumping = false;
        }

        if (_state == State.Deactivating)
        {
            TryEnd();
        }
    }

    private void Forward(Call call)
    {
        if (call.IsLocalOnly)
        {
            return;
        }

        if (_rare?.ActivationError is { } error)
        {
            call.Reject(error);
            return;
        }

        Silo.Deliver(call);
    }
}
