using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.EnterpriseSim.Tests.Contract;

/// <summary>An instance of a shipped template with the chain as a host composes it, calling a simulated system; remembers which operations were called.</summary>
internal sealed class Product : IDisposable
{
    private readonly HashSet<string> called = [];
    private readonly ConnectorTemplate template;
    private readonly ConnectorInstance instance;
    private readonly ServiceProvider services;
    private readonly InProcessGate gate;
    private int actions;

    public Product(string templateId, string authId, Uri baseUrl, IReadOnlyDictionary<string, string> credential, IReadOnlyDictionary<string, string>? fields = null)
    {
        template = TemplateCatalog.Find(templateId)!.Template;
        instance = new ConnectorInstance
        {
            TenantId = "t-acme", Name = "sut", Title = template.Name, TemplateId = template.Id, TemplateVersion = template.Version, TemplateHash = "", BaseUrl = baseUrl.ToString().TrimEnd('/'),
            AuthId = authId, Fields = fields ?? new Dictionary<string, string>(), Operations = [.. template.Operations.Select(o => o.Id)],
        };
        var collection = new ServiceCollection();
        collection.AddSingleton(TimeProvider.System);
        collection.AddStewardConnectors(options => (options.AllowPrivateAddresses, options.SettleDelay) = (true, TimeSpan.Zero));
        services = collection.BuildServiceProvider();
        gate = new InProcessGate(template, new FixedCredential(new Credential(1, credential.ToDictionary(c => c.Key, c => new SecretText(c.Value)))), TimeProvider.System, new Random(1));
    }

    /// <summary>The operations that data describes and that no test has called.</summary>
    public IEnumerable<string> NotCalled => template.Operations.Where(o => !o.Code && !called.Contains(o.Id)).Select(o => o.Id);

    public async Task<JsonElement> ResultAsync(string operation, object? arguments = null)
    {
        var outcome = await ExecuteAsync(operation, arguments);
        return outcome is ActionSucceeded done ? done.Result : throw new Xunit.Sdk.XunitException($"{operation}: {outcome}");
    }

    public async Task<string> FailureAsync(string operation, object? arguments = null)
    {
        var outcome = await ExecuteAsync(operation, arguments);
        return outcome is ActionFailed failed ? failed.Code : throw new Xunit.Sdk.XunitException($"{operation}: {outcome}");
    }

    public Task<ActionOutcome> ExecuteAsync(string operation, object? arguments = null)
    {
        called.Add(operation);
        actions++;
        return services.GetRequiredService<IConnectorPipeline>().ExecuteAsync(Request(operation, arguments), default);
    }

    /// <summary>Looks up what became of the last call.</summary>
    public Task<ReconcileOutcome> ReconcileAsync(string operation, DateTimeOffset sentAt, object? arguments = null) =>
        services.GetRequiredService<IConnectorPipeline>().ReconcileAsync(Request(operation, arguments), sentAt, default);

    private ConnectorCallRequest Request(string operation, object? arguments) => new()
    {
        Target = new ResolvedInstance(instance, template),
        Gate = gate,
        Operation = template.Operations.Single(o => o.Id == operation),
        Arguments = JsonSerializer.SerializeToElement(arguments ?? new { }),
        ActionId = $"a-{actions}",
    };

    public void Dispose() => services.Dispose();
}

/// <summary>Reads results.</summary>
internal static class Results
{
    public static string Text(this JsonElement json, string name) => json.GetProperty(name).ToString();

    public static IEnumerable<JsonElement> Items(this JsonElement json) => json.GetProperty("items").EnumerateArray();

    public static JsonElement First(this JsonElement json, string name, string value) => json.Items().First(item => item.Text(name) == value);
}
