using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Tests.Pipeline;

namespace Steward.Engines.Connectors.Tests;

/// <summary>What is kept of a tenant's connectors between calls: by roles, and only as long as the instances are the same.</summary>
public sealed class ConnectorViewTests
{
    private static readonly NoConnectors Configured = new();

    [Fact]
    public void Of_SameListAndRoles_IsWorkedOutOnce()
    {
        IReadOnlyList<ResolvedInstance> instances = [Instance("desk")];

        var first = ConnectorView.Of(Configured, instances, Person("u-ada", "employee", "lead"));

        Assert.Same(first, ConnectorView.Of(Configured, instances, Person("u-eve", "lead", "employee")));
        Assert.NotSame(first, ConnectorView.Of(Configured, [.. instances], Person("u-ada", "employee", "lead")));
        Assert.NotSame(first, ConnectorView.Of(new NoConnectors("other.things.search"), instances, Person("u-ada", "employee", "lead")));
    }

    [Fact]
    public async Task OpenAsync_TenantThatTheConfigurationDoesNotName_IsWorkedOutOnce()
    {
        var directory = new Instances([Instance("desk")]);
        await using var services = new ServiceCollection().AddSingleton<IInstanceDirectory>(directory).AddStewardConnectors().BuildServiceProvider();
        var registry = services.GetRequiredService<IConnectorRegistry>();

        var first = await registry.OpenAsync("t-acme", Person("u-ada", "employee"), default);
        var second = await registry.OpenAsync("t-acme", Person("u-eve", "employee"), default);

        Assert.Same(first.Operations, second.Operations);
        Assert.Single(first.Operations);
    }

    [Fact]
    public void Of_RolesThatLookAlike_SeeOnlyTheirOwn()
    {
        IReadOnlyList<ResolvedInstance> instances = [Instance("desk", "lead")];

        Assert.Single(ConnectorView.Of(Configured, instances, Person("u-ada", "lead")).Operations);
        Assert.Single(ConnectorView.Of(Configured, instances, null).Operations);
        foreach (var roles in new string[][] { [], [""], ["Lead"], ["4:lead"], ["roles 4:lead"], ["lea", "d"] })
        {
            Assert.Empty(ConnectorView.Of(Configured, instances, Person("u-eve", roles)).Operations);
        }
    }

    [Fact]
    public void Of_MoreSetsOfRolesThanAreKept_AreAllRight()
    {
        IReadOnlyList<ResolvedInstance> instances = [Instance("desk", "lead")];
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(i % 2, ConnectorView.Of(Configured, instances, Person("u-eve", i % 2 == 0 ? [$"made-up-{i}"] : [$"made-up-{i}", "lead"])).Operations.Count);
        }
    }

    [Fact]
    public void FindOperation_InstanceHidesAConfiguredConnector_FindsOnlyWhatMayBeUsed()
    {
        IReadOnlyList<ResolvedInstance> instances = [Instance("desk", "lead")];
        ITenantConnectors set = new TenantConnectorSet(new NoConnectors("desk.things.search", "other.things.search"), instances, null!, null!, Person("u-eve", "employee"));

        Assert.Null(set.FindOperation("desk.things.search"));
        Assert.Equal("other.things.search", set.FindOperation("other.things.search")?.Id);
        Assert.Null(set.FindOperation("third.things.search"));
        ITenantConnectors lead = new TenantConnectorSet(new NoConnectors("desk.things.search"), instances, null!, null!, Person("u-ada", "lead"));
        Assert.Equal("desk", lead.FindOperation("desk.things.search")?.Connector);
    }

    private static ConnectorCaller Person(string userId, params string[] roles) => new(userId, null, roles);

    private static ResolvedInstance Instance(string name, string? role = null)
    {
        var template = Piped.Read("""
            auth: [{ id: none, kind: none, title: No sign-in }]
            operations:
              - { id: things.search, summary: Lists things., path: /things, effect: read }
            """);
        return new ResolvedInstance(
            new ConnectorInstance
            {
                TenantId = "t-acme",
                Name = name,
                Title = name,
                TemplateId = template.Id,
                TemplateVersion = template.Version,
                TemplateHash = "",
                AuthId = template.Auth[0].Id,
                Access = role is null ? new Dictionary<string, IReadOnlyList<string>>() : new Dictionary<string, IReadOnlyList<string>> { ["*"] = [role] },
            },
            template);
    }

    private sealed class Instances(IReadOnlyList<ResolvedInstance> instances) : IInstanceDirectory
    {
        public ValueTask<IReadOnlyList<ResolvedInstance>> ListAsync(string tenantId, CancellationToken cancellationToken) => new(instances);

        public IInstanceGate GateOf(string tenantId, string instanceName) => throw new NotSupportedException();
    }

    private sealed class NoConnectors(params string[] operations) : ITenantConnectors
    {
        public IReadOnlyList<ConnectorOperation> Operations { get; } =
            [.. operations.Select(id => new ConnectorOperation { Id = id, Connector = id.Split('.')[0], Description = "", Effect = OperationEffect.Read, InputSchema = default })];

        public Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
