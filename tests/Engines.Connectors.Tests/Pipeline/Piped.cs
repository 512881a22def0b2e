using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Pipeline;

/// <summary>An instance of a template with the chain as a host composes it, calling a server on loopback.</summary>
internal sealed class Piped : ICallAudit, IDisposable
{
    public const string Secret = "s3cr3t+/token=value";

    private readonly ServiceProvider _provider;
    private readonly ConcurrentQueue<CallAudit> _audit = new();

    public Piped(ConnectorTemplate template, Uri url, TimeProvider? time = null, ICredentialSource? credentials = null, bool allowPrivate = true, TimeSpan? timeout = null, TimeSpan settleDelay = default)
    {
        var services = new ServiceCollection();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddSingleton<ICallAudit>(this);
        services.AddSingleton<ICredentialApplier, HmacApplier>();
        services.AddStewardConnectors(options =>
        {
            options.AllowPrivateAddresses = allowPrivate;
            options.Timeout = timeout ?? options.Timeout;
            options.SettleDelay = settleDelay;
        });
        _provider = services.BuildServiceProvider();
        Template = template;
        Instance = new ConnectorInstance
        {
            TenantId = "t-acme",
            Name = "sut",
            Title = "System under test",
            TemplateId = template.Id,
            TemplateVersion = template.Version,
            TemplateHash = "",
            BaseUrl = url.ToString(),
            AuthId = template.Auth[0].Id,
            Operations = [.. template.Operations.Select(operation => operation.Id)],
        };
        Credentials = credentials ?? new FixedCredential(new Credential(1, new Dictionary<string, SecretText> { ["token"] = new(Secret), ["access_token"] = new(Secret) }));
        Gate = new InProcessGate(template, Credentials, time ?? TimeProvider.System, new Random(1));
    }

    public ConnectorTemplate Template { get; }

    public ConnectorInstance Instance { get; set; }

    public ICredentialSource Credentials { get; }

    public IInstanceGate Gate { get; set; }

    public IReadOnlyList<CallAudit> Audit => [.. _audit];

    public IConnectorPipeline Chain => _provider.GetRequiredService<IConnectorPipeline>();

    public static Piped Of(string yaml, Uri url, TimeProvider? time = null, ICredentialSource? credentials = null, bool allowPrivate = true, TimeSpan? timeout = null) =>
        new(Read(yaml), url, time, credentials, allowPrivate, timeout);

    public static ConnectorTemplate Read(string yaml) => TemplateReader.Read(Head + yaml, "test.yaml");

    public ConnectorCallRequest Call(string operation, object? arguments = null, string actionId = "a-1", ConnectorCaller? caller = null, DateTimeOffset? deadline = null, bool dryRun = false) => new()
    {
        Target = new ResolvedInstance(Instance, Template),
        Gate = Gate,
        Operation = Template.Operations.Single(candidate => candidate.Id == operation),
        Arguments = arguments as JsonElement? ?? JsonSerializer.SerializeToElement(arguments ?? new { }),
        ActionId = actionId,
        Caller = caller,
        Deadline = deadline,
        DryRun = dryRun,
    };

    public Task<ActionOutcome> ExecuteAsync(string operation, object? arguments = null, string actionId = "a-1", CancellationToken cancellationToken = default) =>
        Chain.ExecuteAsync(Call(operation, arguments, actionId), cancellationToken);

    public async Task<JsonElement> ResultAsync(string operation, object? arguments = null) => Assert.IsType<ActionSucceeded>(await ExecuteAsync(operation, arguments)).Result;

    public async Task<ActionFailed> FailureAsync(string operation, object? arguments = null) => Assert.IsType<ActionFailed>(await ExecuteAsync(operation, arguments));

    public Task<ReconcileOutcome> ReconcileAsync(string operation, object? arguments = null, string actionId = "a-1") =>
        Chain.ReconcileAsync(Call(operation, arguments, actionId), TimeProvider.System.GetUtcNow(), default);

    public ValueTask RecordAsync(CallAudit entry, bool isChange)
    {
        _audit.Enqueue(entry);
        return default;
    }

    public void Dispose() => _provider.Dispose();

    private const string Head =
        """
        id: sut
        version: 1.0.0
        name: Sut
        vendor: Acme
        categories: [support]
        docs: https://acme.example/docs
        description: The system under test.
        connection:
          fields:
            - { name: site, title: Site, default: main }
          baseUrl: https://sut.example
        verify: { operation: things.search }

        """;
}
