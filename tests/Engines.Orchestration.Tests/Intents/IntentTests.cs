using Steward.Engines.Orchestration.Intents;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.Strategies;

namespace Steward.Engines.Orchestration.Tests.Intents;

public sealed class IntentTests
{
    private static readonly IntentJudgement Joke = new() { Intent = "tell_joke", Confidence = 0.977, Version = "clinc150/1.0.0", IsOutOfScope = true };

    [Fact]
    public async Task Execute_WeakMatchAboutSomethingElse_OffersNothingAndSaysWhatItTookItFor()
    {
        var without = await Engines.Create(FakeConnectors.Company()).RunAsync(Engines.Input("how do I reset my password?"));
        var with = await Engines.Create(FakeConnectors.Company(), intents: new Fixed(Joke)).RunAsync(Engines.Input("how do I reset my password?"));

        Assert.Contains("Shall I do this?", without.Snapshot.Answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Shall I do this?", with.Snapshot.Answer, StringComparison.Ordinal);
        var choice = with.Snapshot.Choice!;
        Assert.Equal(("tell_joke", 0.977, "clinc150/1.0.0"), (choice.Intent, choice.IntentConfidence, choice.IntentVersion));
        Assert.Contains("something else (tell_joke", choice.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_WeakMatchWithoutASureJudgement_IsOfferedAsBefore()
    {
        var engine = Engines.Create(FakeConnectors.Company(), intents: new Fixed(Joke with { IsOutOfScope = false }));

        var recorder = await engine.RunAsync(Engines.Input("how do I reset my password?"));

        Assert.Contains("Shall I do this?", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Equal("tell_joke", recorder.Snapshot.Choice!.Intent);
    }

    [Fact]
    public async Task Execute_PlaybookThatFitsForSure_AsksNoClassifier()
    {
        var intents = new Fixed(Joke);

        var recorder = await Engines.Create(FakeConnectors.Company(), intents: intents).RunAsync(Engines.Input("Who is my manager?"));

        Assert.Equal(("who-is-manager", 0), (recorder.Snapshot.Choice!.Playbook, intents.Asked));
    }

    [Fact]
    public async Task Execute_ClassifierThatIsBusy_GoesOnWithout()
    {
        var intents = new Fixed(null);

        var recorder = await Engines.Create(FakeConnectors.Company(), intents: intents).RunAsync(Engines.Input("how do I reset my password?"));

        Assert.Equal((1, null), (intents.Asked, recorder.Snapshot.Choice!.Intent));
        Assert.Contains("Shall I do this?", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "direct", "a rule says so")]
    [InlineData(false, "react", "no playbook fits; it looks simple")]
    public async Task Execute_RuleThatNamesAnIntentOfTheClassifier_FitsWhereItIsSure(bool isSure, string strategy, string reason)
    {
        const string agent = "id: assistant\nversion: 1\ntitle: A\ndescription: D\ninstructions: I\nstrategies: [playbook, react, direct]\n";
        const string rules = "version: 1\nrules:\n  - when: { intent: [who-is-manager, tell_joke] }\n    use: direct\n";
        var definitions = Engines.WithAgents("version: 1\noperations: {}\n", rules, agent);
        var model = new React.FakeModel((_, _) => [React.FakeModel.Say("ok"), React.FakeModel.End()]);
        var recorder = await Engines.Create(FakeConnectors.Company(), definitions, model, intents: new Fixed(Joke with { IsSure = isSure })).RunAsync(Engines.Input("have you got a good one about printers"));

        Assert.Equal((strategy, reason, "tell_joke"), (recorder.Snapshot.Strategy, recorder.Snapshot.Choice!.Reason, recorder.Snapshot.Choice.Intent));
    }

    [Fact]
    public void For_PlaybookThatFits_IsNotOverruledByTheClassifier()
    {
        var rules = StrategyRules.Compile("version: 1\nrules:\n  - when: { intent: [tell_joke] }\n    use: direct\n", "strategies.yaml");
        var definitions = new OrchestrationDefinitions(Engines.SampleDefinitions.Playbooks, Engines.SampleDefinitions.Policy, Engines.Agents("id: assistant\nversion: 1\ntitle: A\ndescription: D\ninstructions: I\nstrategies: [playbook, react, direct]\n"), rules);
        var selector = new StrategySelector(new OrchestrationOptions(), rules);
        var model = new React.FakeModel((_, _) => []);

        var selection = selector.Select(
            Engines.Input("Who is my manager?"), definitions.Agents.Default, definitions.Playbooks, FakeConnectors.Company().Operations, model, Joke with { IsSure = true });

        Assert.Equal("who-is-manager", selection.Choice.Playbook);
    }

    [Theory]
    [InlineData("hello there", "complex", "complex")]
    [InlineData("hello there", "simple", "simple")]
    [InlineData("hello there", null, "conversation")]
    [InlineData("which groups is ada in", "conversation", "simple")]
    [InlineData("which groups is ada in", "complex", "complex")]
    public void Complexity_WithAJudgement_NeverTakesAwayTheSystems(string text, string? judged, string expected) =>
        Assert.Equal(expected, Complexity.Of(new MessageText(text), FakeConnectors.Company().Operations).With(judged).Level);

    private sealed class Fixed(IntentJudgement? judgement) : IIntentClassifier
    {
        public int Asked { get; private set; }

        public ValueTask<IntentJudgement?> JudgeAsync(string tenantId, string text, CancellationToken cancellationToken = default)
        {
            Asked++;
            return ValueTask.FromResult(judgement);
        }
    }
}
