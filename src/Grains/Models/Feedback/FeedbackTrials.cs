using System.Security.Cryptography;
using System.Text;
using Steward.Identity;
using Steward.Models.Experiments;

namespace Steward.Models.Feedback;

/// <summary>
/// Brings what people say to the experiments that their answers took part in. A conversation counts once for each metric, by its first word, whichever silo it reaches and however often: the batch's id says so. What is of an earlier stage
/// counts no more.
/// </summary>
internal sealed class FeedbackTrials(IGrainFactory grains, PlatformIdentity platform)
{
    /// <summary>Counts. Idempotent.</summary>
    public async Task CountAsync(string tenantId, KnownAnswer answer, GiveFeedback said)
    {
        var values = Values(said);
        if (answer.Variants.Count == 0 || values.Count == 0)
        {
            return;
        }

        platform.Assume(tenantId);
        var running = await grains.GetGrain<IExperimentIndexGrain>(GrainKeys.Experiments(tenantId)).ListRunning();
        var unit = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(answer.Unit)))[..32];
        foreach (var experiment in running.Where(experiment => experiment.Status == ExperimentStatus.Running && experiment.StageSince <= answer.At))
        {
            var variant = experiment.Spec.Variants.ToList().FindIndex(variant => answer.Variants.Contains($"{experiment.Name}={variant.Name}"));
            foreach (var (metric, value) in variant < 0 ? [] : values.Where(value => experiment.Spec.Metrics.Any(known => known.Name == value.Key)))
            {
                var batch = new ExperimentBatch
                {
                    BatchId = $"feedback:{unit}:{metric}",
                    Stage = experiment.Stage,
                    Units = [new ExperimentUnit { Variant = variant, Values = [.. experiment.Spec.Metrics.Select(known => known.Name == metric ? value : (double?)null)], IsLate = true }],
                };
                platform.Assume(tenantId);
                await grains.GetGrain<IExperimentGrain>(GrainKeys.Experiment(tenantId, experiment.Name)).Record(batch);
            }
        }
    }

    /// <summary>
    /// What is said in the metrics' words. A conversation is taken for a success, and for none that a person took over, as soon as its calls have ended; so only what contradicts that is counted, as one value more.
    /// </summary>
    internal static IReadOnlyDictionary<string, double> Values(GiveFeedback said)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        if (said.IsGood is { } good)
        {
            values[ExperimentMetrics.Thumbs] = good ? 1 : 0;
        }

        if (said.Score is { } score)
        {
            values[ExperimentMetrics.Score] = score;
        }

        if (said.IsEscalated)
        {
            values[ExperimentMetrics.Escalation] = 1;
        }

        if (said.IsEscalated || said.IsSolved == false)
        {
            values[ExperimentMetrics.Success] = 0;
        }

        return values;
    }
}
