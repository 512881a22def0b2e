using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim;
using Steward.ModelSim;

namespace Steward.EndToEnd.Tests;

/// <summary>A model is configured: a ReAct loop with native tool calling against a simulated model server.</summary>
public sealed class ModelTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;
    private ModelSimulation? _model;
    private StewardProcess? _steward;

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();
        _model = await ModelSimulation.StartAsync();
        _steward = await StewardProcess.StartAsync(_data.Path, _simulation, new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = _model.ApiKey,
            ["OPENAI_BASE_URL"] = _model.Url.ToString(),
            ["OPENAI_MODEL"] = "sim-large",
            ["Steward:Orchestration:Strategy"] = "react",
        });
    }

    public async Task DisposeAsync()
    {
        await _steward!.DisposeAsync();
        await _model!.DisposeAsync();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Question_ThatNeedsATool_IsAnsweredFromItsResultWithUsage()
    {
        _model!.Append(new ModelRule
        {
            When = new ModelMatch { LastUserMessageContains = "department", LastRole = "user" },
            Reply = new ModelReply { ToolCalls = [Call("okta_users_find", new JsonObject { ["email"] = "ada.lovelace@acme.example" })], PromptTokens = 100, CompletionTokens = 10 },
        });
        _model.Append(new ModelRule
        {
            When = new ModelMatch { LastRole = "tool", LastMessageContains = "Sales" },
            Reply = new ModelReply { Text = "Ada works in the Sales department.", PromptTokens = 200, CompletionTokens = 20 },
        });
        using var client = _steward!.SignIn();
        var run = await client.SubmitAsync(await client.OpenSessionAsync(), "Which department is Ada in?");

        var events = await client.WatchAsync(run);
        var status = await client.WaitForRunAsync(run, Conversations.HasEnded);

        Assert.Equal("Ada works in the Sales department.", events.Answer());
        Assert.Equal("completed", status.GetProperty("state").GetString());
        Assert.Equal(2, status.GetProperty("usage").GetProperty("modelCalls").GetInt32());
        Assert.Equal(300, status.GetProperty("usage").GetProperty("inputTokens").GetInt64());
        Assert.Equal(30, status.GetProperty("usage").GetProperty("outputTokens").GetInt64());
    }

    [Fact]
    public async Task Action_ThatTheEmployeeMayNotDo_IsRefusedWhateverTheModelWants()
    {
        var victim = _simulation!.Company.People.First(person => person.Manager is null);
        _model!.Append(new ModelRule
        {
            When = new ModelMatch { LastRole = "user", LastUserMessageContains = "boss" },
            Reply = new ModelReply { ToolCalls = [Call("okta_users_reset_password", new JsonObject { ["userId"] = victim.Email })] },
        });
        _model.Append(new ModelRule { When = new ModelMatch { LastRole = "tool" }, Reply = new ModelReply { Text = "I may not do that." } });
        using var client = _steward!.SignIn("ada.lovelace");

        var events = await client.AskAsync(await client.OpenSessionAsync(), "Reset the password of my boss's boss");

        Assert.DoesNotContain(_simulation.Calls, call => call is { Effect: true, System: SimSystem.Okta });
        Assert.DoesNotContain(events, wire => wire.Type == "action.sent");
        Assert.Equal("I may not do that.", events.Answer());
    }

    [Fact]
    public async Task Provider_BusyOnce_IsTriedAgain()
    {
        _model!.Append(new ModelRule { Times = 1, When = new ModelMatch { LastUserMessageContains = "patience" }, Reply = new ModelReply { Fault = new ModelFault { Kind = ModelFaultKind.RateLimited, RetryAfterSeconds = 0 } } });
        _model.Append(new ModelRule { When = new ModelMatch { LastUserMessageContains = "patience" }, Reply = new ModelReply { Text = "Here I am." } });
        using var client = _steward!.SignIn();

        var events = await client.AskAsync(await client.OpenSessionAsync(), "Answer with patience");

        Assert.Equal("Here I am.", events.Answer());
    }

    [Fact]
    public async Task Stream_CutInTheMiddle_EndsWithAnErrorThatIsSaid()
    {
        _model!.Append(new ModelRule
        {
            When = new ModelMatch { LastUserMessageContains = "story" },
            Reply = new ModelReply { Text = "Once upon a time there was a cable that was cut.", Fault = new ModelFault { Kind = ModelFaultKind.CutStream, AfterChunks = 4 } },
        });
        using var client = _steward!.SignIn();

        var events = await client.AskAsync(await client.OpenSessionAsync(), "Tell me a story");

        Assert.Equal("failed", events[^1].Data.GetProperty("phase").GetString());
        Assert.Equal("model_stream_broken", events[^1].Data.GetProperty("errorCode").GetString());
        Assert.StartsWith("Once", events.Answer(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_OfTheProvider_NeverShows()
    {
        _model!.Append(new ModelRule { Reply = new ModelReply { Text = "Fine." } });
        using var client = _steward!.SignIn();
        var run = await client.SubmitAsync(await client.OpenSessionAsync(), "Say something");
        var events = await client.WatchAsync(run);
        var health = await client.GetStringAsync("healthz");
        var metrics = await client.GetStringAsync("metrics");

        var everything = string.Concat(events.Select(wire => wire.Data.GetRawText())) + health + metrics + _steward.Output;
        Assert.Contains("sim-large", health, StringComparison.Ordinal);
        Assert.DoesNotContain(_model.ApiKey, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(_simulation!.Credentials.OktaApiToken, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(_simulation.Credentials.ServiceNowPassword, everything, StringComparison.Ordinal);
    }

    private static ModelToolCall Call(string name, JsonObject arguments) => new() { Name = name, Arguments = arguments };
}
