using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Memory;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

/// <summary>The memory over HTTP.</summary>
public class MemoryApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Memory_IsListedSearchedCorrectedAndForgotten()
    {
        Put("t-acme", "u-ada", FakeMemories.Item(1, "manager", "Jane Doe"), FakeMemories.Item(2, "allergy", "nuts", MemoryKind.Constraint));
        using var ada = gateway.As();

        var listed = (await BodyOf(await ada.GetAsync("/v1/memory?kind=constraint"))).GetProperty("memories");
        Assert.Equal(("allergy", "constraint", "said"), (listed[0].GetProperty("slot").GetString(), listed[0].GetProperty("kind").GetString(), listed[0].GetProperty("source").GetString()));
        var found = await BodyOf(await ada.PostAsync("/v1/memory/search", Json("""{"text":"Jane","kinds":["fact"]}""")));
        Assert.Equal(("words", 1), (found.GetProperty("mode").GetString(), found.GetProperty("memories")[0].GetProperty("memory").GetProperty("id").GetInt32()));
        Assert.Equal("John Roe", (await BodyOf(await ada.PutAsync("/v1/memory/1", Json("""{"value":"John Roe"}""")))).GetProperty("value").GetString());
        Assert.Equal(1, (await BodyOf(await ada.DeleteAsync("/v1/memory/1"))).GetProperty("count").GetInt32());
        Assert.Single(gateway.Cluster.Memories.All[("t-acme", "u-ada")]);
    }

    [Fact]
    public async Task Proposals_AreListedAndDecided()
    {
        using var ada = gateway.As();

        var listed = (await BodyOf(await ada.GetAsync("/v1/memory/proposals"))).GetProperty("proposals")[0];
        Assert.Equal(("repeated_request", "open"), (listed.GetProperty("kind").GetString(), listed.GetProperty("status").GetString()));
        Assert.Equal("accepted", (await BodyOf(await ada.PostAsync("/v1/memory/proposals/4/accept", null))).GetProperty("status").GetString());
        Assert.Equal("dismissed", (await BodyOf(await ada.PostAsync("/v1/memory/proposals/4/dismiss", null))).GetProperty("status").GetString());
        await AssertProblem(await ada.PostAsync("/v1/memory/proposals/5/accept", null), 404, "not_found");
        await AssertProblem(await ada.PostAsync("/v1/memory/proposals/x/accept", null), 400, "invalid_argument", "proposalId");
        await AssertProblem(await ada.GetAsync("/v1/memory/patterns"), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/memory/key/rotate", null), 403, "forbidden");
    }

    [Theory]
    [InlineData("t-acme", "u-bob")]
    [InlineData("t-other", "u-ada")]
    public async Task Memory_OfSomebodyElse_IsReachedByNoRequest(string tenant, string user)
    {
        Put(tenant, user, FakeMemories.Item(77, "manager", "Secret Person"));
        Put("t-acme", "u-ada");
        using var ada = gateway.As();

        foreach (var path in (string[])["/v1/memory", $"/v1/memory?userId={user}", $"/v1/memory?tenantId={tenant}", "/v1/memory/export", "/v1/memory/accesses"])
        {
            Assert.DoesNotContain("Secret Person", await (await ada.GetAsync(path)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("Secret Person", await (await ada.PostAsync("/v1/memory/search", Json("""{"text":"Secret Person"}"""))).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await AssertProblem(await ada.PostAsync("/v1/memory/search", Json($$"""{"text":"Secret","userId":"{{user}}"}""")), 400, "invalid_argument", "userId");
        await AssertProblem(await ada.PutAsync("/v1/memory/77", Json("""{"value":"x"}""")), 404, "not_found");
        Assert.Equal(0, (await BodyOf(await ada.DeleteAsync("/v1/memory/77"))).GetProperty("count").GetInt32());
        Assert.Single(gateway.Cluster.Memories.All[(tenant, user)]);
    }

    [Theory]
    [InlineData("?kind=all", "kind")]
    [InlineData("?superseded=maybe", "superseded")]
    [InlineData("?limit=0", "limit")]
    [InlineData("?after=x", "after")]
    public async Task List_BadQuery_NamesTheField(string query, string field)
    {
        using var ada = gateway.As();
        await AssertProblem(await ada.GetAsync("/v1/memory" + query), 400, "invalid_argument", field);
    }

    [Fact]
    public async Task Settings_AreSet()
    {
        using var ada = gateway.As();
        using var set = await ada.PutAsync("/v1/memory/settings", Json("""{"kinds":[{"kind":"fact","isKept":false},{"kind":"preference","retentionDays":30}],"sharePatterns":true}"""));

        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal([new SetMemoryKind { Kind = MemoryKind.Fact, IsKept = false }, new SetMemoryKind { Kind = MemoryKind.Preference, RetentionDays = 30 }], gateway.Cluster.Memories.Set!.Kinds);
        Assert.True(gateway.Cluster.Memories.Set.SharePatterns);
        await AssertProblem(await ada.PutAsync("/v1/memory/settings", Json("""{"kinds":[{"isKept":false}]}""")), 400, "invalid_argument", "kind");
    }

    [Fact]
    public async Task Erase_WithoutABody_TakesTheMemoryOnly()
    {
        using var ada = gateway.As();
        using var erased = await ada.PostAsync("/v1/memory/erase", null);

        Assert.Equal(HttpStatusCode.Accepted, erased.StatusCode);
        Assert.Equal(("/v1/memory/erasure", false), (erased.Headers.Location!.ToString(), gateway.Cluster.Memories.Erased!.IncludeConversations));
        await AssertProblem(await ada.GetAsync("/v1/memory/erasure"), 404, "not_found");
    }

    [Fact]
    public async Task Retention_IsForAdmins()
    {
        using var ada = gateway.As();
        using var root = gateway.As("u-root", roles: ["admin"]);
        const string Change = """{"kinds":[{"kind":"fact","retentionDays":30}]}""";

        await AssertProblem(await ada.GetAsync("/v1/memory/retention"), 403, "forbidden");
        await AssertProblem(await ada.PutAsync("/v1/memory/retention", Json(Change)), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/memory/retention/enforce", null), 403, "forbidden");
        await AssertProblem(await ada.DeleteAsync("/v1/memory/key?confirm=t-acme"), 403, "forbidden");

        var set = await BodyOf(await root.PutAsync("/v1/memory/retention", Json(Change)));
        Assert.Equal(("fact", 30), (set.GetProperty("kinds")[0].GetProperty("kind").GetString(), set.GetProperty("kinds")[0].GetProperty("retentionDays").GetInt32()));
        var pass = set.GetProperty("passes")[0];
        Assert.Equal((3, 2, 1), (pass.GetProperty("people").GetInt32(), pass.GetProperty("removed").GetProperty("fact").GetInt32(), pass.GetProperty("keysRemoved").GetInt32()));
        Assert.Equal(HttpStatusCode.Accepted, (await root.PostAsync("/v1/memory/retention/enforce", null)).StatusCode);
        await AssertProblem(await root.PutAsync("/v1/memory/retention", Json("""{"kinds":[{"kind":"fact"}]}""")), 400, "invalid_argument", "retentionDays");
        await AssertProblem(await root.PutAsync("/v1/memory/retention", Json("{}")), 400, "invalid_argument", "kinds");
        await AssertProblem(await root.DeleteAsync("/v1/memory/key"), 400, "invalid_argument", "confirm");
        await AssertProblem(await root.DeleteAsync("/v1/memory/key?confirm=yes"), 400, "invalid_argument", "confirm");
        Assert.Equal("u-root", (await BodyOf(await root.DeleteAsync("/v1/memory/key?confirm=t-acme"))).GetProperty("by").GetString());
    }

    [Fact]
    public async Task Client_OverHttp_AsAnAdmin_KeepsTheTenantsMemories()
    {
        await using var services = HttpClientTests.Connect(gateway.Address, token: gateway.Token("u-root", "t-acme", ["admin"]));
        var memory = services.GetRequiredService<IStewardUserClient>().Memory;

        var set = await memory.SetRetentionAsync(new SetMemoryRetention { Kinds = [new MemoryKindRetention { Kind = MemoryKind.Interaction, RetentionDays = 7 }] });
        Assert.Equal([new MemoryKindRetention { Kind = MemoryKind.Interaction, RetentionDays = 7 }], set.Kinds);
        Assert.Equal(2, (await memory.GetRetentionAsync()).Passes[0].Removed[MemoryKind.Fact]);
        Assert.Equal(3, (await memory.EnforceRetentionAsync()).Passes[0].People);
        Assert.Equal("u-root", (await memory.DestroyKeyAsync("t-acme")).By);
    }

    [Fact]
    public async Task Client_OverHttp_SaysTheSame()
    {
        Put("t-acme", "u-cleo", FakeMemories.Item(1, "office", "Berlin"), FakeMemories.Item(2, "never", "call me", MemoryKind.Constraint));
        await using var services = HttpClientTests.Connect(gateway.Address, token: gateway.Token("u-cleo", "t-acme"));
        var memory = services.GetRequiredService<IStewardUserClient>().Memory;

        var page = await memory.ListAsync(new ListMemories { Limit = 1 });
        Assert.Equal((1L, 1L), (page.Memories.Single().Id, page.NextAfter));
        Assert.Equal("Berlin", (await memory.SearchAsync("Berlin", kinds: [MemoryKind.Fact])).Memories.Single().Memory.Value);
        Assert.Equal(MemorySource.Corrected, (await memory.CorrectAsync(1, "Paris")).Source);
        Assert.Equal(2, (await memory.RestoreAsync(2)).Id);
        Assert.Equal(30, (await memory.GetSettingsAsync()).Kinds.Single().RetentionDays);
        Assert.Equal(30, (await memory.SetSettingsAsync(new SetMemorySettings { SharePatterns = false })).Kinds.Single().RetentionDays);
        Assert.Equal(("u-cleo", 2), ((await memory.ExportAsync()).UserId, (await memory.ExportAsync()).Memories.Count));
        Assert.Equal(2, (await memory.ConsolidateAsync()).Removed["faded"]);
        Assert.Equal("list", (await memory.ListAccessesAsync()).Single().Action);
        Assert.Equal(1, (await memory.ForgetAsync(1)).Count);
        Assert.Equal("op-erase", (await memory.EraseAsync(true, "op-erase")).OperationId);
    }

    private void Put(string tenant, string user, params List<MemoryItem> items) => gateway.Cluster.Memories.All[(tenant, user)] = items;
}
