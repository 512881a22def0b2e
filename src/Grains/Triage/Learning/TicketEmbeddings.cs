using Microsoft.Extensions.Options;
using Steward.Engines.Triage.Learning;
using Steward.Errors;
using Steward.Identity;
using Steward.Inference;

namespace Steward.Triage;

/// <summary>What came of asking for vectors.</summary>
internal enum Embedded
{
    /// <summary>All are there.</summary>
    All,

    /// <summary>The models were busy for too long, or do not answer now: they may, later.</summary>
    Away,

    /// <summary>There is no such model, or it does not read these texts.</summary>
    Never,
}

/// <summary>Vectors of many texts, computed when nobody else wants the models, and only those that are not known yet.</summary>
internal sealed class TicketEmbeddings(IGrainFactory grains, PlatformIdentity platform, IOptions<TriageLearningOptions> options, TimeProvider time)
{
    private const int BatchSize = 32;
    private static readonly TimeSpan DefaultPause = TimeSpan.FromSeconds(2);

    /// <summary>The embedder's name; null when heads read words alone.</summary>
    public string? Model => options.Value.EmbeddingModel is { Length: > 0 } model ? model : null;

    /// <summary>Fills a cache with the vectors of texts, all of one version.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="cache">What is known already; gets what is not.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<Embedded> FillAsync(string tenantId, IReadOnlyCollection<string> texts, EmbeddingCache cache, CancellationToken cancellationToken)
    {
        if (Model is not { } model || texts.Count == 0)
        {
            return Embedded.Never;
        }

        var began = time.GetTimestamp();
        var pending = Missing();

        // At least one text is asked for, so that vectors of a version that is not there any more are not taken for this one's.
        var isAsked = false;
        while (time.GetElapsedTime(began) < options.Value.EmbeddingPatience)
        {
            if (pending.Count == 0 && isAsked)
            {
                return Embedded.All;
            }

            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                platform.Assume(tenantId);
                List<string> batch = pending.Count > 0 ? [.. pending.Take(BatchSize)] : [texts.First()];
                var embedded = await grains.GetGrain<IInferenceGrain>(model).Embed(new EmbedTexts { TenantId = tenantId, Texts = batch, IsBackground = true }, cancellationToken);
                isAsked = true;
                var isOther = cache.Count > 0 && !string.Equals(embedded.Version, cache.Version, StringComparison.Ordinal);
                foreach (var (text, vector) in batch.Zip(embedded.Vectors))
                {
                    cache.Add(embedded.Version, text, vector);
                }

                if (isOther)
                {
                    pending = Missing();
                    continue;
                }

                for (var i = 0; i < batch.Count && pending.Count > 0; i++)
                {
                    pending.Dequeue();
                }
            }
            catch (StewardException exception) when (exception.Code == ErrorCodes.Overloaded)
            {
                await Task.Delay(exception.RetryAfter ?? DefaultPause, time, cancellationToken);
            }
            catch (StewardException exception) when (exception.Code is ErrorCodes.NotFound or ErrorCodes.Unavailable or ErrorCodes.InvalidArgument)
            {
                return exception.Code == ErrorCodes.Unavailable ? Embedded.Away : Embedded.Never;
            }
        }

        return Embedded.Away;

        Queue<string> Missing() => new(texts.Distinct(StringComparer.Ordinal).Where(text => cache.Find(text) is null));
    }
}
