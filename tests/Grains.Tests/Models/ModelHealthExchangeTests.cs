using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Models.Health;

namespace Steward.Grains.Tests.Models;

/// <summary>Two silos' views of one model, joined by the grain.</summary>
[Collection(TimedClusterGroup.Name)]
public sealed class ModelHealthExchangeTests(TimedCluster cluster)
{
    // The cluster has one such grain: names keep the tests apart.
    private readonly string _model = "first/m-" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task Exchange_TwoSilos_SeeEachOthersOpenBreaker()
    {
        var (here, there) = (new Source(_model), new Source(_model));
        var (first, second) = (Exchange(cluster.Grains), Exchange(cluster.Grains));
        here.OpenFor = TimeSpan.FromSeconds(30);
        await first.ExchangeAsync(here, null, default);
        await second.ExchangeAsync(there, null, default);

        // The other one learns of it; whoever said it learns nothing of its own word.
        var learnt = Assert.Single(there.Learnt!, model => model.Name == _model);
        Assert.Equal((1, 1), (learnt.Processes, learnt.Open));
        Assert.InRange(learnt.OpenFor, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30));
        await first.ExchangeAsync(here, null, default);
        Assert.DoesNotContain(here.Learnt!, model => model.Name == _model);

        // And the other way round, until it is over.
        (here.OpenFor, there.OpenFor) = (null, TimeSpan.FromSeconds(10));
        await second.ExchangeAsync(there, null, default);
        await first.ExchangeAsync(here, null, default);
        Assert.Equal(1, Assert.Single(here.Learnt!, model => model.Name == _model).Open);
        there.OpenFor = null;
        await second.ExchangeAsync(there, null, default);
        await first.ExchangeAsync(here, null, default);
        Assert.DoesNotContain(here.Learnt!, model => model.Name == _model);
    }

    [Fact]
    public async Task Exchange_GrainDoesNotAnswer_WhatWasLearntIsForgotten()
    {
        var source = new Source(_model) { Learnt = [new ModelTargetElsewhere(_model, 2, 2, TimeSpan.FromSeconds(30))] };
        await Exchange(FakeGrain.Of<IGrainFactory>((_, _) => throw new TimeoutException("nobody is there"))).ExchangeAsync(source, null, default);

        Assert.Empty(source.Learnt!);
    }

    [Fact]
    public async Task Exchange_NothingWasAskedYet_SaysAndLearnsNothing()
    {
        var (quiet, asked) = (new Source(null), 0);
        await Exchange(FakeGrain.Of<IGrainFactory>((_, _) => throw new InvalidOperationException($"asked {++asked} times"))).ExchangeAsync(quiet, null, default);

        Assert.Equal(0, asked);
        Assert.Null(quiet.Learnt);
    }

    private ModelHealthExchange Exchange(IGrainFactory grains) => new(grains, cluster.Silo.GetRequiredService<PlatformIdentity>(), TimeProvider.System, NullLogger<ModelHealthExchange>.Instance);

    /// <summary>What a silo finds of one model, and what it was told.</summary>
    private sealed class Source(string? model) : IChatModelSource
    {
        public bool IsConfigured => true;

        public IReadOnlyList<string> Names => [];

        public TimeSpan? OpenFor { get; set; }

        public IReadOnlyList<ModelTargetElsewhere>? Learnt { get; set; }

        public IReadOnlyList<ModelTargetHealth> Health => model is null ? [] : [new ModelTargetHealth(model, OpenFor)];

        public IChatModel? Find(string model) => null;

        public void Learn(IReadOnlyList<ModelTargetElsewhere> elsewhere) => Learnt = elsewhere;
    }
}
