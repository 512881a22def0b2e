using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Concurrency;
using Orleans.Metadata;

namespace Orleans.Runtime;

/// <summary>The grain classes, grain interfaces and converters of the assemblies in this process that use the runtime.</summary>
internal static class AppParts
{
    private static readonly string Self = typeof(AppParts).Assembly.GetName().Name!;
    private static readonly Lock ScanLock = new();
    private static readonly HashSet<Assembly> Scanned = [];
    private static readonly Dictionary<GrainType, Type> Classes = [];
    private static readonly Dictionary<Type, List<Type>> Implementations = [];
    private static readonly ConcurrentDictionary<Type, object?> Converters = new();
    private static readonly List<(Type Value, Type Converter)> ConverterTypes = [];
    private static readonly ConcurrentDictionary<Type, GrainInterfaceType> InterfaceTypes = new();
    private static readonly ConcurrentDictionary<(Type, MethodInfo), MethodInfo> MethodMap = new();
    private static int _loadedAssemblies;

    /// <summary>The grain classes.</summary>
    public static IReadOnlyCollection<Type> GrainClasses
    {
        get
        {
            Scan();
            lock (ScanLock)
            {
                return [.. Classes.Values];
            }
        }
    }

    /// <summary>Whether an interface is one of grains or observers, not one of the runtime's own.</summary>
    public static bool IsCallable(Type type) => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type) && type.Assembly != typeof(AppParts).Assembly;

    public static GrainInterfaceType InterfaceTypeOf(Type @interface) => InterfaceTypes.GetOrAdd(@interface, static type => GrainInterfaceType.Create(
        type.GetCustomAttribute<GrainInterfaceTypeAttribute>()?.Name ?? type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.FullName!));

    public static GrainType GrainTypeOf(Type grainClass)
    {
        if (grainClass.GetCustomAttribute<GrainTypeAttribute>() is { } attribute)
        {
            return GrainType.Create(attribute.Name);
        }

        var name = grainClass.Name.ToLowerInvariant();
        return GrainType.Create(name.Length > "grain".Length && name.EndsWith("grain", StringComparison.Ordinal) ? name[..^"grain".Length] : name);
    }

    public static Type? ClassOf(GrainType grainType)
    {
        Scan();
        lock (ScanLock)
        {
            return Classes.GetValueOrDefault(grainType);
        }
    }

    /// <summary>The grain type that an interface stands for.</summary>
    public static GrainType Resolve(Type @interface, string? prefix)
    {
        if (!@interface.IsInterface)
        {
            throw new ArgumentException($"Argument {nameof(@interface)} must be an interface. Provided value, \"{@interface}\", is not an interface.", nameof(@interface));
        }

        Scan();
        List<Type> candidates;
        lock (ScanLock)
        {
            candidates = Implementations.TryGetValue(@interface, out var found) ? [.. found] : [];
        }

        var interfaceType = InterfaceTypeOf(@interface);
        if (!string.IsNullOrWhiteSpace(prefix))
        {
            var matching = candidates.Where(c => c.FullName!.StartsWith(prefix, StringComparison.Ordinal)).ToList();
            var exact = matching.Find(c => c.FullName == prefix);
            return exact is not null ? GrainTypeOf(exact)
                : matching.Count == 1 ? GrainTypeOf(matching[0])
                : throw new ArgumentException(matching.Count == 0
                    ? $"Could not find an implementation matching prefix \"{prefix}\" for interface {interfaceType}"
                    : $"Unable to identify a single appropriate grain type for interface {interfaceType} with implementation prefix \"{prefix}\". Candidates: {Names(matching)}");
        }

        if (@interface.GetCustomAttribute<DefaultGrainTypeAttribute>() is { } fixedType)
        {
            return GrainType.Create(fixedType.Name);
        }

        var named = candidates.Find(c => c.Name == @interface.Name[1..]);
        return named is not null ? GrainTypeOf(named)
            : candidates.Count == 1 ? GrainTypeOf(candidates[0])
            : throw new ArgumentException(candidates.Count == 0
                ? $"Could not find an implementation for interface {interfaceType}"
                : $"Unable to identify a single appropriate grain type for interface {interfaceType}. Candidates: {Names(candidates)}");
    }

    /// <summary>The converter that is registered for a type.</summary>
    public static object? ConverterFor(Type type)
    {
        Scan();
        if (Converters.TryGetValue(type, out var known))
        {
            return known;
        }

        // Found and kept under the lock of the scan: "none" must not be kept after a scan that finds one.
        lock (ScanLock)
        {
            return Converters[type] = FindConverter(type);
        }
    }

    /// <summary>The method of a class that implements one of an interface.</summary>
    public static MethodInfo ImplementationOf(Type implementation, MethodInfo method) => MethodMap.GetOrAdd((implementation, method), static key =>
    {
        var (type, method) = key;
        var generic = method.IsConstructedGenericMethod ? method.GetGenericMethodDefinition() : method;
        var map = type.GetInterfaceMap(method.DeclaringType!);
        var index = Array.IndexOf(map.InterfaceMethods, generic);
        var target = map.TargetMethods[index];
        return method.IsConstructedGenericMethod ? target.MakeGenericMethod(method.GetGenericArguments()) : target;
    });

    /// <summary>Checks what the analyzers of the Orleans packages would refuse at build time.</summary>
    public static void Validate()
    {
        Scan();
        Type[] interfaces;
        lock (ScanLock)
        {
            interfaces = [.. Implementations.Keys];
        }

        if (interfaces.Select(ProxyBuilder.FaultOf).FirstOrDefault(f => f is not null) is { } fault)
        {
            throw new OrleansConfigurationException(fault);
        }
    }

    private static object? FindConverter(Type type)
    {
        foreach (var (value, converter) in ConverterTypes)
        {
            if (value == type)
            {
                return Activator.CreateInstance(converter);
            }

            if (value.IsGenericType && type.IsGenericType && value.GetGenericTypeDefinition() == type.GetGenericTypeDefinition() && converter.IsGenericTypeDefinition)
            {
                return Activator.CreateInstance(converter.MakeGenericType(type.GetGenericArguments()));
            }
        }

        return null;
    }

    private static string Names(List<Type> types) => string.Join(", ", types.Select(t => $"{GrainTypeOf(t)} ({t.FullName})"));

    private static void Scan()
    {
        // Assemblies are only added: an unchanged number means that each was scanned.
        var assemblies = AppDomain.CurrentDomain.GetAssemblies();
        if (assemblies.Length == Volatile.Read(ref _loadedAssemblies))
        {
            return;
        }

        lock (ScanLock)
        {
            var queue = new Queue<Assembly>(assemblies);
            while (queue.TryDequeue(out var assembly))
            {
                if (assembly.IsDynamic || !Scanned.Add(assembly))
                {
                    continue;
                }

                var references = assembly.GetReferencedAssemblies();
                if (assembly.GetName().Name != Self && !Array.Exists(references, r => r.Name == Self))
                {
                    if (assembly == Assembly.GetEntryAssembly())
                    {
                        Follow(references, queue);
                    }

                    continue;
                }

                Follow(references, queue);
                ScanTypes(assembly);
            }

            // What was loaded meanwhile, by this scan or by another thread, is for the next one.
            Volatile.Write(ref _loadedAssemblies, assemblies.Length);
        }
    }

    private static void Follow(AssemblyName[] references, Queue<Assembly> queue)
    {
        foreach (var reference in references)
        {
            if (reference.Name!.StartsWith("System.", StringComparison.Ordinal) || reference.Name.StartsWith("Microsoft.", StringComparison.Ordinal))
            {
                continue;
            }

            try
            {
                queue.Enqueue(Assembly.Load(reference));
            }
            catch (Exception exception) when (exception is FileNotFoundException or FileLoadException or BadImageFormatException)
            {
                // A reference that is not deployed holds no grains either.
            }
        }
    }

    private static void ScanTypes(Assembly assembly)
    {
        Type[] types;
        try
        {
            types = assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException exception)
        {
            types = [.. exception.Types.OfType<Type>()];
        }

        foreach (var type in types)
        {
            if (type.IsDefined(typeof(RegisterConverterAttribute), false))
            {
                foreach (var converter in type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IConverter<,>)))
                {
                    ConverterTypes.Add((converter.GetGenericArguments()[0], type));
                    Converters.Clear();
                }
            }

            if (type is not { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false } || !typeof(IGrain).IsAssignableFrom(type) || !typeof(IGrainBase).IsAssignableFrom(type) || typeof(GrainReference).IsAssignableFrom(type))
            {
                continue;
            }

            var grainType = GrainTypeOf(type);
            if (Classes.TryGetValue(grainType, out var other) && other != type)
            {
                throw new InvalidOperationException($"The grain classes {other} and {type} have the same grain type {grainType}. Give one of them a [GrainType].");
            }

            Classes[grainType] = type;
            foreach (var @interface in type.GetInterfaces().Where(IsCallable))
            {
                if (!Implementations.TryGetValue(@interface, out var list))
                {
                    Implementations[@interface] = list = [];
                }

                list.Add(type);
            }
        }
    }
}

/// <summary>What is known about a grain class.</summary>
internal sealed class GrainClass
{
    public GrainClass(Type type, Silo silo)
    {
        Type = type;
        GrainType = AppParts.GrainTypeOf(type);
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute), true);
        if (type.GetCustomAttribute<StatelessWorkerAttribute>(true) is { } worker)
        {
            MaxWorkers = worker.MaxLocalWorkers > 0 ? worker.MaxLocalWorkers : Environment.ProcessorCount;
        }

        var options = silo.CollectionOptions;
        CollectionAge = options.ClassSpecificCollectionAge.TryGetValue(type.FullName!, out var specific) ? specific
            : type.GetCustomAttribute<CollectionAgeLimitAttribute>(true) is { } limit ? limit.AgeLimit
            : options.CollectionAge;
        Factory = GrainConstruction.FactoryFor(type);
    }

    public Type Type { get; }

    public GrainType GrainType { get; }

    public bool IsReentrant { get; }

    /// <summary>The most activations of one identity for a stateless worker; 0 for a grain with a state.</summary>
    public int MaxWorkers { get; }

    public TimeSpan CollectionAge { get; }

    public Func<Activation, object> Factory { get; }
}
