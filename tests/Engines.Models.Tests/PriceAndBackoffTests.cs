using FsCheck;
using FsCheck.Fluent;

namespace Steward.Engines.Models.Tests;

public sealed class PriceAndBackoffTests
{
    [Theory]
    [InlineData("gpt-4.1", true)]
    [InlineData("gpt-4.1-2025-04-14", true)]
    [InlineData("gpt-4.1-turbo-x", false)]
    [InlineData("gpt-4.1-2025-99-99", false)]
    [InlineData("llama-3", false)]
    [InlineData("", false)]
    public void Find_Model_OnlyWithOrWithoutADate(string model, bool known) => Assert.Equal(known, new ModelPrices().Find(model) is not null);

    [Fact]
    public void Cost_UnknownModel_IsNull() => Assert.Null(new ModelPrices().Cost("llama-3", 10, 0, 10));

    [Fact]
    public void Cost_ConfiguredPrice_Wins()
    {
        var prices = new ModelPrices([new ModelPrice { Model = "llama-3", Input = 1, CachedInput = 0, Output = 2, AsOf = new DateOnly(2026, 1, 1) }]);

        Assert.Equal(0.00003m, prices.Cost("llama-3", 10, 0, 10));
    }

    [Fact]
    public void BuiltIn_Prices_AreDated() => Assert.All(ModelPrices.BuiltIn, price => Assert.True(price.AsOf > new DateOnly(2025, 1, 1) && price.CachedInput <= price.Input));

    [Fact]
    public void Delay_AnyAttempt_LiesBetweenRetryAfterAndTheCap() => Prop.ForAll(
        (from attempt in Gen.Choose(1, 100)
         from seed in Gen.Choose(0, 1000)
         from asked in Gen.Choose(0, 100_000)
         select (attempt, seed, asked)).ToArbitrary(),
        x =>
        {
            var cap = TimeSpan.FromSeconds(30);
            var delay = Backoff.Delay(x.attempt, TimeSpan.FromMilliseconds(500), cap, TimeSpan.FromMilliseconds(x.asked), new RandomSource(x.seed));
            var floor = TimeSpan.FromMilliseconds(Math.Min(x.asked, cap.TotalMilliseconds));
            return delay >= floor && delay <= cap;
        }).QuickCheckThrowOnFailure();

    /// <summary>Many calls that fail at once, told to come back after the same time or after none, do not come back at once.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(1_000)]
    public void Delay_ManyCallersAtOnce_SpreadEvenly(int? asked)
    {
        var random = new RandomSource(11);
        TimeSpan? retryAfter = asked is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
        var delays = Enumerable.Range(0, 1_000).Select(_ => Backoff.Delay(2, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(10), retryAfter, random).TotalMilliseconds - (asked ?? 0)).ToList();

        Assert.InRange(delays.Max() - delays.Min(), 900, 1_000);
        Assert.All(delays.GroupBy(delay => (int)(delay / 100)), window => Assert.InRange(window.Count(), 50, 150));
    }

    // A budget of money refuses what has no price.
    [Fact]
    public void Cost_OfVectors_IsKnown() => Assert.Equal(0.02m, new ModelPrices().Cost("text-embedding-3-small", 1_000_000, 0, 0));

    [Fact]
    public void BuiltIn_EveryChatModelWithAPrice_HasItsAbilities() =>
        Assert.All(ModelPrices.BuiltIn.Where(price => price.Output > 0), price => Assert.NotNull(new ModelCapabilityTable().Find(price.Model)));

    [Theory]
    [InlineData("claude-sonnet-4-5-20250929", null)]
    [InlineData("claude-haiku-4-5", null)]
    [InlineData("claude-sonnet-4-20250514", "JSON Schema")]
    [InlineData("claude-3-5-haiku-20241022", "JSON Schema")]
    public void Missing_StructuredAnswersOfAnthropicsModels_AreRefusedWhereTheApiDoes(string model, string? missing)
    {
        var request = new ChatRequest { Messages = [], Format = new ChatFormat { Schema = System.Text.Json.JsonElement.Parse("{}") } };
        var found = new ModelCapabilityTable().Missing(ModelProviderOptions.Anthropic, model, request);

        Assert.Equal(missing is not null, found?.Contains(missing ?? "", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void BuiltIn_EveryModelWhoseAbilitiesAreKnown_HasAPrice() => Assert.All(ModelCapabilityTable.BuiltIn, model => Assert.NotNull(new ModelPrices().Find(model.Model)));

    [Fact]
    public void Delay_SameSeed_IsTheSame() => Assert.Equal(
        Backoff.Delay(3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), null, new RandomSource(7)),
        Backoff.Delay(3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), null, new RandomSource(7)));
}
