using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Orleans.Serialization;

namespace Orleans.Runtime;

/// <summary>Copies an object by its members that have an id.</summary>
internal static class MemberCopier
{
    private delegate void CopyMembers<in T>(object[] copiers, T from, T to, CopySession session);

    private delegate void CopyStructMembers<T>(object[] copiers, ref T from, ref T to, CopySession session);

    public static Copier For(Type type) =>
        (Copier)Activator.CreateInstance((type.IsValueType ? typeof(StructCopier<>) : typeof(ClassCopier<>)).MakeGenericType(type))!;

    public static Copier ForAbstract(Type type) => (Copier)Activator.CreateInstance(typeof(AbstractCopier<>).MakeGenericType(type))!;

    public static Copier ForTuple(Type type) =>
        (Copier)Activator.CreateInstance((type.IsValueType ? typeof(StructCopier<>) : typeof(TupleCopier<>)).MakeGenericType(type))!;

    /// <summary>The members that are carried, of this class alone.</summary>
    private static List<MemberInfo> MembersOf(Type type)
    {
        if (type.FullName!.StartsWith("System.ValueTuple`", StringComparison.Ordinal) || type.FullName.StartsWith("System.Tuple`", StringComparison.Ordinal))
        {
            return [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)];
        }

        const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var members = new List<MemberInfo>();
        var serializer = type.GetCustomAttribute<GenerateSerializerAttribute>(false);
        foreach (var field in type.GetFields(Declared))
        {
            if (field.IsDefined(typeof(IdAttribute)))
            {
                members.Add(field);
            }
        }

        var allPublic = serializer?.GenerateFieldIds == GenerateFieldIds.PublicProperties;
        var isRecord = type.GetMethod("<Clone>$") is not null || type.GetMethod("PrintMembers", Declared) is not null;
        var primary = serializer?.IncludePrimaryConstructor ?? isRecord ? PrimaryConstructorOf(type) : null;
        foreach (var property in type.GetProperties(Declared))
        {
            var carried = property.IsDefined(typeof(IdAttribute))
                || (allPublic && property.GetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0 && BackingFieldOf(property) is not null)
                || (primary is not null && primary.Any(p => p.Name == property.Name && p.ParameterType == property.PropertyType));
            if (!carried)
            {
                continue;
            }

            if (BackingFieldOf(property) is { } field)
            {
                members.Add(field);
            }
            else if (property is { CanRead: true, CanWrite: true })
            {
                members.Add(property);
            }
            else
            {
                throw new SerializerException($"{type}.{property.Name} has an id but cannot be set.");
            }
        }

        return members;
    }

    private static ParameterInfo[]? PrimaryConstructorOf(Type type) =>
        type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(c => c.GetParameters() is { Length: > 0 } parameters && parameters[0].ParameterType != type)
            .OrderByDescending(c => c.GetParameters().Length)
            .FirstOrDefault()?.GetParameters();

    private static FieldInfo? BackingFieldOf(PropertyInfo property) =>
        property.DeclaringType!.GetField($"<{property.Name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic);

    /// <summary>Emits a method that copies the members; the copiers of their types lie in the array that is its first argument.</summary>
    private static (Delegate Method, object[] Copiers) Emit(Type type, Type delegateType)
    {
        var members = MembersOf(type);
        var copiers = new object[members.Count];
        var argument = type.IsValueType ? type.MakeByRefType() : type;
        var method = new DynamicMethod($"Copy{type.Name}", null, [typeof(object[]), argument, argument, typeof(CopySession)], typeof(MemberCopier).Module, skipVisibility: true);
        var il = method.GetILGenerator();
        for (var i = 0; i < members.Count; i++)
        {
            var memberType = members[i] is FieldInfo f ? f.FieldType : ((PropertyInfo)members[i]).PropertyType;
            var isImmutable = members[i].IsDefined(typeof(ImmutableAttribute));
            var copierType = typeof(Copier<>).MakeGenericType(memberType);
            copiers[i] = typeof(Deferred<>).MakeGenericType(memberType).GetConstructor([typeof(bool)])!.Invoke([isImmutable]);
            il.Emit(OpCodes.Ldarg_2);
            if (!memberType.IsPrimitive && memberType != typeof(string) && !memberType.IsEnum)
            {
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldc_I4, i);
                il.Emit(OpCodes.Ldelem_Ref);
                il.Emit(OpCodes.Castclass, copierType);
                Load(il, type, members[i]);
                il.Emit(OpCodes.Ldarg_3);
                il.Emit(OpCodes.Callvirt, copierType.GetMethod("Copy", [memberType, typeof(CopySession)])!);
            }
            else
            {
                Load(il, type, members[i]);
            }

            if (members[i] is FieldInfo field)
            {
                il.Emit(OpCodes.Stfld, field);
            }
            else
            {
                il.Emit(type.IsValueType ? OpCodes.Call : OpCodes.Callvirt, ((PropertyInfo)members[i]).SetMethod!);
            }
        }

        il.Emit(OpCodes.Ret);
        return (method.CreateDelegate(delegateType), copiers);
    }

    private static void Load(ILGenerator il, Type type, MemberInfo member)
    {
        il.Emit(OpCodes.Ldarg_1);
        if (member is FieldInfo field)
        {
            il.Emit(OpCodes.Ldfld, field);
        }
        else
        {
            il.Emit(type.IsValueType ? OpCodes.Call : OpCodes.Callvirt, ((PropertyInfo)member).GetMethod!);
        }
    }

    /// <summary>Looks its copier up at first use, since types may refer to each other.</summary>
    private sealed class Deferred<T>(bool isImmutable) : Copier<T>
    {
        private Copier<T>? _copier;

        public override T Copy(T value, CopySession session) => isImmutable && !session.Remote ? value : (_copier ??= Copier<T>.Instance).Copy(value, session);
    }

    private sealed class StructCopier<T> : Copier<T>
        where T : struct
    {
        private readonly CopyStructMembers<T> _members;
        private readonly object[] _copiers;
        private readonly bool _isImmutable = typeof(T).IsDefined(typeof(ImmutableAttribute), false);

        public StructCopier()
        {
            var (method, copiers) = Emit(typeof(T), typeof(CopyStructMembers<T>));
            _members = (CopyStructMembers<T>)method;
            _copiers = copiers;
        }

        public override T Copy(T value, CopySession session)
        {
            if (_isImmutable && !session.Remote)
            {
                return value;
            }

            var copy = default(T);
            _members(_copiers, ref value, ref copy, session);
            return copy;
        }
    }

    private sealed class TupleCopier<T> : Copier<T>
        where T : class
    {
        private readonly CopyMembers<T> _members;
        private readonly object[] _copiers;

        public TupleCopier()
        {
            var (method, copiers) = Emit(typeof(T), typeof(CopyMembers<T>));
            _members = (CopyMembers<T>)method;
            _copiers = copiers;
        }

        public override T Copy(T value, CopySession session)
        {
            if (value is null)
            {
                return value!;
            }

            if (session.TryGet(value, out var copy))
            {
                return copy;
            }

            copy = (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
            session.Record(value, copy);
            _members(_copiers, value, copy, session);
            return copy;
        }
    }

    private sealed class AbstractCopier<T> : Copier<T>
        where T : class
    {
        private readonly Level<T> _level = new();

        public override T Copy(T value, CopySession session) => value is null ? value! : (T)Copier.For(value.GetType()).CopyObject(value, session);

        public override void CopyMembers(object from, object to, CopySession session) => _level.Copy((T)from, (T)to, session);
    }

    private sealed class ClassCopier<T> : Copier<T>
        where T : class
    {
        private readonly Level<T> _level = new();
        private readonly Func<T>? _create;
        private readonly bool _isImmutable = typeof(T).IsDefined(typeof(ImmutableAttribute), false);
        private readonly bool _isSealed = typeof(T).IsSealed;

        public ClassCopier()
        {
            // By the public constructor without parameters where there is one; else no constructor runs.
            var constructor = typeof(T).GetConstructor(BindingFlags.Instance | BindingFlags.Public, []);
            if (constructor is not null)
            {
                var method = new DynamicMethod("Create", typeof(T), null, typeof(MemberCopier).Module, skipVisibility: true);
                var il = method.GetILGenerator();
                il.Emit(OpCodes.Newobj, constructor);
                il.Emit(OpCodes.Ret);
                _create = method.CreateDelegate<Func<T>>();
            }
        }

        public override T Copy(T value, CopySession session)
        {
            if (value is null)
            {
                return value!;
            }

            if (session.TryGet(value, out var copy))
            {
                return copy;
            }

            if (!_isSealed && value.GetType() != typeof(T))
            {
                return (T)Copier.For(value.GetType()).CopyObject(value, session);
            }

            if (_isImmutable && !session.Remote)
            {
                return value;
            }

            copy = _create is not null ? _create() : (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
            session.Record(value, copy);
            _level.Copy(value, copy, session);
            return copy;
        }

        public override void CopyMembers(object from, object to, CopySession session) => _level.Copy((T)from, (T)to, session);
    }

    /// <summary>The members of one class and of those that it derives from.</summary>
    private sealed class Level<T>
        where T : class
    {
        private readonly CopyMembers<T> _members;
        private readonly object[] _copiers;
        private readonly Copier? _base;

        public Level()
        {
            var (method, copiers) = Emit(typeof(T), typeof(CopyMembers<T>));
            _members = (CopyMembers<T>)method;
            _copiers = copiers;
            if (typeof(T).BaseType is { } type && type != typeof(object))
            {
                _base = Copier.For(type);
            }
        }

        public void Copy(T from, T to, CopySession session)
        {
            _base?.CopyMembers(from, to, session);
            _members(_copiers, from, to, session);
        }
    }
}
