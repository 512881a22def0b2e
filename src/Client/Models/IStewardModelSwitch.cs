using Steward.Models.Health;

namespace Steward.Client;

/// <summary>
/// The operator's switch of the degradation ladder for the whole cluster, in the name of the front end itself: whoever has the cluster's key may turn it, and no tenant's admin. Singleton, thread-safe. Every error is a
/// <see cref="Errors.StewardException"/>, apart from <see cref="OperationCanceledException"/> when the caller cancels.
/// </summary>
public interface IStewardModelSwitch
{
    /// <summary>How it stands, and its last 100 turns.</summary>
    Task<ModelSwitchView> ReadAsync(CancellationToken cancellationToken = default);

    /// <summary>Forces a step, or releases it. Silos follow within their next round, two seconds. Repeated on transient failures: the turn's id makes that one turn.</summary>
    Task<ModelSwitchView> TurnAsync(TurnModelSwitch turn, CancellationToken cancellationToken = default);
}
