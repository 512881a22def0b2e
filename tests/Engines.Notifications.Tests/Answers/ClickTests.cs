using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Notifications.Answers;
using Steward.Engines.Notifications.Texts;

namespace Steward.Engines.Notifications.Tests.Answers;

public sealed class ClickTests
{
    private const string Hash = "7d5f0c1e6b0f4c0f9ab1c2d3e4f5061728394a5b6c7d8e9f00112233445566ff";

    [Fact]
    public void Slack_Click_IsRead()
    {
        var click = Assert.IsType<ClickFound>(SlackClicks.Read(Slack(), null)).Click;

        Assert.Equal(("slack", ClickVerb.Approve, "a-1", Hash), (click.Channel, click.Verb, click.ApprovalId, click.SubjectHash));
        Assert.Equal(("U012ABCDEF", "T012ABCDEF", "D012ABCDEF/1767225600.000100"), (click.ExternalUserId, click.ExternalTenantId, click.Reference));
        Assert.Equal("https://hooks.slack.com/actions/T012ABCDEF/1/x", click.ResponseUrl!.ToString());
    }

    [Fact]
    public void Slack_SameClickTwice_HasTheSameOperation() =>
        Assert.Equal(Assert.IsType<ClickFound>(SlackClicks.Read(Slack(), null)).Click.OperationId, Assert.IsType<ClickFound>(SlackClicks.Read(Slack(), null)).Click.OperationId);

    [Theory]
    [InlineData("response_url", "\"https://evil.test/actions\"")]
    [InlineData("response_url", "\"http://hooks.slack.com/actions\"")]
    [InlineData("response_url", "\"https://hooks.slack.com.evil.test/\"")]
    [InlineData("response_url", "\"https://u@hooks.slack.com/\"")]
    [InlineData("response_url", "\"https://hooks.slack.com:444/\"")]
    [InlineData("user", "{\"id\":\"not an id\"}")]
    [InlineData("user", "null")]
    [InlineData("team", "{}")]
    [InlineData("actions", "[]")]
    [InlineData("actions", "[{\"action_id\":\"steward.approve\",\"value\":\"{}\",\"action_ts\":\"1.0\"}]")]
    [InlineData("actions", "[{\"action_id\":\"steward.approve\",\"value\":\"{\\\"approval\\\":\\\"../x\\\",\\\"hash\\\":\\\"00000000\\\"}\",\"action_ts\":\"1.0\"}]")]
    [InlineData("actions", "[{\"action_id\":\"steward.approve\",\"value\":5,\"action_ts\":\"1.0\"}]")]
    [InlineData("type", "7")]
    public void Slack_WrongMember_IsMalformed(string name, string json)
    {
        var payload = JsonNode.Parse(Slack().GetRawText())!.AsObject();
        payload[name] = JsonNode.Parse(json);

        Assert.IsType<ClickMalformed>(SlackClicks.Read(JsonSerializer.SerializeToElement(payload), null));
    }

    [Theory]
    [InlineData("type", "\"view_submission\"")]
    [InlineData("actions", "[{\"action_id\":\"steward.open\"}]")]
    public void Slack_SomethingElse_IsIgnored(string name, string json)
    {
        var payload = JsonNode.Parse(Slack().GetRawText())!.AsObject();
        payload[name] = JsonNode.Parse(json);

        Assert.IsType<ClickIgnored>(SlackClicks.Read(JsonSerializer.SerializeToElement(payload), null));
    }

    [Fact]
    public void Slack_SimulatedInstance_IsAnsweredOnItsOwnMachineOnly()
    {
        var simulator = new Uri("http://127.0.0.1:5001/api");

        Assert.IsType<ClickMalformed>(SlackClicks.Read(Slack(), simulator));
        Assert.IsType<ClickFound>(SlackClicks.Read(Slack("http://127.0.0.1:5001/actions/T/1"), simulator));
        Assert.IsType<ClickMalformed>(SlackClicks.Read(Slack("http://127.0.0.1:5002/actions/T/1"), simulator));
        Assert.IsType<ClickMalformed>(SlackClicks.Read(Slack("http://127.0.0.1:5001/actions/T/1"), null));
    }

    [Theory]
    [InlineData("approve", ClickVerb.Approve)]
    [InlineData("reject", ClickVerb.Reject)]
    [InlineData("refresh", ClickVerb.Refresh)]
    public void Teams_Click_IsRead(string verb, ClickVerb expected)
    {
        var click = Assert.IsType<ClickFound>(TeamsClicks.Read(Teams(verb))).Click;

        Assert.Equal((expected, "a-1", Hash, "a:1abc 1616990032035"), (click.Verb, click.ApprovalId, click.SubjectHash, click.Reference));
        Assert.Equal(("87d349ed-44d7-43e1-9a83-5f2406dee5bd", "72f988bf-86f1-41af-91ab-2d7cd011db47"), (click.ExternalUserId, click.ExternalTenantId));
    }

    [Theory]
    [InlineData("from", "{\"aadObjectId\":\"x\"}")]
    [InlineData("from", "null")]
    [InlineData("value", "{}")]
    [InlineData("value", "{\"action\":{\"verb\":\"delete\",\"data\":{}}}")]
    [InlineData("value", "{\"action\":{\"verb\":\"approve\",\"data\":{\"approval\":\"a-1\"}}}")]
    [InlineData("conversation", "{}")]
    [InlineData("id", "\"a b\"")]
    [InlineData("channelId", "\"webchat\"")]
    [InlineData("channelId", "null")]
    public void Teams_WrongMember_IsMalformed(string name, string json)
    {
        var activity = JsonNode.Parse(Teams("approve").GetRawText())!.AsObject();
        activity[name] = JsonNode.Parse(json);

        Assert.IsType<ClickMalformed>(TeamsClicks.Read(JsonSerializer.SerializeToElement(activity)));
    }

    [Fact]
    public void Teams_Message_IsIgnored() => Assert.IsType<ClickIgnored>(TeamsClicks.Read(JsonElement.Parse("""{"type":"message","text":"hello"}""")));

    [Fact]
    public void Text_EachOutcomeInEachLanguage_IsItsOwnSentence()
    {
        foreach (var language in NoticeLanguage.All)
        {
            var texts = Enum.GetValues<ClickOutcome>().Select(outcome => ClickAnswer.Text(outcome, language, "reject", "rejected", "Ada <!channel>")).ToList();

            Assert.Equal(texts.Count, texts.Distinct().Count());
            Assert.DoesNotContain(texts, text => text.Contains('{', StringComparison.Ordinal) || text.Length == 0);
        }
    }

    [Fact]
    public void Ephemeral_HostileText_CallsNobody() => Assert.DoesNotContain("<!channel>", JsonElement.Parse(SlackClicks.Ephemeral("Ada <!channel>")).GetProperty("text").GetString(), StringComparison.Ordinal);

    private static JsonElement Slack(string responseUrl = "https://hooks.slack.com/actions/T012ABCDEF/1/x") => JsonSerializer.SerializeToElement(new
    {
        type = "block_actions",
        user = new { id = "U012ABCDEF" },
        team = new { id = "T012ABCDEF" },
        container = new { type = "message", channel_id = "D012ABCDEF", message_ts = "1767225600.000100" },
        response_url = responseUrl,
        actions = new[] { new { action_id = "steward.approve", value = $$"""{"approval":"a-1","hash":"{{Hash}}"}""", action_ts = "1767225700.123456" } },
    });

    private static JsonElement Teams(string verb) => JsonSerializer.SerializeToElement(new
    {
        type = "invoke",
        name = "adaptiveCard/action",
        id = "f:622749630322482883",
        channelId = "msteams",
        from = new { id = "29:1", aadObjectId = "87d349ed-44d7-43e1-9a83-5f2406dee5bd" },
        conversation = new { id = "a:1abc", tenantId = "72f988bf-86f1-41af-91ab-2d7cd011db47" },
        replyToId = "1616990032035",
        value = new { action = new { type = "Action.Execute", verb, data = new { approval = "a-1", hash = Hash } }, trigger = "manual" },
    });
}
