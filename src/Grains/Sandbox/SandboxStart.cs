using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Engines.Sandboxing;

namespace Steward.Sandbox;

/// <summary>Starts the silo's sandboxes beside the silo; they say in the log what works of them. Until then agents have no tool to run code with.</summary>
internal sealed partial class SandboxStart(IEnumerable<ISandboxPool> pools, ILogger<SandboxStart> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var provider in pools.SelectMany(pool => pool.Providers))
        {
            try
            {
                await provider.StartAsync(stoppingToken);
                if (provider.Availability is { IsAvailable: true, MultiTenant: false })
                {
                    LogWeak(logger, provider.Name);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A silo without sandboxes is a silo all the same.
            catch (Exception defect)
#pragma warning restore CA1031
            {
                LogDefect(logger, defect, provider.Name);
            }
        }
    }

    [LoggerMessage(EventId = 6411, Level = LogLevel.Warning, Message = "Sandbox {Provider}: the separation is too weak for several tenants; agents are not offered to run code")]
    private static partial void LogWeak(ILogger logger, string provider);

    [LoggerMessage(EventId = 6412, Level = LogLevel.Error, Message = "Sandbox {Provider} did not start because of a defect")]
    private static partial void LogDefect(ILogger logger, Exception exception, string provider);
}
