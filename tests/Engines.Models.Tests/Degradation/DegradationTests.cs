using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Models.Admission;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Degradation;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Gateway;
using Steward.Engines.Models.Tests.Routing;
using static Steward.Engines.Models.Tests.Gateway.GatewayUnderTest;

namespace Steward.Engines.Models.Tests.Degradation;

public sealed class DegradationTests
{
    private static readonly DegradationSignals Calm = new(0, 0, 0);

    [Theory]
    [InlineData(0.5, 0, 0, DegradationStep.Reduced)]
    [InlineData(0.49, 0.33, 0.09, DegradationStep.Full)]
    [InlineData(0, 0.67, 0, DegradationStep.Cached)]
    [InlineData(0, 0, 0.6, DegradationStep.Queue)]
    [InlineData(0.5, 1, 0.1, DegradationStep.Queue)]
    public void Next_AnySignalIsHigh_DownAtOnce(double pressure, double open, double errors, DegradationStep step) =>
        Assert.Equal(step, new LadderState(new DegradationOptions()).Next(TimeSpan.Zero, new(pressure, open, errors)));

    [Fact]
    public void Next_CalmAgain_UpOneStepEachTimeItHeld()
    {
        var state = new LadderState(new DegradationOptions());
        state.Next(TimeSpan.Zero, new(1, 0, 0));
        var steps = Enumerable.Range(1, 46).Select(second => state.Next(TimeSpan.FromSeconds(second), Calm)).ToList();

        Assert.Equal((DegradationStep.Queue, DegradationStep.Cached, DegradationStep.Cached, DegradationStep.Reduced, DegradationStep.Reduced, DegradationStep.Full), (steps[14], steps[15], steps[29], steps[30], steps[44], steps[45]));
    }

    [Fact]
    public void Next_BetweenTheThresholds_Stays()
    {
        var state = new LadderState(new DegradationOptions());
        state.Next(TimeSpan.Zero, new(0.5, 0, 0));

        Assert.All(Enumerable.Range(1, 600), second => Assert.Equal(DegradationStep.Reduced, state.Next(TimeSpan.FromSeconds(second), new(0.4, 0, 0))));
    }

    [Fact]
    public void Next_FallsAgainAfterEachStepUp_WaitsLongerEachTime()
    {
        var state = new LadderState(new DegradationOptions());
        var (second, held) = (0, new List<int>());
        for (var fall = 0; fall < 6; fall++)
        {
            state.Next(TimeSpan.FromSeconds(second), new(0.6, 0, 0));
            var calmSince = second + 1;
            while (state.Step == DegradationStep.Reduced)
            {
                state.Next(TimeSpan.FromSeconds(++second), Calm);
            }

            held.Add(second++ - calmSince);
        }

        Assert.Equal([15, 30, 60, 120, 120, 120], held);
    }

    /// <summary>Whatever the signals do: never above what they demand, up by one step at a time, and never sooner after the last move than the time to hold. So there are at most 2 t / hold + 3 moves in a time t.</summary>
    [Fact]
    public void Next_AnySignals_NoFlapping() => Prop.ForAll(
        Gen.ListOf(from ticks in Gen.Choose(1, 200) from pressure in Gen.Choose(0, 20) from open in Gen.Choose(0, 20) from errors in Gen.Choose(0, 20) select (ticks, pressure, open, errors)).Select(list => list.ToList()).ToArbitrary(),
        phases =>
        {
            var options = new DegradationOptions();
            var (state, fresh) = (new LadderState(options), new Func<LadderState>(() => new LadderState(options)));
            var (now, lastMove, moves) = (TimeSpan.Zero, TimeSpan.MinValue, 0);
            foreach (var (ticks, pressure, open, errors) in phases)
            {
                var signals = new DegradationSignals(pressure / 20.0, open / 20.0, errors / 20.0);
                var demanded = fresh().Next(TimeSpan.Zero, signals);
                for (var tick = 0; tick < ticks; tick++)
                {
                    now += TimeSpan.FromSeconds(0.5);
                    var before = state.Step;
                    var after = state.Next(now, signals);
                    if (after < demanded || after < before - 1 || (after < before && now - lastMove < options.Hold) || (after > before && after != demanded))
                    {
                        return false;
                    }

                    (lastMove, moves) = after == before ? (lastMove, moves) : (now, moves + 1);
                }
            }

            return moves <= (2 * (now / options.Hold)) + 3;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Ask_Reduced_SmallModelShortAnswerAndSaysSo()
    {
        await using var gateway = Gateway("reduced");
        var (tier, named, shorter) = (Call("q1", model: "large"), Call("q2", model: "p/m"), Call("q3"));
        shorter.Request = shorter.Request with { MaxOutputTokens = 5 };
        foreach (var call in new[] { tier, named, shorter })
        {
            await gateway.AskAsync(call);
        }

        Assert.Equal([("small", 1024), ("p/m", 1024), ("small", 5)], gateway.Asked.Select(asked => (asked.Model, asked.Request.OutputLimit!.Value)));
        Assert.Equal("reduced", tier.Degradation);
        Assert.Equal("reduced", Assert.IsType<ChatFinished>((await gateway.ReadAsync(Call("q4")))[^1]).Degradation);
    }

    [Fact]
    public async Task Ask_ReducedAndTheSmallModelCannotDoIt_KeepsItsTierWithAShortAnswer()
    {
        await using var gateway = Gateway("reduced");
        gateway.Targets[ModelTiers.Small] = [new("openai", "p/gpt-3.5-turbo", "gpt-3.5-turbo")];
        var seen = Call("What is on it?", model: "large");
        seen.Request = seen.Request with { Messages = [seen.Request.Messages[0] with { Parts = [new ChatTextPart("What is on it?"), new ChatImagePart("https://a.example/1.png")] }] };
        await gateway.AskAsync(seen);
        await gateway.AskAsync(Call("q", model: "large"));

        Assert.Equal([("large", 1024), ("small", 1024)], gateway.Asked.Select(asked => (asked.Model, asked.Request.OutputLimit!.Value)));
    }

    // Whoever works for somebody with a model can know beforehand that it will not be asked.
    [Theory]
    [InlineData("cached", null, "cached")]
    [InlineData("full", "queue", "queue")]
    [InlineData("full", null, "full")]
    public async Task Step_OfATenantsModel_IsTheLaddersAndTheTenants(string forced, string? own, string step)
    {
        var services = new ServiceCollection().AddStewardModels(options => options.ApiKey = "k").AddStewardModelAdmission(configureDegradation: options => options.Forced = forced);
        services.AddSingleton<IModelTenantPolicies>(new Forced(own));
        await using var provider = services.BuildServiceProvider();

        Assert.Equal(step, await provider.GetRequiredService<IChatModelProvider>().ForTenant("t-acme")!.StepAsync(default));
    }

    [Fact]
    public async Task Step_OperatorsSwitchIsTurned_HoldsWithoutARestart()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection().Build();
        await using var provider = new ServiceCollection().AddSingleton<IConfiguration>(settings).AddStewardModels(options => options.ApiKey = "k").AddStewardModelAdmission().BuildServiceProvider();
        var ladder = provider.GetRequiredService<DegradationLadder>();
        string Turned(string? step)
        {
            settings["Steward:Models:Degradation:Forced"] = step;
            settings.Reload();
            return ladder.Summary.Split(':')[0];
        }

        Assert.Equal(["full", "queue (forced)", "reduced (forced)", "full"], new[] { null, "queue", "reduced", null }.Select(Turned));
    }

    [Theory]
    [InlineData("cached", "model_degraded")]
    [InlineData("queue", "model_queued")]
    public async Task Ask_NoModelIsAsked_KnownAnswersAreStillGiven(string step, string code)
    {
        var forced = "full";
        await using var gateway = new GatewayUnderTest(services => services.AddStewardModelCaches().AddStewardModelAdmission());
        ModelCall Asked(string text)
        {
            var call = Call(text);
            call.Policy = call.Policy with { ForcedDegradation = forced };
            return call;
        }

        await gateway.AskAsync(Asked("What is a VPN?"));
        forced = step;
        var known = Asked("What is a VPN?");
        Assert.Equal(("answer 1", step), (await gateway.AskAsync(known), known.Degradation));
        var failure = await Assert.ThrowsAsync<ModelException>(() => gateway.AskAsync(Asked("What is MFA?")));

        Assert.Equal((code, true, 1), (failure.Code, failure.IsRetryable, gateway.Asked.Count));
        Assert.NotNull(failure.RetryAfter);
    }

    [Fact]
    public async Task Ask_BelowTheTop_AnswerIsNotKept()
    {
        await using var gateway = new GatewayUnderTest(services => services.AddStewardModelCaches().AddStewardModelAdmission(configureDegradation: options => options.Forced = "reduced"));
        await gateway.AskAsync(Call("What is a VPN?"));

        Assert.Equal("answer 2", await gateway.AskAsync(Call("What is a VPN?")));
    }

    [Fact]
    public async Task Ask_ModelsFailAndRecover_GoesDownProbesAndComesBack()
    {
        await using var gateway = Gateway(null);
        var isBroken = true;
        gateway.Script = (_, _, _) => isBroken ? FakeEndpoint.Failure("model_unavailable") : FakeEndpoint.Answer(new ChatText("ok"), FakeEndpoint.End());
        async Task<string> Outcome()
        {
            try
            {
                var call = Call("q");
                await gateway.AskAsync(call);
                return call.Degradation;
            }
            catch (ModelException e)
            {
                return e.Code;
            }
        }

        for (var i = 0; i < 40; i++)
        {
            await Outcome();
            gateway.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        var asked = gateway.Asked.Count;
        Assert.Equal(DegradationStep.Queue, gateway.Get<DegradationLadder>().Step);
        for (var i = 0; i < 40; i++)
        {
            await Outcome();
            gateway.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        // 4 seconds with one probe every 2.
        Assert.InRange(gateway.Asked.Count - asked, 1, 3);
        isBroken = false;
        var outcomes = new List<string>();
        for (var i = 0; i < 700; i++)
        {
            outcomes.Add(await Outcome());
            gateway.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal("full", outcomes[^1]);
        Assert.True(outcomes.IndexOf("model_degraded") > outcomes.IndexOf("model_queued") && outcomes.LastIndexOf("reduced") > outcomes.LastIndexOf("model_degraded"));
    }

    private sealed class Forced(string? step) : IModelTenantPolicies
    {
        public ValueTask<ModelTenantPolicy> GetAsync(string tenantId, CancellationToken cancellationToken) => new(ModelTenantPolicy.Default with { ForcedDegradation = step });
    }

    private static GatewayUnderTest Gateway(string? forced) => new(services => services.AddStewardModelAdmission(configureDegradation: options => options.Forced = forced));
}
