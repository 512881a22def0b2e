namespace Steward.Engines.Models;

/// <summary>What a model can do.</summary>
public sealed record ModelCapabilities
{
    /// <summary>The model's name without a date; <c>gpt-4.1</c> also stands for <c>gpt-4.1-2025-04-14</c>.</summary>
    public required string Model { get; init; }

    /// <summary>The most tokens read and written together.</summary>
    public required long ContextTokens { get; init; }

    /// <summary>The most tokens of an answer.</summary>
    public required int OutputTokens { get; init; }

    /// <summary>Whether it calls tools. Default true.</summary>
    public bool Tools { get; init; } = true;

    /// <summary>Whether it sees images. Default false.</summary>
    public bool Images { get; init; }

    /// <summary>The most tokens that it reads for one image, of whatever size and detail: what budgets and caps on cost reckon with. Default <see cref="MostImageTokens"/>.</summary>
    public long ImageTokens { get; init; } = MostImageTokens;

    /// <summary>The most tokens of one image with the models whose documentation says it, gpt-4o-mini apart, which counts ten times as many: 4,800.</summary>
    public const long MostImageTokens = 4_800;

    /// <summary>Whether it answers with a JSON object on demand. Default true.</summary>
    public bool JsonObject { get; init; } = true;

    /// <summary>Whether its answers keep to a JSON Schema on demand. Default true.</summary>
    public bool JsonSchema { get; init; } = true;

    /// <summary>Whether temperature, top_p and penalties can be set. Default true.</summary>
    public bool Sampling { get; init; } = true;

    /// <summary>The day on which the provider's documentation said so.</summary>
    public required DateOnly AsOf { get; init; }
}

/// <summary>What models can do. A model that is not in it is asked for anything; its provider says what it cannot.</summary>
public sealed class ModelCapabilityTable
{
    // The providers' public documentation.
    private static readonly DateOnly Known = new(2025, 9, 1);

    private static readonly DateOnly Newer = new(2026, 11, 22);

    // Prose has between four and five characters a token: counted low, so that nothing is refused that fits.
    private const int CharactersPerToken = 5;

    // What the smallest image costs with any provider.
    private const int TokensPerImage = 85;

    private readonly Dictionary<string, ModelCapabilities> _models;

    /// <summary>The built-in table with changes.</summary>
    /// <param name="overrides">Replace built-in rows or add to them.</param>
    public ModelCapabilityTable(IEnumerable<ModelCapabilities>? overrides = null)
    {
        _models = BuiltIn.ToDictionary(model => model.Model, StringComparer.Ordinal);
        foreach (var model in overrides ?? [])
        {
            _models[model.Model] = model;
        }
    }

    /// <summary>The built-in table.</summary>
    public static IReadOnlyList<ModelCapabilities> BuiltIn { get; } =
    [
        Model("gpt-4o", 128_000, 16_384) with { Images = true },
        // Images cost as much as with gpt-4o, and tokens cost less: 2,833 and 5,667 for each of up to eight tiles.
        Model("gpt-4o-mini", 128_000, 16_384) with { Images = true, ImageTokens = 48_169 },
        Model("gpt-4.1", 1_047_576, 32_768) with { Images = true },
        Model("gpt-4.1-mini", 1_047_576, 32_768) with { Images = true },
        Model("gpt-4.1-nano", 1_047_576, 32_768) with { Images = true },
        Model("gpt-5", 400_000, 128_000) with { Images = true, Sampling = false },
        Model("gpt-5-mini", 400_000, 128_000) with { Images = true, Sampling = false },
        Model("gpt-5-nano", 400_000, 128_000) with { Images = true, Sampling = false },
        Model("o3", 200_000, 100_000) with { Images = true, Sampling = false },
        Model("o4-mini", 200_000, 100_000) with { Images = true, Sampling = false },
        Model("gpt-3.5-turbo", 16_385, 4_096) with { JsonSchema = false },
        Model("claude-opus-4-5", 200_000, 64_000) with { Images = true, AsOf = Newer },
        Model("claude-sonnet-4-5", 200_000, 64_000) with { Images = true, AsOf = Newer },
        Model("claude-haiku-4-5", 200_000, 64_000) with { Images = true, AsOf = Newer },
        Model("claude-opus-4-1", 200_000, 32_000) with { Images = true },
        // Structured outputs came after these two.
        Model("claude-sonnet-4", 200_000, 64_000) with { Images = true, JsonSchema = false },
        Model("claude-3-5-haiku", 200_000, 8_192) with { Images = true, JsonSchema = false },
    ];

    /// <summary>What is known of a model, or null.</summary>
    public ModelCapabilities? Find(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _models.GetValueOrDefault(model) ?? _models.GetValueOrDefault(ModelNames.WithoutDate(model));
    }

    /// <summary>What a request asks for that a model of a provider cannot do, in words; null when nothing.</summary>
    /// <param name="providerKind"><see cref="ModelProviderOptions.OpenAI"/> or <see cref="ModelProviderOptions.Anthropic"/>.</param>
    /// <param name="model">The model.</param>
    /// <param name="request">What is asked.</param>
    public string? Missing(string providerKind, string model, ChatRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return OfProvider(providerKind, request) ?? (Find(model) is { } known ? OfModel(known, request) : null);
    }

    /// <summary>What a request asks for that none of several models can do, with the first one's name; null when one can, or when there is none to ask.</summary>
    internal string? MissingIn(IEnumerable<Gateway.ModelTargetName> targets, ChatRequest request)
    {
        string? missing = null;
        foreach (var target in targets)
        {
            if (Missing(target.Kind, target.Model, request) is not { } lacks)
            {
                return null;
            }

            missing ??= $"{target.Model} cannot do {lacks}";
        }

        return missing;
    }

    /// <summary>Whether one of several models may be asked for a tenant and can do what is asked; also when there are none, which is said elsewhere.</summary>
    internal bool CanAny(IReadOnlyList<Gateway.ModelTargetName> targets, Gateway.ModelTenantPolicy policy, ChatRequest request)
    {
        var open = targets.Where(target => Gateway.PolicyRules.MayUse(policy, target.Name)).ToList();
        return open.Count == 0 ? targets.Count == 0 : MissingIn(open, request) is null;
    }

    private static string? OfProvider(string kind, ChatRequest request)
    {
        var sampling = request.Sampling;
        // What an API does not have is refused: whoever asks for it must not believe that it was heeded.
        return kind != ModelProviderOptions.Anthropic ? null
            : sampling.Seed is not null ? "seed"
            : sampling.FrequencyPenalty is not (null or 0) ? "frequency_penalty"
            : sampling.PresencePenalty is not (null or 0) ? "presence_penalty"
            : sampling.ReasoningEffort is not null ? "reasoning_effort"
            // The package does not pass them on: the models of today refuse them.
            : sampling.Temperature is not (null or 1) || sampling.TopP is not (null or 1) ? "temperature and top_p"
            : request.Format is { Schema: null } ? "JSON objects without a schema"
            : null;
    }

    private static string? OfModel(ModelCapabilities model, ChatRequest request)
    {
        var sampling = request.Sampling;
        return !model.Tools && request.Tools.Count > 0 ? "tools"
            : !model.Images && request.Messages.Any(message => message.Parts.Any(part => part is ChatImagePart)) ? "images"
            : !model.JsonObject && request.Format is { Schema: null } ? "JSON objects on demand"
            : !model.JsonSchema && request.Format is { Schema: not null } ? "answers that keep to a JSON Schema"
            : !model.Sampling && (sampling.Temperature is not (null or 1) || sampling.TopP is not (null or 1)) ? "temperature and top_p"
            : !model.Sampling && (sampling.FrequencyPenalty is not (null or 0) || sampling.PresencePenalty is not (null or 0)) ? "penalties"
            : request.MaxOutputTokens is not null && request.OutputLimit > model.OutputTokens ? $"answers of {request.OutputLimit:N0} tokens (at most {model.OutputTokens:N0})"
            : LeastTokens(request) > model.ContextTokens ? $"{LeastTokens(request):N0} tokens of context (at most {model.ContextTokens:N0})"
            : null;
    }

    /// <summary>The least tokens that a request can have.</summary>
    public static long LeastTokens(ChatRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        long characters = 0;
        long images = 0;
        foreach (var message in request.Messages)
        {
            characters += message.Text.Length;
            foreach (var call in message.ToolCalls)
            {
                characters += call.Arguments.Length;
            }

            foreach (var part in message.Parts)
            {
                images += part is ChatImagePart ? 1 : 0;
            }
        }

        return (characters / CharactersPerToken) + (images * TokensPerImage);
    }

    private static ModelCapabilities Model(string model, long context, int output) => new() { Model = model, ContextTokens = context, OutputTokens = output, AsOf = Known };
}

/// <summary>What the names of models say.</summary>
internal static class ModelNames
{
    /// <summary>The name without a date at its end, as <c>-2025-04-14</c> (OpenAI) or <c>-20250514</c> (Anthropic).</summary>
    public static string WithoutDate(string model) =>
        model.Length > 11 && model[^11] == '-' && DateOnly.TryParseExact(model[^10..], "yyyy-MM-dd", out _) ? model[..^11]
        : model.Length > 9 && model[^9] == '-' && DateOnly.TryParseExact(model[^8..], "yyyyMMdd", out _) ? model[..^9]
        : model;
}
