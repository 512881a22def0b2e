using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Reflection;
using Orleans.Serialization;

namespace Orleans.Runtime;

/// <summary>Finds out how a type is copied.</summary>
internal static class CopierFactory
{
    private static readonly HashSet<Type> Shallow =
    [
        typeof(string), typeof(decimal), typeof(DateTime), typeof(DateTimeOffset), typeof(TimeSpan), typeof(DateOnly), typeof(TimeOnly), typeof(Guid),
        typeof(Half), typeof(Int128), typeof(UInt128), typeof(BigInteger), typeof(Version), typeof(BitVector32), typeof(CompareInfo), typeof(CancellationToken),
        typeof(IPEndPoint), typeof(GrainId), typeof(GrainType), typeof(IdSpan), typeof(GrainInterfaceType), typeof(SiloAddress), typeof(ValueTuple), typeof(StreamId),
    ];

    /// <summary>Collections that are copied into a new one of the same type, by the method that does it.</summary>
    private static readonly Dictionary<Type, string> Generic = new()
    {
        [typeof(Nullable<>)] = nameof(Collections.Nullable),
        [typeof(List<>)] = nameof(Collections.List),
        [typeof(Dictionary<,>)] = nameof(Collections.Dictionary),
        [typeof(SortedDictionary<,>)] = nameof(Collections.SortedDictionary),
        [typeof(SortedList<,>)] = nameof(Collections.SortedList),
        [typeof(ConcurrentDictionary<,>)] = nameof(Collections.ConcurrentDictionary),
        [typeof(ReadOnlyDictionary<,>)] = nameof(Collections.ReadOnlyDictionary),
        [typeof(HashSet<>)] = nameof(Collections.HashSet),
        [typeof(SortedSet<>)] = nameof(Collections.SortedSet),
        [typeof(Queue<>)] = nameof(Collections.Queue),
        [typeof(ConcurrentQueue<>)] = nameof(Collections.ConcurrentQueue),
        [typeof(Stack<>)] = nameof(Collections.Stack),
        [typeof(Collection<>)] = nameof(Collections.Collection),
        [typeof(ReadOnlyCollection<>)] = nameof(Collections.ReadOnlyCollection),
        [typeof(KeyValuePair<,>)] = nameof(Collections.KeyValuePair),
        [typeof(ReadOnlyMemory<>)] = nameof(Collections.ReadOnlyMemory),
        [typeof(Memory<>)] = nameof(Collections.Memory),
        [typeof(ArraySegment<>)] = nameof(Collections.ArraySegment),
        [typeof(ImmutableArray<>)] = nameof(Collections.ImmutableArray),
        [typeof(ImmutableList<>)] = nameof(Collections.ImmutableList),
        [typeof(ImmutableQueue<>)] = nameof(Collections.ImmutableQueue),
        [typeof(ImmutableStack<>)] = nameof(Collections.ImmutableStack),
        [typeof(ImmutableHashSet<>)] = nameof(Collections.ImmutableHashSet),
        [typeof(ImmutableSortedSet<>)] = nameof(Collections.ImmutableSortedSet),
        [typeof(ImmutableDictionary<,>)] = nameof(Collections.ImmutableDictionary),
        [typeof(ImmutableSortedDictionary<,>)] = nameof(Collections.ImmutableSortedDictionary),
    };

    private static readonly Dictionary<Type, string> Interfaces = new()
    {
        [typeof(IEnumerable<>)] = nameof(Collections.AsList),
        [typeof(IReadOnlyCollection<>)] = nameof(Collections.AsList),
        [typeof(IReadOnlyList<>)] = nameof(Collections.AsList),
        [typeof(ICollection<>)] = nameof(Collections.AsList),
        [typeof(IList<>)] = nameof(Collections.AsList),
        [typeof(ISet<>)] = nameof(Collections.AsSet),
        [typeof(IReadOnlySet<>)] = nameof(Collections.AsSet),
        [typeof(IDictionary<,>)] = nameof(Collections.AsDictionary),
        [typeof(IReadOnlyDictionary<,>)] = nameof(Collections.AsDictionary),
    };

    public static Copier Create(Type type)
    {
        if (type.IsPointer || type.IsByRef || type.IsByRefLike)
        {
            throw new NotSupportedException($"Type {type} is a pointer or by-ref type and is therefore not supported.");
        }

        if (AppParts.ConverterFor(type) is { } converter)
        {
            var surrogate = converter.GetType().GetInterfaces().First(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IConverter<,>) && i.GetGenericArguments()[0] == type).GetGenericArguments()[1];
            return (Copier)Activator.CreateInstance(typeof(ConverterCopier<,>).MakeGenericType(type, surrogate), converter)!;
        }

        if (type.IsPrimitive || type.IsEnum || Shallow.Contains(type) || typeof(Type).IsAssignableFrom(type) || typeof(Uri).IsAssignableFrom(type)
            || typeof(IPAddress).IsAssignableFrom(type) || typeof(CultureInfo).IsAssignableFrom(type) || IsFrameworkComparer(type))
        {
            return (Copier)Activator.CreateInstance(typeof(ShallowCopier<>).MakeGenericType(type))!;
        }

        if (typeof(IAddressable).IsAssignableFrom(type))
        {
            return (Copier)Activator.CreateInstance(typeof(ReferenceCopier<>).MakeGenericType(type))!;
        }

        if (type.IsArray)
        {
            var element = type.GetElementType()!;
            return type.IsSZArray ? Make(nameof(Collections.Array), type, element)
                : throw new CodecNotFoundException($"Could not find a copier for type {type}.");
        }

        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        if (type.IsGenericType)
        {
            if (Generic.TryGetValue(definition, out var method))
            {
                return Make(method, type, type.GetGenericArguments());
            }

            if (Interfaces.TryGetValue(definition, out var fallback))
            {
                var copy = typeof(Collections).GetMethod(fallback)!.MakeGenericMethod(type.GetGenericArguments()).CreateDelegate<Func<object, CopySession, object>>();
                return (Copier)Activator.CreateInstance(typeof(CollectionInterfaceCopier<>).MakeGenericType(type), copy)!;
            }

            if (definition.FullName!.StartsWith("System.ValueTuple`", StringComparison.Ordinal) || definition.FullName.StartsWith("System.Tuple`", StringComparison.Ordinal))
            {
                return MemberCopier.ForTuple(type);
            }

            for (var ancestor = type; ancestor is { IsGenericType: true }; ancestor = ancestor.BaseType)
            {
                if (ancestor.GetGenericTypeDefinition() == typeof(FrozenDictionary<,>))
                {
                    return MakeDerived(nameof(Collections.FrozenDictionary), type, ancestor);
                }

                if (ancestor.GetGenericTypeDefinition() == typeof(FrozenSet<>))
                {
                    return MakeDerived(nameof(Collections.FrozenSet), type, ancestor);
                }
            }
        }

        if (type.IsDefined(typeof(GenerateSerializerAttribute), false))
        {
            return type.IsAbstract || type.IsInterface ? MemberCopier.ForAbstract(type) : MemberCopier.For(type);
        }

        if (typeof(Exception).IsAssignableFrom(type))
        {
            return (Copier)Activator.CreateInstance(typeof(AnyExceptionCopier<>).MakeGenericType(type))!;
        }

        if (type == typeof(object) || type.IsInterface || type.IsAbstract)
        {
            return (Copier)Activator.CreateInstance(typeof(PolymorphicCopier<>).MakeGenericType(type))!;
        }

        throw new CodecNotFoundException($"Could not find a copier for type {type}.");
    }

    private static bool IsFrameworkComparer(Type type) =>
        type.Assembly == typeof(object).Assembly
        && type.GetInterfaces().Any(i => i.IsGenericType && (i.GetGenericTypeDefinition() == typeof(IEqualityComparer<>) || i.GetGenericTypeDefinition() == typeof(IComparer<>)))
        && type.Name.Contains("Comparer", StringComparison.Ordinal);

    private static Copier Make(string method, Type type, params Type[] arguments)
    {
        var copy = typeof(Collections).GetMethod(method)!.MakeGenericMethod(arguments).CreateDelegate(typeof(Func<,,>).MakeGenericType(type, typeof(CopySession), type));
        return (Copier)Activator.CreateInstance(typeof(DelegateCopier<>).MakeGenericType(type), copy)!;
    }

    private static Copier MakeDerived(string method, Type type, Type ancestor)
    {
        var copy = typeof(Collections).GetMethod(method)!.MakeGenericMethod(ancestor.GetGenericArguments()).CreateDelegate<Func<object, CopySession, object>>();
        return (Copier)Activator.CreateInstance(typeof(CollectionInterfaceCopier<>).MakeGenericType(type), (Func<object, CopySession, object>)copy)!;
    }

    private sealed class DelegateCopier<T>(Func<T, CopySession, T> copy) : Copier<T>
    {
        public override T Copy(T value, CopySession session) => value is null ? value! : copy(value, session);
    }

    private sealed class AnyExceptionCopier<T> : Copier<T>
        where T : Exception
    {
        public override T Copy(T value, CopySession session) => value is null ? value! : (T)ExceptionCopier.Copy(value, session);

        public override void CopyMembers(object from, object to, CopySession session) =>
            ExceptionCopier.CopyBase((Exception)from, (Exception)to, session, ExceptionCopier.CopyInner((Exception)from, session));
    }

    /// <summary>How each framework collection is copied.</summary>
    private static class Collections
    {
        public static T? Nullable<T>(T? value, CopySession session)
            where T : struct => Copier<T>.Instance.Copy(value!.Value, session);

        public static T[] Array<T>(T[] value, CopySession session)
        {
            if (session.TryGet(value, out var known))
            {
                return known;
            }

            var copier = Copier<T>.Instance;
            if (value.GetType() != typeof(T[]))
            {
                return (T[])Copier.For(value.GetType()).CopyObject(value, session);
            }

            var copy = value.Length == 0 ? value : new T[value.Length];
            session.Record(value, copy);
            if (copier.IsShallow)
            {
                value.CopyTo(copy, 0);
            }
            else
            {
                for (var i = 0; i < value.Length; i++)
                {
                    copy[i] = copier.Copy(value[i], session);
                }
            }

            return copy;
        }

        public static List<T> List<T>(List<T> value, CopySession session) =>
            Exact(value, session, static v => new List<T>(v.Count), static (v, copy, s) =>
            {
                var copier = Copier<T>.Instance;
                if (copier.IsShallow)
                {
                    copy.AddRange(v);
                    return;
                }

                foreach (var item in v)
                {
                    copy.Add(copier.Copy(item, s));
                }
            });

        public static Dictionary<TKey, TValue> Dictionary<TKey, TValue>(Dictionary<TKey, TValue> value, CopySession session)
            where TKey : notnull =>
            Exact(value, session, v => new Dictionary<TKey, TValue>(v.Count, Comparer(v.Comparer, session)), FillDictionary);

        public static SortedDictionary<TKey, TValue> SortedDictionary<TKey, TValue>(SortedDictionary<TKey, TValue> value, CopySession session)
            where TKey : notnull =>
            Exact(value, session, v => new SortedDictionary<TKey, TValue>(Comparer(v.Comparer, session)), FillDictionary);

        public static SortedList<TKey, TValue> SortedList<TKey, TValue>(SortedList<TKey, TValue> value, CopySession session)
            where TKey : notnull =>
            Exact(value, session, v => new SortedList<TKey, TValue>(v.Count, Comparer(v.Comparer, session)), FillDictionary);

        public static ConcurrentDictionary<TKey, TValue> ConcurrentDictionary<TKey, TValue>(ConcurrentDictionary<TKey, TValue> value, CopySession session)
            where TKey : notnull =>
            Exact(value, session, v => new ConcurrentDictionary<TKey, TValue>(Comparer(v.Comparer, session)), FillDictionary);

        public static ReadOnlyDictionary<TKey, TValue> ReadOnlyDictionary<TKey, TValue>(ReadOnlyDictionary<TKey, TValue> value, CopySession session)
            where TKey : notnull
        {
            if (session.TryGet(value, out var known))
            {
                return known;
            }

            var inner = new Dictionary<TKey, TValue>(value.Count);
            FillDictionary(value, inner, session);
            var copy = new ReadOnlyDictionary<TKey, TValue>(inner);
            session.Record(value, copy);
            return copy;
        }

        public static HashSet<T> HashSet<T>(HashSet<T> value, CopySession session) =>
            Exact(value, session, v => new HashSet<T>(v.Count, Comparer(v.Comparer, session)), static (v, copy, s) => Fill(v, copy, s));

        public static SortedSet<T> SortedSet<T>(SortedSet<T> value, CopySession session) =>
            Exact(value, session, v => new SortedSet<T>(Comparer(v.Comparer, session)), static (v, copy, s) => Fill(v, copy, s));

        public static Queue<T> Queue<T>(Queue<T> value, CopySession session) =>
            Exact(value, session, static v => new Queue<T>(v.Count), static (v, copy, s) =>
            {
                foreach (var item in v)
                {
                    copy.Enqueue(Copier<T>.Instance.Copy(item, s));
                }
            });

        public static ConcurrentQueue<T> ConcurrentQueue<T>(ConcurrentQueue<T> value, CopySession session) =>
            Exact(value, session, static _ => new ConcurrentQueue<T>(), static (v, copy, s) =>
            {
                foreach (var item in v)
                {
                    copy.Enqueue(Copier<T>.Instance.Copy(item, s));
                }
            });

        public static Stack<T> Stack<T>(Stack<T> value, CopySession session) =>
            Exact(value, session, static v => new Stack<T>(v.Count), static (v, copy, s) =>
            {
                foreach (var item in v.Reverse())
                {
                    copy.Push(Copier<T>.Instance.Copy(item, s));
                }
            });

        public static Collection<T> Collection<T>(Collection<T> value, CopySession session) =>
            Exact(value, session, static _ => [], static (v, copy, s) => Fill(v, copy, s));

        public static ReadOnlyCollection<T> ReadOnlyCollection<T>(ReadOnlyCollection<T> value, CopySession session)
        {
            if (session.TryGet(value, out var known))
            {
                return known;
            }

            var inner = new List<T>(value.Count);
            Fill(value, inner, session);
            var copy = inner.AsReadOnly();
            session.Record(value, copy);
            return copy;
        }

        public static KeyValuePair<TKey, TValue> KeyValuePair<TKey, TValue>(KeyValuePair<TKey, TValue> value, CopySession session) =>
            new(Copier<TKey>.Instance.Copy(value.Key, session), Copier<TValue>.Instance.Copy(value.Value, session));

        public static ReadOnlyMemory<T> ReadOnlyMemory<T>(ReadOnlyMemory<T> value, CopySession session) => CopyAll(value.Span, session);

        public static Memory<T> Memory<T>(Memory<T> value, CopySession session) => CopyAll<T>(value.Span, session);

        public static ArraySegment<T> ArraySegment<T>(ArraySegment<T> value, CopySession session) => CopyAll<T>(value, session);

        public static ImmutableArray<T> ImmutableArray<T>(ImmutableArray<T> value, CopySession session) =>
            value.IsDefaultOrEmpty || Copier<T>.Instance.IsShallow ? value : [.. CopyAll(value.AsSpan(), session)];

        public static ImmutableList<T> ImmutableList<T>(ImmutableList<T> value, CopySession session) =>
            Copier<T>.Instance.IsShallow ? value : value.ConvertAll(item => Copier<T>.Instance.Copy(item, session));

        public static ImmutableQueue<T> ImmutableQueue<T>(ImmutableQueue<T> value, CopySession session) =>
            Copier<T>.Instance.IsShallow ? value : System.Collections.Immutable.ImmutableQueue.CreateRange(value.Select(item => Copier<T>.Instance.Copy(item, session)));

        public static ImmutableStack<T> ImmutableStack<T>(ImmutableStack<T> value, CopySession session) =>
            Copier<T>.Instance.IsShallow ? value : System.Collections.Immutable.ImmutableStack.CreateRange(value.Reverse().Select(item => Copier<T>.Instance.Copy(item, session)));

        public static ImmutableHashSet<T> ImmutableHashSet<T>(ImmutableHashSet<T> value, CopySession session) =>
            Copier<T>.Instance.IsShallow ? value : System.Collections.Immutable.ImmutableHashSet.CreateRange(value.KeyComparer, value.Select(item => Copier<T>.Instance.Copy(item, session)));

        public static ImmutableSortedSet<T> ImmutableSortedSet<T>(ImmutableSortedSet<T> value, CopySession session) =>
            Copier<T>.Instance.IsShallow ? value : System.Collections.Immutable.ImmutableSortedSet.CreateRange(value.KeyComparer, value.Select(item => Copier<T>.Instance.Copy(item, session)));

        public static ImmutableDictionary<TKey, TValue> ImmutableDictionary<TKey, TValue>(ImmutableDictionary<TKey, TValue> value, CopySession session)
            where TKey : notnull =>
            Copier<TKey>.Instance.IsShallow && Copier<TValue>.Instance.IsShallow
                ? value
                : System.Collections.Immutable.ImmutableDictionary.CreateRange(value.KeyComparer, value.ValueComparer, value.Select(pair => KeyValuePair(pair, session)));

        public static ImmutableSortedDictionary<TKey, TValue> ImmutableSortedDictionary<TKey, TValue>(ImmutableSortedDictionary<TKey, TValue> value, CopySession session)
            where TKey : notnull =>
            Copier<TKey>.Instance.IsShallow && Copier<TValue>.Instance.IsShallow
                ? value
                : System.Collections.Immutable.ImmutableSortedDictionary.CreateRange(value.KeyComparer, value.ValueComparer, value.Select(pair => KeyValuePair(pair, session)));

        public static object FrozenDictionary<TKey, TValue>(object value, CopySession session)
            where TKey : notnull
        {
            var frozen = (FrozenDictionary<TKey, TValue>)value;
            return Copier<TKey>.Instance.IsShallow && Copier<TValue>.Instance.IsShallow
                ? frozen
                : frozen.Select(pair => KeyValuePair(pair, session)).ToFrozenDictionary(frozen.Comparer);
        }

        public static object FrozenSet<T>(object value, CopySession session)
        {
            var frozen = (FrozenSet<T>)value;
            return Copier<T>.Instance.IsShallow ? frozen : frozen.Select(item => Copier<T>.Instance.Copy(item, session)).ToFrozenSet(frozen.Comparer);
        }

        public static object AsList<T>(object value, CopySession session)
        {
            var copy = new List<T>();
            Fill((IEnumerable<T>)value, copy, session);
            return copy;
        }

        public static object AsSet<T>(object value, CopySession session)
        {
            var copy = new HashSet<T>();
            Fill((IEnumerable<T>)value, copy, session);
            return copy;
        }

        public static object AsDictionary<TKey, TValue>(object value, CopySession session)
            where TKey : notnull
        {
            var copy = new Dictionary<TKey, TValue>();
            FillDictionary((IEnumerable<KeyValuePair<TKey, TValue>>)value, copy, session);
            return copy;
        }

        private static TCollection Exact<TCollection>(TCollection value, CopySession session, Func<TCollection, TCollection> create, Action<TCollection, TCollection, CopySession> fill)
            where TCollection : class
        {
            if (session.TryGet(value, out var known))
            {
                return known;
            }

            if (value.GetType() != typeof(TCollection))
            {
                return (TCollection)Copier.For(value.GetType()).CopyObject(value, session);
            }

            var copy = create(value);
            session.Record(value, copy);
            fill(value, copy, session);
            return copy;
        }

        private static void Fill<T>(IEnumerable<T> value, ICollection<T> copy, CopySession session)
        {
            var copier = Copier<T>.Instance;
            foreach (var item in value)
            {
                copy.Add(copier.Copy(item, session));
            }
        }

        private static void FillDictionary<TKey, TValue>(IEnumerable<KeyValuePair<TKey, TValue>> value, IDictionary<TKey, TValue> copy, CopySession session)
        {
            var keys = Copier<TKey>.Instance;
            var values = Copier<TValue>.Instance;
            foreach (var (key, item) in value)
            {
                copy.Add(keys.Copy(key, session), values.Copy(item, session));
            }
        }

        private static T[] CopyAll<T>(ReadOnlySpan<T> value, CopySession session)
        {
            var copier = Copier<T>.Instance;
            if (copier.IsShallow)
            {
                return value.ToArray();
            }

            var copy = new T[value.Length];
            for (var i = 0; i < copy.Length; i++)
            {
                copy[i] = copier.Copy(value[i], session);
            }

            return copy;
        }

        private static TComparer Comparer<TComparer>(TComparer comparer, CopySession session)
            where TComparer : class => (TComparer)Copier.For(comparer.GetType()).CopyObject(comparer, session);
    }
}
