using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Caching;

namespace Steward.Memory;

/// <summary>Gives questions to memories their vectors, where the silo can compute one.</summary>
internal sealed class QuestionEmbedder(IEnumerable<ITextEmbedder> embedders, IOptions<MemoryOptions> options, TimeProvider time, ILogger<QuestionEmbedder> logger)
{
    private const int MaxEmbedded = 300;

    private readonly ITextEmbedder? _embedder = embedders.FirstOrDefault();

    /// <summary>Whether there is anything to wait for.</summary>
    public bool HasEmbedder => _embedder is not null;

    /// <summary>The question with its vector; as it is where there is none, in time or at all: it is found by words then.</summary>
    public async Task<RecallMemories> EmbedAsync(string tenantId, RecallMemories query, bool isInteractive, CancellationToken cancellationToken)
    {
        if (_embedder is null)
        {
            return query;
        }

        var text = query.Text.Length <= MaxEmbedded ? query.Text : query.Text[..MaxEmbedded];
        try
        {
            // Tokenising leaves the scheduler of whoever asks. Half of the time is for the memory itself: a model that is only being loaded must not keep what must always be kept to.
            var vector = await Task.Run(async () => await _embedder.EmbedAsync(tenantId, text, isInteractive, cancellationToken), cancellationToken).WaitAsync(options.Value.RecallPatience / 2, time, cancellationToken);
            return vector is null ? query : query with { Vector = vector.Values.ToArray(), VectorVersion = vector.Version };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (TimeoutException)
        {
            return query;
        }
#pragma warning disable CA1031 // Words find, too.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            MemoryLog.NotEmbedded(logger, exception, tenantId);
            return query;
        }
    }
}
