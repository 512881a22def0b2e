using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Engines.Models;
using Steward.Engines.Models.Degradation;
using Steward.Engines.Models.Gateway;
using Steward.Identity;

namespace Steward.Models.Health;

/// <summary>
/// Every two seconds: tells the cluster how this silo finds its models, learns how the others do, and how the operator's switch stands. Calls never wait for it. Without an answer the silo goes by its own calls alone; the switch stays as it was last heard of.
/// </summary>
internal sealed partial class ModelHealthExchange(
    IGrainFactory grains,
    PlatformIdentity platform,
    TimeProvider time,
    ILogger<ModelHealthExchange> logger,
    IChatModelSource? models = null,
    IEmbeddingModelSource? embedders = null,
    DegradationSwitch? ladder = null)
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
            // Apart from each other: what keeps one from an answer, such as a store that is away, does not keep the other.
            await Task.WhenAll(ExchangeAsync(models, embedders, stoppingToken), ladder is null ? Task.CompletedTask : FollowAsync(ladder, stoppingToken));
        }
    }

    /// <summary>Learns how the operator's switch stands. A silo that hears nothing leaves it as it was: whoever forced a step wants it above all when things go wrong. One with an end runs out by itself.</summary>
    internal async Task FollowAsync(DegradationSwitch known, CancellationToken cancellationToken)
    {
        try
        {
            platform.Assume(Anybody);
            var position = await grains.GetGrain<IModelSwitchGrain>(GrainKeys.ModelSwitch).Follow(cancellationToken);
            if (known.Follow(position.Step, position.Left))
            {
                LogFollowed(logger, position.Step ?? "none");
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever it is, the switch stays as it was until the next round.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogUnknown(logger, exception);
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

    [LoggerMessage(EventId = 7117, Level = LogLevel.Information, Message = "The degradation ladder's step forced for the whole cluster, as this server follows it, is {Step}")]
    private static partial void LogFollowed(ILogger logger, string step);

    [LoggerMessage(EventId = 7118, Level = LogLevel.Debug, Message = "How the operator's switch of the degradation ladder stands is not known now")]
    private static partial void LogUnknown(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 7115, Level = LogLevel.Debug, Message = "How other servers find the models is not known now")]
    private static partial void LogAlone(ILogger logger, Exception exception);
}
