using System.Threading.Tasks.Sources;

namespace Steward.Storage.Sqlite;

/// <summary>One change that the writer makes inside a transaction that it may share with others.</summary>
internal abstract class SqliteWork(CancellationToken cancellationToken)
{
    /// <summary>Honoured until the writer takes the work; from then on the change runs to its end.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>About how many bytes it writes; limits what shares one transaction.</summary>
    public virtual long Weight => 0;

    /// <summary>Makes the change. Runs again from the start when the shared transaction was rolled back because of another change.</summary>
    public abstract void Execute(SqliteSession session);

    /// <summary>The change is on stable storage.</summary>
    public abstract void Complete();

    /// <summary>The change was not made, or its outcome is unknown.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A change with an answer. Awaited at most once; the continuation never runs on the writer's thread.</summary>
internal abstract class SqliteWork<TResult> : SqliteWork, IValueTaskSource<TResult>
{
    private ManualResetValueTaskSourceCore<TResult> _completion = new() { RunContinuationsAsynchronously = true };
    private TResult _result = default!;

    protected SqliteWork(CancellationToken cancellationToken)
        : base(cancellationToken)
    {
    }

    /// <summary>Completes when the change is durable.</summary>
    public ValueTask<TResult> Completion => new(this, _completion.Version);

    /// <inheritdoc/>
    public sealed override void Execute(SqliteSession session) => _result = Run(session);

    /// <inheritdoc/>
    public sealed override void Complete()
    {
        OnDurable(_result);
        _completion.SetResult(_result);
    }

    /// <inheritdoc/>
    public sealed override void Fail(Exception exception) => _completion.SetException(exception);

    /// <inheritdoc/>
    TResult IValueTaskSource<TResult>.GetResult(short token) => _completion.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _completion.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<TResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    /// <summary>Makes the change and returns the answer.</summary>
    protected abstract TResult Run(SqliteSession session);

    /// <summary>Called once on the writer's thread when the change is on stable storage.</summary>
    protected virtual void OnDurable(TResult result)
    {
    }
}
