using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Intents;
using Steward.Engines.Orchestration.Limits;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.Policies;
using Steward.Engines.Orchestration.Prompts;

namespace Steward.Engines.Orchestration;

/// <summary>
/// Works runs off: chooses playbook, model or neither, carries the steps out, and ends the run. Holds no state of a run; whatever it knows stands in the
/// run's journal, so that any instance anywhere continues what another one began. One instance serves all runs of a process.
/// </summary>
public sealed partial class RunEngine(
    IOptions<OrchestrationOptions> options,
    OrchestrationDefinitions definitions,
    IConnectorRegistry connectors,
    IChatModelProvider models,
    TimeProvider time,
    IRandomSource random,
    ILogger<RunEngine> logger,
    IIntentClassifier? intents = null,
    IAgentInstructions? instructions = null,
    IRunMemory? memory = null)
{
    /// <summary>
    /// The revision of the engine's own rules: how the state of a run follows from its journal and what comes next. Raised when a run that was begun by newer rules could not be gone
    /// on with by older ones.
    /// </summary>
    public const int Revision = 4;

    private static readonly string CodeVersion =
        typeof(RunEngine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private readonly OrchestrationOptions _options = options.Value;

    /// <summary>Until when a run may work that has come as far as the snapshot says.</summary>
    public DateTimeOffset DeadlineOf(RunInput input, RunSnapshot snapshot) => new RunClock(input, snapshot, _options, time).Limit;

    /// <summary>
    /// What a run knows of the conversation before its message: a fact for the append that requests the run, with the contents that it refers to, so that no loss can come between the
    /// two. Null when there was no conversation. Whoever appends no such fact has it recorded by the engine, with the run's first own append.
    /// </summary>
    public (ContextGathered? Fact, IReadOnlyList<RunContent> Contents) GatherContext(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return ConversationContext.Gather(input, _options);
    }

    /// <summary>
    /// Works the run off from wherever the recorder's snapshot says that it is; returns after <c>run.ended</c> or <c>run.waiting</c> is durable, at once when it already is and
    /// nothing has come in since. Called again after a decision it goes on.
    /// </summary>
    /// <param name="input">
    /// What the run starts from, as in its <c>run.requested</c>. The conversation in it, which the journal need not repeat, is recorded with the first append unless it is recorded already, and read from there later.
    /// </param>
    /// <param name="recorder">The run's journal.</param>
    /// <param name="userCancel">Fires when the user cancels: what is under way is finished or given up, what was done is recorded, and the run ends as cancelled.</param>
    /// <param name="stop">Fires on shutdown: the run is left as it is, to be resumed elsewhere.</param>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> fired; the run has not ended.</exception>
    /// <exception cref="EngineTooOldException">A newer version of the program began the run; it has not ended.</exception>
    /// <exception cref="Exception">Whatever the recorder threw; the run has not ended.</exception>
    public async Task ExecuteAsync(RunInput input, IRunRecorder recorder, CancellationToken userCancel, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(recorder);
        if (!HasWork(recorder.Snapshot, userCancel))
        {
            return;
        }

        if (recorder.Snapshot.Choice?.EngineRevision is > Revision and var newer)
        {
            throw new EngineTooOldException(newer);
        }

        stop.ThrowIfCancellationRequested();
        using var activity = Diagnostics.StartRun(input, recorder.Snapshot);

        // A decision that comes in while the run settles down to wait is taken up at once.
        while (HasWork(recorder.Snapshot, userCancel))
        {
            var requester = new ConnectorCaller(input.Requester.UserId, input.Requester.Email, input.Requester.Roles);
            var usable = await connectors.OpenAsync(input.TenantId, requester, stop);
            await using var run = new RunContext(input, recorder, usable, definitions.Policy, _options, time, random, userCancel, stop);
            try
            {
                run.Begin();
                await EndAsync(run, await ConcludeAsync(run));
            }
            catch (Exception) when (run.HasFailedToRecord)
            {
                run.RecordingFailure!.Throw();
            }
            catch (Exception e) when (stop.IsCancellationRequested)
            {
                throw new OperationCanceledException("The run was stopped and can be resumed.", e, stop);
            }
        }

        if (recorder.Snapshot.HasEnded)
        {
            Diagnostics.EndRun(activity, recorder.Snapshot);
        }
    }

    private static bool HasWork(RunSnapshot snapshot, CancellationToken userCancel) =>
        !snapshot.HasEnded && (snapshot.Phase != RunPhase.Waiting || snapshot.CancelRequested || userCancel.IsCancellationRequested);

    // Every way in which the work on a run can end, except that the run itself does not end here.
    private async Task<RunOutcome> ConcludeAsync(RunContext run)
    {
        try
        {
            return await WorkAsync(run);
        }
        catch (Exception e) when (!run.HasFailedToRecord && !run.Stop.IsCancellationRequested)
        {
            switch (e)
            {
                case OperationCanceledException:
                    return await InterruptedAsync(run);
                case BudgetExhaustedException spent:
                    return BudgetOutcome.Of(run, spent.Exhausted, null);
                case ModelException model:
                    LogModelFailed(logger, run.Input.RunId, model.Code, model);
                    return Changed(run.Snapshot)
                        ? new RunOutcome(RunPhase.Partial, model.Code, Progress.Describe(run.Snapshot, model.Message)) { FailedSteps = [] }
                        : new RunOutcome(RunPhase.Failed, model.Code, model.Message + " Nothing was changed.") { FailedSteps = [] };
                default:
                    LogDefect(logger, run.Input.RunId, e);
                    await SettleAsync(run);
                    return new RunOutcome(RunPhase.Failed, "internal", Progress.Describe(run.Snapshot, "Something went wrong on our side.")) { FailedSteps = [] };
            }
        }
    }

    private static bool Changed(RunSnapshot snapshot) =>
        snapshot.Actions.Any(action => action.Status is ActionStatus.Confirmed or ActionStatus.Sent or ActionStatus.Unknown);

    private async Task<RunOutcome> WorkAsync(RunContext run)
    {
        run.Work.ThrowIfCancellationRequested();
        if (run.Snapshot.CancelRequested)
        {
            throw new OperationCanceledException("The user has cancelled the run.");
        }

        return run.Snapshot.Choice is { } choice ? await ResumeAsync(run, choice) : await BeginAsync(run);
    }

    private async Task<RunOutcome> BeginAsync(RunContext run)
    {
        var (context, contents) = run.Snapshot.Context is null ? GatherContext(run.Input) : (null, []);
        List<RunFact> before = context is null ? [] : [context];
        run.Attach(contents);
        var agents = definitions.Agents;
        if (agents.Find(run.Input.Agent ?? AgentCatalog.DefaultId) is not { } agent)
        {
            var known = string.Join(", ", agents.Agents.Select(other => other.Id));
            return new RunOutcome(RunPhase.Failed, "unknown_agent", $"There is no agent '{run.Input.Agent}'; there are {known}.")
            {
                Facts = [.. before, new StrategyChosen { Strategy = "none", Reason = "the agent is not known" }],
            };
        }

        if (await AboutMemoryAsync(run, agents, agent, before) is { } told)
        {
            return told;
        }

        var model = models.ForTenant(run.Input.TenantId, agent.ModelTier);
        var selector = new StrategySelector(_options, definitions.Strategies);
        var selection = selector.Select(run.Input, agent, definitions.Playbooks, run.Connectors.Operations, model);
        IntentJudgement? judged = null;
        if (intents is not null && selector.WantsJudgement(run.Input, selection) && await intents.JudgeAsync(run.Input.TenantId, run.Input.Text, run.Work) is { } judgement)
        {
            judged = judgement;
            selection = Judged(selector.Select(run.Input, agent, definitions.Playbooks, run.Connectors.Operations, model, judgement), judgement);
        }

        selection = await SpareAsync(run, agent, model, selector, selection, judged);
        var pin = agents.Pin(agent);
        run.Attach([pin]);
        var choice = selection.Choice with { Agent = agent.Id, AgentVersion = agent.Version, AgentHash = pin.Hash, EngineRevision = Revision, CodeVersion = CodeVersion };
        var instructed = agent;
        if (selection is { Outcome: null, Playbook: null })
        {
            (instructed, var hash) = await PinnedInstructions.BeginAsync(run, instructions, agent);
            choice = choice with { InstructionsHash = hash, PromptVersion = instructed.PromptVersion ?? choice.PromptVersion };
        }

        before.Add(choice);
        if (selection.Outcome is { } outcome)
        {
            return outcome with { Facts = before };
        }

        if (selection.Playbook is { } pinned)
        {
            run.Attach([PinnedPlaybook.Content(pinned)]);
        }

        if (selection.Playbook is null && memory is not null && await memory.RecallAsync(run.Input, run.Work) is { Memories.Count: > 0 } recalled)
        {
            before.Add(recalled);
        }

        return selection.Playbook is { } playbook
            ? await new PlaybookRunner(run, playbook, choice, logger, CallersBudget(run)).RunAsync(before)
            : await DispatchAsync(run, agents, instructed, choice.Strategy, model!, before);
    }

    private static Selection Judged(Selection selection, IntentJudgement judgement) => selection with
    {
        Choice = selection.Choice with { Intent = judgement.Intent, IntentConfidence = Math.Round(judgement.Confidence, 3), IntentVersion = judgement.Version },
    };

    // A model that would not be asked is no better answer than a playbook that fits less surely.
    private async ValueTask<Selection> SpareAsync(RunContext run, AgentDefinition agent, IChatModel? model, StrategySelector selector, Selection selection, IntentJudgement? judged)
    {
        if (model is null || selection.Choice.Strategy is not ("direct" or "react" or "plan"))
        {
            return selection;
        }

        string step;
        try
        {
            step = await model.StepAsync(run.Work);
        }
        catch (ModelException)
        {
            // Whoever asks the model is told why it cannot be asked.
            return selection;
        }

        if (step is not ("cached" or "queue"))
        {
            return selection;
        }

        var spared = selector.Select(run.Input, agent, definitions.Playbooks, run.Connectors.Operations, model, judged, isSpared: true);
        if (spared.Choice.Strategy == selection.Choice.Strategy)
        {
            return selection;
        }

        spared = spared with { Choice = spared.Choice with { Degradation = step, Reason = $"{spared.Choice.Reason}; models are not asked at the moment" } };
        return judged is null ? spared : Judged(spared, judged);
    }

    // What a person asks of their memory is answered from it, whether there is a model or not.
    private async Task<RunOutcome?> AboutMemoryAsync(RunContext run, AgentCatalog agents, AgentDefinition agent, List<RunFact> before)
    {
        if (memory is null || run.Input.Strategy is not (null or "auto") || await memory.AnswerAsync(run.Input, run.Work) is not { } answer)
        {
            return null;
        }

        var pin = agents.Pin(agent);
        run.Attach([pin]);
        before.Add(new StrategyChosen
        {
            Strategy = "none",
            Reason = "the message is about what is remembered",
            Agent = agent.Id,
            AgentVersion = agent.Version,
            AgentHash = pin.Hash,
            EngineRevision = Revision,
            CodeVersion = CodeVersion,
        });
        if (answer.Recalled is { } recalled)
        {
            before.Add(recalled);
        }

        return new RunOutcome(RunPhase.Completed, null, answer.Text) { Facts = before, WorkingMemory = Pending.Clear(run.Input.WorkingMemory) };
    }

    // A playbook is bounded by itself; what the caller allows holds all the same.
    private static RunBudget? CallersBudget(RunContext run) => run.Input.Limits is { } limits ? new RunBudget(run, limits) : null;

    private async Task<RunOutcome> ResumeAsync(RunContext run, StrategyChosen choice)
    {
        if (choice.Strategy == "playbook")
        {
            if (await PinnedPlaybook.FindAsync(run, definitions.Playbooks, choice) is { } playbook)
            {
                return await new PlaybookRunner(run, playbook, choice, logger, CallersBudget(run)).RunAsync([]);
            }

            await SettleAsync(run);
            return new RunOutcome(RunPhase.Partial, "playbook_changed", Progress.Describe(run.Snapshot, "The playbook for this was changed or removed while I was working, so I stopped."));
        }

        if (await PinnedAsync(run, choice) is not var (agents, agent))
        {
            await SettleAsync(run);
            return new RunOutcome(RunPhase.Partial, "agent_changed", Progress.Describe(run.Snapshot, "The agent that was working on this is not there any more, so I stopped."));
        }

        if (choice.Strategy is "direct" or "react" or "plan" && models.ForTenant(run.Input.TenantId, agent.ModelTier) is { } model)
        {
            var instructed = choice.InstructionsHash is { } hash
                ? await PinnedInstructions.ResumeAsync(run, agent, hash, choice.PromptVersion)
                : await PinnedInstructions.NowAsync(run, instructions, agent);
            if (instructed is not null)
            {
                return await DispatchAsync(run, agents, instructed, choice.Strategy, model, []);
            }

            await SettleAsync(run);
            return new RunOutcome(RunPhase.Partial, "agent_changed", Progress.Describe(run.Snapshot, "The instructions that I was working with are not kept any more, so I stopped."));
        }

        await SettleAsync(run);
        return new RunOutcome(RunPhase.Partial, "not_configured", Progress.Describe(run.Snapshot, "The language model that I was working with is not configured any more, so I stopped."));
    }

    private async Task<RunOutcome> DispatchAsync(RunContext run, AgentCatalog agents, AgentDefinition agent, string strategy, IChatModel model, IReadOnlyList<RunFact> before)
    {
        var budget = new RunBudget(
            run,
            RunBudget.Lowest(run.Input.Limits, agent.Limits, _options.InteractiveLimits),
            RunBudget.Lowest(run.Input.Limits, agent.Limits, _options.BackgroundLimits));
        var parts = new RunParts(run, agents, models, budget, new ModelCallNumbers(run.Snapshot), logger)
        {
            Playbooks = definitions.Playbooks,
            Selector = new StrategySelector(_options, definitions.Strategies),
            Instructions = instructions,
        };
        var work = new AgentRun(parts, agent, AgentTools.Of(agent, run.Connectors.Operations), model, null, run.Input.Text);
        return await (strategy switch
        {
            "direct" => work.DirectAsync(before),
            "plan" => work.PlanAsync(before),
            _ => work.ReactAsync(before),
        });
    }

    // The definitions of when the run began, whatever the files say now. Runs of the first release have pinned none.
    private async Task<(AgentCatalog Agents, AgentDefinition Agent)?> PinnedAsync(RunContext run, StrategyChosen choice)
    {
        var current = definitions.Agents.Find(choice.Agent ?? AgentCatalog.DefaultId);
        if (choice.AgentHash is not { } hash || (current is not null && definitions.Agents.Pin(current).Hash == hash))
        {
            return current is null ? null : (definitions.Agents, current);
        }

        return await run.LoadContentAsync(hash) is { } bytes ? AgentCatalog.Unpin(bytes) : null;
    }

    private static async Task SettleAsync(RunContext run)
    {
        using var grace = new CancellationTokenSource(run.Options.ActionGrace, run.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, run.Stop);
        await new ActionLedger(run, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).SettleAsync(limit.Token);
    }

    private static async Task<RunOutcome> InterruptedAsync(RunContext run)
    {
        await SettleAsync(run);

        // Whoever decides finds the run as it is, with time to go on; what only read is read again.
        if (!run.IsCancelled && run.Snapshot.Decisions.Any(decision => decision.IsOpen))
        {
            return RunOutcome.WaitFor(run.Snapshot);
        }

        var (phase, code, reason) = run.IsCancelled
            ? (RunPhase.Cancelled, "cancelled", "I stopped, as you asked.")
            : (RunPhase.Partial, "deadline", "I ran out of time and stopped.");
        return new RunOutcome(phase, code, Progress.Describe(run.Snapshot, reason)) { Open = Progress.Open(run.Snapshot), WorkingMemory = Pending.Clear(run.Input.WorkingMemory) };
    }

    [LoggerMessage(1, LogLevel.Error, "Run {RunId} failed because of a defect")]
    private static partial void LogDefect(ILogger logger, string runId, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "The model failed in run {RunId} with {Code}")]
    private static partial void LogModelFailed(ILogger logger, string runId, string code, Exception exception);
}
