using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Orleans.Serialization;

namespace Orleans.Runtime;

/// <summary>Copies values of one type; what the wire format would drop or refuse, this drops or refuses.</summary>
internal abstract class Copier
{
    private static readonly ConcurrentDictionary<Type, Copier> ByType = new();
    private static readonly ConcurrentDictionary<Type, bool> Missing = new();

    /// <summary>Whether a value may be shared instead of copied.</summary>
    public virtual bool IsShallow => false;

    public static Copier For(Type type) =>
        ByType.TryGetValue(type, out var known)
            ? known
            : ByType.GetOrAdd(type, static type =>
            {
                try
                {
                    return (Copier)typeof(Copier<>).MakeGenericType(type).GetProperty(nameof(Copier<object>.Instance))!.GetValue(null)!;
                }
                catch (TargetInvocationException exception) when (exception.InnerException is not null)
                {
                    ExceptionDispatchInfo.Throw(exception.InnerException);
                    throw;
                }
            });

    /// <summary>Whether there is a copier. What a type is copied by depends on the type alone, so that an answer holds for good.</summary>
    public static bool Exists(Type type)
    {
        if (ByType.ContainsKey(type))
        {
            return true;
        }

        if (Missing.ContainsKey(type))
        {
            return false;
        }

        try
        {
            For(type);
            return true;
        }
        catch (CodecNotFoundException)
        {
            Missing.TryAdd(type, true);
            return false;
        }
    }

    /// <summary>Copies a boxed value.</summary>
    public abstract object CopyObject(object value, CopySession session);

    /// <summary>Copies what this type adds to an instance of a class derived from it.</summary>
    public virtual void CopyMembers(object from, object to, CopySession session) =>
        throw new CodecNotFoundException($"Could not find a base type copier for {GetType()}.");
}

/// <summary>Copies values of one type.</summary>
internal abstract class Copier<T> : Copier
{
    private static Copier<T>? _instance;

    public static Copier<T> Instance => _instance ?? Create();

    public abstract T Copy(T value, CopySession session);

    public override object CopyObject(object value, CopySession session) => Copy((T)value, session)!;

    private static Copier<T> Create()
    {
        var created = (Copier<T>)CopierFactory.Create(typeof(T));
        return Interlocked.CompareExchange(ref _instance, created, null) ?? created;
    }
}

internal sealed class ShallowCopier<T> : Copier<T>
{
    public override bool IsShallow => true;

    public override T Copy(T value, CopySession session) => value;
}

/// <summary>Copies what is declared as an interface, an abstract class or object by what it is.</summary>
internal sealed class PolymorphicCopier<T> : Copier<T>
{
    public override T Copy(T value, CopySession session)
    {
        if (value is null)
        {
            return value;
        }

        var type = value.GetType();
        if (type.IsEnum && session.Remote && !type.IsDefined(typeof(GenerateSerializerAttribute), false))
        {
            // The wire format knows a boxed enum of a type without a serializer by its number only.
            return (T)Convert.ChangeType(value, type.GetEnumUnderlyingType(), System.Globalization.CultureInfo.InvariantCulture);
        }

        return type == typeof(object) ? value : (T)Copier.For(type).CopyObject(value, session);
    }
}

/// <summary>Copies what is declared as an interface of collections: by what it is, or, where that is not known, into the usual collection.</summary>
internal sealed class CollectionInterfaceCopier<T>(Func<object, CopySession, object> fallback) : Copier<T>
{
    public override T Copy(T value, CopySession session)
    {
        if (value is null)
        {
            return value;
        }

        var type = value.GetType();
        return Copier.Exists(type) ? (T)Copier.For(type).CopyObject(value, session) : (T)fallback(value, session);
    }
}

/// <summary>Copies a foreign type by way of its surrogate.</summary>
internal sealed class ConverterCopier<TValue, TSurrogate>(IConverter<TValue, TSurrogate> converter) : Copier<TValue>
    where TSurrogate : struct
{
    public override TValue Copy(TValue value, CopySession session)
    {
        if (value is null)
        {
            return value;
        }

        object? boxed = typeof(TValue).IsValueType ? null : value;
        if (boxed is not null && session.TryGet(boxed, out var known))
        {
            return (TValue)known;
        }

        var surrogate = Copier<TSurrogate>.Instance.Copy(converter.ConvertToSurrogate(in value), session);
        var copy = converter.ConvertFromSurrogate(in surrogate);
        if (boxed is not null)
        {
            session.Record(boxed, copy!);
        }

        return copy;
    }

    public override void CopyMembers(object from, object to, CopySession session)
    {
        if (converter is not IPopulator<object, TSurrogate> && converter.GetType().GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IPopulator<,>)) is { } populator)
        {
            var value = (TValue)from;
            var surrogate = Copier<TSurrogate>.Instance.Copy(converter.ConvertToSurrogate(in value), session);
            populator.GetMethod(nameof(IPopulator<object, TSurrogate>.Populate))!.Invoke(converter, [surrogate, to]);
            return;
        }

        base.CopyMembers(from, to, session);
    }
}

/// <summary>Copies references to grains and observers: as they are within a silo, bound to the other side across containers.</summary>
internal sealed class ReferenceCopier<T> : Copier<T>
{
    public override T Copy(T value, CopySession session) => value switch
    {
        null => value,
        GrainReference reference => session.Target is null || ReferenceEquals(session.Target, reference.Runtime)
            ? value
            : (T)(object)session.Target.CreateReference(reference.GrainId, reference.Interface),
        _ => throw new CodecNotFoundException(
            $"{value.GetType()} is a grain or an observer, not a reference to one. Pass this.AsReference<T>() or what CreateObjectReference returned."),
    };
}
