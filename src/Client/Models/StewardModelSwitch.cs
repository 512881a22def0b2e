using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Security;
using Steward.Identity;
using Steward.Models.Health;

namespace Steward.Client;

/// <summary>The switch over grain calls.</summary>
internal sealed class StewardModelSwitch(IClusterClient cluster, IdentityEnvelopeSigner signer, IOptions<StewardClientOptions> options, TimeProvider time, ILogger<StewardModelSwitch> logger) : IStewardModelSwitch
{
    // The grain is the cluster's; an identity is a tenant's, whichever.
    private static readonly CallerIdentity Platform = new() { TenantId = "t-steward", UserId = "u-system", Roles = [WellKnownRoles.System] };

    private readonly SignedCaller _calls = new(new CallEnvelope(signer, Platform), new RetryingCaller(options.Value, time, Random.Shared.NextDouble, CallFailures.IsTransient, logger));

    private IModelSwitchGrain Grain => cluster.GetGrain<IModelSwitchGrain>(GrainKeys.ModelSwitch);

    /// <inheritdoc/>
    public Task<ModelSwitchView> ReadAsync(CancellationToken cancellationToken = default) =>
        _calls.CallAsync("model-switch.read", idempotent: true, changes: false, Grain, 0, static (grain, _, token) => grain.Read(token), cancellationToken);

    /// <inheritdoc/>
    public Task<ModelSwitchView> TurnAsync(TurnModelSwitch turn, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(turn);
        return _calls.CallAsync("model-switch.turn", idempotent: true, changes: true, Grain, turn, static (grain, turn, token) => grain.Turn(turn, token), cancellationToken);
    }
}
