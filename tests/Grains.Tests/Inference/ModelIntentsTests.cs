using Microsoft.Extensions.Logging.Abstractions;
using Steward.Engines.Inference;
using Steward.Inference;

namespace Steward.Grains.Tests.Inference;

public class ModelIntentsTests
{
    [Theory]
    [InlineData("tell_joke", true)]
    [InlineData("account_blocked", false)]
    public async Task Judge_AMessage_KnowsWhatNoCompanyIsAskedFor(string label, bool isOutOfScope)
    {
        var engine = new CountingEngine(usesGpu: false) { Label = label };

        var judgement = await Of(engine).JudgeAsync("t-acme", "tell me one");

        Assert.Equal((label, 0.9, "clinc150/processor", isOutOfScope), (judgement!.Intent, judgement.Confidence, judgement.Version, judgement.IsOutOfScope));
        Assert.Equal(["clinc150", "request-complexity"], engine.Requests.Select(request => request.Model).Order());
        Assert.All(engine.Requests, request => Assert.Equal("t-acme", request.Tenant));
    }

    [Fact]
    public async Task Judge_WithoutModels_AsksNobody()
    {
        var engine = new CountingEngine(usesGpu: false, isAvailable: false);

        Assert.Null(await Of(engine).JudgeAsync("t-acme", "hello"));
        Assert.Equal(0, engine.Asked);
    }

    [Fact]
    public async Task Judge_WhileTheEngineIsBusy_KnowsNothing() =>
        Assert.Null(await Of(new CountingEngine(usesGpu: false) { Answers = (InferenceOutcome.Busy, "Too much waits already.", null) }).JudgeAsync("t-acme", "hello"));

    [Fact]
    public async Task Judge_ThatTakesTooLong_IsGivenUp() =>
        Assert.Null(await Of(new CountingEngine(usesGpu: false) { Hold = new TaskCompletionSource() }).JudgeAsync("t-acme", "hello"));

    private static ModelIntents Of(CountingEngine engine) => new(engine, TimeProvider.System, NullLogger<ModelIntents>.Instance);
}
