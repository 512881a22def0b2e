using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.Policies;
using Steward.Engines.Sandboxing;
using Steward.Identity;
using Steward.Sandbox;
using Steward.Storage;

namespace Steward.Grains.Tests.Sandbox;

/// <summary>How long what code asks for may take.</summary>
public sealed class PersonDataTests
{
    private static readonly SandboxJob Job = new() { ExecutionId = "x-1", Tenant = "t-acme", Profile = SandboxProfile.Python, Code = "" };

    private readonly Frozen _time = new();
    private readonly Systems _systems = new();
    private readonly Tables _tables = new();

    [Theory]
    [InlineData(null, 20, 10)]
    [InlineData(300, 20, 10)]
    [InlineData(4, 4, 4)]
    public async Task Ask_NothingTakesLongerThanTheExecutionMay(int? left, int read, int query)
    {
        var now = _time.GetUtcNow();
        var data = For(left is { } seconds ? now.AddSeconds(seconds) : null);
        await data.ConnectorAsync(Job, "a.things.read", JsonElement.Parse("{}"), default);
        await data.SqlAsync(Job, "SELECT 1", default, default);

        Assert.Equal((TimeSpan.FromSeconds(read), TimeSpan.FromSeconds(query)), (_systems.Asked!.Deadline!.Value - now, _tables.Asked!.Timeout));
    }

    private ISandboxDataBroker For(DateTimeOffset? deadline) => new PersonDataFactory(
        [_tables], _systems, new OrchestrationDefinitions(PlaybookCatalog.Empty, ActionPolicy.Compile("version: 1\noperations: {}\n", "policy.yaml")), null!, null!, new NotedAudit(), _time)
        .For(new CallerIdentity { TenantId = "t-acme", UserId = "u-ada", Roles = [] }, "x-1", deadline);

    private sealed class Frozen : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }

    private sealed class Tables : IPersonQueries
    {
        public PersonQuery? Asked { get; private set; }

        public bool IsConfigured(string tenantId) => true;

        public ValueTask<PersonQueryResult> QueryAsync(PersonQuery query, CancellationToken cancellationToken = default)
        {
            Asked = query;
            return ValueTask.FromResult(new PersonQueryResult { Code = "refused" });
        }
    }

    private sealed class Systems : IConnectorRegistry, ITenantConnectors
    {
        public ActionRequest? Asked { get; private set; }

        public IReadOnlyList<ConnectorOperation> Operations { get; } =
            [new ConnectorOperation { Id = "a.things.read", Connector = "a", Description = "Reads.", Effect = OperationEffect.Read, InputSchema = JsonElement.Parse("{}") }];

        public ITenantConnectors ForTenant(string tenantId) => this;

        public Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken)
        {
            Asked = request;
            return Task.FromResult<ActionOutcome>(new ActionSucceeded(JsonElement.Parse("{}")));
        }

        public Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
