using System.Runtime.CompilerServices;

namespace Orleans.Runtime;

/// <summary>A reference to a grain: sends calls, can be compared and passed on in messages.</summary>
public class GrainReference : IAddressable, IEquatable<GrainReference>, IFormattable
{
    private readonly GrainReferenceShared _shared;
    private readonly IdSpan _key;

    internal GrainReference(GrainReferenceShared shared, IdSpan key)
    {
        _shared = shared;
        _key = key;
    }

    /// <summary>The identity of the grain.</summary>
    public GrainId GrainId => GrainId.Create(_shared.GrainType, _key);

    /// <summary>The interface.</summary>
    public GrainInterfaceType InterfaceType => _shared.InterfaceType;

    /// <summary>The name of the interface.</summary>
    public virtual string InterfaceName => InterfaceType.ToString();

    internal CallRuntime Runtime => _shared.Runtime;

    internal Type Interface => _shared.Interface;

    /// <summary>The same grain by another interface.</summary>
    public virtual TGrainInterface Cast<TGrainInterface>()
        where TGrainInterface : IAddressable => this.AsReference<TGrainInterface>();

    /// <inheritdoc/>
    public bool Equals(GrainReference? other) => other is not null && GrainId.Equals(other.GrainId);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    /// <inheritdoc/>
    public override int GetHashCode() => GrainId.GetHashCode();

    /// <summary>The stable hash.</summary>
    public uint GetUniformHashCode() => GrainId.GetUniformHashCode();

    /// <inheritdoc/>
    public sealed override string ToString() => $"GrainReference:{GrainId}:{InterfaceType}";

    /// <inheritdoc/>
    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>Equality.</summary>
    public static bool operator ==(GrainReference? reference1, GrainReference? reference2) => reference1 is null ? reference2 is null : reference1.Equals(reference2);

    /// <summary>Inequality.</summary>
    public static bool operator !=(GrainReference? reference1, GrainReference? reference2) => !(reference1 == reference2);

    internal Task SendTask(VoidResultCall call)
    {
        call.Bind(this);
        if (Runtime.OutgoingFilters.Length > 0)
        {
            return SendFiltered(call);
        }

        call.Send();
        return call.Promise;
    }

    internal Task<T> SendTask<T>(TaskCall<T> call)
    {
        call.Bind(this);
        if (Runtime.OutgoingFilters.Length > 0)
        {
            return SendFiltered(call);
        }

        call.Send();
        return call.Promise;
    }

    internal ValueTask SendValueTask(VoidResultCall call) => new(SendTask(call));

    internal ValueTask<T> SendValueTask<T>(TaskCall<T> call) => new(SendTask(call));

    internal void SendVoid(VoidResultCall call) => _ = SendTask(call);

    internal IAsyncEnumerable<T> SendEnumerable<T>(EnumerableRequest<T> request)
    {
        request.Bind(this);
        return request;
    }

    private async Task SendFiltered(VoidResultCall call) => await new OutgoingCallContext(call, Runtime.OutgoingFilters).Invoke();

    private async Task<T> SendFiltered<T>(TaskCall<T> call)
    {
        var context = new OutgoingCallContext(call, Runtime.OutgoingFilters);
        await context.Invoke();
        return context.Response!.GetResult<T>();
    }
}

/// <summary>What the references to the grains of one type by one interface have in common.</summary>
internal sealed class GrainReferenceShared(CallRuntime runtime, GrainType grainType, GrainInterfaceType interfaceType, Type @interface)
{
    public CallRuntime Runtime { get; } = runtime;

    public GrainType GrainType { get; } = grainType;

    public GrainInterfaceType InterfaceType { get; } = interfaceType;

    public Type Interface { get; } = @interface;

    public Func<GrainReferenceShared, IdSpan, GrainReference> Activator { get; } = ProxyBuilder.ActivatorFor(@interface);
}
