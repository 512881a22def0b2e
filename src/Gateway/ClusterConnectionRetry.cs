using Orleans;
using Orleans.Runtime;

namespace Steward.Gateway;

/// <summary>A gateway that starts before the silos, or before their database, waits for them and says so.</summary>
internal sealed partial class ClusterConnectionRetry(TimeProvider time, ILogger<ClusterConnectionRetry> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OrleansConfigurationException || cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        LogWaiting(logger, exception.GetType().Name);
        await Task.Delay(Pause, time, cancellationToken);
        return true;
    }

    [LoggerMessage(EventId = 3010, Level = LogLevel.Warning, Message = "The cluster cannot be reached yet ({Failure}); trying again")]
    private static partial void LogWaiting(ILogger logger, string failure);
}
