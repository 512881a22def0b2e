using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Steward.Memory;

/// <summary>Gives questions to memories their vectors, where the silo can compute one.</summary>
internal sealed class QuestionEmbedder(MemoryEmbedder embedder, IOptions<MemoryOptions> options, TimeProvider time, ILogger<QuestionEmbedder> logger)
{
    /// <summary>Whether there is anything to wait for.</summary>
    public bool HasEmbedder => embedder.Exists;

    /// <summary>The question with its vector; as it is where there is none, in time or at all: it is found by words then.</summary>
    public async Task<RecallMemories> EmbedAsync(string tenantId, string userId, RecallMemories query, bool isInteractive, CancellationToken cancellationToken)
    {
        if (!embedder.Exists)
        {
            return query;
        }

        try
        {
            // Tokenising leaves the scheduler of whoever asks. Half of the time is for the memory itself: a model that is only being loaded must not keep what must always be kept to.
            var vectors = await Task.Run(async () => await embedder.EmbedAsync(tenantId, userId, [query.Text], isInteractive, cancellationToken), cancellationToken).WaitAsync(options.Value.RecallPatience / 2, time, cancellationToken);
            return vectors.Count == 0 ? query : query with { Vector = vectors[0].Values.ToArray(), VectorVersion = vectors[0].Version };
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
