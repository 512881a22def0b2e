using Steward.Engines.Triage.Learning;

namespace Steward.Triage;

/// <summary>What a training reads and computes on the way. It takes memory: of labels a silo holds one tenant's at a time.</summary>
internal sealed partial class TriageLearner
{
    private IDisposable? _held;
    private LearningLabels? _labels;
    private EmbeddingCache? _cache;

    private async Task<LearningLabels> LabelsAsync(TrainingWork work, CancellationToken cancellationToken) =>
        _labels is { } labels && labels.ThroughSequence == work.ThroughSequence ? labels : await ReadLabelsAsync(work.ThroughSequence, cancellationToken);

    private async Task<LearningLabels> ReadLabelsAsync(long? through, CancellationToken cancellationToken)
    {
        var settings = await Triage().GetSettings(cancellationToken);
        _labels = null;
        _held ??= await parts.Room.HoldLabelsAsync(cancellationToken);
        return _labels = await LearningLabels.ReadAsync((after, limit) => Triage().ListLabels(after, limit, cancellationToken), through, ZoneOf(settings), parts.Room, cancellationToken);
    }

    private async Task<EmbeddingCache> CacheAsync(CancellationToken cancellationToken)
    {
        if (_cache is null)
        {
            var bytes = Stand.Embeddings is { } hash ? await parts.Contents.ReadAsync(tenantId, hash, cancellationToken) : null;
            _cache = bytes is { } known ? EmbeddingCache.FromBytes(known) : new EmbeddingCache();
        }

        return _cache;
    }

    private void DropLabels()
    {
        _labels = null;
        _held?.Dispose();
        _held = null;
    }

    // As long as nothing is at work, others have the memory.
    private void Drop()
    {
        DropLabels();
        _cache = null;
    }
}
