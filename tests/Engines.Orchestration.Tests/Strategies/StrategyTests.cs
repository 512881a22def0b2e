using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.Strategies;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Strategies;

public sealed class StrategyTests
{
    private const string Policy = "version: 1\noperations: {}\n";
    private const string Direct = "id: assistant\nversion: 1\ntitle: A\ndescription: D\ninstructions: I\nstrategies: [react, direct]\n";

    [Theory]
    [InlineData("hello there", "conversation")]
    [InlineData("translate good morning into German", "conversation")]
    [InlineData("thanks, that helped", "conversation")]
    [InlineData("explain INC0010002", "simple")]
    [InlineData("explain what jira is", "simple")]
    [InlineData("which groups is ada in", "simple")]
    [InlineData("find the incident of grace, and then comment on it that we are working on it", "complex")]
    [InlineData("compare the open tickets in jira with those in servicenow", "complex")]
    [InlineData("1. unlock ada\n2. tell grace\n3. open a ticket", "complex")]
    public void Of_Message_TellsHowMuchWorkItLooksLike(string text, string expected) =>
        Assert.Equal(expected, Complexity.Of(new MessageText(text), FakeConnectors.Company().Operations).Level);

    [Theory]
    [InlineData("direct", "direct")]
    [InlineData("react", "react")]
    [InlineData("auto", "react")]
    public async Task Execute_DemandedStrategy_IsUsed(string demanded, string expected)
    {
        var recorder = await RunAsync(Direct, Engines.Input("which groups is ada in") with { Strategy = demanded });

        Assert.Equal((expected, RunPhase.Completed), (recorder.Snapshot.Strategy, recorder.Snapshot.Phase));
    }

    [Fact]
    public async Task Execute_DemandedPlaybook_NeverAsksAModel()
    {
        var model = Model();
        var recorder = await Engines.Create(FakeConnectors.Company(), model: model).RunAsync(Engines.Input("write a poem") with { Strategy = "playbook" });

        Assert.Equal("none", recorder.Snapshot.Strategy);
        Assert.Empty(model.Requests);
    }

    [Theory]
    [InlineData("plan", "has no strategy 'plan'; it has react, direct")]
    [InlineData("magic", "has no strategy 'magic'")]
    public async Task Execute_StrategyThatTheAgentLacks_IsRefused(string demanded, string message)
    {
        var recorder = await RunAsync(Direct, Engines.Input("go") with { Strategy = demanded });

        Assert.Equal((RunPhase.Failed, "strategy_not_allowed"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Contains(message, recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_ReactDemandedWherePlansAreReviewed_IsRefusedWithoutAskingAModel()
    {
        var model = Model();
        var recorder = await Engines.Create(FakeConnectors.Company(), Engines.WithAgents(Policy, null, Reviewed("plan, react")), model).RunAsync(Engines.Input("unlock ada") with { Strategy = "react" });

        Assert.Equal((RunPhase.Failed, "strategy_not_allowed"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Contains("changes things only by a plan that a person has seen. Demand 'plan'", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Empty(model.Requests);
    }

    [Theory]
    [InlineData("plan, react", "auto", "auto", null, "plan")]
    [InlineData("react, plan, direct", "auto", "auto", "version: 1\nrules:\n  - use: react\n", "plan")]
    [InlineData("react, plan", "react", "auto", null, "plan")]
    [InlineData("react", "auto", "react", null, "react")]
    public async Task Execute_PlansAreReviewed_GetsNoOtherWayToChangeThings(string strategies, string configured, string demanded, string? rules, string expected)
    {
        var model = Model();
        var recorder = await Engines.Create(FakeConnectors.Company(), Engines.WithAgents(Policy, rules, Reviewed(strategies)), model, options => options.Strategy = configured)
            .RunAsync(Engines.Input("unlock ada") with { Strategy = demanded });

        Assert.Equal(expected, recorder.Snapshot.Strategy);
        var offered = model.Requests[0].Tools.Select(tool => tool.Name).ToList();
        Assert.DoesNotContain("okta_users_unlock", offered);
        Assert.Equal(expected == "react", offered.Contains("okta_users_get"));
    }

    [Fact]
    public async Task Execute_ReactDemandedOfAReadingAgentWhosePlansAreReviewed_IsUsed()
    {
        var recorder = await RunAsync(Reviewed("plan, react").Replace(", write: ['*']", "", StringComparison.Ordinal), Engines.Input("find ada") with { Strategy = "react" });

        Assert.Equal(("react", RunPhase.Completed), (recorder.Snapshot.Strategy, recorder.Snapshot.Phase));
    }

    [Theory]
    [InlineData(false, "version: 1\ncallers: [anyone]\n", false)]
    [InlineData(true, "version: 1\ncallers: [role:helpdesk]\n", false)]
    [InlineData(true, "version: 1\ncallers: [role:boss]\n", true)]
    public async Task Execute_CallerWhoMayNotChoose_IsRefused(bool option, string rules, bool helpDesk)
    {
        var input = Engines.Input("go", helpDesk ? Engines.HelpDesk : null) with { Strategy = "direct" };
        var recorder = await Engines.Create(FakeConnectors.Company(), Engines.WithAgents(Policy, rules, Direct), Model(), options => options.AllowCallerStrategy = option).RunAsync(input);

        Assert.Equal("strategy_not_allowed", recorder.Snapshot.ErrorCode);
        Assert.Contains("You may not choose", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_UnknownAgent_NamesThoseThatThereAre()
    {
        var recorder = await RunAsync(Direct, Engines.Input("go") with { Agent = "nobody" });

        Assert.Equal((RunPhase.Failed, "unknown_agent"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Equal("There is no agent 'nobody'; there are assistant.", recorder.Snapshot.Answer);
    }

    [Theory]
    [InlineData("tenant: [t-acme]", "direct")]
    [InlineData("tenant: [t-other]", "react")]
    [InlineData("role: [helpdesk]", "direct")]
    [InlineData("role: [boss]", "react")]
    [InlineData("intent: [none]", "direct")]
    [InlineData("intent: [reset-password]", "react")]
    [InlineData("complexity: [simple]", "direct")]
    [InlineData("complexity: [complex], tenant: [t-acme]", "react")]
    public async Task Execute_Rule_DecidesWhereAllOfItFits(string condition, string expected)
    {
        var rules = $"version: 1\nrules:\n  - when: {{ {condition} }}\n    use: direct\n";
        var recorder = await Engines.Create(FakeConnectors.Company(), Engines.WithAgents(Policy, rules, Direct), Model()).RunAsync(Engines.Input("which groups is ada in", Engines.HelpDesk));

        Assert.Equal(expected, recorder.Snapshot.Strategy);
    }

    [Fact]
    public async Task Execute_RuleForAStrategyThatTheAgentLacks_IsPassedOver()
    {
        const string Rules = "version: 1\nrules:\n  - use: plan\n  - use: direct\n";
        var recorder = await Engines.Create(FakeConnectors.Company(), Engines.WithAgents(Policy, Rules, Direct), Model()).RunAsync(Engines.Input("which groups is ada in"));

        Assert.Equal("direct", recorder.Snapshot.Strategy);
    }

    [Fact]
    public async Task Execute_Direct_OffersNoTools()
    {
        var model = Model();
        await Engines.Create(FakeConnectors.Company(), Engines.WithAgents(Policy, null, Direct), model).RunAsync(Engines.Input("hello"));

        Assert.Empty(Assert.Single(model.Requests).Tools);
    }

    [Fact]
    public async Task Execute_AgentWithoutThatPlaybook_DoesNotUseIt()
    {
        var agent = Direct.Replace("[react, direct]", "[playbook, react]\nplaybooks: [unlock-account]", StringComparison.Ordinal);
        var definitions = new OrchestrationDefinitions(Engines.SampleDefinitions.Playbooks, Engines.SampleDefinitions.Policy, Engines.Agents(agent), StrategyRules.Default);
        var recorder = await Engines.Create(FakeConnectors.Company(), definitions, Model()).RunAsync(Engines.Input("reset my password"));

        Assert.Equal("react", recorder.Snapshot.Strategy);
    }

    [Theory]
    [InlineData("version: 1\nrules:\n  - { use: guess }\n", 3, "rules/0/use")]
    [InlineData("version: 1\nrules:\n  - when: { weather: [rain] }\n    use: plan\n", 3, "weather")]
    [InlineData("version: 1\ncallers: [boss]\n", 2, "callers/0")]
    public void Compile_FaultyRules_NamesFileLineAndFault(string text, int line, string message)
    {
        var error = Assert.Single(Assert.Throws<DefinitionException>(() => StrategyRules.Compile(text, "strategies.yaml")).Errors);

        Assert.Equal(("strategies.yaml", line), (error.File, error.Line));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static Task<FakeRecorder> RunAsync(string agent, RunInput input) =>
        Engines.Create(FakeConnectors.Company(), Engines.WithAgents(Policy, null, agent), Model()).RunAsync(input);

    private static string Reviewed(string strategies) =>
        $"id: assistant\nversion: 1\ntitle: A\ndescription: D\ninstructions: I\ntools: {{ read: ['*'], write: ['*'] }}\nreviewPlans: true\nstrategies: [{strategies}]\n";

    private static FakeModel Model() => new((_, _) => [FakeModel.Say("ok"), FakeModel.End()]);
}
