using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Gateway;
using Steward.Engines.Models.Tiers;
using static Steward.Engines.Models.Tests.Gateway.GatewayUnderTest;

namespace Steward.Engines.Models.Tests.Tiers;

public sealed class RoutingTests
{
    [Theory]
    [InlineData("Where is the printer on floor 3?", 0.1, "small")]
    [InlineData("Where is the printer on floor 3?", 0.85, "large")]
    [InlineData("VPN drops every 5 minutes since the update although the line is ok", 0.1, "standard")]
    [InlineData("Compare the two storage offers and recommend one", 0.1, "large")]
    [InlineData("Wo ist der Drucker?", 0.1, "standard")]
    [InlineData("Wo ist der Drucker, und wie bestelle ich Toner?", 0.85, "large")]
    public async Task Ask_Auto_TierByWhatIsAsked(string text, double complex, string tier)
    {
        await using var gateway = Gateway(new RequestClass { Intent = "Hardware", Complex = complex });
        var call = Call(text, model: ModelCall.Auto);
        await gateway.AskAsync(call);

        Assert.Equal((tier, tier), (Assert.Single(gateway.Asked).Model, call.Model));
        Assert.NotNull(call.RoutingConfidence);
    }

    [Fact]
    public async Task Ask_SimpleInALongConversation_NotTheSmallOne()
    {
        await using var gateway = Gateway(new RequestClass { Complex = 0.01 });
        await gateway.AskAsync(Call("Where is the printer?", model: ModelCall.Auto, before: new ChatMessage { Role = ChatRole.User, Text = new string('x', 30_000) }));

        Assert.Equal("standard", Assert.Single(gateway.Asked).Model);
    }

    [Fact]
    public async Task Ask_SmallModelCannotDoIt_TheNextLargerOneIsAsked()
    {
        await using var gateway = Gateway(new RequestClass { Complex = 0.01 });
        gateway.Targets[ModelTiers.Small] = [new("openai", "p/gpt-3.5-turbo", "gpt-3.5-turbo")];
        var seen = Call("Where is the printer on floor 3?", model: ModelCall.Auto);
        seen.Request = seen.Request with { Messages = [seen.Request.Messages[0] with { Parts = [new ChatTextPart(seen.Request.Messages[0].Text), new ChatImagePart("https://a.example/1.png")] }] };
        await gateway.AskAsync(seen);
        await gateway.AskAsync(Call("Where is the printer on floor 3?", model: ModelCall.Auto));

        Assert.Equal(["standard", "small"], gateway.Asked.Select(asked => asked.Model));
    }

    [Fact]
    public async Task Ask_NobodyCanClassify_MiddleTierAndSaysSo()
    {
        await using var gateway = new GatewayUnderTest(services => services.AddStewardModelRouting());
        var call = Call("Wo ist der Drucker?", model: ModelCall.Auto);
        await gateway.AskAsync(call);

        Assert.Equal(("standard", null), (call.Model, call.RoutingConfidence));
        Assert.Contains("no classifier", Assert.Single(call.Decisions).Decision, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_ClassifierIsSlow_GoesOnWithout()
    {
        var classifier = new Fixed(null);
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        var asked = gateway.AskAsync(Call("Where is the printer?", model: ModelCall.Auto));
        Assert.False(asked.IsCompleted);
        Assert.False(classifier.Given.IsCancellationRequested);
        gateway.Clock.Advance(TimeSpan.FromMilliseconds(51));
        await asked;

        Assert.Equal("small", Assert.Single(gateway.Asked).Model);
        Assert.True(classifier.Given.IsCancellationRequested);
    }

    [Theory]
    [InlineData("Hardware", 1.0, "large")]
    [InlineData("Hardware", 0.005, "standard")]
    [InlineData("Hardware", 0.0005, "small")]
    [InlineData("*", 0.0005, "small")]
    [InlineData("Access", 0.0000001, "large")]
    public async Task Ask_CapOnCost_DearestTierThatFits(string intent, double cap, string tier)
    {
        await using var gateway = Gateway(new RequestClass { Intent = "Hardware", Complex = 1 });
        await gateway.AskAsync(Capped(intent, cap, ModelCall.Auto));

        Assert.Equal(tier, Assert.Single(gateway.Asked).Model);
    }

    [Theory]
    [InlineData(ModelCall.Auto, 0.0001)]
    [InlineData("large", 0.005)]
    [InlineData("p/unpriced", 100)]
    public async Task Ask_NothingFitsTheCap_RefusedBeforeItIsSent(string model, double cap)
    {
        await using var gateway = Gateway(new RequestClass { Intent = "Hardware", Complex = 1 });
        var failure = await Assert.ThrowsAsync<ModelException>(() => gateway.AskAsync(Capped("*", cap, model)));

        Assert.Equal(("model_over_cost_cap", false), (failure.Code, failure.IsRetryable));
        Assert.Empty(gateway.Asked);
    }

    // A cap for one thing holds whoever names the tier, and nobody classifies where that could change nothing.
    [Theory]
    [InlineData("Hardware", 0.0005, "standard", 1, true)]
    [InlineData("Hardware", 0.005, "standard", 0, false)]
    [InlineData("Hardware", 0.0005, "small", 0, false)]
    [InlineData("Access", 0.0005, "standard", 1, false)]
    [InlineData("*", 0.0005, "standard", 0, true)]
    [InlineData("*", 0.005, "standard", 0, false)]
    public async Task Ask_NamedTierAndCapOfAnIntent_IsHeldToIt(string intent, double cap, string model, int classified, bool isRefused)
    {
        var classifier = new Fixed(new RequestClass { Intent = "Hardware", Complex = 1 });
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        var failure = await Record.ExceptionAsync(() => gateway.AskAsync(Capped(intent, cap, model)));

        Assert.Equal((isRefused ? "model_over_cost_cap" : null, isRefused ? 0 : 1, classified), ((failure as ModelException)?.Code, gateway.Asked.Count, classifier.Asked));
    }

    // 4,096 tokens of an answer: 0.0004 US dollars with the small model, 0.004 with the middle one, 0.04 with the large one.
    private static ModelCall Capped(string intent, double cap, string model)
    {
        var call = Call("Where is the printer?", model: model);
        call.Policy = call.Policy with { CostCaps = new Dictionary<string, decimal> { [intent] = (decimal)cap } };
        return call;
    }

    // The first look is taken at what may matter: the topic only for caps and counts, nothing where the words say large and nobody caps it.
    [Theory]
    [InlineData("Where is the printer on floor 3?", false, RequestAspects.Complexity)]
    [InlineData("Where is the printer on floor 3?", true, RequestAspects.Complexity | RequestAspects.Intent)]
    [InlineData("Compare the two storage offers and recommend one", false, RequestAspects.None)]
    public async Task Ask_Auto_FirstLookAtWhatMayMatter(string text, bool isCounted, RequestAspects glanced)
    {
        var classifier = new Fixed(null, new RequestGlance { Complex = 0.1, Intent = "Hardware", IntentConfidence = 0.95 });
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        var call = Call(text, model: ModelCall.Auto);
        call.Policy = call.Policy with { JudgesAnswers = isCounted };
        await gateway.AskAsync(call);

        Assert.Equal((glanced, isCounted ? "Hardware" : null, 0), (classifier.Glanced, call.Intent, classifier.Asked));
    }

    // The first look decides where it is sure; where it is not, the closer one is taken for what can still change the tier.
    [Theory]
    [InlineData(0.74, "small", "")]
    [InlineData(0.76, "large", "Complexity")]
    [InlineData(0.84, "large", "Complexity")]
    [InlineData(0.86, "large", "")]
    public async Task Ask_FirstLook_IsEnoughWhereItIsSure(double glance, string tier, string looked)
    {
        var classifier = new Fixed(new RequestClass { Complex = 0.85 }, new RequestGlance { Complex = glance });
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        await gateway.AskAsync(Call("Where is the printer on floor 3?", model: ModelCall.Auto));

        Assert.Equal((tier, looked), (Assert.Single(gateway.Asked).Model, string.Join(' ', classifier.Looked)));
    }

    [Theory]
    [InlineData(0.97, 0.96, "Complexity")]
    [InlineData(0.97, 0.91, "")]
    [InlineData(0.2, 0.23, "Complexity")]
    [InlineData(0.2, 0.17, "Complexity")]
    [InlineData(0.2, 0.14, "")]
    [InlineData(0.2, 0.26, "")]
    public async Task Ask_OtherThreshold_IsNeverSureNearIt(double from, double glance, string looked)
    {
        var classifier = new Fixed(new RequestClass { Complex = 0 }, new RequestGlance { Complex = glance });
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting(options => options.LargeFrom = from));
        await gateway.AskAsync(Call("Where is the printer on floor 3?", model: ModelCall.Auto));

        Assert.Equal(looked, string.Join(' ', classifier.Looked));
    }

    [Fact]
    public async Task Ask_WordsSayLarge_NobodyLooksCloser()
    {
        var classifier = new Fixed(new RequestClass { Complex = 0 }, new RequestGlance { Complex = 0.6, Intent = "Hardware", IntentConfidence = 0.5 });
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        await gateway.AskAsync(Call("Compare the two storage offers and recommend one", model: ModelCall.Auto));

        Assert.Equal(("large", 0), (Assert.Single(gateway.Asked).Model, classifier.Asked));
    }

    // Whether the cap of a topic holds is said by the first look; a label that is sure enough is also the call's topic.
    [Theory]
    [InlineData(0.9, "Hardware", "standard")]
    [InlineData(0.5, null, "standard")]
    [InlineData(0.49, null, "large")]
    public async Task Ask_CapsByIntent_TheFirstLookSaysWhetherTheyHold(double glance, string? intent, string tier)
    {
        var classifier = new Fixed(new RequestClass { Intent = "Access" }, new RequestGlance { Complex = 1, Intent = "Hardware", IntentConfidence = glance });
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        var call = Capped("Hardware", 0.005, ModelCall.Auto);
        await gateway.AskAsync(call);

        Assert.Equal((intent, tier, 0), (call.Intent, call.Model, classifier.Asked));
    }

    // Neither is likely alone; both have the same consequence.
    [Theory]
    [InlineData(0.3, 0.25, 0.005, "standard", "")]
    [InlineData(0.3, 0.15, 0.005, "large", "")]
    [InlineData(0.3, 0.25, 0.0005, "large", "Intent")]
    [InlineData(0.3, 0.15, 0.0005, "large", "")]
    public async Task Ask_CapsOfSeveralIntents_OddsOfTheSameConsequenceAreAdded(double hardware, double purchase, double purchaseCap, string tier, string looked)
    {
        var classifier = new Fixed(new RequestClass { Intent = "Access" }, new RequestGlance
        {
            Complex = 1,
            Intent = "Access",
            IntentConfidence = 1 - hardware - purchase,
            Intents = ["Access", "Hardware", "Purchase"],
            IntentProbabilities = [1 - hardware - purchase, hardware, purchase],
        });
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        var call = Call("Where is the printer?", model: ModelCall.Auto);
        call.Policy = call.Policy with { CostCaps = new Dictionary<string, decimal> { ["Hardware"] = 0.005m, ["Purchase"] = (decimal)purchaseCap, ["*"] = 1 } };
        await gateway.AskAsync(call);

        Assert.Equal((tier, looked), (call.Model, string.Join(' ', classifier.Looked)));
    }

    // Odds of 0.34, 0.33 and 0.33: one of the caps holds for sure, and nobody can say which.
    [Theory]
    [InlineData(ModelCall.Auto, null, null, "standard")]
    [InlineData("small", null, null, "small")]
    [InlineData("standard", "probably Purchase, 0.33", "0.0005", null)]
    [InlineData("large", "probably Hardware, 0.34", "0.005", null)]
    public async Task Ask_LikelyTopicsWithDifferentCaps_TheLargestOfThoseThatMatterHolds(string model, string? refused, string? cap, string? tier)
    {
        var classifier = new Fixed(new RequestClass { Intent = "Access" }, ThreeTopics(0.34, 0.33, 0.33));
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        var call = ThreeCaps(model);
        var failure = await Record.ExceptionAsync(() => gateway.AskAsync(call));

        Assert.Equal((refused is null ? null : "model_over_cost_cap", tier, null, 0), ((failure as ModelException)?.Code, gateway.Asked.FirstOrDefault().Model, call.Intent, classifier.Asked));
        if (refused is not null)
        {
            Assert.Contains($"({refused}) may cost at most {cap} US dollars", failure!.Message, StringComparison.Ordinal);
            Assert.Contains($"({refused})", Assert.Single(call.Decisions).Decision, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Access", "large")]
    [InlineData("Purchase", "small")]
    [InlineData(null, "standard")]
    public async Task Ask_LikelyTopicsWithDifferentCaps_ACloserLookNamesTheOneOrTheLargestHolds(string? found, string tier)
    {
        var classifier = new Fixed(new RequestClass { Intent = found }, ThreeTopics(0.5, 0.3, 0.2));
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        var call = ThreeCaps(ModelCall.Auto);
        await gateway.AskAsync(call);

        Assert.Equal((tier, "Intent"), (call.Model, string.Join(' ', classifier.Looked)));
        Assert.Equal(found is null, Assert.Single(call.Decisions).Decision.Contains("(probably Hardware, 0.50)", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_CapFromAboveGlanceIntent_IsRefused()
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Options(options => (options.CapFrom, options.GlanceIntent) = (0.95, 0.9)));

        Assert.Contains("CapFrom: set at most GlanceIntent", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0.9, Options(options => options.CapFrom = 0.9).CapFrom);
    }

    [Theory]
    [InlineData("GlanceSingle")]
    [InlineData("GlanceSeveral")]
    public void Options_SettingThatIsGone_IsRefusedAndSaysWhatToDo(string key)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Options(null, ($"Steward:Models:Routing:{key}", "0.5")));

        Assert.Contains($"Steward:Models:Routing:{key}: remove it; GlanceMargin", failure.Message, StringComparison.Ordinal);
    }

    private static ModelRoutingOptions Options(Action<ModelRoutingOptions>? configure, params (string Key, string Value)[] settings)
    {
        using var provider = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build())
            .AddStewardModelRouting(configure)
            .BuildServiceProvider();
        return provider.GetRequiredService<IOptions<ModelRoutingOptions>>().Value;
    }

    private static RequestGlance ThreeTopics(double hardware, double purchase, double network) => new()
    {
        Complex = 1,
        Intent = "Hardware",
        IntentConfidence = hardware,
        Intents = ["Purchase", "Hardware", "Network"],
        IntentProbabilities = [purchase, hardware, network],
    };

    private static ModelCall ThreeCaps(string model)
    {
        var call = Call("Where is the printer?", model: model);
        call.Policy = call.Policy with { CostCaps = new Dictionary<string, decimal> { ["Hardware"] = 0.005m, ["Purchase"] = 0.0005m, ["Network"] = 0.0005m, ["*"] = 1 } };
        return call;
    }

    [Fact]
    public async Task Ask_CapsByIntentAndNoFirstLook_TheClassifierLooksCloser()
    {
        var classifier = new Fixed(new RequestClass { Intent = "Hardware", Complex = 1 });
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        await gateway.AskAsync(Capped("Hardware", 0.005, ModelCall.Auto));

        Assert.Equal(("standard", "Complexity Intent"), (Assert.Single(gateway.Asked).Model, string.Join(' ', classifier.Looked)));
    }

    [Fact]
    public async Task Ask_CapsThatAllAllowIt_NobodyLooksCloser()
    {
        var classifier = new Fixed(new RequestClass { Intent = "Access" }, new RequestGlance { Complex = 0, Intent = "Hardware", IntentConfidence = 0.5 });
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        await gateway.AskAsync(Capped("Hardware", 0.005, ModelCall.Auto));

        Assert.Equal(("small", 0), (Assert.Single(gateway.Asked).Model, classifier.Asked));
    }

    [Fact]
    public async Task Ask_SameTextAgain_IsKnownForAWhileToItsTenantAlone()
    {
        var classifier = new Fixed(new RequestClass { Complex = 0.85 });
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting());
        async Task<int> AskedAsync(string tenantId)
        {
            await gateway.AskAsync(Call("Where is the printer on floor 3?", model: ModelCall.Auto, tenant: tenantId));
            return classifier.Asked;
        }

        Assert.Equal((1, 1, 2), (await AskedAsync("t-acme"), await AskedAsync("t-acme"), await AskedAsync("t-other")));
        gateway.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(3, await AskedAsync("t-acme"));
        Assert.All(gateway.Asked, asked => Assert.Equal("large", asked.Model));
    }

    private static GatewayUnderTest Gateway(RequestClass? found) => new(services => services.AddSingleton<IRequestClassifier>(
        new Fixed(found, found is null ? null : new RequestGlance { Complex = found.Complex, Intent = found.Intent, IntentConfidence = 1 })).AddStewardModelRouting());

    /// <summary>Always finds the same, or never answers.</summary>
    private sealed class Fixed(RequestClass? found, RequestGlance? glance = null) : IRequestClassifier
    {
        public int Asked => Looked.Count;

        public List<RequestAspects> Looked { get; } = [];

        public RequestAspects Glanced { get; private set; }

        public CancellationToken Given { get; private set; }

        public string Summary => "a test's";

        public RequestGlance? Glance(string tenantId, string text, RequestAspects aspects)
        {
            Glanced |= aspects;
            return glance is null ? null : new RequestGlance
            {
                Complex = aspects.HasFlag(RequestAspects.Complexity) ? glance.Complex : null,
                Intent = aspects.HasFlag(RequestAspects.Intent) ? glance.Intent : null,
                IntentConfidence = glance.IntentConfidence,
                Intents = aspects.HasFlag(RequestAspects.Intent) ? glance.Intents : [],
                IntentProbabilities = glance.IntentProbabilities,
            };
        }

        public ValueTask<RequestClass?> ClassifyAsync(string tenantId, string text, RequestAspects aspects, CancellationToken cancellationToken)
        {
            Looked.Add(aspects);
            Given = cancellationToken;
            return found is not null ? new(found) : new(new TaskCompletionSource<RequestClass?>().Task);
        }
    }
}
