namespace Steward.EnterpriseSim.Tests.Contract;

/// <summary>Every operation of the template for Slack against the simulated Slack.</summary>
public sealed class SlackContractTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;
    private Product slack = null!;

    public async Task InitializeAsync()
    {
        sim = await EnterpriseSimulation.StartAsync();
        slack = new Product("slack", "bot", new Uri(sim.Slack, "api"), new Dictionary<string, string> { ["token"] = sim.Credentials.SlackBotToken });
    }

    public async Task DisposeAsync()
    {
        slack.Dispose();
        await sim.DisposeAsync();
    }

    [Fact]
    public async Task EveryOperation_OfTheTemplate_EndsAsInTheProduct()
    {
        Assert.Equal("steward", (await slack.ResultAsync("auth.test")).Text("user"));
        var ada = await slack.ResultAsync("users.find", new { email = "ada.lovelace@acme.example" });
        Assert.Equal(("Ada Lovelace", sim.State.SlackUser("ada.lovelace")), (ada.Text("realName"), ada.Text("id")));
        Assert.Equal("not_found", await slack.FailureAsync("users.find", new { email = "nobody@acme.example" }));
        Assert.Equal(sim.Company.People.Count + 1, (await slack.ResultAsync("users.list")).Items().Count());
        var help = (await slack.ResultAsync("channels.list")).First("name", "help-it").Text("id");
        Assert.Equal("Ask the help desk", (await slack.ResultAsync("channels.info", new { channel = help })).Text("purpose"));
        Assert.Contains(ada.Text("id"), (await slack.ResultAsync("channels.members", new { channel = help })).Items().Select(m => m.GetString()));
        Assert.Equal("not_found", await slack.FailureAsync("channels.info", new { channel = "C0000000000" }));

        var channel = (await slack.ResultAsync("channels.create", new { name = "incident-42" })).Text("id");
        Assert.Equal("conflict", await slack.FailureAsync("channels.create", new { name = "incident-42" }));
        Assert.Equal("incident-42", (await slack.ResultAsync("channels.invite", new { channel, users = new[] { ada.Text("id") } })).Text("name"));
        Assert.Equal("conflict", await slack.FailureAsync("channels.invite", new { channel, users = new[] { ada.Text("id") } }));

        var posted = await slack.ResultAsync("messages.post", new { channel, text = "Is <it> & so?" });
        Assert.Equal("Is &lt;it&gt; &amp; so?", (string?)sim.State.SlackMessages("incident-42").Single()["text"]);
        await slack.ResultAsync("messages.reply", new { channel, threadTs = posted.Text("ts"), text = "It is." });
        Assert.Equal("not_found", await slack.FailureAsync("messages.reply", new { channel, threadTs = "1000000000.000100", text = "x" }));
        Assert.Equal(2, (await slack.ResultAsync("messages.replies", new { channel, threadTs = posted.Text("ts") })).Items().Count());
        var seen = Assert.Single((await slack.ResultAsync("channels.history", new { channel })).Items());
        Assert.StartsWith("steward-", seen.Text("marker"), StringComparison.Ordinal);
        await slack.ResultAsync("messages.update", new { channel, ts = posted.Text("ts"), text = "Changed" });
        Assert.Equal("Changed", (await slack.ResultAsync("channels.history", new { channel })).Items().Single().Text("text"));
        await slack.ResultAsync("messages.delete", new { channel, ts = posted.Text("ts") });
        Assert.Equal("not_found", await slack.FailureAsync("messages.delete", new { channel, ts = posted.Text("ts") }));

        Assert.Equal("ada.lovelace@acme.example", (await slack.ResultAsync("users.get", new { user = ada.Text("id") })).Text("email"));
        var direct = (await slack.ResultAsync("direct.open", new { user = ada.Text("id") })).Text("id");
        Assert.Equal(direct, (await slack.ResultAsync("direct.open", new { user = ada.Text("id") })).Text("id"));
        var shown = await slack.ResultAsync("messages.present", new { channel = direct, text = "A & B", blocks = new[] { new { type = "divider" } } });
        Assert.Equal("A &amp; B", (string?)sim.MessagesTo(SimSystem.Slack, "ada.lovelace").Single()["text"]);
        Assert.Equal("invalid_argument", await slack.FailureAsync("messages.present", new { channel = direct, text = "x", blocks = new[] { new { type = "nonsense" } } }));
        await slack.ResultAsync("messages.revise", new { channel = direct, ts = shown.Text("ts"), text = "Done", blocks = new[] { new { type = "divider" } } });
        Assert.Equal("Done", (string?)sim.MessagesTo(SimSystem.Slack, "ada.lovelace").Single()["text"]);

        await slack.ResultAsync("channels.archive", new { channel });
        Assert.Equal("conflict", await slack.FailureAsync("channels.archive", new { channel }));
        var group = (await slack.ResultAsync("usergroups.list")).First("handle", "sales").Text("id");
        Assert.Equal(ada.Text("id"), (await slack.ResultAsync("usergroups.set_members", new { usergroup = group, users = new[] { ada.Text("id") } })).GetProperty("users")[0].GetString());
        Assert.Empty(slack.NotCalled);
    }

    [Fact]
    public async Task Post_ToAPerson_OpensTheDirectMessages()
    {
        var ada = sim.State.SlackUser("ada.lovelace");

        var first = await slack.ResultAsync("messages.post", new { channel = ada, text = "Hello" });

        Assert.StartsWith("D", first.Text("channel"), StringComparison.Ordinal);
        Assert.Equal("Hello", (string?)sim.State.SlackMessages(first.Text("channel")).Single()["text"]);
    }

    [Theory]
    [InlineData("ratelimited", "rate_limited")]
    [InlineData("missing_scope", "forbidden")]
    [InlineData("token_revoked", "unauthenticated")]
    [InlineData("fatal_error", "unavailable")]
    public async Task ErrorInSuccess_IsNoSuccess(string error, string code)
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.ErrorInSuccess, System = SimSystem.Slack, Code = error, Count = 9 });

        Assert.Equal(code, await slack.FailureAsync("channels.info", new { channel = sim.State.SlackChannel("help-it") }));
    }
}
