using Steward.Engines.Orchestration;
using Steward.Runs;

namespace Steward.Models.Feedback;

/// <summary>
/// Counts as escalated, without anybody's word, the conversations whose run left to people what it could not do itself: one that stands on the dead-letter list, or that waits for somebody to say what became of an action. Approvals are no
/// such thing: there the rules want a person, whatever the run can. A conversation counts once, whether its run or a person says so first.
/// </summary>
internal sealed class RunEscalations(FeedbackTrials trials)
{
    /// <summary>Counts. Idempotent.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="runId">The run.</param>
    /// <param name="origin">Where it came from.</param>
    /// <param name="snapshot">What it did.</param>
    public Task CountAsync(string tenantId, string runId, RunOrigin origin, RunSnapshot snapshot) => trials.CountAsync(
        tenantId,
        new KnownAnswer(origin.UserId, origin.At, snapshot.Input?.ConversationId ?? runId, VariantsOf(snapshot), null, null, null),
        new GiveFeedback { IsEscalated = true });

    /// <summary>Whether the run waits for a person since it does not know what became of an action.</summary>
    public static bool Waits(RunSnapshot snapshot) => snapshot.Decisions.Any(decision => decision is { IsOpen: true, Request.Kind: DecisionKind.UnknownOutcome });

    /// <summary>The variants of experiments that the run's calls were in, as <c>experiment=variant</c>.</summary>
    public static IReadOnlyList<string> VariantsOf(RunSnapshot snapshot) => [.. snapshot.ModelCalls.SelectMany(call => call.Variants ?? []).Distinct(StringComparer.Ordinal)];
}
