using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Dag;
using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>
/// Plan and execute: a model proposes a graph of steps, which is checked before anything runs, shown to a person where that is demanded, and then worked off; what fails, or
/// brings something else than expected, leads to a new plan with what is known. Where it is follows from the journal alone: a resumed run repeats no model call and no step.
/// </summary>
internal sealed class PlanRunner(
    RunContext run,
    AgentDefinition agent,
    IReadOnlyList<ConnectorOperation> tools,
    IModelCaller models,
    IHandoffs? handoffs,
    IRunBudget budget,
    ILogger logger,
    string? scope)
{
    /// <summary>How often a new plan is made after one that could not be worked off to its end.</summary>
    public const int MaxReplans = 3;

    /// <summary>How often the planner may correct a plan that was refused.</summary>
    public const int MaxRepairs = 2;

    private readonly Dictionary<string, ConnectorOperation> _tools = tools.ToDictionary(tool => tool.Id, StringComparer.Ordinal);
    private readonly ActionLedger _ledger = new(run, logger);

    /// <summary>Whether a person has to see plans that change something or hand work over, whatever agent and caller demand. Default false.</summary>
    public bool ReviewWrites { get; init; }

    /// <summary>The agents that steps may be handed over to, as the planner is told of them.</summary>
    public IReadOnlyList<AgentDefinition> Others { get; init; } = [];

    /// <summary>What was handed over; null for the run itself.</summary>
    public string? Task { get; init; }

    private PlanPrompt Prompt => new(run, agent, tools, handoffs is null ? [] : Others, Task);

    private string Version => agent.PromptVersion ?? PlanPrompt.Version;

    private List<PlanState> Plans => [.. run.Snapshot.Plans.Where(plan => plan.Scope == scope)];

    /// <summary>Runs to the end, or to where it waits for people.</summary>
    /// <param name="before">Facts that go into the first append.</param>
    public async Task<RunOutcome> RunAsync(IReadOnlyList<RunFact> before)
    {
        await run.RecordAsync(before);
        while (true)
        {
            run.Work.ThrowIfCancellationRequested();
            var plans = Plans;
            if (plans.Count == 0)
            {
                await ProposeAsync(plans, null);
                continue;
            }

            var last = plans[^1];
            if (last.IsAccepted)
            {
                var (outcome, reason) = await ExecuteAsync(last, plans);
                if (outcome is not null)
                {
                    return outcome;
                }

                if (await ProposeAgainAsync(last, plans, reason) is { } end)
                {
                    return end;
                }
            }
            else if (last.Faults.Count == 0 || IsEdit(last))
            {
                if (await ReviewAsync(last, plans) is { } outcome)
                {
                    return outcome;
                }
            }
            else if (Refused(plans).Count() > MaxRepairs)
            {
                return Invalid(last);
            }
            else
            {
                await ProposeAsync(plans, Refused(plans).Last().Reason);
            }
        }
    }

    // The plans of the model that were refused since the last one that was not, the latest first.
    private IEnumerable<PlanState> Refused(IReadOnlyList<PlanState> plans) => plans.Reverse().TakeWhile(plan => plan.Faults.Count > 0 && !IsEdit(plan));

    private DecisionState? ReviewAfter(int revision) => run.Snapshot.FindDecision(PlanReview.RequestId(run, scope, revision));

    private bool IsEdit(PlanState plan) => ReviewAfter(plan.Revision - 1)?.Made is { Decision: "edit" };

    /// <returns>How the run ends when there is no budget left for another plan; null when there is one.</returns>
    private async Task<RunOutcome?> ProposeAgainAsync(PlanState last, IReadOnlyList<PlanState> plans, string? reason)
    {
        try
        {
            await ProposeAsync(plans, reason);
            return null;
        }
        catch (BudgetExhaustedException e) when (e.Exhausted.Scope == scope)
        {
            // A part of the budget is held back for saying what is known.
            return await AnswerAsync(PlanValidator.Compile(last.Plan), await PlanSteps.LoadAsync(run, plans, scope, Task), "budget", $"{reason} {e.Message}", RunPhase.Partial);
        }
    }

    private async Task ProposeAsync(IReadOnlyList<PlanState> plans, string? reason)
    {
        var steps = await PlanSteps.LoadAsync(run, plans, scope, Task);
        var answer = await models.AskAsync(new ModelQuestion { Messages = await Prompt.PlanAsync(plans, steps, reason), AllowToolCalls = false, Purpose = "plan", Scope = scope, PromptVersion = Version });
        await run.RecordAsync([.. answer.Facts, .. Consider(plans, steps, answer.Text, reason, null)], answer.Contents);
    }

    /// <summary>What follows from a proposed plan.</summary>
    /// <param name="plans">The plans before it.</param>
    /// <param name="steps">What they have brought.</param>
    /// <param name="text">The plan as it was written.</param>
    /// <param name="reason">Why there is a new plan.</param>
    /// <param name="editor">The person who edited it and by that approves it; null for a model's plan.</param>
    private List<RunFact> Consider(IReadOnlyList<PlanState> plans, PlanSteps steps, string text, string? reason, string? editor)
    {
        var revision = plans.Count + 1;
        var (document, fault) = PlanReader.Read(text);
        var facts = new List<RunFact> { new PlanProposed { Revision = revision, Plan = document, PlanHash = CanonicalJson.Hash(document), Reason = reason, Scope = scope } };
        var (plan, faults) = fault is null ? PlanValidator.Check(document, ScopeOf(steps, revision)) : (null, [fault]);
        if (plan is null)
        {
            facts.Add(new PlanRejected { Revision = revision, Faults = faults, Scope = scope });
        }
        else if (editor is not null || !IsReviewed(plan))
        {
            facts.Add(new PlanAccepted { Revision = revision, By = editor ?? "policy", Scope = scope });
        }

        return facts;
    }

    private PlanScope ScopeOf(PlanSteps steps, int revision) => new()
    {
        Tools = _tools,
        Configured = run.Connectors.Operations.Select(operation => operation.Id).ToHashSet(StringComparer.Ordinal),
        Agents = handoffs is null ? new HashSet<string>(StringComparer.Ordinal) : agent.Handoffs.ToHashSet(StringComparer.Ordinal),
        Known = steps.Roots(revision),
        Closed = steps.Closed(revision),
        MaxSteps = Math.Min(PlanScope.DefaultMaxSteps, Math.Min(agent.Limits.Steps ?? int.MaxValue, run.Input.Limits?.Steps ?? int.MaxValue)),
    };

    private bool IsReviewed(Plan plan) =>
        run.Input.ReviewPlan || agent.ReviewPlans || (ReviewWrites && plan.Steps.Any(step => step.Tool is not { } tool || _tools[tool].Effect != OperationEffect.Read));

    /// <returns>How the run ends or that it waits; null when it goes on.</returns>
    private async Task<RunOutcome?> ReviewAsync(PlanState last, IReadOnlyList<PlanState> plans)
    {
        // After an edit that was refused, the plan before it stands to be decided on again.
        var subject = plans.Last(plan => plan.Faults.Count == 0);
        var requestId = PlanReview.RequestId(run, scope, last.Revision);
        var request = run.Snapshot.FindDecision(requestId)?.Request;
        if (request is null)
        {
            request = PlanReview.Ask(requestId, subject, PlanValidator.Compile(subject.Plan), last.Faults, plans.Count(IsEdit), run.Time.GetUtcNow() + run.Options.PlanReviewExpires);
            await run.RecordAsync(request);
        }

        var made = run.Snapshot.FindDecision(requestId)!.Made;
        switch (made?.Decision)
        {
            case null:
                return new RunOutcome(RunPhase.Waiting, null, "") { Waits = new RunWaiting { RequestIds = [requestId], Summary = request.Summary, ExpiresAt = request.ExpiresAt } };
            case "approve" when subject.Revision == last.Revision:
                await run.RecordAsync(new PlanAccepted { Revision = subject.Revision, By = made.By ?? "requester", Scope = scope });
                return null;
            case "approve":
                await run.RecordAsync(
                    new PlanProposed { Revision = last.Revision + 1, Plan = subject.Plan, PlanHash = subject.PlanHash, Reason = "The plan was approved as it was before it was edited.", Scope = scope },
                    new PlanAccepted { Revision = last.Revision + 1, By = made.By ?? "requester", Scope = scope });
                return null;
            case "edit":
                await run.RecordAsync(Consider(plans, await PlanSteps.LoadAsync(run, plans, scope, Task), PlanReview.Edited(made), "The plan was edited in its review.", made.By ?? "requester"));
                return null;
            case "reject":
                return Ended(RunPhase.Completed, "plan_rejected", Progress.Describe(run.Snapshot, "You rejected the plan, so I did not carry it out."));
            default:
                return Ended(RunPhase.Completed, "review_expired", Progress.Describe(run.Snapshot, "Nobody reviewed the plan in time, so I did not carry it out."));
        }
    }

    private async Task<(RunOutcome? Outcome, string? Reason)> ExecuteAsync(PlanState accepted, IReadOnlyList<PlanState> plans)
    {
        var plan = PlanValidator.Compile(accepted.Plan);
        var steps = await PlanSteps.LoadAsync(run, plans, scope, Task);
        var execution = new PlanExecution(run, _ledger, plan, accepted.Revision, steps, _tools, handoffs, scope);
        var end = await new DagRunner(run, execution, budget, scope).RunAsync([]);
        if (end.Waits is not null)
        {
            return (new RunOutcome(RunPhase.Waiting, null, "") { Waits = end.Waits, Facts = end.Facts, Contents = end.Contents }, null);
        }

        await run.RecordAsync(end.Facts, end.Contents);
        if (end.Exhausted is { } exhausted)
        {
            return (await AnswerAsync(plan, steps, "budget", $"The budget of {exhausted.Budget} is used up.", RunPhase.Partial), null);
        }

        if (execution.Problem is not { } problem)
        {
            return (await AnswerAsync(plan, steps, null, null, RunPhase.Completed), null);
        }

        var what = $"“{problem.Step.Title}” ({PlanSteps.NameOf(accepted.Revision, problem.Step.Id)}): {problem.Message}";
        if (problem.DemandsPlan && plans.Count(known => known.IsAccepted) <= MaxReplans)
        {
            return (null, what);
        }

        if (TechnicalCodes.Contains(problem.Code))
        {
            // It may be replayed from this step: the answer is written when that is over.
            return (Ended(RunPhase.Partial, problem.Code, Progress.Describe(run.Snapshot, $"I could not finish this. {what}")) with
            {
                FailedSteps = [PlanSteps.Prefix(scope) + PlanSteps.NameOf(accepted.Revision, problem.Step.Id)],
            }, null);
        }

        // Needing an approval, not getting it and not being allowed are answers, not errors.
        var code = problem.DemandsPlan ? "replan_limit" : problem.Code;
        var isAnswer = problem.Code is "forbidden" or "approval_needed" or "approval_rejected" or "approval_expired";
        return (await AnswerAsync(plan, steps, code, what, isAnswer ? RunPhase.Completed : RunPhase.Partial), null);
    }

    private async Task<RunOutcome> AnswerAsync(Plan plan, PlanSteps steps, string? code, string? problem, RunPhase phase)
    {
        var called = run.Snapshot.ModelCalls.LastOrDefault(call => call.Scope == scope && call.Purpose is null or "answer");
        var text = called?.Text;
        IReadOnlyList<RunFact> facts = [];
        IReadOnlyList<RunContent> contents = [];
        if (called is null)
        {
            run.Work.ThrowIfCancellationRequested();
            var answer = await models.AskAsync(new ModelQuestion { Messages = await Prompt.AnswerAsync(plan.Answer, steps, problem), AllowToolCalls = false, Scope = scope, PromptVersion = Version });
            (called, text, facts, contents) = (answer.Called, answer.Text, answer.Facts, answer.Contents);
        }

        var isEmpty = scope is null ? called.AnswerLength == 0 : string.IsNullOrWhiteSpace(text);
        if (isEmpty)
        {
            return Ended(RunPhase.Partial, "empty_answer", Progress.Describe(run.Snapshot, "The model gave no answer.")) with { Facts = facts, Contents = contents };
        }

        // In the run itself the text is shown already; inside a hand-off it is the result.
        var shown = scope is null ? "" : text!;
        var (note, endCode, endPhase) = called.FinishReason switch
        {
            "length" => ("(The answer was cut off at the model's length limit.)", "answer_cut", RunPhase.Partial),
            "content_filter" => ("(The model's provider cut the answer off.)", "content_filter", RunPhase.Partial),
            _ => ("", code, phase),
        };
        return Ended(endPhase, endCode, string.Join("\n\n", new[] { shown, note }.Where(part => part.Length > 0))) with { Facts = facts, Contents = contents };
    }

    private RunOutcome Invalid(PlanState last)
    {
        var faults = string.Join('\n', last.Faults.Select(fault => $"- {fault.Code} {fault.Path}: {fault.Message}"));
        return Ended(RunPhase.Failed, "invalid_plan", Progress.Describe(run.Snapshot, $"I could not make a valid plan for this:\n{faults}"));
    }

    private RunOutcome Ended(RunPhase phase, string? code, string answer) =>
        new(phase, code, answer) { WorkingMemory = scope is null ? Memory.After(run) : new Dictionary<string, string>() };
}
