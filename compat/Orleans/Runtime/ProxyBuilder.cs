using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace System.Runtime.CompilerServices
{
    /// <summary>The runtime honours this attribute by name: the assembly it stands on may use the internal members of the one it names.</summary>
    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
    {
        public string AssemblyName { get; } = assemblyName;
    }
}

namespace Orleans.Runtime
{
    /// <summary>
    /// Makes, once per grain interface, a reference class that implements it, and per method a request class that holds the
    /// arguments. Where the Orleans packages generate source, this emits the same shape at run time.
    /// </summary>
    internal static class ProxyBuilder
    {
        private static readonly ConcurrentDictionary<Type, Func<GrainReferenceShared, IdSpan, GrainReference>> Activators = new();
        private static readonly Dictionary<Assembly, (ModuleBuilder Module, AssemblyBuilder Assembly)> Modules = [];
        private static readonly Lock BuildLock = new();
        private static readonly HashSet<(Assembly, Assembly)> Granted = [];

        private static readonly ConstructorInfo ReferenceConstructor =
            typeof(GrainReference).GetConstructor(BindingFlags.Instance | BindingFlags.NonPublic, [typeof(GrainReferenceShared), typeof(IdSpan)])!;

        private static readonly MethodInfo CopyMethod = typeof(CopySession).GetMethod(nameof(CopySession.CopyArgument), BindingFlags.Instance | BindingFlags.Public)!;
        private static readonly MethodInfo CopyImmutableMethod = typeof(CopySession).GetMethod(nameof(CopySession.CopyImmutableArgument), BindingFlags.Instance | BindingFlags.Public)!;

        public static Func<GrainReferenceShared, IdSpan, GrainReference> ActivatorFor(Type @interface)
        {
            if (Activators.TryGetValue(@interface, out var activator))
            {
                return activator;
            }

            lock (BuildLock)
            {
                if (!Activators.TryGetValue(@interface, out activator))
                {
                    activator = Build(@interface);
                    Activators[@interface] = activator;
                }
            }

            return activator;
        }

        /// <summary>The methods of a grain interface, those of its base interfaces included.</summary>
        public static IEnumerable<MethodInfo> MethodsOf(Type @interface) =>
            @interface.GetInterfaces().Prepend(@interface).SelectMany(i => i.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly));

        /// <summary>Why an interface cannot be one of grains; null when it can.</summary>
        public static string? FaultOf(Type @interface)
        {
            if (@interface.IsGenericType)
            {
                return $"{@interface.FullName} is generic. Generic grain interfaces are not part of the single-process stand-in.";
            }

            foreach (var member in @interface.GetInterfaces().Prepend(@interface).SelectMany(i => i.GetMembers()))
            {
                if (member is PropertyInfo or EventInfo)
                {
                    return $"{@interface.FullName}.{member.Name} is a property or an event. Grain interfaces only have methods.";
                }
            }

            foreach (var method in MethodsOf(@interface))
            {
                var name = $"{method.DeclaringType!.FullName}.{method.Name}";
                if (method.IsStatic || !method.IsAbstract)
                {
                    continue;
                }

                if (method.IsGenericMethodDefinition)
                {
                    return $"{name} is generic. Generic grain methods are not part of the single-process stand-in.";
                }

                var type = method.ReturnType;
                var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
                if (definition != typeof(void) && definition != typeof(Task) && definition != typeof(Task<>) && definition != typeof(ValueTask)
                    && definition != typeof(ValueTask<>) && definition != typeof(IAsyncEnumerable<>))
                {
                    return $"{name} returns {type}. Grain methods return Task, Task<T>, ValueTask, ValueTask<T>, IAsyncEnumerable<T> or void.";
                }

                if (method.GetParameters().FirstOrDefault(p => p.ParameterType.IsByRef || p.ParameterType.IsPointer) is { } parameter)
                {
                    return $"{name} passes {parameter.Name} by reference. Grain methods pass values.";
                }

                if (method.GetParameters().Count(p => p.ParameterType == typeof(CancellationToken)) > 1)
                {
                    return $"{name} has more than one CancellationToken. Grain methods have at most one.";
                }
            }

            return null;
        }

        private static Func<GrainReferenceShared, IdSpan, GrainReference> Build(Type @interface)
        {
            if (FaultOf(@interface) is { } fault)
            {
                throw new OrleansConfigurationException(fault);
            }

            var (module, assembly) = ModuleFor(@interface.Assembly);
            var safeName = @interface.FullName!.Replace('+', '_').Replace('.', '_');
            var proxy = module.DefineType($"Proxies.{safeName}", TypeAttributes.Sealed | TypeAttributes.NotPublic, typeof(GrainReference), [@interface]);
            DefineConstructor(proxy);
            var calls = new List<(TypeBuilder Builder, MethodEntry Entry)>();
            foreach (var method in MethodsOf(@interface))
            {
                if (!method.IsAbstract)
                {
                    continue;
                }

                foreach (var used in method.GetParameters().Select(p => p.ParameterType).Append(method.ReturnType).Append(method.DeclaringType!))
                {
                    GrantAccess(assembly, @interface.Assembly, used);
                }

                var call = DefineCall(module, $"Calls.{safeName}_{calls.Count}_{method.Name}", method, out var fields, out var constructor);
                calls.Add((call, MethodEntry.Create(method)));
                DefineProxyMethod(proxy, method, fields, constructor);
            }

            foreach (var (builder, entry) in calls)
            {
                var type = builder.CreateType();
                type.GetField("EntryOfType", BindingFlags.Static | BindingFlags.Public)!.SetValue(null, entry);
            }

            var proxyType = proxy.CreateType();
            var activator = new DynamicMethod("Create", typeof(GrainReference), [typeof(GrainReferenceShared), typeof(IdSpan)], typeof(ProxyBuilder).Module, skipVisibility: true);
            var il = activator.GetILGenerator();
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Newobj, proxyType.GetConstructor([typeof(GrainReferenceShared), typeof(IdSpan)])!);
            il.Emit(OpCodes.Ret);
            return activator.CreateDelegate<Func<GrainReferenceShared, IdSpan, GrainReference>>();
        }

        private static (ModuleBuilder Module, AssemblyBuilder Assembly) ModuleFor(Assembly owner)
        {
            if (Modules.TryGetValue(owner, out var known))
            {
                return known;
            }

            var name = $"{owner.GetName().Name}.GrainProxies";
            var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(name), AssemblyBuilderAccess.Run);
            known = (assembly.DefineDynamicModule(name), assembly);
            Modules[owner] = known;
            Grant(assembly, owner, typeof(ProxyBuilder).Assembly);
            Grant(assembly, owner, owner);
            return known;
        }

        private static void GrantAccess(AssemblyBuilder builder, Assembly owner, Type type)
        {
            Grant(builder, owner, type.Assembly);
            foreach (var argument in type.IsGenericType ? type.GetGenericArguments() : type.HasElementType ? [type.GetElementType()!] : [])
            {
                GrantAccess(builder, owner, argument);
            }
        }

        private static void Grant(AssemblyBuilder builder, Assembly owner, Assembly other)
        {
            if (Granted.Add((owner, other)))
            {
                builder.SetCustomAttribute(new CustomAttributeBuilder(
                    typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!, [other.GetName().Name!]));
            }
        }

        private static void DefineConstructor(TypeBuilder proxy)
        {
            var il = proxy.DefineConstructor(MethodAttributes.Public, CallingConventions.HasThis, [typeof(GrainReferenceShared), typeof(IdSpan)]).GetILGenerator();
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldarg_2);
            il.Emit(OpCodes.Call, ReferenceConstructor);
            il.Emit(OpCodes.Ret);
        }

        private static (Type Base, string Send, string Invoke) ShapeOf(Type returnType)
        {
            if (returnType == typeof(void))
            {
                return (typeof(VoidCall), nameof(GrainReference.SendVoid), "InvokeVoid");
            }

            if (returnType == typeof(Task))
            {
                return (typeof(TaskCall), nameof(GrainReference.SendTask), "InvokeInner");
            }

            if (returnType == typeof(ValueTask))
            {
                return (typeof(ValueTaskCall), nameof(GrainReference.SendValueTask), "InvokeValue");
            }

            var definition = returnType.GetGenericTypeDefinition();
            var argument = returnType.GetGenericArguments()[0];
            return definition == typeof(Task<>) ? (typeof(TaskCall<>).MakeGenericType(argument), nameof(GrainReference.SendTask), "InvokeInner")
                : definition == typeof(ValueTask<>) ? (typeof(ValueTaskCall<>).MakeGenericType(argument), nameof(GrainReference.SendValueTask), "InvokeValue")
                : (typeof(EnumerableRequest<>).MakeGenericType(argument), nameof(GrainReference.SendEnumerable), "InvokeInner");
        }

        private static TypeBuilder DefineCall(ModuleBuilder module, string name, MethodInfo method, out FieldBuilder[] fields, out ConstructorBuilder constructor)
        {
            var (baseType, _, invoke) = ShapeOf(method.ReturnType);
            var call = module.DefineType(name, TypeAttributes.Sealed | TypeAttributes.NotPublic, baseType);
            var entry = call.DefineField("EntryOfType", typeof(MethodEntry), FieldAttributes.Public | FieldAttributes.Static);
            var parameters = method.GetParameters();
            fields = [.. parameters.Select((p, i) => call.DefineField($"argument{i}", p.ParameterType, FieldAttributes.Public))];

            constructor = call.DefineConstructor(MethodAttributes.Public, CallingConventions.HasThis, []);
            var il = constructor.GetILGenerator();
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Call, baseType.GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, [])!);
            il.Emit(OpCodes.Ret);

            il = Override(call, "get_Entry");
            il.Emit(OpCodes.Ldsfld, entry);
            il.Emit(OpCodes.Ret);

            il = Override(call, invoke);
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Castclass, method.DeclaringType!);
            foreach (var field in fields)
            {
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldfld, field);
            }

            il.Emit(OpCodes.Callvirt, method);
            il.Emit(OpCodes.Ret);

            DefineCopy(call, parameters, fields);
            DefineArguments(call, parameters, fields);
            return call;
        }

        private static void DefineCopy(TypeBuilder call, ParameterInfo[] parameters, FieldBuilder[] fields)
        {
            var il = Override(call, "CopyArguments");
            for (var i = 0; i < fields.Length; i++)
            {
                var type = parameters[i].ParameterType;
                if (type.IsPrimitive || type == typeof(string) || type == typeof(CancellationToken))
                {
                    continue;
                }

                var copy = parameters[i].IsDefined(typeof(ImmutableAttribute), true) ? CopyImmutableMethod : CopyMethod;
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldarg_1);
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldfld, fields[i]);
                il.Emit(OpCodes.Callvirt, copy.MakeGenericMethod(type));
                il.Emit(OpCodes.Stfld, fields[i]);
            }

            il.Emit(OpCodes.Ret);
        }

        private static void DefineArguments(TypeBuilder call, ParameterInfo[] parameters, FieldBuilder[] fields)
        {
            if (fields.Length == 0)
            {
                return;
            }

            var il = Override(call, "GetArgumentCount");
            il.Emit(OpCodes.Ldc_I4, fields.Length);
            il.Emit(OpCodes.Ret);

            il = Override(call, "GetArgument");
            foreach (var (field, label) in Switch(il, fields))
            {
                il.MarkLabel(label);
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldfld, field);
                if (field.FieldType.IsValueType)
                {
                    il.Emit(OpCodes.Box, field.FieldType);
                }

                il.Emit(OpCodes.Ret);
            }

            il = Override(call, "SetArgument");
            foreach (var (field, label) in Switch(il, fields))
            {
                il.MarkLabel(label);
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldarg_2);
                il.Emit(OpCodes.Unbox_Any, field.FieldType);
                il.Emit(OpCodes.Stfld, field);
                il.Emit(OpCodes.Ret);
            }

            var token = Array.FindIndex(parameters, p => p.ParameterType == typeof(CancellationToken));
            if (token < 0)
            {
                return;
            }

            il = Override(call, "get_IsCancellable");
            il.Emit(OpCodes.Ldc_I4_1);
            il.Emit(OpCodes.Ret);

            il = Override(call, "GetCancellationToken");
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, fields[token]);
            il.Emit(OpCodes.Ret);

            il = Override(call, "SetCancellationToken");
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Stfld, fields[token]);
            il.Emit(OpCodes.Ret);
        }

        private static IEnumerable<(FieldBuilder Field, Label Label)> Switch(ILGenerator il, FieldBuilder[] fields)
        {
            var labels = fields.Select(_ => il.DefineLabel()).ToArray();
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Switch, labels);
            il.Emit(OpCodes.Ldstr, "index");
            il.Emit(OpCodes.Newobj, typeof(ArgumentOutOfRangeException).GetConstructor([typeof(string)])!);
            il.Emit(OpCodes.Throw);
            return fields.Zip(labels);
        }

        private static ILGenerator Override(TypeBuilder call, string name)
        {
            MethodInfo? overridden = null;
            for (var type = call.BaseType; type is not null && overridden is null; type = type.BaseType)
            {
                overridden = type.GetMethod(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
            }

            var builder = call.DefineMethod(
                name,
                (overridden!.Attributes & ~(MethodAttributes.Abstract | MethodAttributes.NewSlot)) | MethodAttributes.Virtual,
                CallingConventions.HasThis,
                overridden.ReturnType,
                [.. overridden.GetParameters().Select(p => p.ParameterType)]);
            return builder.GetILGenerator();
        }

        private static void DefineProxyMethod(TypeBuilder proxy, MethodInfo method, FieldBuilder[] fields, ConstructorBuilder constructor)
        {
            var builder = proxy.DefineMethod(
                $"{method.DeclaringType!.FullName}.{method.Name}",
                MethodAttributes.Private | MethodAttributes.Virtual | MethodAttributes.Final | MethodAttributes.HideBySig | MethodAttributes.NewSlot,
                CallingConventions.HasThis,
                method.ReturnType,
                [.. method.GetParameters().Select(p => p.ParameterType)]);
            var il = builder.GetILGenerator();
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Newobj, constructor);
            for (var i = 0; i < fields.Length; i++)
            {
                il.Emit(OpCodes.Dup);
                il.Emit(OpCodes.Ldarg, i + 1);
                il.Emit(OpCodes.Stfld, fields[i]);
            }

            var (_, send, _) = ShapeOf(method.ReturnType);
            var isGeneric = method.ReturnType.IsGenericType;
            var sender = typeof(GrainReference).GetMethods(BindingFlags.Instance | BindingFlags.NonPublic).Single(m => m.Name == send && m.IsGenericMethodDefinition == isGeneric);
            il.Emit(OpCodes.Call, isGeneric ? sender.MakeGenericMethod(method.ReturnType.GetGenericArguments()[0]) : sender);
            il.Emit(OpCodes.Ret);
            proxy.DefineMethodOverride(builder, method);
        }
    }
}
