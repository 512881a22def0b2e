using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Inference;

/// <summary>Creates the engine when the host starts, so that the log says at once what computes, and has it follow the folder of models.</summary>
internal sealed partial class InferenceStartup(IInferenceEngine engine, IOptions<InferenceOptions> options, TimeProvider time, ILogger<InferenceStartup> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (engine is not InferenceEngine own || options.Value.FollowModelsEvery == TimeSpan.Zero)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.Value.FollowModelsEvery, time);
        try
        {
            do
            {
                try
                {
                    await own.FollowModelsAsync(stoppingToken);
                }
#pragma warning disable CA1031 // Whatever lies in that folder, the next look may find it mended.
                catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
                {
                    LogFailed(exception);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The folder of models could not be followed this time")]
    private partial void LogFailed(Exception exception);
}
