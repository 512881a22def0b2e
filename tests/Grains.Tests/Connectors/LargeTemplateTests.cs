using System.Globalization;
using System.Text;
using Steward.Connectors;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

/// <summary>From a large document to a connector that is called.</summary>
public sealed class LargeTemplateTests : IClassFixture<SystemCluster>
{
    private const string Tenant = "t-acme";
    private readonly SystemCluster _cluster;

    public LargeTemplateTests(SystemCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
    }

    [Fact]
    public async Task Create_FromADocumentOfMegabytes_CanBeCalled()
    {
        var document = Document(1_500);
        Assert.InRange(document.Length, 1024 * 1024, 8 * 1024 * 1024);
        var catalog = _cluster.Grains.GetGrain<IConnectorCatalogGrain>(Tenant);

        var draft = await catalog.Import(document);
        Assert.Equal(1_500, draft.Operations);
        Assert.InRange(draft.Text.Length, 600 * 1024, 4 * 1024 * 1024);
        var connector = _cluster.Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(Tenant, "huge"));
        var info = await connector.Create(new CreateConnector { TemplateText = draft.Text, BaseUrl = _cluster.System.Url, Operations = ["get_thing1499"] });
        Assert.Equal(1_500, info.Operations.Count);

        _cluster.System.Answer = """{"id":"7"}""";
        var result = await _cluster.Grains.GetGrain<IConnectorCallsGrain>(Tenant).Call(new ConnectorCallCommand { Instance = "huge", Operation = "get_thing1499", ArgumentsJson = """{"id":"7"}""", ActionId = "a-1" });
        Assert.Equal(("succeeded", """{"id":"7"}"""), (result.Outcome, result.ResultJson));
    }

    [Fact]
    public async Task Put_MoreTemplatesThanATenantMayHave_AreRefusedAndTheOthersStay()
    {
        _cluster.SignIn("t-crowded", PlatformIdentity.UserId, WellKnownRoles.System);
        var index = _cluster.Grains.GetGrain<IConnectorIndexGrain>(GrainKeys.ConnectorIndex("t-crowded"));
        var half = new ConnectorEntry { Name = "first", Revision = 1, Enabled = true, TemplateCharacters = (int)(ConnectorIndexGrain.MaxTemplateCharacters / 2) };
        await index.Put(half);
        await index.Put(half with { Name = "second" });
        await index.Put(half with { Name = "second", Revision = 2 });
        await index.Put(half with { Name = "catalogue", TemplateCharacters = 0 });

        Assert.Equal(ErrorCodes.LimitReached, (await Assert.ThrowsAsync<StewardException>(() => index.Put(half with { Name = "third", TemplateCharacters = 1 }))).Code);

        await index.Remove("first");
        await index.Put(half with { Name = "third" });
        Assert.Equal(["catalogue", "second", "third"], (await index.List()).Select(entry => entry.Name));
    }

    [Fact]
    public async Task ImportSome_OperationsOfALargeDocument_AreAllThatIsThere()
    {
        var catalog = _cluster.Grains.GetGrain<IConnectorCatalogGrain>(Tenant);
        var document = Document(50);

        var draft = await catalog.ImportSome(document, ["get_thing7", "get_thing9"]);
        Assert.InRange(draft.Operations, 2, 3);
        Assert.Contains("get_thing9", draft.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("get_thing8", draft.Text, StringComparison.Ordinal);

        _cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        Assert.Equal(ErrorCodes.InvalidArgument, (await Assert.ThrowsAsync<StewardException>(() => catalog.ImportSome(document, ["drop_everything"]))).Code);
    }

    private static string Document(int operations)
    {
        const string Path = """
            "/things/NUMBER/{id}":{"get":{"operationId":"getThingNUMBER","summary":"WORDS","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string","maxLength":40}}],
            "responses":{"200":{"description":"ok","content":{"application/json":{"schema":{"type":"object","properties":{"id":{"type":"string"},"name":{"type":"string"},"owner":{"type":"string"}}}}}}}}}
            """;
        var text = new StringBuilder("""{"openapi":"3.0.3","info":{"title":"Huge","version":"1.0.0"},"servers":[{"url":"https://api.hugethings.com"}],"paths":{""");
        for (var number = 0; number < operations; number++)
        {
            var name = number.ToString(CultureInfo.InvariantCulture);
            var words = string.Concat(Enumerable.Repeat($"Reads thing {name} of the company. ", 20));
            text.Append(number == 0 ? "" : ",").Append(Path.Replace("NUMBER", name, StringComparison.Ordinal).Replace("WORDS", words, StringComparison.Ordinal));
        }

        return text.Append("}}").ToString();
    }
}
