using Steward.Client;

namespace Steward.Gateway.Operations;

/// <summary>Ready means that grains answer. The answer holds for a second, so that probes cost the cluster next to nothing.</summary>
internal sealed class ClusterReadiness(IStewardClient client, TimeProvider time) : IReadinessCheck
{
    // A tenant that nobody has; asking for it writes nothing.
    private const string ProbeTenant = "t-steward-probe";

    private static readonly TimeSpan AnswerHolds = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task? _probe;
    private long _probedAt;

    /// <inheritdoc/>
    public string Name => "cluster";

    /// <inheritdoc/>
    public async ValueTask<string?> FindObstacleAsync(CancellationToken cancellationToken = default)
    {
        Task probe;
        lock (_lock)
        {
            if (_probe is null || (_probe.IsCompleted && time.GetElapsedTime(_probedAt) > AnswerHolds))
            {
                _probe = client.Tenants.GetProfileAsync(ProbeTenant, CancellationToken.None);
                _probedAt = time.GetTimestamp();
            }

            probe = _probe;
        }

        await probe.WaitAsync(cancellationToken);
        return null;
    }
}
