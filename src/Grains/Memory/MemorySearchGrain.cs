using Orleans.Concurrency;
using Steward.Identity;

namespace Steward.Memory;

/// <summary>Embeds a person's question and asks their memory, as the person. Holds nothing; calls interleave.</summary>
[StatelessWorker(1)]
[Reentrant]
internal sealed class MemorySearchGrain(QuestionEmbedder questions) : StewardGrain, IMemorySearchGrain
{
    /// <inheritdoc/>
    public async Task<MemoryRecall> Search(RecallMemories query, CancellationToken cancellationToken = default)
    {
        MemoryRules.Check(query);
        var key = this.GetPrimaryKeyString();
        var embedded = await questions.EmbedAsync(GrainKeys.TenantOf(key), GrainKeys.LastPart(key), query, isInteractive: true, cancellationToken);
        return await GrainFactory.GetGrain<IUserMemoryGrain>(key).Recall(embedded, cancellationToken);
    }
}
