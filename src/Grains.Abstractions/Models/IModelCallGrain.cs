using Orleans.Concurrency;

namespace Steward.Models;

/// <summary>
/// One call of a language model or of an embedder, for the endpoint. Key: <c>t-acme/mc-…</c>. Makes the call in the background of the activation and gives its events from a sequenced buffer. Keeps nothing: a call that was
/// under way when its silo was lost is lost, and says so. Only whoever started it may read or stop it.
/// </summary>
[Alias("steward.model-call")]
public interface IModelCallGrain : IGrainWithStringKey
{
    /// <summary>Starts the call and returns at once. Idempotent: a repetition by the same caller starts nothing. A call that nobody reads for ten seconds is stopped.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>not_found</c> when somebody else has started it.</exception>
    [Alias("start")]
    Task Start(StartModelCall command, CancellationToken cancellationToken = default);

    /// <summary>
    /// <see cref="Start"/> and <see cref="ReadBatches"/> from the beginning in one call. A repetition reads the same call from its beginning while it is known here; after the loss of its silo it starts anew, so it is not repeated by whoever has
    /// seen an event.
    /// </summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>not_found</c> when somebody else has started it.</exception>
    [Alias("call")]
    [AlwaysInterleave] // Safe: starts between two awaits, as one turn, and then only reads the sequenced buffer.
    IAsyncEnumerable<ModelCallBatch> Call(StartModelCall command, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="Read"/>, with what is there in one element, at most <see cref="ModelCallBatch.MaxEvents"/>: of an enumeration that had to wait, a call brings one element.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c> when no such call is under way here.</exception>
    [Alias("read-batches")]
    [AlwaysInterleave] // Safe: only reads the sequenced buffer.
    IAsyncEnumerable<ModelCallBatch> ReadBatches(long afterSequence, CancellationToken cancellationToken = default);

    /// <summary>The events after a sequence number, then those to come, until the last one (<see cref="ModelCallEvent.EndsCall"/>). To resume after a break call again with the last number seen.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c> when no such call is under way here.</exception>
    [Alias("read")]
    [AlwaysInterleave] // Safe: only reads the sequenced buffer.
    IAsyncEnumerable<ModelCallEvent> Read(long afterSequence, CancellationToken cancellationToken = default);

    /// <summary>The reader has the last event, and is done with its enumeration: nothing of the call is kept any longer. Does nothing while the call goes on, or somebody else reads it.</summary>
    [Alias("confirm")]
    [AlwaysInterleave] // Safe: only asks the activation to end.
    Task Confirm(CancellationToken cancellationToken = default);

    /// <summary>Stops the call at the provider too. What was delivered is settled. Idempotent.</summary>
    [Alias("cancel")]
    [AlwaysInterleave] // Safe: only asks the background work to end.
    Task Cancel(CancellationToken cancellationToken = default);
}
