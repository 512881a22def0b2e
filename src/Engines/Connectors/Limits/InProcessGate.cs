using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Limits;

/// <summary>Gives an <see cref="InProcessGate"/> its credentials.</summary>
public interface ICredentialSource
{
    /// <summary>The credential to use now; null when none is needed.</summary>
    /// <param name="userId">Whose own sign-in; null for the instance's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<Credential?> GetAsync(string? userId, CancellationToken cancellationToken);

    /// <summary>A newer credential than one that was refused; null when there is none to be had.</summary>
    /// <param name="userId">Whose own sign-in; null for the instance's.</param>
    /// <param name="refusedGeneration">The generation that was refused.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<Credential?> RenewAsync(string? userId, long refusedGeneration, CancellationToken cancellationToken);
}

/// <summary>One credential that never changes.</summary>
/// <param name="credential">The credential; null when none is needed.</param>
public sealed class FixedCredential(Credential? credential) : ICredentialSource
{
    /// <inheritdoc />
    public ValueTask<Credential?> GetAsync(string? userId, CancellationToken cancellationToken) => new(credential);

    /// <inheritdoc />
    public ValueTask<Credential?> RenewAsync(string? userId, long refusedGeneration, CancellationToken cancellationToken) =>
        new(credential is not null && credential.Generation != refusedGeneration ? credential : null);
}

/// <summary>The owner of an instance inside one process, for tests and for use without a cluster. Safe for concurrent use.</summary>
public sealed class InProcessGate(ConnectorTemplate template, ICredentialSource credentials, TimeProvider time, Random random) : IInstanceGate
{
    private readonly InstanceState _state = new(template, time, random);
    private readonly Lock _turn = new();

    /// <summary>What the breaker does now.</summary>
    public BreakerPhase Breaker
    {
        get
        {
            lock (_turn)
            {
                return _state.Breaker;
            }
        }
    }

    /// <summary>Calls under way.</summary>
    public int CallsUnderWay
    {
        get
        {
            lock (_turn)
            {
                return _state.CallsUnderWay;
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask<CallPermit> EnterAsync(CallIntent intent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(intent);
        var credential = await credentials.GetAsync(intent.UserId, cancellationToken);
        lock (_turn)
        {
            var permit = _state.Enter(intent);
            return permit.IsGranted && credential is not null ? permit with { Credential = credential } : permit;
        }
    }

    /// <inheritdoc />
    public ValueTask LeaveAsync(CallReport report)
    {
        lock (_turn)
        {
            _state.Leave(report);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<Credential?> RenewAsync(string? userId, long refusedGeneration, CancellationToken cancellationToken) =>
        credentials.RenewAsync(userId, refusedGeneration, cancellationToken);
}
