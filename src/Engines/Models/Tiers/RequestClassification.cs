using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Tiers;

/// <summary>
/// Says of a call what a stage needs to know. The first look is taken once for each call and thing; where it is not sure of something that a stage wants, the classifier looks closer, at most once for each call and thing and never for longer than
/// <see cref="ModelRoutingOptions.ClassifyWithin"/>. What it found is known for a while, for the next step of the same run asks about the same text.
/// </summary>
internal sealed class RequestClassification(IOptions<ModelRoutingOptions> options, KnownRequests known, TimeProvider time, IRequestClassifier? classifier = null)
{
    private static readonly Histogram<double> Took = Diagnostics.Meter.CreateHistogram(
        "steward.models.routing.classification",
        "s",
        "How long a look at a request took: the first one at each, and closer ones, of which some were known from before.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05] });

    /// <summary>What is known of a call, which from then on also has its <see cref="ModelCall.Intent"/> if that is known.</summary>
    /// <param name="call">The call.</param>
    /// <param name="wanted">What has to be known for sure, if it can be.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Null where there is no classifier, or it cannot say anything in time: that is not asked again for the same call.</returns>
    public ValueTask<RequestClass?> OfAsync(ModelCall call, RequestAspects wanted, CancellationToken cancellationToken)
    {
        if (classifier is null)
        {
            return ValueTask.FromResult<RequestClass?>(null);
        }

        Glance(call, wanted);
        var open = wanted & ~call.Settled;
        return open == RequestAspects.None ? new(call.Class) : LookCloserAsync(call, open, cancellationToken);
    }

    /// <summary>Whether a call is about something for which a condition holds. The first look says so by all that it thinks possible, whatever is the likeliest; the classifier looks closer only where there is no first look.</summary>
    /// <returns>Null where only <see cref="ModelCall.Intent"/> says it, which is then known if it can be.</returns>
    public async ValueTask<bool?> IsAboutAsync(ModelCall call, Func<string, bool> condition, CancellationToken cancellationToken)
    {
        Glance(call, RequestAspects.Intent);
        if (call.Topics is { } topics)
        {
            return topics.IntentOdds(condition) >= options.Value.CapFrom;
        }

        await OfAsync(call, RequestAspects.Intent, cancellationToken);
        return null;
    }

    /// <summary>Takes the first look alone, at what it has not been taken at yet.</summary>
    public void Glance(ModelCall call, RequestAspects wanted)
    {
        var unseen = wanted & ~call.Glanced;
        if (classifier is null || unseen == RequestAspects.None)
        {
            return;
        }

        var began = time.GetTimestamp();
        call.Glanced |= unseen;
        if (classifier.Glance(call.Origin.TenantId, TierChoice.LastOfUser(call.Request.Messages), unseen) is { } seen)
        {
            var isIntentSure = seen.Intent is not null && seen.IntentConfidence >= options.Value.GlanceIntent;
            call.Class = new RequestClass { Intent = isIntentSure ? seen.Intent : call.Class?.Intent, Complex = seen.Complex ?? call.Class?.Complex };
            call.Intent ??= call.Class.Intent;
            call.Topics ??= seen.Intent is null ? null : seen;
            call.Settled |= (IsSettled(seen.Complex) ? RequestAspects.Complexity : 0) | (isIntentSure || (seen.Intent is not null && seen.IntentConfidence <= options.Value.GlanceNoIntent) ? RequestAspects.Intent : 0);
        }

        Took.Record(time.GetElapsedTime(began).TotalSeconds, new KeyValuePair<string, object?>("look", "first"));
    }

    // Where the first look may well be on the wrong side, the encoder can say more.
    private bool IsSettled(double? complex) => complex is { } several && Math.Abs(several - options.Value.LargeFrom) >= options.Value.GlanceMargin;

    private async ValueTask<RequestClass?> LookCloserAsync(ModelCall call, RequestAspects open, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var text = TierChoice.LastOfUser(call.Request.Messages);
        var (found, isKnown) = (known.Find(call.Origin.TenantId, text, open), true);
        if (found is null)
        {
            (found, isKnown) = (await AskAsync(call.Origin.TenantId, text, open, cancellationToken), false);
            if (found is not null)
            {
                known.Keep(call.Origin.TenantId, text, open, found);
            }
        }

        // What the first look thought likely stands where nobody knows better.
        call.Settled |= open;
        if (found is not null)
        {
            call.Class = new RequestClass
            {
                Intent = open.HasFlag(RequestAspects.Intent) ? found.Intent : call.Class?.Intent,
                Complex = open.HasFlag(RequestAspects.Complexity) ? found.Complex ?? call.Class?.Complex : call.Class?.Complex,
            };
            call.Intent ??= call.Class.Intent;
        }

        Took.Record(time.GetElapsedTime(began).TotalSeconds, new KeyValuePair<string, object?>("look", isKnown ? "known" : found is null ? "none" : "closer"));
        return call.Class;
    }

    private async ValueTask<RequestClass?> AskAsync(string tenantId, string text, RequestAspects aspects, CancellationToken cancellationToken)
    {
        using var tooLate = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var found = classifier!.ClassifyAsync(tenantId, text, aspects, tooLate.Token);
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
            // What has not begun by now would be computed for nobody.
            await tooLate.CancelAsync();
            return null;
        }
        catch (OperationCanceledException)
        {
            // Whoever waits may hear of it first: the source would be gone before it had passed it on.
            await tooLate.CancelAsync();
            throw;
        }
    }
}
