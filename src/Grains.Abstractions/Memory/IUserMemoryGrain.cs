namespace Steward.Memory;

/// <summary>
/// What is remembered of one person, across conversations. Key: <c>t-acme/u-7</c>. Nobody but the person, and the platform in the person's runs, may call it: the silo's filter refuses everybody else.
/// </summary>
[Alias("steward.user-memory")]
public interface IUserMemoryGrain : IGrainWithStringKey
{
    /// <summary>Takes what a message said. The platform only. Idempotent by message: once it has returned, nothing of the message is lost. What the person does not want kept, or said before it was forgotten, is left out.</summary>
    [Alias("note")]
    Task Note(NoteStatements command, CancellationToken cancellationToken = default);

    /// <summary>What holds of the person themselves, for reading a message of theirs against it. The platform only. Changes nothing, and is no access: what is read is written down by <see cref="Note"/>.</summary>
    /// <param name="saidAt">When the message was said: what was said later, or is only to hold, is left out.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>At most 64, the last said first.</returns>
    /// <exception cref="Errors.StewardException"><c>memory_unreadable</c> when the tenant's key is gone.</exception>
    [Alias("list-held")]
    Task<IReadOnlyList<HeldMemory>> ListHeld(DateTimeOffset saidAt, CancellationToken cancellationToken = default);

    /// <summary>What fits a question best, within a budget; constraints always. For a run it notes which memories were used by it.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>memory_unreadable</c> when the tenant's key is gone.</exception>
    [Alias("recall")]
    Task<MemoryRecall> Recall(RecallMemories query, CancellationToken cancellationToken = default);

    /// <summary>One page of what is remembered, by id.</summary>
    [Alias("list")]
    Task<MemoryPage> List(ListMemories query, CancellationToken cancellationToken = default);

    /// <summary>Puts a value in the place of one that is wrong. The old one is kept as superseded. Idempotent by operation.</summary>
    /// <returns>The memory that holds now.</returns>
    /// <exception cref="Errors.StewardException"><c>not_found</c>; <c>conflict</c> when it does not hold any more.</exception>
    [Alias("correct")]
    Task<MemoryItem> Correct(CorrectMemory command, CancellationToken cancellationToken = default);

    /// <summary>Makes a memory hold again that was superseded or taken back; what took its place does not hold any more. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>.</exception>
    [Alias("restore")]
    Task<MemoryItem> Restore(long memoryId, CancellationToken cancellationToken = default);

    /// <summary>Forgets memories with all that they superseded: nothing that could be read stays, and what was said before cannot bring them back. Idempotent by operation.</summary>
    [Alias("forget")]
    Task<MemoryForgotten> Forget(ForgetMemories command, CancellationToken cancellationToken = default);

    /// <summary>What the person wants kept, and for how long.</summary>
    [Alias("get-settings")]
    Task<MemorySettings> GetSettings(CancellationToken cancellationToken = default);

    /// <summary>Changes that. A kind that is not wanted any more is forgotten. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field.</exception>
    [Alias("set-settings")]
    Task<MemorySettings> SetSettings(SetMemorySettings command, CancellationToken cancellationToken = default);

    /// <summary>Everything that is held on the person in this memory, also what does not hold any more.</summary>
    [Alias("export")]
    Task<MemoryExport> Export(CancellationToken cancellationToken = default);

    /// <summary>Erases everything, and with it, if that is asked for, the texts of the person's conversations and runs. The memory itself is empty when this returns; the rest goes on, also after a loss. Idempotent by operation.</summary>
    [Alias("erase")]
    Task<MemoryErasure> Erase(EraseMemory command, CancellationToken cancellationToken = default);

    /// <summary>The receipt of the last erasure; null when there was none.</summary>
    [Alias("get-erasure")]
    Task<MemoryErasure?> GetErasure(CancellationToken cancellationToken = default);

    /// <summary>Merges what says the same, and removes what is over its time. Done by itself at night; also on demand. Idempotent.</summary>
    [Alias("consolidate")]
    Task<MemoryConsolidated> Consolidate(CancellationToken cancellationToken = default);

    /// <summary>Who read or changed the memory, newest first.</summary>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    [Alias("list-accesses")]
    Task<IReadOnlyList<MemoryAccess>> ListAccesses(int limit, CancellationToken cancellationToken = default);

    /// <summary>
    /// Keeps the memory as the tenant wants it: removes what is over its time, seals what an earlier key sealed with the current one, and begins anew what cannot be read since the key was destroyed. The platform only. Idempotent.
    /// </summary>
    [Alias("keep")]
    Task<MemoryKept> Keep(KeepMemory command, CancellationToken cancellationToken = default);

    /// <summary>Goes on with what is due. The watchdog calls it; the platform only.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);

    /// <summary>Whether requests are counted: the person wants patterns kept, or has open matters that a request may close. The platform only.</summary>
    [Alias("counts-requests")]
    Task<bool> CountsRequests(CancellationToken cancellationToken = default);

    /// <summary>What consolidating has found worth asking the person about: requests that come again and again, and what was left open. Newest last; those that were decided stay for 90 days. Nothing is ever done by itself.</summary>
    [Alias("list-proposals")]
    Task<IReadOnlyList<MemoryProposal>> ListProposals(CancellationToken cancellationToken = default);

    /// <summary>Accepts or dismisses a proposal. Accepting a repeated request keeps it as a learnt pattern, accepting an open matter only marks it; neither acts. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>; <c>conflict</c> when it was decided otherwise.</exception>
    [Alias("decide-proposal")]
    Task<MemoryProposal> DecideProposal(DecideMemoryProposal command, CancellationToken cancellationToken = default);
}
