using System.Reflection;
using System.Runtime.ExceptionServices;
using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

internal sealed class IncomingCallContext(Call call, ICallHost host) : IIncomingGrainCallContext
{
    private int _stage;

    public IInvokable Request => call;

    public object Grain => host.Context.GrainInstance!;

    public GrainId? SourceId => call.SourceId.IsDefault ? null : call.SourceId;

    public GrainId TargetId => host.Context.GrainId;

    public IGrainContext TargetContext => host.Context;

    public GrainInterfaceType InterfaceType => call.Reference is { } reference ? reference.InterfaceType : AppParts.InterfaceTypeOf(call.GetInterfaceType());

    public string InterfaceName => call.GetInterfaceName();

    public string MethodName => call.GetMethodName();

    public MethodInfo InterfaceMethod => call.GetMethod();

    public MethodInfo ImplementationMethod => AppParts.ImplementationOf(call.GetTarget()!.GetType(), call.GetMethod());

    public Response? Response { get; set; }

    public object? Result
    {
        get => Response is { Exception: null } response ? response.Result : null;
        set => Response = Response.FromResult(value);
    }

    public async Task Invoke()
    {
        var stage = _stage++;
        try
        {
            var filters = host.Filters;
            if (stage < filters.Length)
            {
                await filters[stage].Invoke(this);
                EnsureContinued(filters[stage]);
                return;
            }

            if (stage == filters.Length && Grain is IIncomingGrainCallFilter own)
            {
                await own.Invoke(this);
                EnsureContinued(own);
                return;
            }

            Response = await call.Invoke();
            if (Response.Exception is { } exception)
            {
                ExceptionDispatchInfo.Throw(exception);
            }
        }
        finally
        {
            _stage--;
        }
    }

    private void EnsureContinued(object filter)
    {
        if (Response is null)
        {
            throw new InvalidOperationException($"The call filter {filter.GetType().Name} neither went on with the call nor set a result.");
        }
    }
}

internal sealed class OutgoingCallContext(Call call, IOutgoingGrainCallFilter[] filters) : IOutgoingGrainCallContext
{
    private int _stage;
    private bool _sent;

    public IInvokable Request => call;

    public object Grain => call.Reference!;

    public GrainId? SourceId => SourceContext?.GrainId;

    public GrainId TargetId => call.TargetId;

    public GrainInterfaceType InterfaceType => call.Reference!.InterfaceType;

    public IGrainContext? SourceContext { get; } = RuntimeContext.Current;

    public string InterfaceName => call.GetInterfaceName();

    public string MethodName => call.GetMethodName();

    public MethodInfo InterfaceMethod => call.GetMethod();

    public Response? Response { get; set; }

    public object? Result
    {
        get => Response!.Result;
        set => Response = Response.FromResult(value);
    }

    public async Task Invoke()
    {
        var stage = _stage++;
        try
        {
            if (stage < filters.Length)
            {
                await filters[stage].Invoke(this);
                if (Response is null)
                {
                    throw new InvalidOperationException($"The call filter {filters[stage].GetType().Name} neither went on with the call nor set a result.");
                }

                return;
            }

            var attempt = _sent ? call.Again() : call;
            _sent = true;
            attempt.Send();
            Response = await attempt.GetResponse();
        }
        finally
        {
            _stage--;
        }
    }
}
