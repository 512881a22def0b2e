using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Models.Admission;
using Steward.Engines.Models.Degradation;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Gateway;
using static Steward.Engines.Models.Tests.Gateway.GatewayUnderTest;

namespace Steward.Engines.Models.Tests.Degradation;

/// <summary>What holds of the process's own configuration, the cluster's switch, the tenant's policy and the signals.</summary>
public sealed class DegradationSwitchTests
{
    [Theory]
    [InlineData(null, null, "full")]
    [InlineData(null, "queue", "queue (forced for the whole cluster)")]
    [InlineData("full", "queue", "full (forced)")]
    [InlineData("queue", "full", "queue (forced)")]
    [InlineData(null, "sideways", "full")]
    public async Task Step_ConfigurationAndCluster_TheConfigurationGoesFirst(string? here, string? cluster, string summary)
    {
        await using var gateway = Gateway(here);
        gateway.Get<DegradationSwitch>().Follow(cluster, null);

        Assert.Equal(summary, gateway.Get<DegradationLadder>().Summary.Split(':')[0]);
    }

    [Fact]
    public async Task Step_ConfigurationLetsGo_TheClustersHolds()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("Steward:Models:Degradation:Forced", "full")]).Build();
        await using var provider = new ServiceCollection().AddSingleton<IConfiguration>(settings).AddStewardModels(options => options.ApiKey = "k").AddStewardModelAdmission().BuildServiceProvider();
        var ladder = provider.GetRequiredService<DegradationLadder>();
        provider.GetRequiredService<DegradationSwitch>().Follow("cached", null);
        var before = ladder.Step;
        settings["Steward:Models:Degradation:Forced"] = null;
        settings.Reload();

        Assert.Equal((DegradationStep.Full, DegradationStep.Cached), (before, ladder.Step));
    }

    [Theory]
    [InlineData("reduced", "cached", "cached")]
    [InlineData("queue", "cached", "queue")]
    [InlineData("full", "cached", "cached")]
    public async Task StepFor_ATenantsOwn_HoldsWhereItIsLower(string cluster, string own, string step)
    {
        await using var gateway = Gateway(null);
        gateway.Get<DegradationSwitch>().Follow(cluster, null);

        Assert.Equal(step, gateway.Get<DegradationLadder>().StepFor(ModelTenantPolicy.Default with { ForcedDegradation = own }).Name());
    }

    [Fact]
    public async Task Ask_ForcedForTheCluster_NoModelIsAskedAndNoneProbed()
    {
        await using var gateway = Gateway(null);
        gateway.Get<DegradationSwitch>().Follow("queue", null);
        for (var second = 0; second < 10; second++)
        {
            Assert.Equal("model_queued", (await Assert.ThrowsAsync<ModelException>(() => gateway.AskAsync(Call("q")))).Code);
            gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Empty(gateway.Asked);
        gateway.Get<DegradationSwitch>().Follow(null, null);
        Assert.Equal("answer 1", await gateway.AskAsync(Call("q")));
    }

    // Nobody has to say that it is over: a process that the cluster has lost finds its way back.
    [Fact]
    public async Task Step_ItsTimeIsOver_TheProcessDecidesAgain()
    {
        await using var gateway = Gateway(null);
        var (turned, ladder) = (gateway.Get<DegradationSwitch>(), gateway.Get<DegradationLadder>());
        turned.Follow("cached", TimeSpan.FromMinutes(10));
        gateway.Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        var last = ladder.Step;
        gateway.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal((DegradationStep.Cached, DegradationStep.Full, null), (last, ladder.Step, turned.Step));
    }

    [Fact]
    public void Follow_AnotherStepOrTheSame_SaysWhetherItIsAnother()
    {
        var turned = new DegradationSwitch(TimeProvider.System);

        Assert.Equal([false, true, false, true, true, false], new[] { null, "queue", "queue", "full", null, null }.Select(step => turned.Follow(step, step is null ? null : TimeSpan.FromHours(1))));
    }

    private static GatewayUnderTest Gateway(string? forced) => new(services => services.AddStewardModelAdmission(configureDegradation: options => options.Forced = forced));
}
