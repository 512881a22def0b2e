using System.Reflection;
using System.Runtime.ExceptionServices;
using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Orleans.Serialization.Invocation
{
    /// <summary>Holds what calls are made on.</summary>
    public interface ITargetHolder
    {
        /// <summary>The grain.</summary>
        object? GetTarget();

        /// <summary>A part of the activation.</summary>
        object? GetComponent(Type componentType);
    }

    /// <summary>A call that can be made.</summary>
    public interface IInvokable : IDisposable
    {
        /// <summary>Whether the method takes a cancellation token.</summary>
        bool IsCancellable => false;

        /// <summary>What the call is made on.</summary>
        object? GetTarget();

        /// <summary>Sets what the call is made on.</summary>
        void SetTarget(ITargetHolder holder);

        /// <summary>Makes the call.</summary>
        ValueTask<Response> Invoke();

        /// <summary>How many arguments there are.</summary>
        int GetArgumentCount();

        /// <summary>An argument.</summary>
        object? GetArgument(int index);

        /// <summary>Replaces an argument.</summary>
        void SetArgument(int index, object value);

        /// <summary>The name of the method.</summary>
        string GetMethodName();

        /// <summary>The full name of the interface.</summary>
        string GetInterfaceName();

        /// <summary>A short name for traces.</summary>
        string GetActivityName();

        /// <summary>The method of the interface.</summary>
        MethodInfo GetMethod();

        /// <summary>The interface.</summary>
        Type GetInterfaceType();

        /// <summary>The timeout of the method, if it has its own.</summary>
        TimeSpan? GetDefaultResponseTimeout();

        /// <summary>The token of the call.</summary>
        CancellationToken GetCancellationToken() => default;

        /// <summary>Cancels the call.</summary>
        bool TryCancel() => false;
    }

    /// <summary>The outcome of a call.</summary>
    public abstract class Response : IDisposable
    {
        /// <summary>Success without a value.</summary>
        public static Response Completed { get; } = new CompletedResponse();

        /// <summary>The value.</summary>
        public abstract object? Result { get; set; }

        /// <summary>The error.</summary>
        public abstract Exception? Exception { get; set; }

        /// <summary>An error.</summary>
        public static Response FromException(Exception exception) => new ExceptionResponse(exception);

        /// <summary>A value.</summary>
        public static Response FromResult<TResult>(TResult value) => new Response<TResult> { TypedResult = value };

        /// <summary>The value; throws the error if there is one.</summary>
        public abstract T GetResult<T>();

        /// <inheritdoc/>
        public abstract void Dispose();

        /// <inheritdoc/>
        public override string ToString() => Exception is { } exception ? exception.ToString() : Result?.ToString() ?? "[null]";

        private sealed class CompletedResponse : Response
        {
            public override object? Result { get => null; set => throw new InvalidOperationException("The response without a value cannot be given one."); }

            public override Exception? Exception { get => null; set => throw new InvalidOperationException("The response without a value cannot be given an error."); }

            public override T GetResult<T>() => default!;

            public override void Dispose()
            {
            }
        }

        private sealed class ExceptionResponse(Exception exception) : Response
        {
            public override object? Result
            {
                get
                {
                    ExceptionDispatchInfo.Throw(Exception!);
                    return null;
                }

                set => throw new InvalidOperationException("An error cannot be given a value.");
            }

            public override Exception? Exception { get; set; } = exception;

            public override T GetResult<T>()
            {
                ExceptionDispatchInfo.Throw(Exception!);
                return default!;
            }

            public override void Dispose()
            {
            }
        }
    }

    /// <summary>A value.</summary>
    public sealed class Response<TResult> : Response
    {
        /// <summary>The value.</summary>
        public TResult? TypedResult { get; set; }

        /// <inheritdoc/>
        public override object? Result { get => TypedResult; set => TypedResult = (TResult?)value; }

        /// <inheritdoc/>
        public override Exception? Exception { get => null; set => throw new InvalidOperationException("A value cannot be given an error."); }

        /// <inheritdoc/>
        public override T GetResult<T>() => TypedResult is T typed ? typed : (T)(object?)TypedResult!;

        /// <inheritdoc/>
        public override void Dispose()
        {
        }
    }
}

namespace Orleans.Runtime
{
    using Orleans.Serialization.Invocation;

    /// <summary>A call with options.</summary>
    public interface IRequest : IInvokable
    {
        /// <summary>How it is treated.</summary>
        InvokeMethodOptions Options { get; }

        /// <summary>Adds options.</summary>
        void AddInvokeMethodOptions(InvokeMethodOptions options);
    }
}
