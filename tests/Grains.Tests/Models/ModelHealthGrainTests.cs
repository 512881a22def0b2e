using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Models.Health;

namespace Steward.Grains.Tests.Models;

/// <summary>What silos learn of each other's breakers.</summary>
[Collection(TimedClusterGroup.Name)]
public sealed class ModelHealthGrainTests(TimedCluster cluster)
{
    // The cluster has one such grain: names keep the tests apart.
    private readonly string _model = "first/m-" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task Report_WhatOthersLeaveAlone_IsToldUntilItIsOverOrTheyAreSilent()
    {
        Assert.Null(await SayAsync("a", TimeSpan.FromSeconds(60)));
        var one = (await SayAsync("b", null))!;
        Assert.Equal((1, 1, 60), (one.Silos, one.Open, Math.Ceiling(one.OpenFor.TotalSeconds)));

        // Of its own word nobody learns; of two others that the one who tries first counts.
        var two = (await SayAsync("b", TimeSpan.FromSeconds(7)))!;
        Assert.Equal((1, 1), (two.Silos, two.Open));
        var third = (await SayAsync("c", null))!;
        Assert.Equal((2, 2, 7), (third.Silos, third.Open, Math.Ceiling(third.OpenFor.TotalSeconds)));
        cluster.Time.Advance(TimeSpan.FromSeconds(8));
        var later = (await SayAsync("c", null))!;
        Assert.Equal((2, 1), (later.Silos, later.Open));
        cluster.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Null(await SayAsync("c", null));
    }

    [Fact]
    public async Task Report_ByAPerson_IsRefused()
    {
        cluster.SignIn("t-acme", "u-ada", WellKnownRoles.Admin);

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => Grain.Report(new ModelHealthReport { Silo = "a" }))).Code);
    }

    private IModelHealthGrain Grain => cluster.Grains.GetGrain<IModelHealthGrain>(GrainKeys.ModelHealth);

    private async Task<ModelElsewhere?> SayAsync(string silo, TimeSpan? openFor)
    {
        cluster.SignInAsPlatform("t-acme");
        return (await Grain.Report(new ModelHealthReport { Silo = $"{_model} {silo}", Models = [new ModelHealth { Name = _model, OpenFor = openFor }] })).Models.FirstOrDefault(model => model.Name == _model);
    }
}
