namespace Steward.Engines.Orchestration;

public sealed partial class RunEngine
{
    private static async Task EndAsync(RunContext run, RunOutcome outcome)
    {
        await run.StopClockAsync();
        var facts = new List<RunFact>(outcome.Facts);
        if (run.Snapshot.Choice is null && !facts.Exists(fact => fact is StrategyChosen))
        {
            facts.Insert(0, new StrategyChosen { Strategy = "none", Reason = "the run ended before it began" });
        }

        if (outcome.Waits is { } waits)
        {
            // What was waited for may have been decided while the run settled down.
            var isDecided = waits.RequestIds.Count == 0;
            if (isDecided && facts.Count == 0 && !run.HasRecorded && !run.WasDecidedMeanwhile)
            {
                // Nothing came of this execution, and nothing came in: the next one would find the same.
                throw new InvalidOperationException("The run waits for nothing.");
            }

            await run.RecordAsync(isDecided ? facts : [.. facts, waits], outcome.Contents);
            return;
        }

        // Nobody needs to decide any more.
        facts.AddRange(run.Snapshot.Decisions.Where(decision => decision.IsOpen).Select(decision =>
            new DecisionMade { RequestId = decision.Request.RequestId, Decision = DecisionRules.Expired, Comment = "The run has ended." }));

        var from = AddAnswer(run.Snapshot, outcome.Answer, facts);
        var isTechnical = outcome.Phase is RunPhase.Failed or RunPhase.Partial && TechnicalCodes.Contains(outcome.ErrorCode);
        var failed = isTechnical ? outcome.FailedSteps is { } named ? [.. named, .. Inside(named, run.Snapshot)] : FailedSteps(run.Snapshot, facts) : [];
        facts.Add(new RunEnded
        {
            Phase = outcome.Phase,
            ErrorCode = outcome.ErrorCode,
            Open = outcome.Open,
            WorkingMemory = outcome.WorkingMemory,

            // What was never configured is no failure of a run that has not begun.
            IsTechnical = isTechnical && (outcome.ErrorCode != "not_configured" || failed.Count > 0),
            FailedSteps = failed.Count > 0 ? failed : null,
            AnswerFrom = from,
        });
        await run.RecordAsync(facts, outcome.Contents);
    }

    // Behind what is shown already, also when the rest of that is still in the same append; instead of the text about the deadline.
    private static int? AddAnswer(RunSnapshot snapshot, string answer, List<RunFact> facts)
    {
        var pending = facts.OfType<AnswerDelta>().LastOrDefault();
        var offset = pending is null ? snapshot.NoteFrom ?? snapshot.AnswerLength : pending.Offset + pending.Text.Length;
        if (answer.Length == 0 && (pending is not null || offset == snapshot.AnswerLength))
        {
            return null;
        }

        facts.Add(new AnswerDelta { Offset = offset, Text = answer.Length > 0 && offset > 0 ? "\n\n" + answer : answer });
        return answer.Length > 0 ? offset : null;
    }

    // Steps of plans and playbooks that were handed over: a replay of what failed inside them begins with these.
    private static IEnumerable<string> Inside(IReadOnlyList<string> failed, RunSnapshot snapshot) => snapshot.Steps
        .Where(step => step.Status == StepStatus.Failed && TechnicalCodes.Contains(step.Code) && failed.Any(outer => step.StepId.StartsWith(outer + "/", StringComparison.Ordinal)))
        .Where(step => snapshot.FindHandoff(step.StepId[..step.StepId.LastIndexOf('/')]) is { Strategy: "plan" or "playbook" })
        .Select(step => step.StepId);

    private static List<string> FailedSteps(RunSnapshot snapshot, List<RunFact> facts) =>
    [
        .. snapshot.Steps.Where(step => step.Status == StepStatus.Failed && TechnicalCodes.Contains(step.Code)).Select(step => step.StepId)
            .Concat(facts.OfType<StepFailed>().Where(fact => TechnicalCodes.Contains(fact.Code)).Select(fact => fact.StepId))
            .Distinct(StringComparer.Ordinal),
    ];
}
