using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Orleans;

/// <summary>The base of grain classes.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    /// <summary>Created by the runtime.</summary>
    protected Grain()
        : this(RuntimeContext.Current!)
    {
    }

    /// <summary>Created with an activation of one's own, for tests.</summary>
    protected Grain(IGrainContext grainContext, IGrainRuntime? grainRuntime = null)
    {
        GrainContext = grainContext;
        Runtime = grainRuntime ?? grainContext?.ActivationServices.GetService<IGrainRuntime>()!;
    }

    /// <summary>The activation.</summary>
    [AllowNull]
    public IGrainContext GrainContext { get; private set; }

    /// <summary>A reference to this grain.</summary>
    public GrainReference GrainReference => GrainContext.GrainReference;

    /// <summary>The grain's identity as text.</summary>
    public string IdentityString => GrainContext.GrainId.ToString();

    /// <summary>The silo as text.</summary>
    public string RuntimeIdentity => Runtime?.SiloIdentity ?? string.Empty;

    internal IGrainRuntime Runtime { get; }

    /// <summary>Makes references to other grains.</summary>
    protected IGrainFactory GrainFactory => Runtime.GrainFactory;

    /// <summary>The container scope of the activation.</summary>
    protected internal IServiceProvider ServiceProvider => GrainContext?.ActivationServices ?? Runtime?.ServiceProvider!;

    /// <summary>Called before the first request. An exception fails the requests that wait; a later request tries again.</summary>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called after the last request. Not called when the process is lost.</summary>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends the activation when its running requests are done.</summary>
    protected void DeactivateOnIdle() => Runtime.DeactivateOnIdle(GrainContext);

    /// <summary>Moves the activation to another silo if there is a better one. With one silo there is none.</summary>
    protected void MigrateOnIdle()
    {
        if (GrainContext is null)
        {
            throw new InvalidOperationException("The grain has no activation.");
        }
    }

    /// <summary>Keeps the activation for at least this long even when it is idle; a time below zero takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => Runtime.DelayDeactivation(GrainContext, timeSpan);
}

/// <summary>What every grain can do.</summary>
public static class GrainBaseExtensions
{
    /// <summary>Ends the activation when its running requests are done.</summary>
    public static void DeactivateOnIdle(this IGrainBase grain)
    {
        ArgumentNullException.ThrowIfNull(grain);
        grain.GrainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));
    }

    /// <summary>Moves the activation to another silo if there is a better one. With one silo there is none.</summary>
    public static void MigrateOnIdle(this IGrainBase grain) => ArgumentNullException.ThrowIfNull(grain);

    /// <summary>Calls <paramref name="callback"/> in the activation, after a due time and then periodically.</summary>
    public static IGrainTimer RegisterGrainTimer<TState>(this IGrainBase grain, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(grain);
        ArgumentNullException.ThrowIfNull(callback);
        return GrainTimer.Register(grain.GrainContext, callback, state, options);
    }

    /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
    public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return RegisterGrainTimer(grain, static (callback, cancellationToken) => callback(cancellationToken), callback, options);
    }

    /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
    public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<Task> callback, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return RegisterGrainTimer(grain, static (callback, _) => callback(), callback, options);
    }

    /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
    public static IGrainTimer RegisterGrainTimer<TState>(this IGrainBase grain, Func<TState, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return RegisterGrainTimer(grain, static (state, _) => state.Callback(state.State), (Callback: callback, State: state), options);
    }

    /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
    public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<Task> callback, TimeSpan dueTime, TimeSpan period) =>
        RegisterGrainTimer(grain, callback, new GrainTimerCreationOptions(dueTime, period));

    /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
    public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<CancellationToken, Task> callback, TimeSpan dueTime, TimeSpan period) =>
        RegisterGrainTimer(grain, callback, new GrainTimerCreationOptions(dueTime, period));

    /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
    public static IGrainTimer RegisterGrainTimer<TState>(this IGrainBase grain, Func<TState, Task> callback, TState state, TimeSpan dueTime, TimeSpan period) =>
        RegisterGrainTimer(grain, callback, state, new GrainTimerCreationOptions(dueTime, period));

    /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
    public static IGrainTimer RegisterGrainTimer<TState>(this IGrainBase grain, Func<TState, CancellationToken, Task> callback, TState state, TimeSpan dueTime, TimeSpan period) =>
        RegisterGrainTimer(grain, callback, state, new GrainTimerCreationOptions(dueTime, period));
}

/// <summary>What grains and references have in common.</summary>
public static class GrainExtensions
{
    /// <summary>A reference that can be passed on, by the interface named.</summary>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain) => (TGrainInterface)AsReference(grain, typeof(TGrainInterface));

    /// <summary>A reference by another interface.</summary>
    public static TGrainInterface Cast<TGrainInterface>(this IAddressable grain) => AsReference<TGrainInterface>(grain);

    /// <summary>A reference that can be passed on, by the interface named.</summary>
    public static object AsReference(this IAddressable grain, Type interfaceType)
    {
        ArgumentNullException.ThrowIfNull(grain);
        var reference = ReferenceOf(grain);
        return interfaceType.IsInstanceOfType(reference) ? reference : reference.Runtime.CreateReference(reference.GrainId, interfaceType);
    }

    /// <summary>A reference by another interface.</summary>
    public static object Cast(this IAddressable grain, Type interfaceType) => AsReference(grain, interfaceType);

    /// <summary>The identity.</summary>
    public static GrainId GetGrainId(this IAddressable grain) => grain switch
    {
        GrainReference reference => reference.GrainId,
        IGrainBase activated => activated.GrainContext.GrainId,
        null => throw new ArgumentNullException(nameof(grain)),
        _ => throw new ArgumentException($"{nameof(GetGrainId)} has been called on an unexpected type: {grain.GetType().FullName}.", nameof(grain)),
    };

    /// <summary>The key of a grain with a text as its key.</summary>
    public static string GetPrimaryKeyString(this IAddressable grain) => GetGrainId(grain).Key.ToString();

    private static GrainReference ReferenceOf(IAddressable grain) => grain switch
    {
        GrainReference reference => reference,
        IGrainBase activated => activated.GrainContext.GrainReference,
        _ => throw new ArgumentException($"AsReference has been called on an unexpected type: {grain.GetType().FullName}.", nameof(grain)),
    };
}
