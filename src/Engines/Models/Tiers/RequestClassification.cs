using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Tiers;

/// <summary>Asks the classifier about a call when a stage needs to know, at most once for each call and never for longer than <see cref="ModelRoutingOptions.ClassifyWithin"/>.</summary>
internal sealed class RequestClassification(IOptions<ModelRoutingOptions> options, TimeProvider time, IRequestClassifier? classifier = null)
{
    private static readonly Histogram<double> Took = Diagnostics.Meter.CreateHistogram(
        "steward.models.routing.classification",
        "s",
        "How long the classification took.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05] });

    /// <summary>What the classifier says of a call, which from then on also has its <see cref="ModelCall.Intent"/>.</summary>
    /// <returns>Null where there is no classifier, or it cannot say in time: that is not asked again for the same call.</returns>
    public async ValueTask<RequestClass?> OfAsync(ModelCall call, CancellationToken cancellationToken)
    {
        if (classifier is null || call.IsClassified)
        {
            return call.Class;
        }

        var began = time.GetTimestamp();
        call.IsClassified = true;
        call.Class = await AskAsync(call, cancellationToken);
        call.Intent ??= call.Class?.Intent;
        Took.Record(time.GetElapsedTime(began).TotalSeconds);
        return call.Class;
    }

    private async ValueTask<RequestClass?> AskAsync(ModelCall call, CancellationToken cancellationToken)
    {
        var found = classifier!.ClassifyAsync(call.Origin.TenantId, TierChoice.LastOfUser(call.Request.Messages), cancellationToken);
        if (found.IsCompletedSuccessfully)
        {
            return found.Result;
        }

        try
        {
            return await found.AsTask().WaitAsync(options.Value.ClassifyWithin, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
