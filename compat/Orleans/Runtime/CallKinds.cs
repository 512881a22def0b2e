using System.Runtime.ExceptionServices;
using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

/// <summary>A call whose method returns no value.</summary>
internal abstract class VoidResultCall : Call
{
    private TaskCompletionSource _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Promise => _promise.Task;

    internal override async Task<Response> GetResponse()
    {
        await _promise.Task;
        return Response.Completed;
    }

    protected void Succeed()
    {
        if (TryEnd())
        {
            _promise.TrySetResult();
        }
    }

    protected sealed override void ResetPromise() => _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected sealed override void FailPromise(Exception exception)
    {
        if (exception is OperationCanceledException)
        {
            _promise.TrySetFromTask(Faulted.Task(exception));
        }
        else
        {
            _promise.TrySetException(exception);
        }
    }

    protected sealed override void CompletePromise() => _promise.TrySetResult();

    protected sealed override void CompletePromise(Response response) => Succeed();
}

internal abstract class TaskCall : VoidResultCall
{
    public sealed override ValueTask<Response> Invoke()
    {
        try
        {
            var task = InvokeInner(GetTarget()!);
            return task.IsCompletedSuccessfully ? new(Response.Completed) : Await(task);
        }
        catch (Exception exception)
        {
            return new(Response.FromException(exception));
        }

        static async ValueTask<Response> Await(Task task)
        {
            try
            {
                await task;
                return Response.Completed;
            }
            catch (Exception exception)
            {
                return Response.FromException(exception);
            }
        }
    }

    protected abstract Task InvokeInner(object target);

    protected sealed override void RunDirect()
    {
        try
        {
            var task = InvokeInner(GetTarget()!);
            if (!task.IsCompletedSuccessfully)
            {
                _ = Await(task);
                return;
            }
        }
        catch (Exception exception)
        {
            Finish(exception);
            return;
        }

        Succeed();
        Finished();
    }

    private async Task Await(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception exception)
        {
            Finish(exception);
            return;
        }

        Succeed();
        Finished();
    }
}

internal abstract class ValueTaskCall : TaskCall
{
    protected abstract ValueTask InvokeValue(object target);

    protected sealed override Task InvokeInner(object target) => InvokeValue(target).AsTask();
}

internal abstract class VoidCall : TaskCall
{
    protected abstract void InvokeVoid(object target);

    protected sealed override Task InvokeInner(object target)
    {
        InvokeVoid(target);
        return Task.CompletedTask;
    }
}

/// <summary>A call whose method returns a value.</summary>
internal abstract class TaskCall<T> : Call
{
    private TaskCompletionSource<T> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Promise => _promise.Task;

    public sealed override ValueTask<Response> Invoke()
    {
        try
        {
            var task = InvokeInner(GetTarget()!);
            return task.IsCompletedSuccessfully ? new(Response.FromResult(task.GetAwaiter().GetResult())) : Await(task);
        }
        catch (Exception exception)
        {
            return new(Response.FromException(exception));
        }

        static async ValueTask<Response> Await(Task<T> task)
        {
            try
            {
                return Response.FromResult(await task);
            }
            catch (Exception exception)
            {
                return Response.FromException(exception);
            }
        }
    }

    internal override async Task<Response> GetResponse() => Response.FromResult(await _promise.Task);

    protected abstract Task<T> InvokeInner(object target);

    protected sealed override void RunDirect()
    {
        T result;
        try
        {
            var task = InvokeInner(GetTarget()!);
            if (!task.IsCompletedSuccessfully)
            {
                _ = Await(task);
                return;
            }

            result = CopyResult(task.GetAwaiter().GetResult());
        }
        catch (Exception exception)
        {
            Finish(exception);
            return;
        }

        Succeed(result);
        Finished();
    }

    protected sealed override void ResetPromise() => _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected sealed override void FailPromise(Exception exception)
    {
        if (exception is OperationCanceledException)
        {
            _promise.TrySetFromTask(Faulted.Task<T>(exception));
        }
        else
        {
            _promise.TrySetException(exception);
        }
    }

    protected sealed override void CompletePromise() => _promise.TrySetResult(default!);

    protected sealed override void CompletePromise(Response response) => Succeed(CopyResult(response.GetResult<T>()));

    private void Succeed(T result)
    {
        if (TryEnd())
        {
            _promise.TrySetResult(result);
        }
    }

    private T CopyResult(T result)
    {
        if (result is null || IsOneWay)
        {
            return result;
        }

        var copier = Copier<T>.Instance;
        if (copier.IsShallow)
        {
            return result;
        }

        var session = CopySession.Rent(Runtime!, IsRemote);
        try
        {
            return copier.Copy(result, session);
        }
        finally
        {
            session.Return();
        }
    }

    private async Task Await(Task<T> task)
    {
        T result;
        try
        {
            result = CopyResult(await task);
        }
        catch (Exception exception)
        {
            Finish(exception);
            return;
        }

        Succeed(result);
        Finished();
    }
}

internal abstract class ValueTaskCall<T> : TaskCall<T>
{
    protected abstract ValueTask<T> InvokeValue(object target);

    protected sealed override Task<T> InvokeInner(object target) => InvokeValue(target).AsTask();
}

internal static class Faulted
{
    // An async method turns a thrown cancellation into a cancelled task that keeps the exception.
#pragma warning disable CS1998
    public static async Task Task(Exception exception) => ExceptionDispatchInfo.Throw(exception);

    public static async Task<T> Task<T>(Exception exception)
    {
        ExceptionDispatchInfo.Throw(exception);
        return default!;
    }
#pragma warning restore CS1998
}
