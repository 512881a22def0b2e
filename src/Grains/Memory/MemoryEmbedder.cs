using System.Numerics.Tensors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Models;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;

namespace Steward.Memory;

/// <summary>
/// Gives memories, and questions to them, their vectors: a provider's embedder where one is configured (<see cref="MemoryOptions.Embedder"/>) and the tenant's settings let it be asked, under the tenant's budgets and with what masks personal data before it;
/// the silo's own otherwise. Vectors of different embedders are never compared.
/// </summary>
internal sealed class MemoryEmbedder(IEnumerable<ITextEmbedder> own, IOptions<MemoryOptions> options, TimeProvider time, ILogger<MemoryEmbedder> logger, MeteredEmbeddings? providers = null)
{
    /// <summary>How many texts are embedded at a time.</summary>
    public const int MaxTexts = 64;

    /// <summary>Longer vectors cannot be looked through.</summary>
    private const int MaxDimensions = 4_096;

    private const int MaxCharacters = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ITextEmbedder? _own = own.FirstOrDefault();

    /// <summary>Whether there is any embedder.</summary>
    public bool Exists => _own is not null || Provider is not null;

    private string? Provider => providers is not null && options.Value.Embedder is { Length: > 0 } name ? name : null;

    /// <summary>The vectors of texts, in their order, as far as they go: where the embedder cannot now, the rest is missing. Of a text its first 300 characters count.</summary>
    /// <param name="tenantId">On whose behalf.</param>
    /// <param name="userId">Whose memory it is.</param>
    /// <param name="texts">The texts; <see cref="MaxTexts"/> at most.</param>
    /// <param name="isInteractive">Whether somebody waits.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="ModelException">The provider failed, or the tenant is over a budget.</exception>
    public async Task<IReadOnlyList<TextVector>> EmbedAsync(string tenantId, string userId, IReadOnlyList<string> texts, bool isInteractive, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(texts.Count, MaxTexts, nameof(texts));
        var cut = texts.Select(text => text.Length <= MaxCharacters ? text : text[..MaxCharacters]).ToList();
        if (Provider is { } provider && await AskAsync(provider, tenantId, userId, cut, isInteractive, cancellationToken) is { } asked)
        {
            return asked;
        }

        var vectors = new List<TextVector>(cut.Count);
        foreach (var text in cut)
        {
            if (_own is null || await _own.EmbedAsync(tenantId, text, isInteractive, cancellationToken) is not { } vector)
            {
                break;
            }

            vectors.Add(vector);
        }

        return vectors;
    }

    // Null where the tenant does not let it be asked.
    private async Task<IReadOnlyList<TextVector>?> AskAsync(string provider, string tenantId, string userId, IReadOnlyList<string> texts, bool isInteractive, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            // Nothing but the texts: no prompt has a version, and vectors pass no cache.
            var origin = new ModelCallOrigin { TenantId = tenantId, UserId = userId, Feature = "memory", IsInteractive = isInteractive, PromptVersion = null, Cache = ModelCacheHint.Never };
            var answer = await providers!.EmbedAsync(origin, provider, new EmbeddingRequest { Texts = texts, Dimensions = options.Value.EmbedderDimensions }, either.Token);
            var version = $"{provider[(provider.IndexOf('/', StringComparison.Ordinal) + 1)..]}/{answer.Vectors[0].Length}";
            if (answer.Vectors[0].Length > MaxDimensions)
            {
                MemoryLog.TooLong(logger, provider, answer.Vectors[0].Length, MaxDimensions);
                return [];
            }

            return [.. answer.Vectors.Select(Unit).TakeWhile(values => values is not null).Select(values => new TextVector(values!, version))];
        }
        catch (ModelException exception) when (exception.Code == "model_not_allowed")
        {
            return null;
        }
    }

    private static float[]? Unit(float[] values)
    {
        var norm = TensorPrimitives.Norm<float>(values);
        if (!float.IsFinite(norm) || norm < 1e-12f)
        {
            return null;
        }

        var unit = new float[values.Length];
        TensorPrimitives.Divide(values, norm, unit);
        return unit;
    }
}
