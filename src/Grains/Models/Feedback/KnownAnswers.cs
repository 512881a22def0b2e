using Steward.Errors;
using Steward.Identity;
using Steward.Runs;

namespace Steward.Models.Feedback;

/// <summary>Finds the answers that people say something of: runs by their journals, calls of models by their cost records.</summary>
internal sealed class KnownAnswers(IGrainFactory grains, PlatformIdentity platform)
{
    /// <summary>The answer, or null when there is none.</summary>
    /// <exception cref="StewardException"><c>conflict</c>: the run has not ended.</exception>
    public async Task<KnownAnswer?> FindAsync(string tenantId, string target)
    {
        platform.Assume(tenantId);
        if (target.StartsWith("mc-", StringComparison.Ordinal))
        {
            return await grains.GetGrain<IModelCostsGrain>(GrainKeys.ModelCosts(tenantId)).Find(target) is { UserId: { } user } cost
                ? new KnownAnswer(user, cost.At, cost.ConversationId ?? target, cost.Variants ?? [], cost.PromptVersion, null, cost.Proof)
                : null;
        }

        return await grains.GetGrain<IRunGrain>(GrainKeys.Run(tenantId, target)).GetExchange() is not { } run ? null
            : run.HasEnded ? new KnownAnswer(run.UserId, run.RequestedAt, run.ConversationId ?? target, run.Variants, run.PromptVersion, (run.Text, run.Answer), null)
            : throw new StewardException(ErrorCodes.Conflict, "target: the run has not ended yet.") { Field = "target" };
    }
}
