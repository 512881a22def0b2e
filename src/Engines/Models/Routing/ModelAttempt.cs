using Steward.Engines.Models.Providers;

namespace Steward.Engines.Models.Routing;

/// <summary>One attempt: an open answer and its clocks.</summary>
internal sealed class ModelAttempt : IAsyncDisposable
{
    private readonly IModelEndpoint _endpoint;
    private readonly ModelsOptions _options;
    private readonly TimeSpan _limit;
    private readonly CancellationToken _total;
    private readonly CancellationToken _caller;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _clock = new();
    private readonly ITimer _silence;
    private readonly CancellationTokenSource _any;
    private readonly IAsyncEnumerator<ChatDelta> _deltas;
    private long _heardAt;
    private bool _hasHeard;
    private bool _hasBegun;
    private bool _hasEnded;

    /// <summary>Opens it.</summary>
    /// <param name="endpoint">Who is asked.</param>
    /// <param name="request">What.</param>
    /// <param name="options">How patient we are.</param>
    /// <param name="time">The clock.</param>
    /// <param name="limit">How long the whole call may take, for messages.</param>
    /// <param name="total">Ends it when that is over.</param>
    /// <param name="caller">Ends it when nobody wants it any more.</param>
    public ModelAttempt(IModelEndpoint endpoint, ChatRequest request, ModelsOptions options, TimeProvider time, TimeSpan limit, CancellationToken total, CancellationToken caller)
    {
        (_endpoint, _options, _time, _limit, _total, _caller) = (endpoint, options, time, limit, total, caller);
        _heardAt = time.GetTimestamp();
        _silence = time.CreateTimer(static state => ((ModelAttempt)state!).EndSilence(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _silence.Change(options.FirstTokenTimeout, Timeout.InfiniteTimeSpan);
        _any = CancellationTokenSource.CreateLinkedTokenSource(_clock.Token, total, caller);
        _deltas = endpoint.AskAsync(request, _any.Token).GetAsyncEnumerator(_any.Token);
    }

    /// <summary>The next delta, or null after the last one.</summary>
    /// <exception cref="ModelException">It failed.</exception>
    public async ValueTask<ChatDelta?> NextAsync()
    {
        while (await MoveAsync())
        {
            var delta = _deltas.Current;
            _hasEnded = delta is ChatFinished;
            Hear(begins: !_hasEnded && delta is not ChatThought);
            if (delta is not (ChatProgress or ChatThought))
            {
                return delta;
            }
        }

        return _hasEnded ? null : throw new ModelException("model_stream_broken", "The model's answer broke off.") { IsRetryable = true, AfterFirstToken = _hasBegun };
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _deltas.DisposeAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or NotSupportedException || _endpoint.Explain(e, _hasBegun) is not null)
        {
            // The answer is already broken; what matters was reported by NextAsync.
        }

        await _silence.DisposeAsync();
        _any.Dispose();
        _clock.Dispose();
    }

    // How long it may be silent: a model that thinks has not begun, and may pause before its answer for as long as one that says nothing.
    private TimeSpan Patience =>
        Volatile.Read(ref _hasBegun) || (Volatile.Read(ref _hasHeard) && _options.IdleTimeout > _options.FirstTokenTimeout) ? _options.IdleTimeout : _options.FirstTokenTimeout;

    // The timer is set once more for the first delta, and for the first of the answer. For the others it is left alone, and asks when it was heard last: a timer that is set for each token costs more than the token.
    private void Hear(bool begins)
    {
        Volatile.Write(ref _heardAt, _time.GetTimestamp());
        if (!_hasHeard || (begins && !_hasBegun))
        {
            Volatile.Write(ref _hasBegun, _hasBegun || begins);
            Volatile.Write(ref _hasHeard, true);
            _silence.Change(Patience, Timeout.InfiniteTimeSpan);
        }
    }

    private void EndSilence()
    {
        var left = Patience - _time.GetElapsedTime(Volatile.Read(ref _heardAt));
        if (left <= TimeSpan.Zero)
        {
            _clock.Cancel();
        }
        else
        {
            _silence.Change(left, Timeout.InfiniteTimeSpan);
        }
    }

    private async ValueTask<bool> MoveAsync()
    {
        try
        {
            return await _deltas.MoveNextAsync();
        }
        catch (Exception) when (_caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(_caller);
        }
        catch (Exception) when (_total.IsCancellationRequested)
        {
            throw TotalTimeout(_limit, _hasBegun);
        }
        catch (Exception e) when (_clock.IsCancellationRequested)
        {
            throw new ModelException("model_timeout", $"The model was silent for {Patience.TotalSeconds:0.#} s.", e) { IsRetryable = true, AfterFirstToken = _hasBegun };
        }
        catch (Exception e) when (_endpoint.Explain(e, _hasBegun) is { } failed)
        {
            throw failed;
        }
    }

    /// <summary>The call took longer than it may.</summary>
    public static ModelException TotalTimeout(TimeSpan limit, bool afterFirstToken) =>
        new("model_timeout", $"The model did not finish within {limit.TotalSeconds:0.#} s.") { IsRetryable = true, AfterFirstToken = afterFirstToken, IsOutOfTime = true };
}
