using Steward.Engines.Inference;
using Steward.Engines.Models.Tiers;
using Steward.Silo.Models;

namespace Steward.Silo.Tests.Models;

public sealed class InferenceRequestClassifierTests
{
    private const string Complexity = "request-complexity";
    private const string Topic = "it-topic";
    private const RequestAspects Both = RequestAspects.Complexity | RequestAspects.Intent;

    [Theory]
    [InlineData(RequestAspects.Complexity, "t-acme: request-complexity", 0.4, null, 0)]
    [InlineData(RequestAspects.Intent, "t-acme: it-topic", null, "Access", 0.8)]
    [InlineData(Both, "t-acme: request-complexity it-topic", 0.4, "Access", 0.8)]
    public void Glance_Aspects_LinearPartsOfTheirModelsInOneLook(RequestAspects aspects, string looked, double? complex, string? intent, double confidence)
    {
        var engine = new ScriptedEngine { FirstLooks = { [Complexity] = ("complex", 0.4), [Topic] = ("Access", 0.8) } };

        var seen = new InferenceRequestClassifier(engine).Glance("t-acme", "unlock my account", aspects);

        Assert.Equal((complex, intent, confidence), (seen!.Complex, seen.Intent, seen.IntentConfidence));
        Assert.Equal(intent is null ? [] : ["Access", "other"], seen.Intents);
        Assert.Equal([looked], engine.Glanced);
        Assert.Empty(engine.Requests);
    }

    [Fact]
    public void Glance_AnotherLabelIsLikelier_ComplexIsWhatItIs()
    {
        var engine = new ScriptedEngine { FirstLooks = { [Complexity] = ("simple", 0.9) } };

        Assert.Equal(0, new InferenceRequestClassifier(engine).Glance("t-acme", "hello", RequestAspects.Complexity)!.Complex);
    }

    [Fact]
    public void Glance_NothingInMemory_SaysNothing() =>
        Assert.Null(new InferenceRequestClassifier(new ScriptedEngine()).Glance("t-acme", "hello", Both));

    [Fact]
    public void Glance_OneOfTwoInMemory_TheOtherStaysUnknown()
    {
        var engine = new ScriptedEngine { FirstLooks = { [Topic] = ("Access", 0.8) } };

        var seen = new InferenceRequestClassifier(engine).Glance("t-acme", "hello", Both)!;

        Assert.Equal((null, "Access"), (seen.Complex, seen.Intent));
    }

    [Theory]
    [InlineData(RequestAspects.Complexity, "request-complexity", 0.4, null)]
    [InlineData(RequestAspects.Intent, "it-topic", null, "Access")]
    [InlineData(Both, "request-complexity it-topic", 0.4, "Access")]
    public async Task Classify_Aspects_AsksTheirModelsAlone(RequestAspects aspects, string models, double? complex, string? intent)
    {
        var engine = new ScriptedEngine { Answers = { [Complexity] = ScriptedEngine.Done("complex", 0.4), [Topic] = ScriptedEngine.Done("Access", 0.8) } };

        var found = await new InferenceRequestClassifier(engine).ClassifyAsync("t-acme", "unlock my account", aspects, CancellationToken.None);

        Assert.Equal(new RequestClass { Complex = complex, Intent = intent }, found);
        Assert.Equal(models, string.Join(' ', engine.Requests.Select(request => request.Model)));
        Assert.All(engine.Requests, request => Assert.Equal(("t-acme", "unlock my account"), (request.Tenant, request.Text)));
    }

    [Theory]
    [InlineData(0.7, false, "Access")]
    [InlineData(0.69, false, null)]
    [InlineData(0.99, true, null)]
    public async Task Classify_Topic_OnlyWhereItIsNoGuess(double probability, bool isOutOfScope, string? intent)
    {
        var engine = new ScriptedEngine { Answers = { [Topic] = ScriptedEngine.Done("Access", probability, isOutOfScope) } };

        Assert.Equal(new RequestClass { Intent = intent }, await new InferenceRequestClassifier(engine).ClassifyAsync("t-acme", "hello", RequestAspects.Intent, CancellationToken.None));
    }

    [Theory]
    [InlineData(InferenceOutcome.Busy)]
    [InlineData(InferenceOutcome.DeadlinePassed)]
    [InlineData(InferenceOutcome.NotAvailable)]
    [InlineData(InferenceOutcome.UnknownModel)]
    [InlineData(InferenceOutcome.Failed)]
    public async Task Classify_OneModelDoesNotAnswer_NothingIsKnown(InferenceOutcome outcome)
    {
        var engine = new ScriptedEngine { Answers = { [Complexity] = ScriptedEngine.Not(outcome), [Topic] = ScriptedEngine.Done("Access", 0.8) } };

        Assert.Null(await new InferenceRequestClassifier(engine).ClassifyAsync("t-acme", "hello", Both, CancellationToken.None));
    }

    [Fact]
    public async Task Classify_NothingToComputeWith_AsksNobody()
    {
        var engine = new ScriptedEngine { IsAvailable = false };

        Assert.Null(await new InferenceRequestClassifier(engine).ClassifyAsync("t-acme", "hello", Both, CancellationToken.None));
        Assert.Empty(engine.Requests);
    }

    [Fact]
    public async Task Classify_GivenUp_TheModelsAreTold()
    {
        using var givenUp = new CancellationTokenSource();
        var engine = new ScriptedEngine();
        var found = new InferenceRequestClassifier(engine).ClassifyAsync("t-acme", "hello", Both, givenUp.Token).AsTask();
        Assert.False(found.IsCompleted);

        await givenUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => found);
        Assert.True(engine.Given.IsCancellationRequested);
    }
}
