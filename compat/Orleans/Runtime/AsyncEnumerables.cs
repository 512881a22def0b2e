using System.Reflection;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Orleans.CodeGeneration;
using Orleans.Concurrency;
using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

/// <summary>A part of a grain that can be called.</summary>
public interface IGrainExtension : IAddressable
{
}

/// <summary>How a step of an enumeration ended.</summary>
[GenerateSerializer]
public enum EnumerationResult
{
    /// <summary>No element yet; ask again.</summary>
    Heartbeat = 1,

    /// <summary>One element.</summary>
    Element = 1 << 1,

    /// <summary>Several elements.</summary>
    Batch = 1 << 2,

    /// <summary>The end.</summary>
    Completed = 1 << 3,

    /// <summary>One element and the end.</summary>
    CompletedWithElement = Completed | Element,

    /// <summary>Several elements and the end.</summary>
    CompletedWithBatch = Completed | Batch,

    /// <summary>The grain does not know this enumeration.</summary>
    MissingEnumeratorError = 1 << 4,

    /// <summary>The grain failed.</summary>
    Error = 1 << 5,

    /// <summary>Cancelled.</summary>
    Canceled = 1 << 6,
}

/// <summary>How callers step through what a grain method enumerates. All of it interleaves with everything else.</summary>
public interface IAsyncEnumerableGrainExtension : IGrainExtension
{
    /// <summary>Begins.</summary>
    [AlwaysInterleave]
    ValueTask<(EnumerationResult Status, object? Value)> StartEnumeration<T>(Guid requestId, [Immutable] IAsyncEnumerableRequest<T> request, CancellationToken cancellationToken);

    /// <summary>Goes on.</summary>
    [AlwaysInterleave]
    ValueTask<(EnumerationResult Status, object? Value)> MoveNext<T>(Guid requestId, CancellationToken cancellationToken);

    /// <summary>Ends.</summary>
    [AlwaysInterleave]
    ValueTask DisposeAsync(Guid requestId);
}

/// <summary>A call of a method that enumerates.</summary>
public interface IAsyncEnumerableRequest<T> : IRequest
{
    /// <summary>The most elements in one response.</summary>
    int MaxBatchSize { get; set; }

    /// <summary>Calls the method.</summary>
    IAsyncEnumerable<T> InvokeImplementation();
}

/// <summary>What can be set on an enumeration by a grain.</summary>
public static class AsyncEnumerableExtensions
{
    /// <summary>Sets the most elements in one response; 100 otherwise.</summary>
    public static IAsyncEnumerable<T> WithBatchSize<T>(this IAsyncEnumerable<T> self, int maxBatchSize)
    {
        if (self is EnumerableRequest<T> request)
        {
            request.MaxBatchSize = maxBatchSize;
        }

        return self;
    }
}

internal abstract class EnumerableRequest<T> : MethodRequest, IAsyncEnumerable<T>, IAsyncEnumerableRequest<T>
{
    public int MaxBatchSize { get; set; } = 100;

    public GrainReference? Reference { get; private set; }

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(this, cancellationToken);

    public override ValueTask<Response> Invoke() => throw new NotSupportedException($"{nameof(IAsyncEnumerable<T>)} requests can not be invoked directly");

    public IAsyncEnumerable<T> InvokeImplementation() => InvokeInner(GetTarget()!);

    internal void Bind(GrainReference reference)
    {
        Reference = reference;
        var target = reference.Runtime.TargetOf(reference);
        var session = CopySession.Rent(target, !ReferenceEquals(target, reference.Runtime));
        try
        {
            CopyArguments(session);
        }
        finally
        {
            session.Return();
        }
    }

    internal EnumerableRequest<T> ForOneEnumeration()
    {
        var copy = (EnumerableRequest<T>)MemberwiseClone();

        // The caller's token does not travel: cancelling it ends the enumeration, which cancels the enumerator's own.
        if (copy.IsCancellable)
        {
            copy.SetCancellationToken(new CancellationTokenSource().Token);
        }

        return copy;
    }

    protected abstract IAsyncEnumerable<T> InvokeInner(object target);

    private sealed class Enumerator : IAsyncEnumerator<T>
    {
        private readonly EnumerableRequest<T> _request;
        private readonly CancellationTokenSource? _linked;
        private readonly CancellationToken _token;
        private readonly Guid _id = Guid.NewGuid();
        private (EnumerationResult Status, object? Value) _current;
        private int _index;
        private bool _started;
        private bool _disposed;

        public Enumerator(EnumerableRequest<T> request, CancellationToken token)
        {
            _request = request;
            var requestToken = request.GetCancellationToken();
            if (requestToken.CanBeCanceled && token.CanBeCanceled && requestToken != token)
            {
                _linked = CancellationTokenSource.CreateLinkedTokenSource(requestToken, token);
                _token = _linked.Token;
            }
            else
            {
                _token = token.CanBeCanceled ? token : requestToken;
            }
        }

        public T Current
        {
            get
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                return Has(EnumerationResult.Element) ? (T)_current.Value!
                    : Has(EnumerationResult.Batch) ? ((List<T>)_current.Value!)[_index]
                    : throw new InvalidOperationException("Cannot get current value of an invalid enumerator.");
            }
        }

        public async ValueTask<bool> MoveNextAsync()
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (Has(EnumerationResult.Batch) && ++_index < ((List<T>)_current.Value!).Count)
            {
                return true;
            }

            if (Has(EnumerationResult.Completed))
            {
                return false;
            }

            var reference = _request.Reference!;
            var isActive = _started;
            try
            {
                (EnumerationResult Status, object? Value) result;
                do
                {
                    _token.ThrowIfCancellationRequested();
                    if (!_started)
                    {
                        isActive = true;
                        result = await reference.SendTask(new StartCall(_id, _request.ForOneEnumeration(), _token));
                        _started = true;
                    }
                    else
                    {
                        result = await reference.SendTask(new MoveCall(_id, _token));
                    }

                    isActive = (result.Status & (EnumerationResult.Completed | EnumerationResult.MissingEnumeratorError | EnumerationResult.Error | EnumerationResult.Canceled)) == 0;
                    switch (result.Status)
                    {
                        case EnumerationResult.Error:
                            ExceptionDispatchInfo.Throw((Exception)result.Value!);
                            break;
                        case EnumerationResult.Canceled:
                            throw new OperationCanceledException();
                        case EnumerationResult.MissingEnumeratorError:
                            throw new EnumerationAbortedException(
                                "Enumeration aborted: the remote target does not have a record of this enumerator."
                                + " This likely indicates that the remote grain was deactivated since enumeration begun or that the enumerator was idle for longer than the expiration period.");
                    }
                }
                while (result.Status == EnumerationResult.Heartbeat);

                _index = 0;
                _current = result;
                return Has(EnumerationResult.Element) || Has(EnumerationResult.Batch);
            }
            catch when (isActive)
            {
                await reference.SendTask(new DisposeCall(_id)).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (_started)
            {
                await _request.Reference!.SendTask(new DisposeCall(_id)).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            }

            _linked?.Dispose();
        }

        private bool Has(EnumerationResult status) => (_current.Status & status) != 0;
    }

    private static MethodEntry Entry_(string name)
    {
        var method = typeof(IAsyncEnumerableGrainExtension).GetMethod(name, BindingFlags.Instance | BindingFlags.Public)!;
        return MethodEntry.Create(method.IsGenericMethodDefinition ? method.MakeGenericMethod(typeof(T)) : method);
    }

    private sealed class StartCall(Guid id, EnumerableRequest<T> request, CancellationToken token) : ValueTaskCall<(EnumerationResult Status, object? Value)>
    {
        private static readonly MethodEntry Start = Entry_(nameof(IAsyncEnumerableGrainExtension.StartEnumeration));
        private CancellationToken _token = token;

        public override MethodEntry Entry => Start;

        public override bool IsCancellable => true;

        public override int GetArgumentCount() => 3;

        public override object? GetArgument(int index) => index switch
        {
            0 => id,
            1 => request,
            2 => _token,
            _ => throw new ArgumentOutOfRangeException(nameof(index)),
        };

        public override CancellationToken GetCancellationToken() => _token;

        internal override void SetCancellationToken(CancellationToken token) => _token = token;

        internal override void CopyArguments(CopySession session)
        {
        }

        internal override object ResolveTarget(ITargetHolder holder) => holder.GetComponent(typeof(IAsyncEnumerableGrainExtension))!;

        protected override ValueTask<(EnumerationResult Status, object? Value)> InvokeValue(object target) =>
            ((IAsyncEnumerableGrainExtension)target).StartEnumeration(id, request, _token);
    }

    private sealed class MoveCall(Guid id, CancellationToken token) : ValueTaskCall<(EnumerationResult Status, object? Value)>
    {
        private static readonly MethodEntry Move = Entry_(nameof(IAsyncEnumerableGrainExtension.MoveNext));
        private CancellationToken _token = token;

        public override MethodEntry Entry => Move;

        public override bool IsCancellable => true;

        public override int GetArgumentCount() => 2;

        public override object? GetArgument(int index) => index switch
        {
            0 => id,
            1 => _token,
            _ => throw new ArgumentOutOfRangeException(nameof(index)),
        };

        public override CancellationToken GetCancellationToken() => _token;

        internal override void SetCancellationToken(CancellationToken token) => _token = token;

        internal override void CopyArguments(CopySession session)
        {
        }

        internal override object ResolveTarget(ITargetHolder holder) => holder.GetComponent(typeof(IAsyncEnumerableGrainExtension))!;

        protected override ValueTask<(EnumerationResult Status, object? Value)> InvokeValue(object target) =>
            ((IAsyncEnumerableGrainExtension)target).MoveNext<T>(id, _token);
    }

    private sealed class DisposeCall(Guid id) : ValueTaskCall
    {
        private static readonly MethodEntry End = Entry_(nameof(IAsyncEnumerableGrainExtension.DisposeAsync));

        public override MethodEntry Entry => End;

        public override int GetArgumentCount() => 1;

        public override object? GetArgument(int index) => index == 0 ? id : throw new ArgumentOutOfRangeException(nameof(index));

        internal override void CopyArguments(CopySession session)
        {
        }

        internal override object ResolveTarget(ITargetHolder holder) => holder.GetComponent(typeof(IAsyncEnumerableGrainExtension))!;

        protected override ValueTask InvokeValue(object target) => ((IAsyncEnumerableGrainExtension)target).DisposeAsync(id);
    }
}

/// <summary>The enumerations that are going on in one activation.</summary>
internal sealed partial class AsyncEnumerableGrainExtension : IAsyncEnumerableGrainExtension, IAsyncDisposable
{
    private readonly Dictionary<Guid, Enumeration> _enumerations = [];
    private readonly Activation _activation;
    private readonly TimeSpan _timeout;

    public AsyncEnumerableGrainExtension(Activation activation)
    {
        _activation = activation;
        _timeout = activation.Silo.Messaging.ResponseTimeout;
        GrainTimer.Register(activation, static (self, _) => self.RemoveIdle(), this, new GrainTimerCreationOptions(_timeout, _timeout) { Interleave = true });
    }

    public ValueTask<(EnumerationResult Status, object? Value)> StartEnumeration<T>(Guid requestId, IAsyncEnumerableRequest<T> request, CancellationToken cancellationToken)
    {
        if (_enumerations.ContainsKey(requestId))
        {
            throw new InvalidOperationException("An enumerator with the same id already exists.");
        }

        request.SetTarget(_activation);
        var cancellation = new CancellationTokenSource();
        var enumerator = request.InvokeImplementation().GetAsyncEnumerator(cancellation.Token);
        var enumeration = new Enumeration(enumerator, cancellation, request.MaxBatchSize);
        _enumerations[requestId] = enumeration;
        return Step(requestId, enumeration, enumerator, cancellationToken);
    }

    public ValueTask<(EnumerationResult Status, object? Value)> MoveNext<T>(Guid requestId, CancellationToken cancellationToken) =>
        !_enumerations.TryGetValue(requestId, out var enumeration) ? new((EnumerationResult.MissingEnumeratorError, null))
        : enumeration.Enumerator is IAsyncEnumerator<T> enumerator ? Step(requestId, enumeration, enumerator, cancellationToken)
        : throw new InvalidCastException("Attempted to access an enumerator of the wrong type.");

    public ValueTask DisposeAsync(Guid requestId) => Remove(requestId);

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _enumerations.Keys.ToArray())
        {
            await Remove(id);
        }
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Warning, Message = "Ending an enumeration of {GrainId} failed.")]
    private static partial void LogEndFailed(ILogger logger, Exception exception, GrainId grainId);

    private async ValueTask<(EnumerationResult Status, object? Value)> Step<T>(Guid id, Enumeration enumeration, IAsyncEnumerator<T> enumerator, CancellationToken cancellationToken)
    {
        enumeration.IsSeen = true;
        try
        {
            if (enumeration.Pending is null)
            {
                var batch = new List<T>();
                while (batch.Count < enumeration.MaxBatchSize)
                {
                    var next = enumerator.MoveNextAsync();
                    if (!next.IsCompletedSuccessfully)
                    {
                        enumeration.Pending = next.AsTask();
                        break;
                    }

                    if (!next.GetAwaiter().GetResult())
                    {
                        await Remove(id);
                        return batch.Count switch
                        {
                            0 => (EnumerationResult.Completed, null),
                            1 => (EnumerationResult.CompletedWithElement, batch[0]),
                            _ => (EnumerationResult.CompletedWithBatch, batch),
                        };
                    }

                    batch.Add(enumerator.Current);
                }

                if (batch.Count > 0)
                {
                    return batch.Count == 1 ? (EnumerationResult.Element, batch[0]) : (EnumerationResult.Batch, batch);
                }
            }

            enumeration.IsBusy = true;
            var pending = enumeration.Pending!;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(_timeout / 2);
            await ((Task)pending).WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            enumeration.IsBusy = false;
            enumeration.IsSeen = true;
            if (pending.IsCompleted)
            {
                enumeration.Pending = null;
            }

            if (pending.IsCompletedSuccessfully)
            {
                if (await pending)
                {
                    return (EnumerationResult.Element, enumerator.Current);
                }

                await Remove(id);
                return (EnumerationResult.Completed, null);
            }

            if (pending.IsCanceled || cancellationToken.IsCancellationRequested)
            {
                await Remove(id);
                return (EnumerationResult.Canceled, null);
            }

            if (pending.Exception is { } failure)
            {
                await Remove(id);
                return (EnumerationResult.Error, failure.InnerExceptions.Count == 1 ? failure.InnerException : failure);
            }

            return (EnumerationResult.Heartbeat, null);
        }
        catch (Exception exception)
        {
            await Remove(id);
            return (EnumerationResult.Error, exception);
        }
    }

    private async Task RemoveIdle()
    {
        foreach (var (id, enumeration) in _enumerations.ToArray())
        {
            if (enumeration is { IsSeen: false, IsBusy: false })
            {
                await Remove(id);
            }

            enumeration.IsSeen = false;
        }
    }

    private async ValueTask Remove(Guid id)
    {
        if (!_enumerations.Remove(id, out var enumeration))
        {
            return;
        }

        try
        {
            await enumeration.Cancellation.CancelAsync();
            if (enumeration.Pending is { } pending)
            {
                await ((Task)pending).WaitAsync(_timeout).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            }

            if (enumeration.Pending is null or { IsCompleted: true })
            {
                await enumeration.Enumerator.DisposeAsync().AsTask().WaitAsync(_timeout).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (Exception exception)
        {
            LogEndFailed(_activation.Silo.Logger, exception, _activation.GrainId);
        }
    }

    private sealed class Enumeration(IAsyncDisposable enumerator, CancellationTokenSource cancellation, int maxBatchSize)
    {
        public IAsyncDisposable Enumerator { get; } = enumerator;

        public CancellationTokenSource Cancellation { get; } = cancellation;

        public int MaxBatchSize { get; } = maxBatchSize;

        public Task<bool>? Pending { get; set; }

        public bool IsSeen { get; set; }

        public bool IsBusy { get; set; }
    }
}
