using Steward.Engines.Models.Tests.Routing;

namespace Steward.Engines.Models.Tests.Embeddings;

/// <summary>One embedding model at several providers: who is asked, when again, and when nobody.</summary>
public sealed class EmbeddingChainTests
{
    private static readonly EmbeddingRequest Texts = new() { Texts = ["one", "two"] };
    private static readonly ModelsOptions Patient = new() { FirstTokenTimeout = TimeSpan.FromMinutes(10), TotalTimeout = TimeSpan.FromMinutes(30) };

    [Theory]
    [InlineData("model_unavailable")]
    [InlineData("model_rate_limited")]
    [InlineData("model_missing")]
    public async Task Embed_FirstFails_TheNextProviderAnswers(string code)
    {
        var answer = await FakeEmbedder.Chain(Patient, new WaitsAreOver(), ("a", FakeEmbedder.Failing(code)), ("b", FakeEmbedder.OfLength(3))).EmbedAsync(Texts, default);

        Assert.Equal(("b", 2, 2), (answer.Provider, answer.Attempts, answer.Vectors.Count));
    }

    [Fact]
    public async Task Embed_RequestIsWrong_NobodyElseIsAsked()
    {
        var second = FakeEmbedder.OfLength(3);
        var failure = await Assert.ThrowsAsync<ModelException>(() => FakeEmbedder.Chain(Patient, new WaitsAreOver(), ("a", FakeEmbedder.Failing("model_rejected")), ("b", second)).EmbedAsync(Texts, default));

        Assert.Equal(("model_rejected", 0), (failure.Code, second.Asked));
    }

    [Fact]
    public async Task Embed_OnlyOneProvider_IsAskedAgainAfterTheWaitThatItWants()
    {
        var (time, first) = (new WaitsAreOver(), FakeEmbedder.Failing("model_rate_limited", TimeSpan.FromSeconds(4), times: 2));
        var answer = await FakeEmbedder.Chain(Patient, time, ("a", first)).EmbedAsync(Texts, default);

        Assert.Equal(3, answer.Attempts);
        Assert.Equal(2, time.Waits.Count);
        Assert.All(time.Waits, wait => Assert.InRange(wait, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task Embed_WaitIsTooLong_FailsWithIt()
    {
        var (time, first) = (new WaitsAreOver(), FakeEmbedder.Failing("model_rate_limited", TimeSpan.FromSeconds(30)));
        var failure = await Assert.ThrowsAsync<ModelException>(() => FakeEmbedder.Chain(Patient, time, ("a", first)).EmbedAsync(Texts, default));

        Assert.Equal(("model_rate_limited", TimeSpan.FromSeconds(30), 1), (failure.Code, failure.RetryAfter, first.Asked));
        Assert.Empty(time.Waits);
    }

    [Fact]
    public async Task Embed_AllFail_HasThreeAttemptsInAll()
    {
        var (first, second) = (FakeEmbedder.Failing("model_unavailable"), FakeEmbedder.Failing("model_unavailable"));
        await Assert.ThrowsAsync<ModelException>(() => FakeEmbedder.Chain(Patient, new WaitsAreOver(), ("a", first), ("b", second)).EmbedAsync(Texts, default));

        Assert.Equal(3, first.Asked + second.Asked);
    }

    [Fact]
    public async Task Embed_ThreeFailuresInARow_LeaveTheProviderAlone()
    {
        var (first, second) = (FakeEmbedder.Failing("model_unavailable"), FakeEmbedder.OfLength(3));
        var chain = FakeEmbedder.Chain(Patient, new WaitsAreOver(), ("a", first), ("b", second));
        for (var call = 0; call < 10; call++)
        {
            await chain.EmbedAsync(Texts, default);
        }

        Assert.Equal((3, 10), (first.Asked, second.Asked));
    }

    [Fact]
    public async Task Embed_SilentProvider_IsPassedOver()
    {
        var answer = await FakeEmbedder.Chain(new ModelsOptions { FirstTokenTimeout = TimeSpan.FromMilliseconds(50) }, TimeProvider.System, ("a", FakeEmbedder.Silent()), ("b", FakeEmbedder.OfLength(3))).EmbedAsync(Texts, default);

        Assert.Equal("b", answer.Provider);
    }

    [Fact]
    public async Task Embed_AllAttemptsTogether_HaveOneDeadline()
    {
        var options = new ModelsOptions { FirstTokenTimeout = TimeSpan.FromMinutes(1), TotalTimeout = TimeSpan.FromMilliseconds(50) };
        var second = FakeEmbedder.OfLength(3);
        var failure = await Assert.ThrowsAsync<ModelException>(() => FakeEmbedder.Chain(options, TimeProvider.System, ("a", FakeEmbedder.Silent()), ("b", second)).EmbedAsync(Texts, default));

        Assert.Equal(("model_timeout", 0), (failure.Code, second.Asked));
    }

    [Fact]
    public async Task Embed_CallerGoes_IsNoFailureOfTheProvider()
    {
        using var gone = new CancellationTokenSource();
        var first = new FakeEmbedder(async (_, request, stop) =>
        {
            await gone.CancelAsync();
            await Task.Delay(Timeout.Infinite, stop);
            return FakeEmbedder.Vectors(request, 3);
        });
        var chain = FakeEmbedder.Chain(Patient, TimeProvider.System, ("a", first));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => chain.EmbedAsync(Texts, gone.Token));
        Assert.Equal(1, first.Asked);
    }

    // Vectors of another length are another model's, whatever the provider calls it; given out, they would be compared with the others.
    [Fact]
    public async Task Embed_StandInHasVectorsOfAnotherLength_IsRefused()
    {
        var chain = FakeEmbedder.Chain(Patient, new WaitsAreOver(), ("a", new FakeEmbedder((attempt, request, _) => attempt == 1 ? Task.FromResult(FakeEmbedder.Vectors(request, 3)) : throw new IOException("gone"))), ("b", FakeEmbedder.OfLength(4)));
        Assert.Equal(3, (await chain.EmbedAsync(Texts, default)).Vectors[0].Length);

        Assert.Equal("model_missing", (await Assert.ThrowsAsync<ModelException>(() => chain.EmbedAsync(Texts, default))).Code);
    }

    // One caller's wrong wish must not take the embedder away from the others.
    [Fact]
    public async Task Embed_DimensionsAreNotTheModels_IsTheCallersFaultAndNoFailure()
    {
        var (first, second) = (FakeEmbedder.OfLength(3), FakeEmbedder.OfLength(3));
        var chain = FakeEmbedder.Chain(Patient, new WaitsAreOver(), ("a", first), ("b", second));
        for (var call = 0; call < 10; call++)
        {
            Assert.Equal("model_rejected", (await Assert.ThrowsAsync<ModelException>(() => chain.EmbedAsync(Texts with { Dimensions = 7 }, default))).Code);
        }

        Assert.Equal((10, 0, "a"), (first.Asked, second.Asked, (await chain.EmbedAsync(Texts, default)).Provider));
    }

    // What stands in may have another model by the same name: the first provider's vectors stay the measure.
    [Fact]
    public async Task Embed_StandInOfAnotherLengthAnsweredFirst_TheFirstProviderIsStillTheMeasure()
    {
        var chain = FakeEmbedder.Chain(Patient, new WaitsAreOver(), ("a", FakeEmbedder.Failing("model_rate_limited", times: 1)), ("b", FakeEmbedder.OfLength(4)));
        Assert.Equal("b", (await chain.EmbedAsync(Texts, default)).Provider);

        for (var call = 0; call < 5; call++)
        {
            Assert.Equal(("a", 3), ((await chain.EmbedAsync(Texts, default)) is var answer ? answer.Provider : null, answer.Vectors[0].Length));
        }
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 0)]
    public async Task Embed_AnswerIsNone_TheNextProviderAnswers(int vectors, int length)
    {
        var broken = new FakeEmbedder((_, request, _) => Task.FromResult(FakeEmbedder.Vectors(request, length, vectors)));
        var answer = await FakeEmbedder.Chain(Patient, new WaitsAreOver(), ("a", broken), ("b", FakeEmbedder.OfLength(3))).EmbedAsync(Texts, default);

        Assert.Equal("b", answer.Provider);
    }
}
