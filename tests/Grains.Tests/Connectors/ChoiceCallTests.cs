using Steward.Connectors;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

/// <summary>What an argument may be is asked with the rights to the operation that tells it.</summary>
public sealed class ChoiceCallTests(SystemCluster cluster) : IClassFixture<SystemCluster>
{
    private const string Tenant = "t-acme";

    private const string Template =
        """
        id: records
        version: 1.0.0
        name: Records
        vendor: Acme
        categories: [support]
        docs: https://acme.example/docs
        description: Records of a company.
        connection: { baseUrl: https://records.example }
        auth: [{ id: none, kind: none, title: No sign-in }]
        verify: { operation: lists.find }
        operations:
          - { id: lists.find, summary: Lists., path: /lists, effect: read, output: { path: lists, list: true, fields: { id: id, name: name } } }
          - id: records.get
            summary: Reads.
            path: /records/{list}
            effect: read
            input: { properties: { list: { type: string }, text: { type: string } }, required: [list] }
            choices: { list: { operation: lists.find, value: id, title: name } }
        """;

    [Fact]
    public async Task Call_ForChoices_CallsWhatTellsThemWhateverIsMapped()
    {
        await CreateAsync("told", []);
        cluster.System.Answer = """{"lists":[{"id":"l-1","name":"Leads"}]}""";

        var told = await ChoicesAsync("told", "list");

        Assert.Equal(("succeeded", """{"kind":"values","values":[{"value":"l-1","title":"Leads"}],"truncated":false}"""), (told.Outcome, told.ResultJson));
        Assert.Equal("rejected", (await ChoicesAsync("told", "text")).Outcome);
        cluster.SignIn(Tenant, "u-clerk", "clerk");
        Assert.Equal("lists.find", (await cluster.Grains.GetGrain<IConnectorCallsGrain>(Tenant).List("told"))!.Single(tool => tool.Operation == "records.get").Choices["list"]);
    }

    [Fact]
    public async Task Call_ForChoicesWithoutTheRight_IsRefusedAndNothingIsSent()
    {
        await CreateAsync("untold", ["supervisor"]);
        var before = cluster.System.Calls;

        var refused = await ChoicesAsync("untold", "list");

        Assert.Equal(("forbidden", 0), (refused.Outcome, cluster.System.Calls - before));
    }

    private async Task CreateAsync(string name, IReadOnlyList<string> tellers)
    {
        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        var connector = cluster.Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(Tenant, name));
        await connector.Create(new CreateConnector
        {
            TemplateText = Template,
            BaseUrl = cluster.System.Url,
            Access = tellers.Count == 0 ? new Dictionary<string, IReadOnlyList<string>>() : new Dictionary<string, IReadOnlyList<string>> { ["lists.find"] = tellers },
        });
        await connector.Update(new UpdateConnector { MappingsJson = """{"lists.find":[{"direction":"in","from":"id","to":"key"}]}""" });
    }

    // Not async: who is signed in holds for the flow that says so.
    private Task<ConnectorCallResult> ChoicesAsync(string instance, string argument)
    {
        cluster.SignIn(Tenant, "u-clerk", "clerk");
        return cluster.Grains.GetGrain<IConnectorCallsGrain>(Tenant).Call(new ConnectorCallCommand { Instance = instance, Operation = "records.get", ChoicesOf = argument, ArgumentsJson = "{}", ActionId = "a-1" });
    }
}
