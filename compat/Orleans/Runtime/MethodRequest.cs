using System.Reflection;
using Orleans.CodeGeneration;
using Orleans.Concurrency;
using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

/// <summary>What is known about a method of a grain interface.</summary>
internal sealed class MethodEntry
{
    private MethodEntry(Type interfaceType, MethodInfo method, InvokeMethodOptions options, TimeSpan? timeout)
    {
        InterfaceType = interfaceType;
        Method = method;
        Options = options;
        Timeout = timeout;
        InterfaceName = interfaceType.FullName!.Replace('+', '.');
        ActivityName = $"{interfaceType.Name}/{method.Name}";
    }

    public Type InterfaceType { get; }

    public MethodInfo Method { get; }

    public InvokeMethodOptions Options { get; }

    public TimeSpan? Timeout { get; }

    public string InterfaceName { get; }

    public string ActivityName { get; }

    public static MethodEntry Create(MethodInfo method)
    {
        var options = InvokeMethodOptions.None;
        if (method.IsDefined(typeof(OneWayAttribute), true))
        {
            options |= InvokeMethodOptions.OneWay;
        }

        if (method.IsDefined(typeof(ReadOnlyAttribute), true))
        {
            options |= InvokeMethodOptions.ReadOnly;
        }

        if (method.IsDefined(typeof(AlwaysInterleaveAttribute), true))
        {
            options |= InvokeMethodOptions.AlwaysInterleave;
        }

        if (method.ReturnType == typeof(void))
        {
            options |= InvokeMethodOptions.OneWay;
        }

        return new MethodEntry(method.DeclaringType!, method, options, method.GetCustomAttribute<ResponseTimeoutAttribute>(true)?.Timeout);
    }

    public static MethodEntry Internal(Type interfaceType, string name, InvokeMethodOptions options = InvokeMethodOptions.OneWay) =>
        new(interfaceType, interfaceType.GetMethod(name, BindingFlags.Instance | BindingFlags.Public)!, options, null);
}

/// <summary>Where calls run: an activation, or an object outside of grains.</summary>
internal interface ICallHost
{
    IIncomingGrainCallFilter[] Filters { get; }

    IGrainContext Context { get; }

    /// <summary>Runs something between the turns.</summary>
    void Post(Action action);

    void Completed(Call call, Exception? error);
}

/// <summary>A method with its arguments. The proxies' generated classes fill in the abstract members.</summary>
internal abstract class MethodRequest : IRequest
{
    private InvokeMethodOptions _addedOptions;
    private object? _target;

    public abstract MethodEntry Entry { get; }

    public InvokeMethodOptions Options => Entry.Options | _addedOptions;

    public virtual bool IsCancellable => false;

    public void AddInvokeMethodOptions(InvokeMethodOptions options) => _addedOptions |= options;

    public object? GetTarget() => _target;

    public void SetTarget(ITargetHolder holder)
    {
        ArgumentNullException.ThrowIfNull(holder);
        _target = ResolveTarget(holder);
    }

    public abstract ValueTask<Response> Invoke();

    public virtual int GetArgumentCount() => 0;

    public virtual object? GetArgument(int index) => throw new ArgumentOutOfRangeException(nameof(index));

    public virtual void SetArgument(int index, object? value) => throw new ArgumentOutOfRangeException(nameof(index));

    public string GetMethodName() => Entry.Method.Name;

    public string GetInterfaceName() => Entry.InterfaceName;

    public string GetActivityName() => Entry.ActivityName;

    public MethodInfo GetMethod() => Entry.Method;

    public Type GetInterfaceType() => Entry.InterfaceType;

    public TimeSpan? GetDefaultResponseTimeout() => Entry.Timeout;

    public virtual CancellationToken GetCancellationToken() => default;

    public virtual bool TryCancel() => false;

    public void Dispose()
    {
    }

    public override string ToString() => $"{Entry.InterfaceName}.{Entry.Method.Name}";

    internal virtual void SetCancellationToken(CancellationToken token)
    {
    }

    /// <summary>Replaces every argument that can change by a copy of its own.</summary>
    internal abstract void CopyArguments(CopySession session);

    internal virtual object ResolveTarget(ITargetHolder holder) => holder.GetTarget()!;

    private protected void ForgetTarget() => _target = null;
}
