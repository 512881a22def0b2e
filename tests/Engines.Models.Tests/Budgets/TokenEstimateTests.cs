using System.Text.Json;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Gateway;
using Steward.Engines.Models.Tiers;

namespace Steward.Engines.Models.Tests.Budgets;

/// <summary>What is read beside texts counts before anything is sent.</summary>
public sealed class TokenEstimateTests
{
    private static readonly ChatRequest Plain = new() { Messages = [new ChatMessage { Role = ChatRole.User, Text = "What is on it?" }] };

    private static readonly ChatRequest Seen = Plain with
    {
        Messages = [new ChatMessage { Role = ChatRole.User, Text = "What is on it?", Parts = [new ChatTextPart("What is on it?"), new ChatImagePart("https://a.example/1.png"), new ChatImagePart("https://a.example/2.png", "low")] }],
    };

    private static readonly ChatRequest Formed = Plain with { Format = new ChatFormat { Schema = JsonElement.Parse($$"""{"type":"object","description":"{{new string('x', 4_000)}}"}""") } };

    [Fact]
    public void OfInput_Images_CountAtTheirMostEach() => Assert.Equal(TokenEstimates.OfInput(Plain) + 2_000, TokenEstimates.OfInput(Seen, 1_000));

    [Fact]
    public void OfInput_SchemaOfTheAnswer_Counts() => Assert.InRange(TokenEstimates.OfInput(Formed) - TokenEstimates.OfInput(Plain), 1_000, 1_050);

    // 100 tokens of an answer; two images of 4,800 tokens, and a schema of some 2,000 at most.
    [Theory]
    [InlineData("plain", 0, 200)]
    [InlineData("seen", 9_600, 9_900)]
    [InlineData("formed", 2_000, 2_300)]
    public void Worst_ImagesAndSchema_AreInIt(string what, long least, long most)
    {
        var request = what switch { "seen" => Seen, "formed" => Formed, _ => Plain };
        var worst = CostCap.Worst(new OneDollarAMillion(), request with { MaxOutputTokens = 100 }, 4_096)!.Value * 1_000_000m;

        Assert.InRange(worst, least, most);
    }

    // A cap that the words alone would keep.
    [Fact]
    public async Task Ask_ImagesAboveTheCap_RefusedBeforeItIsSent()
    {
        await using var gateway = new GatewayUnderTest(services => services.AddStewardModelRouting());
        ModelCall Call(ChatRequest request)
        {
            var call = new ModelCall(new ModelCallOrigin { TenantId = "t-a", UserId = "u-1" }, request with { MaxOutputTokens = 100 }, ModelTiers.Standard, default);
            call.Policy = call.Policy with { CostCaps = new Dictionary<string, decimal> { ["*"] = 0.005m } };
            return call;
        }

        await gateway.AskAsync(Call(Plain));
        Assert.Equal("model_over_cost_cap", (await Assert.ThrowsAsync<ModelException>(() => gateway.AskAsync(Call(Seen)))).Code);
    }

    private sealed class OneDollarAMillion : IChatModel
    {
        public string Name => "one";

        public ModelPrice? Price => new() { Model = "one", Input = 1, CachedInput = 1, Output = 1, AsOf = new DateOnly(2026, 1, 1) };

        public IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
