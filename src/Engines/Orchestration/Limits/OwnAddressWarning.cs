using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Orchestration.Limits;

/// <summary>Says once, at the start, that <see cref="CallbackGuard"/> has nothing to compare with.</summary>
internal sealed partial class OwnAddressWarning(IOptions<OrchestrationOptions> options, ILogger<OwnAddressWarning> logger) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.OwnAddresses.Length == 0)
        {
            LogUnknown(logger);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        3, LogLevel.Warning,
        "It is not known under which address Steward's own API is reached, so calls of runs back to it are not refused. Set Steward:Webhooks:PublicAddress or Steward:Orchestration:OwnAddresses; see docs/operations/cluster.md")]
    private static partial void LogUnknown(ILogger logger);
}
