using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Engines.Sandboxing;

namespace Steward.Sandbox;

/// <summary>Starts the silo's sandboxes beside the silo, and says in the log what works of them. Until then agents have no tool to run code with.</summary>
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
                Tell(provider.Name, provider.Availability);
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

    private void Tell(string name, SandboxAvailability availability)
    {
        if (!availability.IsAvailable)
        {
            LogOff(logger, name, availability.Remedy ?? "");
            return;
        }

        if (!availability.MultiTenant)
        {
            LogWeak(logger, name);
        }

        var missing = availability.Missing.ToList();
        if (missing.Count == 0)
        {
            LogOn(logger, name);
        }
        else
        {
            LogWithout(logger, name, string.Join(", ", missing.Select(layer => $"{layer.Name} ({layer.Detail})")));
        }
    }

    [LoggerMessage(EventId = 6411, Level = LogLevel.Information, Message = "Sandbox {Provider}: code execution is on, with every layer of isolation")]
    private static partial void LogOn(ILogger logger, string provider);

    [LoggerMessage(EventId = 6412, Level = LogLevel.Warning, Message = "Sandbox {Provider}: code execution is on, without {Layers}")]
    private static partial void LogWithout(ILogger logger, string provider, string layers);

    [LoggerMessage(EventId = 6413, Level = LogLevel.Warning, Message = "Sandbox {Provider}: code execution is off. {Remedy}")]
    private static partial void LogOff(ILogger logger, string provider, string remedy);

    [LoggerMessage(EventId = 6414, Level = LogLevel.Warning, Message = "Sandbox {Provider}: the separation is too weak for several tenants; agents are not offered to run code")]
    private static partial void LogWeak(ILogger logger, string provider);

    [LoggerMessage(EventId = 6415, Level = LogLevel.Error, Message = "Sandbox {Provider} did not start because of a defect")]
    private static partial void LogDefect(ILogger logger, Exception exception, string provider);
}
