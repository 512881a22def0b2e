using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using Steward.Connectors;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Grains.Tests.Connectors;

public sealed class SchemaDriftTests : IClassFixture<SystemCluster>
{
    private readonly SystemCluster _cluster;

    public SchemaDriftTests(SystemCluster cluster)
    {
        _cluster = cluster;

        // Holds for this flow only.
        cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
    }

    private const string Before = """{"key":"T-1","status":{"name":"open"},"owner":"ada"}""";
    private const string After = """{"key":"T-1","state":"open","owner":"ada"}""";

    [Fact]
    public async Task Drift_SystemChangesItsAnswers_IsNamedWithWhatItBreaksAndCanBeAccepted()
    {
        var connector = await _cluster.CreateAsync("changing", "    output: { fields: { number: key, status: status.name, owner: owner } }\n");
        await connector.Update(new UpdateConnector { MappingsJson = """{"tickets.get":[{"direction":"in","from":"status","to":"phase"},{"direction":"in","from":"owner","to":"assignee"}]}""" });
        await CallAsync(connector, Before, 20);
        Assert.Empty((await connector.GetInfo())!.Drift);

        await CallAsync(connector, After, 1);
        await Conversing.UntilAsync(async () =>
        {
            await CallAsync(connector, After, 1);
            return (await connector.GetInfo())!.Drift.Count > 0;
        });
        var drift = Assert.Single((await connector.GetInfo())!.Drift);

        Assert.Equal(("tickets.get", true), (drift.Operation, drift.Breaking));
        Assert.Equal([("state", "optional_added"), ("status", "removed")], drift.Changes.Select(change => (change.Path, change.Kind)));
        Assert.Equal(["status"], drift.BrokenFields);
        Assert.Equal(["phase"], drift.BrokenMappings);
        Assert.DoesNotContain(drift.Changes, change => change.Message.Contains("ada", StringComparison.Ordinal));

        Assert.Empty((await connector.AcceptDrift("tickets.get")).Drift);
        await CallAsync(connector, After, 25);
        Assert.Empty((await connector.GetInfo())!.Drift);
    }

    [Fact]
    public async Task Drift_Found_IsWrittenByItself()
    {
        var connector = await _cluster.CreateAsync("kept", "    output: { schema: { type: object, properties: { key: { type: integer } }, required: [key] } }\n");
        await CallAsync(connector, Before, 10);
        await Conversing.UntilAsync(async () => (await connector.GetInfo())!.Drift.Count > 0);
        var drift = Assert.Single((await connector.GetInfo())!.Drift);
        var stored = new GrainState<ConnectorState>();
        await Conversing.UntilAsync(async () =>
        {
            await _cluster.Silo.GetRequiredKeyedService<IGrainStorage>(StorageNames.GrainState).ReadStateAsync("connector", connector.GetGrainId(), stored);
            return stored.State?.SchemasJson is not null;
        });
        var read = JsonSerializer.Deserialize<SchemaWatchState>(stored.State!.SchemasJson!, TemplateJson.Options)!;

        Assert.Equal("type_changed", Assert.Single(drift.Changes).Kind);
        Assert.Equal(drift.Since, Assert.Single(read.Operations).Drift!.Since);
        Assert.DoesNotContain("T-1", stored.State!.SchemasJson, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_ByItself_LooksUntilItIsSure()
    {
        var connector = await _cluster.CreateAsync("checked", "    output: { fields: { status: status.name } }\n");
        await CallAsync(connector, Before, 20);
        _cluster.System.Answer = After;

        _cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await connector.AsReference<IRemindable>().ReceiveReminder("check", default);

        await Conversing.UntilAsync(async () =>
        {
            _cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
            return (await connector.GetInfo())!.Drift.Count > 0;
        });
        Assert.Equal(["status"], (await connector.GetInfo())!.Drift[0].BrokenFields);
    }

    [Fact]
    public async Task AcceptDrift_ByAnEmployeeOrUnknown_IsRefused()
    {
        var connector = await _cluster.CreateAsync("mine", "    output: { fields: { number: key } }\n");
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => connector.AcceptDrift("nothing"))).Code);
        _cluster.SignIn("t-acme", "u-ada");

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => connector.AcceptDrift("tickets.get"))).Code);
    }

    private async Task CallAsync(IConnectorGrain connector, string answer, int times)
    {
        _cluster.System.Answer = answer;
        for (var i = 0; i < times; i++)
        {
            _cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
            Assert.True((await connector.Verify()).Succeeded);
        }
    }
}
