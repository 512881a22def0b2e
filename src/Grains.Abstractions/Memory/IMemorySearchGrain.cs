namespace Steward.Memory;

/// <summary>
/// Looks into what is remembered of one person, also by meaning: computes the question's vector, which the grain that owns the memory does not wait for. Key: as of <see cref="IUserMemoryGrain"/>, and as there nobody but the person may call it.
/// </summary>
[Alias("steward.memory-search")]
public interface IMemorySearchGrain : IGrainWithStringKey
{
    /// <summary>What fits a question best; constraints always. By words alone where no vector can be computed in time.</summary>
    /// <exception cref="Errors.StewardException">As for <see cref="IUserMemoryGrain.Recall"/>.</exception>
    [Alias("search")]
    Task<MemoryRecall> Search(RecallMemories query, CancellationToken cancellationToken = default);
}
