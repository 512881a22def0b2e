using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Steward.ModelSim.Tests;

public sealed class ScriptTests
{
    private static readonly string[] Models = ["sim-large"];

    [Fact]
    public void Parse_Yaml_GivesRulesInOrder()
    {
        var script = ScriptFile.Parse(
            """
            models: [sim-large, "7"]
            timeToFirstTokenMilliseconds: 40
            tokensPerSecond: 80.5
            rules:
              - name: reset
                when: { lastUserMessageMatches: 'reset (?<who>\w+)', step: 1 }
                times: 2
                reply:
                  toolCalls:
                    - name: okta_reset
                      arguments: { user: "${who}@acme.example", sendEmail: true, count: 3 }
              - reply: { fault: { kind: RateLimited, retryAfterSeconds: 4 } }
            default: { text: "I cannot do that." }
            """);

        Assert.Equal(["sim-large", "7"], script.Models);
        Assert.Equal((40, 80.5), (script.TimeToFirstTokenMilliseconds, script.TokensPerSecond));
        Assert.Equal(2, script.Rules[0].Times);
        Assert.Equal("""{"user":"${who}@acme.example","sendEmail":true,"count":3}""", script.Rules[0].Reply.ToolCalls[0].Arguments!.ToJsonString());
        Assert.Equal((ModelFaultKind.RateLimited, 4), (script.Rules[1].Reply.Fault!.Kind, script.Rules[1].Reply.Fault!.RetryAfterSeconds));
        Assert.Equal("I cannot do that.", script.Default!.Text);
    }

    [Fact]
    public void Parse_Json_IsTheSame() =>
        Assert.Equal("x", ScriptFile.Parse("""{ "default": { "text": "x" } }""").Default!.Text);

    [Theory]
    [InlineData("rules: [{ when: { lastMesageContains: x }, reply: { text: y } }]", "lastMesageContains")]
    [InlineData("rules: [{ name: x }]", "reply")]
    [InlineData("rules: [", "YAML")]
    [InlineData("", "one YAML document")]
    [InlineData("default: { fault: { kind: Explode } }", "kind")]
    public void Parse_ThatIsWrong_SaysWhere(string text, string where) =>
        Assert.Contains(where, Assert.Throws<FormatException>(() => ScriptFile.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Choose_RuleWithTimes_IsPassedOverAfterwards()
    {
        var runner = new ScriptRunner(new ModelScript
        {
            Rules = [new() { Name = "first", Times = 2, Reply = new() { Text = "a" } }],
            Default = new() { Text = "b" },
        });

        Assert.Equal(["first", "first", "default"], Enumerable.Range(0, 3).Select(_ => runner.Choose(Request("""[{"role":"user","content":"x"}]"""))!.Value.Rule));
    }

    [Theory]
    [InlineData("""[{"role":"user","content":"x"}]""", 1, 1)]
    [InlineData("""[{"role":"user","content":"x"},{"role":"assistant","content":"y"},{"role":"user","content":"z"}]""", 2, 1)]
    [InlineData("""[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]},{"role":"tool","tool_call_id":"1","content":"r"}]""", 2, 2)]
    public void Request_TurnAndStep_AreCounted(string messages, int turn, int step)
    {
        var request = Request(messages);

        Assert.Equal((turn, step), (request.Turn, request.Step));
    }

    [Fact]
    public void Choose_Conditions_MustAllHold()
    {
        var runner = new ScriptRunner(new ModelScript
        {
            Rules = [new() { When = new() { LastRole = "user", AnyMessageContains = "RULES", LastMessageContains = "now" }, Reply = new() { Text = "yes" } }],
        });

        Assert.NotNull(runner.Choose(Request("""[{"role":"system","content":"the rules"},{"role":"user","content":"do it now"}]""")));
        Assert.Null(runner.Choose(Request("""[{"role":"system","content":"the rules"},{"role":"user","content":"do it"}]""")));
        Assert.Null(runner.Choose(Request("""[{"role":"user","content":"do it now"}]""")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Hello, world!  Grüße\n\t👋🏽 12345 x")]
    [InlineData("\ud83d broken")]
    public void Tokens_PutTogether_AreTheText(string text) => Assert.Equal(text, string.Concat(Tokens.Split(text)));

    [Fact]
    public async Task Program_WithScript_PrintsUrlAndKeyAndAnswers()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "default: { text: from the file }");
        try
        {
            using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.ModelSim.dll"), "--script", file, "--key", "k-1"]) { RedirectStandardOutput = true })!;
            var url = await process.StandardOutput.ReadLineAsync();
            var key = await process.StandardOutput.ReadLineAsync();
            var chat = new OpenAI.Chat.ChatClient("sim-small", new System.ClientModel.ApiKeyCredential(key!), new OpenAI.OpenAIClientOptions { Endpoint = new Uri(url!) });
            OpenAI.Chat.ChatCompletion answer = await chat.CompleteChatAsync("hi");
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await process.WaitForExitAsync(deadline.Token);

            Assert.Equal(("k-1", "from the file", 0), (key, answer.Content[0].Text, process.ExitCode));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static ChatRequest Request(string messages) =>
        new(new JsonObject { ["model"] = "sim-large", ["messages"] = JsonNode.Parse(messages) }, Models);
}
