using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Security.Vault;

/// <summary>Brings data keys under the current master key, at start and from time to time.</summary>
internal sealed partial class VaultRewrapService(ISecretVault secrets, IOptions<VaultOptions> options, TimeProvider time, ILogger<VaultRewrapService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (secrets is not EmbeddedVault vault)
        {
            return;
        }

        // Behind the start of the host: the schema may be made only then.
        await Task.Yield();
        using var timer = new PeriodicTimer(options.Value.RewrapEvery, time);
        try
        {
            do
            {
                try
                {
                    await vault.RewrapAsync(stoppingToken);
                }
                catch (VaultException exception)
                {
                    LogFailed(exception.Code, exception.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(21, LogLevel.Error, "Secrets are not sealed with the vault's current key yet ({Code}): {Problem}")]
    private partial void LogFailed(string code, string problem);
}
