using Steward.Engines.Connectors;

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

        var report = Convert.ToBase64String("a,b"u8);
        var file = await slack.ResultAsync("files.upload", new { channel, fileName = "a&b.csv", content = report, title = "Report", comment = "<Here>" });
        Assert.Equal(("a&b.csv", "3"), (file.Text("name"), file.Text("size")));
        Assert.Equal("Report", (await slack.ResultAsync("files.get", new { file = file.Text("id") })).Text("title"));
        Assert.Equal(file.Text("id"), Assert.Single((await slack.ResultAsync("files.list", new { channel })).Items()).Text("id"));
        Assert.Equal("a,b"u8.ToArray(), Assert.Single(sim.State.SlackFiles(channel)).Content);
        Assert.Equal("&lt;Here&gt;", (string?)sim.State.SlackMessages(channel)[^1]["text"]);
        await slack.ResultAsync("files.delete", new { file = file.Text("id") });
        Assert.Equal("not_found", await slack.FailureAsync("files.delete", new { file = file.Text("id") }));
        Assert.Equal("invalid_argument", await slack.FailureAsync("files.upload", new { channel, fileName = "x", content = "no base64!" }));
        Assert.Equal("not_found", await slack.FailureAsync("files.upload", new { channel = "C0000000000", fileName = "x", content = report }));

        await slack.ResultAsync("channels.archive", new { channel });
        Assert.Equal("conflict", await slack.FailureAsync("channels.archive", new { channel }));
        var group = (await slack.ResultAsync("usergroups.list")).First("handle", "sales").Text("id");
        Assert.Equal(ada.Text("id"), (await slack.ResultAsync("usergroups.set_members", new { usergroup = group, users = new[] { ada.Text("id") } })).GetProperty("users")[0].GetString());
        Assert.Empty(slack.NotCalled);
    }

    [Theory]
    [InlineData("files.getUploadURLExternal", SimFaultKind.CutAfterCommit, "unavailable")]
    [InlineData("upload", SimFaultKind.CutAfterCommit, "unavailable")]
    [InlineData("upload", SimFaultKind.ServerError, "unavailable")]
    [InlineData("files.completeUploadExternal", SimFaultKind.RateLimited, "rate_limited")]
    public async Task Upload_FailsBeforeAnybodySeesTheFile_IsCertainlyNotDone(string method, SimFaultKind kind, string code)
    {
        sim.Inject(new SimFault { Kind = kind, System = SimSystem.Slack, Operation = method, Count = 4, RetryAfterSeconds = 60 });

        Assert.Equal(code, await slack.FailureAsync("files.upload", File()));
        Assert.Empty(sim.State.SlackFiles("help-it"));
    }

    [Theory]
    [InlineData(SimFaultKind.CutAfterCommit, 1)]
    [InlineData(SimFaultKind.CutBeforeCommit, 0)]
    public async Task Upload_AnswerOfTheLastStepIsLost_IsLookedFor(SimFaultKind kind, int files)
    {
        sim.Inject(new SimFault { Kind = kind, System = SimSystem.Slack, Operation = "files.completeUploadExternal" });
        var before = DateTimeOffset.UtcNow;

        Assert.IsType<ActionUnknown>(await slack.ExecuteAsync("files.upload", File()));
        var found = await slack.ReconcileAsync("files.upload", before, File());

        Assert.Equal(files, sim.State.SlackFiles("help-it").Count);
        Assert.Equal(files == 1, found is ReconciledDone);
        Assert.Equal(files == 0, found is ReconciledNotDone);
    }

    [Fact]
    public async Task Upload_Address_GetsNoToken()
    {
        await slack.ResultAsync("files.upload", File());

        // The simulator refuses bytes that come with one, as whoever stands behind that address has no business with it.
        Assert.Equal(["files.getUploadURLExternal", "upload", "files.completeUploadExternal"], sim.Calls.Select(call => call.Operation));
    }

    private object File() => new { channel = sim.State.SlackChannel("help-it"), fileName = "log.txt", content = Convert.ToBase64String("log"u8) };

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
