using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Identity;

namespace Steward.Models.Health;

/// <summary>
/// Every two seconds: tells the cluster how this silo finds its models, and learns how the others do. Calls never wait for it. Without an answer the silo goes by its own calls alone.
/// </summary>
internal sealed partial class ModelHealthExchange(IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<ModelHealthExchange> logger, IChatModelSource? models = null, IEmbeddingModelSource? embedders = null)
    : BackgroundService
{
    /// <summary>How often.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    // The grain is the cluster's; an identity is a tenant's, whichever.
    private const string Anybody = "t-steward";

    private readonly string _silo = Guid.NewGuid().ToString("N");

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (models is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await ExchangeAsync(models, embedders, stoppingToken);
        }
    }

    /// <summary>One round.</summary>
    internal async Task ExchangeAsync(IChatModelSource source, IEmbeddingModelSource? vectors, CancellationToken cancellationToken)
    {
        // Whoever has asked nobody has nothing to say, and nothing to learn.
        ModelTargetHealth[] known = [.. source.Health, .. vectors?.Health ?? []];
        if (known.Length == 0)
        {
            return;
        }

        try
        {
            platform.Assume(Anybody);
            var report = new ModelHealthReport { Silo = _silo, Models = [.. known.Select(target => new ModelHealth { Name = target.Name, OpenFor = target.OpenFor })] };
            var view = await grains.GetGrain<IModelHealthGrain>(GrainKeys.ModelHealth).Report(report, cancellationToken);
            Learn([.. view.Models.Select(model => new ModelTargetElsewhere(model.Name, model.Silos, model.Open, model.OpenFor))]);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever it is, the silo goes by its own calls until the next round.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogAlone(logger, exception);
            Learn([]);
        }

        void Learn(IReadOnlyList<ModelTargetElsewhere> elsewhere)
        {
            source.Learn(elsewhere);
            vectors?.Learn(elsewhere);
        }
    }

    [LoggerMessage(EventId = 7115, Level = LogLevel.Debug, Message = "How other servers find the models is not known now")]
    private static partial void LogAlone(ILogger logger, Exception exception);
}
