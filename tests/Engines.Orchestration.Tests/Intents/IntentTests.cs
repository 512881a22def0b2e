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
