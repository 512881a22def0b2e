namespace Steward.Engines.Models;

/// <summary>What a model costs, in US dollars per million tokens.</summary>
public sealed record ModelPrice
{
    /// <summary>The model's name without a date; <c>gpt-4.1</c> also stands for <c>gpt-4.1-2025-04-14</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Tokens read.</summary>
    public required decimal Input { get; init; }

    /// <summary>Tokens read from the provider's cache.</summary>
    public required decimal CachedInput { get; init; }

    /// <summary>Tokens written.</summary>
    public required decimal Output { get; init; }

    /// <summary>The day on which this was the list price.</summary>
    public required DateOnly AsOf { get; init; }
}

/// <summary>List prices. A model that is not in it has no price, so its calls have no cost.</summary>
public sealed class ModelPrices
{
    // OpenAI's public price list, standard tier: openai.com/api/pricing.
    private static readonly DateOnly OpenAI = new(2025, 9, 1);

    // Anthropic's: platform.claude.com/docs/en/about-claude/pricing, base input, cache hits, output. Writing into the provider's cache costs more; nothing here asks for it.
    private static readonly DateOnly Anthropic = new(2026, 11, 22);

    private readonly Dictionary<string, ModelPrice> _prices;

    /// <summary>The built-in list with changes.</summary>
    /// <param name="overrides">Replace built-in prices or add to them.</param>
    public ModelPrices(IEnumerable<ModelPrice>? overrides = null)
    {
        _prices = BuiltIn.ToDictionary(price => price.Model, StringComparer.Ordinal);
        foreach (var price in overrides ?? [])
        {
            _prices[price.Model] = price;
        }
    }

    /// <summary>The built-in list.</summary>
    public static IReadOnlyList<ModelPrice> BuiltIn { get; } =
    [
        Price("gpt-3.5-turbo", 0.50m, 0.50m, 1.50m),
        Price("gpt-4o", 2.50m, 1.25m, 10.00m),
        Price("gpt-4o-mini", 0.15m, 0.075m, 0.60m),
        Price("gpt-4.1", 2.00m, 0.50m, 8.00m),
        Price("gpt-4.1-mini", 0.40m, 0.10m, 1.60m),
        Price("gpt-4.1-nano", 0.10m, 0.025m, 0.40m),
        Price("gpt-5", 1.25m, 0.125m, 10.00m),
        Price("gpt-5-mini", 0.25m, 0.025m, 2.00m),
        Price("gpt-5-nano", 0.05m, 0.005m, 0.40m),
        Price("o3", 2.00m, 0.50m, 8.00m),
        Price("o4-mini", 1.10m, 0.275m, 4.40m),
        Price("text-embedding-3-small", 0.02m, 0.02m, 0m),
        Price("text-embedding-3-large", 0.13m, 0.13m, 0m),
        Price("text-embedding-ada-002", 0.10m, 0.10m, 0m),
        Price("claude-opus-4-5", 5m, 0.50m, 25m) with { AsOf = Anthropic },
        Price("claude-opus-4-1", 15m, 1.50m, 75m) with { AsOf = Anthropic },
        Price("claude-sonnet-4-5", 3m, 0.30m, 15m) with { AsOf = Anthropic },
        Price("claude-sonnet-4", 3m, 0.30m, 15m) with { AsOf = Anthropic },
        Price("claude-haiku-4-5", 1m, 0.10m, 5m) with { AsOf = Anthropic },
        Price("claude-3-5-haiku", 0.80m, 0.08m, 4m) with { AsOf = Anthropic },
    ];

    /// <summary>The price of a model, or null.</summary>
    public ModelPrice? Find(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        // A date at the end says which release of a model it is; any other ending is another model.
        return _prices.GetValueOrDefault(model) ?? _prices.GetValueOrDefault(ModelNames.WithoutDate(model));
    }

    /// <summary>What a call costs, or null when the model's price is not known.</summary>
    public decimal? Cost(string model, long inputTokens, long cachedInputTokens, long outputTokens) =>
        Find(model) is { } price
            ? (((inputTokens - cachedInputTokens) * price.Input) + (cachedInputTokens * price.CachedInput) + (outputTokens * price.Output)) / 1_000_000m
            : null;

    private static ModelPrice Price(string model, decimal input, decimal cached, decimal output) =>
        new() { Model = model, Input = input, CachedInput = cached, Output = output, AsOf = OpenAI };
}
