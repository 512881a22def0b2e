using Steward.Engines.Models.Gateway;

namespace Steward.Models.Quality;

/// <summary>Hands answers to the sample that is judged, for tenants that want it. Costs the call nothing but a count.</summary>
internal sealed class JudgeStage(AnswerJudging judging) : IModelStage
{
    /// <summary>What the platform asks for its own sake is no answer to anybody.</summary>
    internal const string Feature = "judge";

    private static readonly HashSet<string> Own = [Feature, "cache-shadow", "evaluation", "platform"];

    /// <inheritdoc/>
    public string Name => "judging";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.Judging;

    /// <inheritdoc/>
    public ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome)
    {
        if (call.Policy.JudgesAnswers && outcome.Finished is not null && !Own.Contains(call.Origin.Feature))
        {
            judging.Take(call, outcome);
        }

        return default;
    }
}
