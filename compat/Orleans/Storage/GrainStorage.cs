using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Core;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace Orleans
{
    /// <summary>A stored value with its version.</summary>
    public interface IGrainState<T>
    {
        /// <summary>The value.</summary>
        T? State { get; set; }

        /// <summary>The version.</summary>
        string? ETag { get; set; }

        /// <summary>Whether there is a record.</summary>
        bool RecordExists { get; set; }
    }

    /// <summary>A stored value with its version.</summary>
    [GenerateSerializer]
    public sealed class GrainState<T> : IGrainState<T>
    {
        /// <summary>Nothing.</summary>
        public GrainState()
        {
        }

        /// <summary>A value.</summary>
        public GrainState(T? state) => State = state;

        /// <summary>A value with a version.</summary>
        public GrainState(T? state, string? eTag)
        {
            State = state;
            ETag = eTag;
        }

        /// <inheritdoc/>
        [Id(0)]
        public T? State { get; set; }

        /// <inheritdoc/>
        [Id(1)]
        public string? ETag { get; set; }

        /// <inheritdoc/>
        [Id(2)]
        public bool RecordExists { get; set; }
    }
}

namespace Orleans.Storage
{
    /// <summary>Stores the states of grains.</summary>
    public interface IGrainStorage
    {
        /// <summary>Reads.</summary>
        Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

        /// <summary>Reads.</summary>
        Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
            ReadStateAsync(stateName, grainId, grainState);

        /// <summary>Writes; throws an <see cref="InconsistentStateException"/> when the version is no longer the stored one.</summary>
        Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

        /// <summary>Writes; throws an <see cref="InconsistentStateException"/> when the version is no longer the stored one.</summary>
        Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
            WriteStateAsync(stateName, grainId, grainState);

        /// <summary>Deletes; throws an <see cref="InconsistentStateException"/> when the version is no longer the stored one.</summary>
        Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

        /// <summary>Deletes; throws an <see cref="InconsistentStateException"/> when the version is no longer the stored one.</summary>
        Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
            ClearStateAsync(stateName, grainId, grainState);
    }

    /// <summary>Turns states into bytes.</summary>
    public interface IGrainStorageSerializer
    {
        /// <summary>To bytes.</summary>
        BinaryData Serialize<T>(T? input);

        /// <summary>From bytes.</summary>
        T? Deserialize<T>(BinaryData input);
    }

    /// <summary>Options that name a serializer.</summary>
    public interface IStorageProviderSerializerOptions
    {
        /// <summary>The serializer.</summary>
        IGrainStorageSerializer GrainStorageSerializer { get; set; }
    }

    /// <summary>The stored version is not the one that was read. The activation ends, so that the next reads again.</summary>
    [GenerateSerializer]
    public class InconsistentStateException : OrleansException
    {
        /// <summary>Creates an exception.</summary>
        public InconsistentStateException()
        {
        }

        /// <summary>Creates an exception.</summary>
        public InconsistentStateException(string message)
            : base(message)
        {
        }

        /// <summary>Creates an exception.</summary>
        public InconsistentStateException(string message, Exception? innerException)
            : base(message, innerException!)
        {
        }

        /// <summary>Creates an exception.</summary>
        public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag, Exception? storageException)
            : base(errorMsg, storageException!)
        {
            StoredEtag = storedEtag;
            CurrentEtag = currentEtag;
        }

        /// <summary>Creates an exception.</summary>
        public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
            : this(errorMsg, storedEtag, currentEtag, null)
        {
        }

        /// <summary>Creates an exception.</summary>
        public InconsistentStateException(string? storedEtag, string? currentEtag, Exception storageException)
            : this(storageException?.Message ?? string.Empty, storedEtag, currentEtag, storageException)
        {
        }

        /// <summary>The stored version.</summary>
        [Id(1)]
        public string? StoredEtag { get; private set; }

        /// <summary>The version that was read.</summary>
        [Id(2)]
        public string? CurrentEtag { get; private set; }

        [Id(0)]
        internal bool IsSourceActivation { get; set; } = true;

        /// <inheritdoc/>
        public override string ToString() => $"InconsistentStateException: {Message} Expected Etag={StoredEtag} Received Etag={CurrentEtag} {InnerException}";
    }

    /// <summary>The storage is not configured.</summary>
    [GenerateSerializer]
    public sealed class BadProviderConfigException : OrleansException
    {
        /// <summary>Creates an exception.</summary>
        public BadProviderConfigException()
        {
        }

        /// <summary>Creates an exception.</summary>
        public BadProviderConfigException(string msg)
            : base(msg)
        {
        }

        /// <summary>Creates an exception.</summary>
        public BadProviderConfigException(string msg, Exception exc)
            : base(msg, exc)
        {
        }
    }

    /// <summary>States as JSON, members that are not public included.</summary>
    internal sealed class JsonGrainStorageSerializer : IGrainStorageSerializer
    {
        private static readonly JsonSerializerOptions Options = new() { IncludeFields = true };

        public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input, Options));

        public T? Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input, Options);
    }

    /// <summary>Keeps states in the silo's memory.</summary>
    internal sealed class MemoryGrainStorage(string name) : IGrainStorage
    {
        private readonly ConcurrentDictionary<(string State, GrainId Grain), (object Value, string ETag)> _records = new();
        private long _version;

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            ArgumentNullException.ThrowIfNull(grainState);
            if (_records.TryGetValue((stateName, grainId), out var record))
            {
                grainState.State = Copy((T)record.Value);
                grainState.ETag = record.ETag;
                grainState.RecordExists = true;
            }
            else
            {
                grainState.State = StateFactory<T>.Create();
                grainState.ETag = null;
                grainState.RecordExists = false;
            }

            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            ArgumentNullException.ThrowIfNull(grainState);
            var next = Interlocked.Increment(ref _version).ToString(System.Globalization.CultureInfo.InvariantCulture);
            var key = (stateName, grainId);
            lock (_records)
            {
                EnsureVersion(key, grainState.ETag);
                _records[key] = (Copy(grainState.State)!, next);
            }

            grainState.ETag = next;
            grainState.RecordExists = true;
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            ArgumentNullException.ThrowIfNull(grainState);
            var key = (stateName, grainId);
            lock (_records)
            {
                EnsureVersion(key, grainState.ETag);
                _records.TryRemove(key, out _);
            }

            grainState.ETag = null;
            grainState.RecordExists = false;
            grainState.State = StateFactory<T>.Create();
            return Task.CompletedTask;
        }

        private static T? Copy<T>(T? value)
        {
            if (value is null)
            {
                return value;
            }

            var session = CopySession.Rent(null, remote: true);
            try
            {
                return Copier<T>.Instance.Copy(value, session);
            }
            finally
            {
                session.Return();
            }
        }

        private void EnsureVersion((string State, GrainId Grain) key, string? etag)
        {
            var stored = _records.TryGetValue(key, out var record) ? record.ETag : null;
            if (stored != etag)
            {
                throw new InconsistentStateException($"The state {key.State} of {key.Grain} in the storage {name} has another version than the one that was read.", stored, etag);
            }
        }
    }

    /// <summary>Makes the value that a grain without a record starts with.</summary>
    internal static class StateFactory<T>
    {
        private static readonly bool HasConstructor = typeof(T).GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, []) is not null;

        public static T Create()
        {
            // A type that could not be carried could not be kept by every storage either.
            _ = Copier<T>.Instance;
            return typeof(T).IsValueType ? default! : HasConstructor ? (T)Activator.CreateInstance(typeof(T), nonPublic: true)!
                : typeof(T) == typeof(string) || typeof(T).IsAbstract ? default!
                : (T)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(typeof(T));
        }
    }
}

namespace Orleans.Configuration
{
    /// <summary>How states are kept in memory.</summary>
    public class MemoryGrainStorageOptions : IStorageProviderSerializerOptions
    {
        /// <inheritdoc/>
        public IGrainStorageSerializer GrainStorageSerializer { get; set; } = default!;
    }
}

namespace Orleans.Hosting
{
    /// <summary>Storage in the silo's memory.</summary>
    public static class MemoryGrainStorageSiloBuilderExtensions
    {
        /// <summary>Adds storage under a name.</summary>
        public static ISiloBuilder AddMemoryGrainStorage(this ISiloBuilder builder, string name, Action<MemoryGrainStorageOptions> configureOptions) =>
            builder.AddMemoryGrainStorage(name, options => options.Configure(configureOptions));

        /// <summary>Adds storage under a name.</summary>
        public static ISiloBuilder AddMemoryGrainStorage(this ISiloBuilder builder, string name, Action<OptionsBuilder<MemoryGrainStorageOptions>>? configureOptions = null) =>
            builder.ConfigureServices(services =>
            {
                configureOptions?.Invoke(services.AddOptions<MemoryGrainStorageOptions>(name));
                services.AddGrainStorage(name, static (_, name) => new MemoryGrainStorage(name));
            });

        /// <summary>Adds storage for states that name none.</summary>
        public static ISiloBuilder AddMemoryGrainStorageAsDefault(this ISiloBuilder builder, Action<MemoryGrainStorageOptions> configureOptions) =>
            builder.AddMemoryGrainStorage("Default", configureOptions);

        /// <summary>Adds storage for states that name none.</summary>
        public static ISiloBuilder AddMemoryGrainStorageAsDefault(this ISiloBuilder builder, Action<OptionsBuilder<MemoryGrainStorageOptions>>? configureOptions = null) =>
            builder.AddMemoryGrainStorage("Default", configureOptions);
    }
}

namespace Orleans.Runtime.Hosting
{
    /// <summary>Registers storage.</summary>
    public static class StorageProviderExtensions
    {
        /// <summary>Registers storage under a name; under "Default" also for states that name none.</summary>
        public static IServiceCollection AddGrainStorage<T>(this IServiceCollection collection, string name, Func<IServiceProvider, string, T> implementationFactory)
            where T : IGrainStorage
        {
            ArgumentNullException.ThrowIfNull(collection);
            collection.AddKeyedSingleton<IGrainStorage>(name, (services, key) => implementationFactory(services, (string)key!));
            if (typeof(ILifecycleParticipant<ISiloLifecycle>).IsAssignableFrom(typeof(T)))
            {
                collection.AddSingleton(services => (ILifecycleParticipant<ISiloLifecycle>)services.GetRequiredKeyedService<IGrainStorage>(name));
            }

            if (string.Equals(name, "Default", StringComparison.Ordinal))
            {
                collection.TryAddSingleton(services => services.GetRequiredKeyedService<IGrainStorage>(name));
            }

            return collection;
        }
    }
}

namespace Orleans.Runtime
{
    /// <summary>A state of a grain, read before its activation begins.</summary>
    public interface IPersistentState<TState> : IStorage<TState>
    {
    }

    /// <summary>Names a state.</summary>
    public interface IPersistentStateConfiguration
    {
        /// <summary>The name of the state.</summary>
        string StateName { get; }

        /// <summary>The name of the storage; null for the default one.</summary>
        string? StorageName { get; }
    }

    /// <summary>Makes states.</summary>
    public interface IPersistentStateFactory
    {
        /// <summary>Makes the state of an activation.</summary>
        IPersistentState<TState> Create<TState>(IGrainContext context, IPersistentStateConfiguration config);
    }

    /// <summary>Marks a constructor parameter of a grain as one of its states.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute, IFacetMetadata, IPersistentStateConfiguration
    {
        /// <inheritdoc/>
        public string StateName { get; } = stateName;

        /// <inheritdoc/>
        public string? StorageName { get; } = storageName;
    }

    internal sealed class PersistentStateAttributeMapper : IAttributeToFactoryMapper<PersistentStateAttribute>
    {
        private static readonly MethodInfo CreateMethod = typeof(PersistentStateAttributeMapper).GetMethod(nameof(Create), BindingFlags.Static | BindingFlags.NonPublic)!;

        public Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, PersistentStateAttribute metadata)
        {
            ArgumentNullException.ThrowIfNull(parameter);
            var type = parameter.ParameterType;
            if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            {
                throw new ArgumentException($"[PersistentState] stands on the parameter {parameter.Name} of {parameter.Member.DeclaringType}, which is not an IPersistentState<T>.", nameof(parameter));
            }

            IPersistentStateConfiguration configuration = string.IsNullOrEmpty(metadata.StateName) ? new PersistentStateAttribute(parameter.Name!, metadata.StorageName) : metadata;
            var create = CreateMethod.MakeGenericMethod(type.GetGenericArguments()).CreateDelegate<Func<IPersistentStateFactory, IGrainContext, IPersistentStateConfiguration, object>>();
            return context => create(context.ActivationServices.GetRequiredService<IPersistentStateFactory>(), context, configuration);
        }

        private static object Create<TState>(IPersistentStateFactory factory, IGrainContext context, IPersistentStateConfiguration configuration) =>
            factory.Create<TState>(context, configuration);
    }

    internal sealed class PersistentStateFactory : IPersistentStateFactory
    {
        public IPersistentState<TState> Create<TState>(IGrainContext context, IPersistentStateConfiguration config)
        {
            var storage = string.IsNullOrWhiteSpace(config.StorageName)
                ? context.ActivationServices.GetService<IGrainStorage>()
                : context.ActivationServices.GetKeyedService<IGrainStorage>(config.StorageName);
            return storage is null
                ? throw new BadProviderConfigException(string.IsNullOrEmpty(config.StorageName)
                    ? $"No default storage provider found loading grain type {context.GrainId.Type}."
                    : $"No storage provider named \"{config.StorageName}\" found loading grain type {context.GrainId.Type}.")
                : new PersistentState<TState>(config.StateName, context, storage);
        }
    }

    internal sealed class PersistentState<TState> : IPersistentState<TState>, ILifecycleObserver
    {
        private readonly string _name;
        private readonly IGrainContext _context;
        private readonly IGrainStorage _storage;
        private readonly GrainState<TState> _state = new();
        private bool _isRead;
        private Task _last = Task.CompletedTask;

        public PersistentState(string name, IGrainContext context, IGrainStorage storage)
        {
            _name = name;
            _context = context;
            _storage = storage;
            context.ObservableLifecycle.Subscribe(typeof(PersistentState<TState>).FullName!, GrainLifecycleStage.SetupState, this);
        }

        public TState State
        {
            get
            {
                EnsureInGrain();
                return _state.State!;
            }

            set
            {
                EnsureInGrain();
                _state.State = value;
            }
        }

        public string? Etag => _state.ETag;

        public bool RecordExists => _isRead ? _state.RecordExists : throw new InvalidOperationException("State has not yet been loaded");

        public Task OnStart(CancellationToken cancellationToken = default) => Read(cancellationToken);

        public Task OnStop(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task ReadStateAsync() => Read(default);

        public Task WriteStateAsync() => Write(default);

        public Task ClearStateAsync() => Clear(default);

        Task IStorage.ReadStateAsync(CancellationToken cancellationToken) => Read(cancellationToken);

        Task IStorage.WriteStateAsync(CancellationToken cancellationToken) => Write(cancellationToken);

        Task IStorage.ClearStateAsync(CancellationToken cancellationToken) => Clear(cancellationToken);

        private static void EnsureInGrain()
        {
            if (RuntimeContext.Current is null)
            {
                throw new InvalidOperationException("Activation access violation. A non-activation thread attempted to access activation services.");
            }
        }

        private Task Read(CancellationToken cancellationToken) => InOrder(async () =>
        {
            if (_state.State is null)
            {
                _state.State = StateFactory<TState>.Create();
            }

            await _storage.ReadStateAsync(_name, _context.GrainId, _state, cancellationToken);
            _isRead = true;
        });

        private Task Write(CancellationToken cancellationToken) => InOrder(() => _storage.WriteStateAsync(_name, _context.GrainId, _state, cancellationToken));

        private Task Clear(CancellationToken cancellationToken) => InOrder(async () =>
        {
            await _storage.ClearStateAsync(_name, _context.GrainId, _state, cancellationToken);
            _state.State ??= StateFactory<TState>.Create();
        });

        private Task InOrder(Func<Task> operation)
        {
            EnsureInGrain();
            return _last = Run(_last, operation);

            static async Task Run(Task before, Func<Task> operation)
            {
                if (!before.IsCompleted)
                {
                    await before.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
                }

                await operation();
            }
        }
    }
}
