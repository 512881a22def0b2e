using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Models.Gateway;
using Steward.ModelSim;

namespace Steward.Engines.Models.Tests.Gateway;

/// <summary>What tenants allow and models can, before a model is asked.</summary>
public sealed class ModelPolicyTests
{
    private static readonly ChatRequest Question = new() { Messages = [new ChatMessage { Role = ChatRole.User, Text = "Hi" }] };

    [Theory]
    [InlineData("", "openai/sim-large", "model_not_allowed")]
    [InlineData("openai/sim-small", "openai/sim-large", "model_not_allowed")]
    [InlineData("*", "openai/sim-other", "model_missing")]
    [InlineData("*", "openai/sim-large", null)]
    [InlineData("openai/sim-large", "openai/sim-large", null)]
    [InlineData("", "standard", null)]
    [InlineData("", "auto", null)]
    public async Task Enter_Model_OnlyWhatTheTenantAllows(string allowed, string asked, string? code)
    {
        await using var simulation = await StartAsync();
        await using var provider = Provider(simulation, new ModelTenantPolicy { Models = allowed.Length == 0 ? [] : [allowed] });

        Assert.Equal(code, await AskAsync(provider, new ModelCallOrigin { TenantId = "t-acme" }, asked, Question));
        Assert.Equal(code is null ? 1 : 0, simulation.Requests.Count);
    }

    [Theory]
    [InlineData(true, "", "model_tags_missing")]
    [InlineData(true, "team", "model_tags_missing")]
    [InlineData(true, "project", null)]
    [InlineData(false, "", null)]
    public async Task Enter_RequiredTag_IsDemandedOfTheEndpointsCallsOnly(bool isExternal, string tag, string? code)
    {
        await using var simulation = await StartAsync();
        await using var provider = Provider(simulation, new ModelTenantPolicy { RequiredTags = ["project"] });
        var tags = tag.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { [tag] = "x" };

        Assert.Equal(code, await AskAsync(provider, new ModelCallOrigin { TenantId = "t-acme", IsExternal = isExternal, Tags = tags }, "standard", Question));
    }

    [Fact]
    public async Task Enter_ForcedStep_IsTheCalls()
    {
        await using var simulation = await StartAsync();
        await using var provider = Provider(simulation, new ModelTenantPolicy { ForcedDegradation = "reduced" });
        var call = new ModelCall(new ModelCallOrigin { TenantId = "t-acme" }, Question, "standard", TimeProvider.System.GetUtcNow());
        await foreach (var _ in provider.GetRequiredService<IModelGateway>().StreamAsync(call, default))
        {
        }

        Assert.Equal("reduced", call.Degradation);
    }

    [Theory]
    [InlineData("tools")]
    [InlineData("images")]
    [InlineData("Schema")]
    [InlineData("context")]
    [InlineData("answers of")]
    public async Task Enter_WhatNoModelCan_IsRefusedWithItsName(string what)
    {
        await using var simulation = await StartAsync();
        await using var provider = Provider(simulation, ModelTenantPolicy.Default, new ModelCapabilities
        {
            Model = "sim-large", ContextTokens = 100, OutputTokens = 50, Tools = false, Images = false, JsonSchema = false, AsOf = new DateOnly(2026, 1, 1),
        });
        var schema = System.Text.Json.JsonElement.Parse("""{"type":"object"}""");

        Assert.Equal("model_not_capable", await AskAsync(provider, new ModelCallOrigin { TenantId = "t-acme" }, "standard", what switch
        {
            "tools" => Question with { Tools = [new ToolDefinition { Name = "find", Description = "", Parameters = schema }] },
            "images" => Question with { Messages = [new ChatMessage { Role = ChatRole.User, Parts = [new ChatImagePart("https://acme.example/x.png")] }] },
            "Schema" => Question with { Format = new ChatFormat { Schema = schema } },
            "context" => Question with { Messages = [new ChatMessage { Role = ChatRole.User, Text = new string('x', 505) }] },
            _ => Question with { MaxOutputTokens = 51 },
        }, what));
        Assert.Empty(simulation.Requests);
    }

    [Theory]
    [InlineData(null, 1024, 50)]
    [InlineData(null, 40, 40)]
    [InlineData(30, 40, 30)]
    [InlineData(60, 40, 40)]
    public async Task Enter_PlatformCapsTheAnswer_TheModelsOwnLimitIsNoObstacle(int? wanted, int cap, int asked)
    {
        await using var simulation = await StartAsync();
        await using var provider = Provider(simulation, ModelTenantPolicy.Default, new ModelCapabilities { Model = "sim-large", ContextTokens = 1_000, OutputTokens = 50, AsOf = new DateOnly(2026, 1, 1) });

        Assert.Null(await AskAsync(provider, new ModelCallOrigin { TenantId = "t-acme" }, "standard", Question with { MaxOutputTokens = wanted, OutputCap = cap }));
        Assert.Equal(asked, (int?)Assert.Single(simulation.Requests).Body["max_tokens"]);
    }

    [Fact]
    public async Task Chain_FirstCannot_TheOneThatCanIsAsked()
    {
        await using var simulation = await StartAsync();
        await using var provider = new ServiceCollection().AddLogging().AddStewardModels(options =>
        {
            options.Providers["one"] = new ModelProviderOptions { BaseUrl = simulation.Url.ToString(), ApiKeys = { simulation.ApiKey } };
            options.Chains[ModelTiers.Standard] = ["one/sim-small", "one/sim-large"];
            options.Capabilities.Add(new ModelCapabilities { Model = "sim-small", ContextTokens = 1_000, OutputTokens = 100, Tools = false, AsOf = new DateOnly(2026, 1, 1) });
        }).BuildServiceProvider();
        var tools = Question with { Tools = [new ToolDefinition { Name = "find", Description = "", Parameters = System.Text.Json.JsonElement.Parse("""{"type":"object","properties":{}}""") }] };

        Assert.Null(await AskAsync(provider, new ModelCallOrigin { TenantId = "t-acme" }, "standard", tools));
        Assert.Null(await AskAsync(provider, new ModelCallOrigin { TenantId = "t-acme" }, "standard", Question));
        Assert.Equal(["sim-large", "sim-small"], simulation.Requests.Select(request => (string?)request.Body["model"]));
    }

    [Fact]
    public async Task OpenAI_Parameters_AreSent()
    {
        await using var simulation = await StartAsync();
        await using var provider = Provider(simulation, ModelTenantPolicy.Default);
        await AskAsync(provider, new ModelCallOrigin { TenantId = "t-acme" }, "standard", Question with
        {
            Messages = [new ChatMessage { Role = ChatRole.User, Text = "Look", Parts = [new ChatTextPart("Look"), new ChatImagePart("data:image/png;base64,AAAA", "low"), new ChatImagePart("https://acme.example/x.png")] }],
            Tools = [new ToolDefinition { Name = "find", Description = "Finds.", Parameters = System.Text.Json.JsonElement.Parse("""{"type":"object","properties":{}}"""), IsStrict = true }],
            RequiredTool = "find",
            AllowParallelToolCalls = false,
            Format = new ChatFormat { Schema = System.Text.Json.JsonElement.Parse("""{"type":"object"}"""), Name = "place", IsStrict = true },
            MaxOutputTokens = 9,
            Sampling = new ChatSampling { Temperature = 0.25, TopP = 0.5, FrequencyPenalty = 1, PresencePenalty = -1, Seed = 42, Stop = ["a", "b"], ReasoningEffort = "low" },
        });

        var body = Assert.Single(simulation.Requests).Body;
        Assert.Equal(
            """{"temperature":0.25,"top_p":0.5,"frequency_penalty":1,"presence_penalty":-1,"seed":42,"max_tokens":9,"reasoning_effort":"low","parallel_tool_calls":false}""",
            new System.Text.Json.Nodes.JsonObject(new[] { "temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "max_tokens", "reasoning_effort", "parallel_tool_calls" }
                .Select(name => KeyValuePair.Create(name, body[name]?.DeepClone()))).ToJsonString());
        Assert.Equal(["a", "b"], body["stop"]!.AsArray().Select(stop => (string?)stop));
        Assert.Equal(("find", "place"), ((string?)body["tool_choice"]!["function"]!["name"], (string?)body["response_format"]!["json_schema"]!["name"]));
        Assert.Equal(["Look", "data:image/png;base64,AAAA", "https://acme.example/x.png"], body["messages"]![0]!["content"]!.AsArray().Select(part => (string?)(part!["text"] ?? part["image_url"]!["url"])));
    }

    private static Task<ModelSimulation> StartAsync() => ModelSimulation.StartAsync(new ModelSimOptions { Script = new ModelScript { Default = new ModelReply { Text = "Hello" } } });

    private static ServiceProvider Provider(ModelSimulation simulation, ModelTenantPolicy policy, params ModelCapabilities[] capabilities) => new ServiceCollection()
        .AddLogging()
        .AddSingleton<IModelTenantPolicies>(new Fixed(policy))
        .AddStewardModels(options =>
        {
            (options.ApiKey, options.BaseUrl, options.Model) = (simulation.ApiKey, simulation.Url.ToString(), "sim-large");
            foreach (var model in capabilities)
            {
                options.Capabilities.Add(model);
            }
        })
        .BuildServiceProvider();

    /// <summary>The code with which a call fails, or null.</summary>
    private static async Task<string?> AskAsync(ServiceProvider provider, ModelCallOrigin origin, string model, ChatRequest request, string? contains = null)
    {
        try
        {
            await foreach (var _ in provider.GetRequiredService<IModelGateway>().StreamAsync(new ModelCall(origin, request, model, TimeProvider.System.GetUtcNow()), default))
            {
            }

            return null;
        }
        catch (ModelException refused)
        {
            Assert.Contains(contains ?? "", refused.Message, StringComparison.Ordinal);
            return refused.Code;
        }
    }

    private sealed class Fixed(ModelTenantPolicy policy) : IModelTenantPolicies
    {
        public ValueTask<ModelTenantPolicy> GetAsync(string tenantId, CancellationToken cancellationToken) => new(policy);
    }
}
