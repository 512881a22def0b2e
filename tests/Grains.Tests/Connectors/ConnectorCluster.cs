using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Steward.Connectors;
using Steward.Engines.Connectors;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Grains.Tests.Connectors;

/// <summary>A silo with a vault and a storage that the tests can hold up or break, and with one operation that no policy allows.</summary>
public sealed class ConnectorCluster : GrainCluster
{
    public const string Template = """
        id: desk
        version: 1.0.0
        name: Desk
        vendor: Acme
        categories: [support]
        docs: https://acme.example/docs
        description: A desk.
        connection: { baseUrl: https://desk.example }
        auth:
          - { id: key, kind: api_key, fields: [ { name: token, title: Token, secret: true } ], apply: [ { header: X-Key, value: "{token}" } ] }
        verify: { operation: things.list }
        limits:
          - { window: 1m, max: 100, maxConcurrent: 1 }
        operations:
          - { id: things.list, summary: Lists., path: /things, effect: read, output: { list: true, fields: { id: id } } }
        """;

    public const string PersonalTemplate = """
        id: mailbox
        version: 1.0.0
        name: Mailbox
        vendor: Acme
        categories: [support]
        docs: https://acme.example/docs
        description: A mailbox.
        connection: { baseUrl: https://mail.example }
        auth:
          - id: oauth
            kind: oauth2_code
            perUser: true
            fields: [ { name: clientId, title: Client id }, { name: clientSecret, title: Client secret, secret: true } ]
            oauth2: { authorizeUrl: "https://mail.example/authorize", tokenUrl: "https://mail.example/token" }
        verify: { operation: things.list }
        operations:
          - { id: things.list, summary: Lists., path: /things, effect: read, output: { list: true, fields: { id: id } } }
        """;

    internal TestVault Vault { get; } = new();

    internal HeldStorage Storage { get; private set; } = null!;

    internal ForbiddenDesk Forbidden { get; } = new();

    internal IConnectorGrain Connector(string tenant, string name) => Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(tenant, name));

    internal IConnectorIndexGrain Index(string tenant) => Grains.GetGrain<IConnectorIndexGrain>(GrainKeys.ConnectorIndex(tenant));

    internal void AssumePlatform(string tenant) => Silo.GetRequiredService<PlatformIdentity>().Assume(tenant);

    internal CreateConnector Command(string tenant, string name) => new()
    {
        TemplateText = Template,
        SealedSecrets = Seal(tenant, name, "token", "t0ken"),
    };

    internal Dictionary<string, string> Seal(string tenant, string name, string field, string value) =>
        new() { [field] = Silo.GetRequiredService<SecretSealer>().Seal(new SecretText(value), GrainKeys.Connector(tenant, name)) };

    protected override void Configure(ISiloBuilder silo)
    {
        var stored = silo.Services.Last(service => service.ServiceType == typeof(IGrainStorage) && StorageNames.GrainState.Equals(service.ServiceKey)).KeyedImplementationFactory!;
        silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.GrainState, (provider, key) => Storage = new HeldStorage((IGrainStorage)stored(provider, key)));
        silo.Services.AddSingleton<ISecretVault>(Vault);
        silo.Services.AddStewardConnectors();
        silo.Services.AddSingleton<IConnectorRegistry>(Forbidden);
    }
}

/// <summary>Secrets in memory.</summary>
internal sealed class TestVault : ISecretVault
{
    private readonly ConcurrentDictionary<VaultPath, VaultSecret> _secrets = new();

    public string Description => "test";

    public bool IsFailing { get; set; }

    public bool IsSlow { get; set; }

    public IEnumerable<VaultPath> Paths => _secrets.Keys;

    public async Task<VaultSecret?> ReadAsync(VaultPath path, int? version = null, CancellationToken cancellationToken = default)
    {
        Ask();
        if (IsSlow)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        return _secrets.GetValueOrDefault(path);
    }

    public Task<int> WriteAsync(VaultPath path, IReadOnlyDictionary<string, SecretText> values, int? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        Ask();
        var written = _secrets.AddOrUpdate(
            path, _ => new VaultSecret(1, values, TimeProvider.System.GetUtcNow()), (_, before) => new VaultSecret(before.Version + 1, values, TimeProvider.System.GetUtcNow()));
        return Task.FromResult(written.Version);
    }

    public Task DeleteAsync(VaultPath path, CancellationToken cancellationToken = default)
    {
        Ask();
        _secrets.TryRemove(path, out _);
        return Task.CompletedTask;
    }

    public Task DeleteEarlierAsync(VaultPath path, int version, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<IReadOnlyList<string>> ListAsync(VaultPath path, CancellationToken cancellationToken = default)
    {
        Ask();
        return Task.FromResult<IReadOnlyList<string>>([]);
    }

    private void Ask()
    {
        if (IsFailing)
        {
            throw new VaultException("The vault is away.", isRetryable: true);
        }
    }
}

/// <summary>Holds writes of one grain up until they are let on, or fails them.</summary>
internal sealed class HeldStorage(IGrainStorage inner) : IGrainStorage
{
    private readonly ConcurrentDictionary<string, Hold> _holds = new();

    private readonly ConcurrentDictionary<string, Func<object, bool>> _losses = new();

    /// <summary>Holds the write of a grain up that comes after some others.</summary>
    public Hold Next(string key, int after = 0) => _holds[key] = new Hold(after);

    /// <summary>Loses the first write of a grain whose state is of some kind: it does not stand, and the grain that meets this leaves memory.</summary>
    public void LoseWhen<T>(string key, Predicate<T> isMeant) => _losses[key] = written => written is T state && isMeant(state);

    /// <summary>Whether the write that <see cref="LoseWhen"/> named has been lost.</summary>
    public bool HasLost(string key) => !_losses.ContainsKey(key);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ReadStateAsync(stateName, grainId, grainState);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_holds.TryGetValue(grainId.Key.ToString()!, out var hold) && hold.IsMine())
        {
            hold.Reached.TrySetResult();
            await hold.LetOn.Task;
        }

        if (_losses.TryGetValue(grainId.Key.ToString()!, out var isMeant) && isMeant(grainState.State!))
        {
            _losses.TryRemove(grainId.Key.ToString()!, out _);
            throw new InvalidOperationException("The connection to the store broke.");
        }

        await inner.WriteStateAsync(stateName, grainId, grainState);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);

    internal sealed class Hold(int after)
    {
        private int _seen = -1;

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource LetOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsMine() => Interlocked.Increment(ref _seen) == after;
    }
}

/// <summary>One write that no policy names.</summary>
internal sealed class ForbiddenDesk : IConnectorRegistry, ITenantConnectors
{
    public int Executed { get; private set; }

    public IReadOnlyList<ConnectorOperation> Operations { get; } =
    [
        Operation("desk.burn"),
        Operation("desk.pay"),
    ];

    public ITenantConnectors ForTenant(string tenantId) => this;

    public Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken)
    {
        Executed++;
        return Task.FromResult<ActionOutcome>(new ActionSucceeded(request.Arguments));
    }

    public Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken) =>
        Task.FromResult<ReconcileOutcome>(new ReconcileUnknown("never"));

    private static ConnectorOperation Operation(string id) => new()
    {
        Id = id,
        Connector = "desk",
        Description = "Does something.",
        Effect = OperationEffect.Write,
        InputSchema = JsonElement.Parse("""{"type":"object"}"""),
    };
}
