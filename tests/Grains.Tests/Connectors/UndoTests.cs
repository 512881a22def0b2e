using System.Text.Json;
using Steward.Connectors;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

/// <summary>A call is undone with the rights to what undoes it, and under that operation's policy.</summary>
public sealed class UndoTests(SystemCluster cluster) : IClassFixture<SystemCluster>
{
    private const string Tenant = "t-acme";

    private const string Template =
        """
        id: shelves
        version: 1.0.0
        name: Shelves
        vendor: Acme
        categories: [support]
        docs: https://acme.example/docs
        description: Shelves of a company.
        connection: { baseUrl: https://shelves.example }
        auth: [{ id: none, kind: none, title: No sign-in }]
        verify: { operation: boxes.get }
        operations:
          - { id: boxes.get, summary: Reads., path: /box, effect: read }
          - id: boxes.put
            summary: Puts a box.
            method: POST
            path: /boxes
            effect: write
            input: { properties: { name: { type: string } } }
            output: { fields: { id: id } }
            idempotency: { natural: true }
            undo: { operation: boxes.take, with: { box: "{result.id}" } }
          - id: boxes.take
            summary: Takes a box.
            method: DELETE
            path: /boxes/{box}
            effect: destructive
            input: { properties: { box: { type: string } }, required: [box] }
            idempotency: { natural: true }
        """;

    private IConnectorCallsGrain Calls => cluster.Grains.GetGrain<IConnectorCallsGrain>(Tenant);

    [Fact]
    public async Task Call_UndoOfWhatWasDone_CallsWhatUndoesIt()
    {
        await CreateAsync("undone", ["boxes.put", "boxes.take"]);
        var done = await PutAsync("undone");
        Assert.Equal(("succeeded", "boxes.take", """{"box":"b-1"}"""), (done.Outcome, done.UndoneBy, done.UndoArgumentsJson));
        Assert.Equal("boxes.take", (await Calls.List("undone"))!.Single(tool => tool.Operation == "boxes.put").UndoneBy);

        var before = cluster.System.Calls;
        var undone = await UndoAsync("undone", "boxes.put", done.UndoArgumentsJson!);
        Assert.Equal(("succeeded", 1), (undone.Outcome, cluster.System.Calls - before));

        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        var audit = cluster.Grains.GetGrain<IConnectorAuditGrain>(GrainKeys.ConnectorAudit(Tenant));
        var entry = (await audit.List("undone", 0, 10)).Entries[0];
        Assert.Equal(("boxes.take", "u-packer/a-1/undo", "succeeded", "u-packer"), (entry.Operation, entry.ActionId, entry.Outcome, entry.UserId));
    }

    [Fact]
    public async Task Call_UndoWithoutTheRight_IsRefusedAndNothingIsSent()
    {
        await CreateAsync("closed", ["boxes.put", "boxes.take"], takers: "supervisor");
        var done = await PutAsync("closed");
        var before = cluster.System.Calls;

        var refused = await UndoAsync("closed", "boxes.put", done.UndoArgumentsJson!);

        Assert.Equal(("forbidden", 0), (refused.Outcome, cluster.System.Calls - before));
        Assert.Contains("closed.boxes.take", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_UndoThatDoesNotFit_IsRefusedByName()
    {
        await CreateAsync("wrong", ["boxes.put", "boxes.take"]);

        var refused = await UndoAsync("wrong", "boxes.put", """{"crate":"b-1"}""");

        Assert.Equal("invalid_argument", refused.Outcome);
    }

    [Fact]
    public async Task Call_UndoOfWhatNothingUndoes_IsRefusedClearly()
    {
        await CreateAsync("alone", ["boxes.put"]);
        var done = await PutAsync("alone");
        Assert.Equal(("succeeded", null), (done.Outcome, done.UndoneBy));
        var before = cluster.System.Calls;

        var refused = await UndoAsync("alone", "boxes.put", "{}");

        Assert.Equal(("rejected", 0), (refused.Outcome, cluster.System.Calls - before));
        Assert.Contains("Nothing undoes alone.boxes.put", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_UndoOfAnUnknownOperation_IsNotFound()
    {
        await CreateAsync("unknown", ["boxes.put"]);

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => UndoAsync("unknown", "boxes.burn", "{}"))).Code);
    }

    private async Task CreateAsync(string name, IReadOnlyList<string> operations, string takers = "packer")
    {
        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        await cluster.Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(Tenant, name)).Create(new CreateConnector
        {
            TemplateText = Template,
            BaseUrl = cluster.System.Url,
            Operations = operations,
            Access = new Dictionary<string, IReadOnlyList<string>> { ["boxes.put"] = ["packer"], ["boxes.take"] = [takers] },
        });
        cluster.System.Answer = """{"id":"b-1"}""";
    }

    private Task<ConnectorCallResult> PutAsync(string instance) =>
        CallAsync(new ConnectorCallCommand { Instance = instance, Operation = "boxes.put", ArgumentsJson = """{"name":"n"}""", ActionId = "u-packer/a-1" });

    private Task<ConnectorCallResult> UndoAsync(string instance, string operation, string arguments) =>
        CallAsync(new ConnectorCallCommand { Instance = instance, Operation = operation, ArgumentsJson = arguments, ActionId = "u-packer/a-1", Undo = true });

    // Not async: who is signed in holds for the flow that says so.
    private Task<ConnectorCallResult> CallAsync(ConnectorCallCommand command)
    {
        cluster.SignIn(Tenant, "u-packer", "packer");
        return Calls.Call(command);
    }
}
