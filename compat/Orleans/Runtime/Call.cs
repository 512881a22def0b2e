using Orleans.CodeGeneration;
using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

/// <summary>One call: the request, the promise of its caller, and its way through the runtime.</summary>
internal abstract class Call : MethodRequest
{
    private int _state;
    private CancellationTokenSource? _calleeCancellation;
    private CancellationTokenRegistration _callerCancellation;
    private ICallHost? _host;
    private bool _cancelSignalled;

    /// <summary>The caller's runtime.</summary>
    public CallRuntime? Runtime { get; private set; }

    public GrainReference? Reference { get; private set; }

    public GrainId TargetId => Reference is null ? default : Reference.GrainId;

    public GrainId SourceId { get; private set; }

    public IGrainContext? Source { get; private set; }

    public Dictionary<string, object>? Context { get; private set; }

    public long DueTimestamp { get; private set; }

    public TimeSpan ResponseTimeout { get; private set; }

    public bool IsLocalOnly { get; protected init; }

    public bool IsKeepAlive { get; protected init; } = true;

    /// <summary>Whether the caller is in another container than the callee, so that every value is copied.</summary>
    public bool IsRemote { get; private set; }

    /// <summary>The callee's runtime.</summary>
    public CallRuntime? TargetRuntime { get; private set; }

    public bool IsCompleted => Volatile.Read(ref _state) != 0;

    public bool IsOneWay => (Options & InvokeMethodOptions.OneWay) != 0;

    public bool IsReadOnly => (Options & InvokeMethodOptions.ReadOnly) != 0;

    public bool IsAlwaysInterleave => (Options & InvokeMethodOptions.AlwaysInterleave) != 0;

    internal Call? PendingPrevious { get; set; }

    internal Call? PendingNext { get; set; }

    internal int PendingShard { get; set; } = -1;

    public override bool TryCancel()
    {
        if (_calleeCancellation is null)
        {
            return false;
        }

        _calleeCancellation.Cancel();
        return true;
    }

    public override string ToString() => $"{base.ToString()} to {TargetId}";

    internal void Bind(GrainReference reference)
    {
        Reference = reference;
        var runtime = reference.Runtime;
        Runtime = runtime;
        var source = RuntimeContext.Current;
        Source = source;
        SourceId = source?.GrainId ?? runtime.ClientId;
        TargetRuntime = runtime.TargetOf(reference);
        IsRemote = !ReferenceEquals(TargetRuntime, runtime);
        var session = CopySession.Rent(TargetRuntime, IsRemote);
        try
        {
            CopyArguments(session);
        }
        finally
        {
            session.Return();
        }
    }

    /// <summary>A copy that can be sent once more.</summary>
    internal Call Again()
    {
        var copy = (Call)MemberwiseClone();
        copy._state = 0;
        copy.ForgetTarget();
        copy._host = null;
        copy._calleeCancellation = null;
        copy._callerCancellation = default;
        copy._cancelSignalled = false;
        copy.PendingPrevious = null;
        copy.PendingNext = null;
        copy.PendingShard = -1;
        copy.ResetPromise();
        return copy;
    }

    /// <summary>Sends the call; its promise is completed later.</summary>
    internal void Send()
    {
        var runtime = Runtime!;
        var token = GetCancellationToken();
        token.ThrowIfCancellationRequested();
        Context = runtime.ExportRequestContext();
        if (IsOneWay)
        {
            CompletePromise();
        }
        else
        {
            ResponseTimeout = Entry.Timeout ?? runtime.ResponseTimeout;
            DueTimestamp = Environment.TickCount64 + (long)Math.Min(ResponseTimeout.TotalMilliseconds, int.MaxValue);
            runtime.Pending.Add(this);
            if (token.CanBeCanceled)
            {
                _calleeCancellation = new CancellationTokenSource();
                SetCancellationToken(_calleeCancellation.Token);
                _callerCancellation = token.UnsafeRegister(static (state, token) => ((Call)state!).OnCallerCancelled(token), this);
            }
        }

        runtime.Deliver(this);
    }

    /// <summary>Runs the call in the host's turn.</summary>
    internal void Run(ICallHost host)
    {
        _host = host;
        if (IsCompleted && !IsOneWay)
        {
            // Its caller has given up; what has not begun by then does not happen.
            host.Completed(this, null);
            return;
        }

        RequestContext.Values = Context;
        try
        {
            SetTarget(host.Context);
        }
        catch (Exception exception)
        {
            Finish(exception);
            return;
        }

        if (Volatile.Read(ref _cancelSignalled))
        {
            _calleeCancellation?.Cancel();
        }

        if (host.Filters.Length > 0 || host.Context.GrainInstance is IIncomingGrainCallFilter)
        {
            _ = RunFiltered(host);
        }
        else
        {
            RunDirect();
        }
    }

    internal void Fail(Exception exception)
    {
        if (TryEnd())
        {
            FailPromise(exception);
        }
    }

    internal void OnTimeout() =>
        Fail(new TimeoutException($"Response did not arrive on time in {ResponseTimeout} for message: {this}."));

    protected abstract void RunDirect();

    protected abstract void ResetPromise();

    protected abstract void FailPromise(Exception exception);

    /// <summary>Completes the promise of a call without a response.</summary>
    protected abstract void CompletePromise();

    /// <summary>Completes the promise with a response that a filter may have made.</summary>
    protected abstract void CompletePromise(Response response);

    internal abstract Task<Response> GetResponse();

    /// <summary>Ends the call on the calling side.</summary>
    /// <returns>False when it has ended before.</returns>
    protected bool TryEnd()
    {
        if (Interlocked.Exchange(ref _state, 1) != 0)
        {
            return false;
        }

        Runtime?.Pending.Remove(this);
        if (_calleeCancellation is not null)
        {
            _callerCancellation.Dispose();
        }

        return true;
    }

    /// <summary>Ends the call on the called side with an error.</summary>
    protected void Finish(Exception exception)
    {
        Reject(exception);
        _host!.Completed(this, exception);
    }

    /// <summary>Gives the caller an error that arose on the called side.</summary>
    internal void Reject(Exception exception)
    {
        if (!IsOneWay && !IsCompleted)
        {
            Exception carried;
            if (IsRemote)
            {
                var session = CopySession.Rent(Runtime!, remote: true);
                try
                {
                    carried = ExceptionCopier.Copy(exception, session);
                }
                catch (Exception inner)
                {
                    carried = inner;
                }
                finally
                {
                    session.Return();
                }
            }
            else
            {
                carried = exception;
            }

            Fail(carried);
        }
    }

    protected void Finished() => _host!.Completed(this, null);

    private void OnCallerCancelled(CancellationToken token)
    {
        Volatile.Write(ref _cancelSignalled, true);
        if (!Runtime!.WaitForCancellationAcknowledgement)
        {
            Fail(new OperationCanceledException(token));
        }

        _host?.Post(() => _calleeCancellation!.Cancel());
    }

    private async Task RunFiltered(ICallHost host)
    {
        var context = new IncomingCallContext(this, host);
        try
        {
            await context.Invoke();
        }
        catch (Exception exception)
        {
            Finish(exception);
            return;
        }

        if (context.Response!.Exception is { } error)
        {
            Finish(error);
            return;
        }

        if (IsOneWay)
        {
            Finished();
            return;
        }

        try
        {
            CompletePromise(context.Response);
        }
        catch (Exception exception)
        {
            Finish(exception);
            return;
        }

        Finished();
    }
}
