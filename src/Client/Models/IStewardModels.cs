using Steward.Identity;
using Steward.Models;

namespace Steward.Client;

/// <summary>The language models behind the cluster. Singleton, thread-safe.</summary>
public interface IStewardModels
{
    /// <summary>Acts in the name of one person, whom the front end has authenticated.</summary>
    IModelClient For(CallerIdentity identity);
}

/// <summary>
/// What one person can do with models. Every error is a <see cref="Errors.StewardException"/>, apart from <see cref="OperationCanceledException"/> when the caller cancels.
/// </summary>
public interface IModelClient : IModelSettingsClient, IFeedbackClient
{
    /// <summary>
    /// Calls a model and gives its events until the last one (<see cref="ModelCallEvent.EndsCall"/>), which may be a failure. Breaks are bridged while the silo that makes the call lives. Whoever stops reading, or cancels, stops the
    /// call at the provider too.
    /// </summary>
    /// <param name="callId"><c>mc-</c> and 16 to 64 of a-z and 0-9: unique, and the same for a repetition.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    IAsyncEnumerable<ModelCallEvent> StreamAsync(string callId, StartModelCall call, CancellationToken cancellationToken = default);

    /// <summary>What may be asked for.</summary>
    Task<IReadOnlyList<OfferedModel>> ListAsync(CancellationToken cancellationToken = default);
}
