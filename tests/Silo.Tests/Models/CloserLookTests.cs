using Microsoft.Extensions.Options;
using Steward.Engines.Inference;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tiers;
using Steward.Silo.Models;
using Steward.Testing;

namespace Steward.Silo.Tests.Models;

/// <summary>The choice of a tier with the silo's own classifiers: when an encoder is asked, and what holds where it does not answer.</summary>
public sealed class CloserLookTests : IDisposable
{
    private const string Complexity = "request-complexity";
    private const string Question = "Where is the printer on floor 3?";

    private readonly ScriptedEngine _engine = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly ModelRoutingOptions _options = new();
    private readonly KnownRequests _known;

    public CloserLookTests() => _known = new KnownRequests(Options.Create(_options), _clock);

    public void Dispose() => _known.Dispose();

    [Theory]
    [InlineData(0.05, ModelTiers.Small)]
    [InlineData(0.99, ModelTiers.Large)]
    public async Task Choose_FirstLookIsSure_NoEncoder(double first, string tier)
    {
        _engine.FirstLooks[Complexity] = ("complex", first);

        Assert.Equal(tier, (await ChooseAsync()).Tier);
        Assert.Empty(_engine.Requests);
    }

    [Theory]
    [InlineData(0.77, 0.9, ModelTiers.Large)]
    [InlineData(0.77, 0.1, ModelTiers.Small)]
    [InlineData(0.83, 0.1, ModelTiers.Small)]
    public async Task Choose_FirstLookIsNotSure_TheEncoderDecides(double first, double closer, string tier)
    {
        _engine.FirstLooks[Complexity] = ("complex", first);
        _engine.Answers[Complexity] = ScriptedEngine.Done("complex", closer);

        Assert.Equal(tier, (await ChooseAsync()).Tier);
        Assert.Equal([Complexity], _engine.Requests.Select(request => request.Model));
    }

    [Fact]
    public async Task Choose_NotInMemory_TheEncoderDecides()
    {
        _engine.Answers[Complexity] = ScriptedEngine.Done("complex", 0.9);

        Assert.Equal(ModelTiers.Large, (await ChooseAsync()).Tier);
    }

    [Theory]
    [InlineData(InferenceOutcome.Failed, 0.77, ModelTiers.Small)]
    [InlineData(InferenceOutcome.Failed, 0.83, ModelTiers.Large)]
    [InlineData(InferenceOutcome.Busy, 0.77, ModelTiers.Small)]
    [InlineData(InferenceOutcome.Busy, 0.83, ModelTiers.Large)]
    public async Task Choose_EncoderDoesNotAnswer_WhatTheFirstLookThoughtLikelyHolds(InferenceOutcome outcome, double first, string tier)
    {
        _engine.FirstLooks[Complexity] = ("complex", first);
        _engine.Answers[Complexity] = ScriptedEngine.Not(outcome);

        Assert.Equal(tier, (await ChooseAsync()).Tier);
        Assert.Single(_engine.Requests);
    }

    [Theory]
    [InlineData(0.77, ModelTiers.Small)]
    [InlineData(0.83, ModelTiers.Large)]
    public async Task Choose_EncoderIsLate_TheFirstLookHoldsAndTheRunIsGivenUp(double first, string tier)
    {
        _engine.FirstLooks[Complexity] = ("complex", first);
        var choice = ChooseAsync();
        Assert.False(choice.IsCompleted);
        Assert.False(_engine.Given.IsCancellationRequested);

        _clock.Advance(_options.ClassifyWithin);

        Assert.Equal(tier, (await choice).Tier);
        Assert.True(_engine.Given.IsCancellationRequested);
    }

    [Fact]
    public async Task Choose_TheCallerGoes_SoDoesTheCloserLook()
    {
        _engine.FirstLooks[Complexity] = ("complex", 0.77);
        using var gone = new CancellationTokenSource();
        var choice = ChooseAsync(gone.Token);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => choice);
        Assert.True(_engine.Given.IsCancellationRequested);
    }

    private async Task<TierChoice> ChooseAsync(CancellationToken cancellationToken = default)
    {
        var classification = new RequestClassification(Options.Create(_options), _known, _clock, new InferenceRequestClassifier(_engine));
        var request = new ChatRequest { Messages = [new ChatMessage { Role = ChatRole.User, Text = Question }] };
        return await TierChoice.OfAsync(new ModelCall(new ModelCallOrigin { TenantId = "t-acme" }, request, ModelCall.Auto, _clock.GetUtcNow()), classification, _options, cancellationToken);
    }
}
