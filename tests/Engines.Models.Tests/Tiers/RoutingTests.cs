using Microsoft.Extensions.DependencyInjection;
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

        Assert.Equal((tier, tier, "Hardware"), (Assert.Single(gateway.Asked).Model, call.Model, call.Intent));
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
        await using var gateway = Gateway(null);
        var asked = gateway.AskAsync(Call("Where is the printer?", model: ModelCall.Auto));
        Assert.False(asked.IsCompleted);
        gateway.Clock.Advance(TimeSpan.FromMilliseconds(51));
        await asked;

        Assert.Equal("small", Assert.Single(gateway.Asked).Model);
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

    // A cap for one thing holds whoever names the tier, and nobody classifies where no cap asks for it.
    [Theory]
    [InlineData("Hardware", 0.0005, "standard", 1, true)]
    [InlineData("Hardware", 0.005, "standard", 1, false)]
    [InlineData("Hardware", 0.0005, "small", 1, false)]
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

    private static GatewayUnderTest Gateway(RequestClass? found) => new(services => services.AddSingleton<IRequestClassifier>(new Fixed(found)).AddStewardModelRouting());

    /// <summary>Always finds the same, or never answers.</summary>
    private sealed class Fixed(RequestClass? found) : IRequestClassifier
    {
        public int Asked { get; private set; }

        public string Summary => "a test's";

        public ValueTask<RequestClass?> ClassifyAsync(string tenantId, string text, CancellationToken cancellationToken)
        {
            Asked++;
            return found is not null ? new(found) : new(new TaskCompletionSource<RequestClass?>().Task);
        }
    }
}
