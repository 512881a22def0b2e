using Microsoft.Extensions.Logging;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Limits;

namespace Steward.Engines.Orchestration.React;

/// <summary>
/// Reason, act, observe: asks the model, carries out the tools that it asks for, and tells it what came out, until it answers. Works for a run and for a hand-off inside one; the
/// conversation is built from the journal alone, so that a resumed run repeats neither a model call that has ended nor an action. Without tools it is one question and one answer.
/// </summary>
internal sealed class ReactRunner
{
    private readonly RunContext _run;
    private readonly IModelCaller _models;
    private readonly string? _scope;
    private readonly string _version;
    private readonly Func<int> _maxCalls;
    private readonly OfferedTools _offered;
    private readonly ToolCalls _calls;
    private readonly StoredResults _results;
    private readonly ReactConversation _conversation;

    public ReactRunner(
        RunContext run,
        AgentDefinition agent,
        ReactTools tools,
        IModelCaller models,
        IHandoffs? handoffs,
        IRunBudget budget,
        ILogger logger,
        string? scope,
        string task,
        Func<int> maxCalls)
    {
        (_run, _models, _scope, _version, _maxCalls) = (run, models, scope, agent.PromptVersion ?? ReactPrompt.Version, maxCalls);
        _offered = new OfferedTools(run, tools, task);
        _results = new StoredResults(run, scope);
        _calls = new ToolCalls(run, tools, _results, handoffs, budget, scope, logger);
        _conversation = new ReactConversation(run, agent, scope, task, models.ContextTokens);
    }

    /// <summary>Runs to the end, or until people have to decide.</summary>
    /// <param name="before">Facts that go into the first append.</param>
    /// <returns>
    /// How it ends, not yet recorded. For the run itself the answer is what is to be added to the text that was streamed; for a hand-off it is all of its answer.
    /// </returns>
    public async Task<RunOutcome> RunAsync(IReadOnlyList<RunFact> before)
    {
        await _run.RecordAsync(before);
        var stop = Stop.No;
        while (true)
        {
            var calls = Calls();
            if (calls.Count > 0)
            {
                var last = calls[^1];
                if (last.ToolCalls.Count == 0 || calls.Count >= _maxCalls())
                {
                    return End(last, Stop.No, [], []);
                }

                var acted = await _calls.ActAsync(last, calls);
                if (acted.Awaits.Count > 0)
                {
                    return _scope is null
                        ? RunOutcome.WaitFor(_run.Snapshot)
                        : new RunOutcome(RunPhase.Waiting, null, "") { Waits = new RunWaiting { RequestIds = acted.Awaits, Summary = "" } };
                }

                stop = acted.Exhausted is { } exhausted ? Stop.Budget(exhausted) : await StalledAsync(calls);
            }

            if (stop.Exhausted is { } outer && outer.Scope != _scope)
            {
                return BudgetOutcome.Of(_run, outer, _scope);
            }

            if (calls.Count + 1 >= _maxCalls() && stop == Stop.No)
            {
                stop = Stop.LastCall;
            }

            var (answer, reason, refused) = await AskAsync(calls, stop);
            if (answer is null)
            {
                return BudgetOutcome.Of(_run, refused!, _scope);
            }

            if (answer.Called.ToolCalls.Count == 0 || reason != Stop.No)
            {
                return End(answer.Called, reason, answer.Facts, answer.Contents);
            }

            await _run.RecordAsync(answer.Facts, answer.Contents);
        }
    }

    private List<ModelCalled> Calls() => [.. _run.Snapshot.ModelCalls.Where(call => call.Scope == _scope && call.Purpose is null or "answer")];

    private async Task<(ModelAnswer? Answer, Stop Reason, BudgetExhausted? Refused)> AskAsync(List<ModelCalled> calls, Stop stop)
    {
        while (true)
        {
            var messages = await _conversation.ExtendAsync(calls);
            if (stop.Notice is { } notice)
            {
                messages.Add(new ChatMessage { Role = ChatRole.System, Text = notice });
            }

            try
            {
                var question = new ModelQuestion { Messages = messages, Tools = _offered.After(calls, _results.Exist), AllowToolCalls = stop == Stop.No, Scope = _scope, PromptVersion = _version };
                return (await _models.AskAsync(question), stop, null);
            }
            catch (BudgetExhaustedException e) when (stop.Exhausted is null && e.Exhausted.Scope == _scope)
            {
                // A part is held back for saying what is known.
                stop = Stop.Budget(e.Exhausted);
            }
            catch (BudgetExhaustedException e)
            {
                return (null, stop, e.Exhausted);
            }
        }
    }

    private async Task<Stop> StalledAsync(List<ModelCalled> calls)
    {
        if (!_run.Snapshot.NoveltyOf(_scope).IsStalled(calls, _run.Snapshot.FindStep))
        {
            return Stop.No;
        }

        if (!_run.Snapshot.Trips.Any(trip => trip.Guard == "no_new_information" && trip.Scope == _scope))
        {
            await _run.RecordAsync(new GuardTripped
            {
                Guard = "no_new_information",
                Message = $"{Novelty.Patience} steps in a row brought nothing new, so an answer is asked for with what is known.",
                Scope = _scope,
            });
        }

        return Stop.Stalled;
    }

    private RunOutcome End(ModelCalled last, Stop stop, IReadOnlyList<RunFact> facts, IReadOnlyList<RunContent> contents)
    {
        var text = _scope is null ? "" : (last.Text ?? "").Trim();
        var isSilent = _scope is null ? last.AnswerLength == 0 : text.Length == 0;
        var (code, note) = (isSilent, last.FinishReason) switch
        {
            (true, _) when stop.Exhausted is not null => ("budget", "I stopped because a budget was used up."),
            (true, _) when stop == Stop.Stalled => ("no_new_information", "I stopped because my last steps brought nothing new."),
            (true, _) when last.ToolCalls.Count > 0 => ("step_limit", $"I stopped after {Calls().Count + (facts.Count > 0 ? 1 : 0)} model calls without having finished."),
            (true, _) => ("empty_answer", "The model gave no answer."),
            (false, "length") => ("answer_cut", "(The answer was cut off at the model's length limit.)"),
            (false, "content_filter") => ("content_filter", "(The model's provider cut the answer off.)"),
            _ => (stop.Exhausted is null ? null : "budget", ""),
        };
        if (_scope is not null)
        {
            text = isSilent ? note : note.Length == 0 ? text : $"{text}\n{note}";
        }
        else
        {
            text = isSilent ? Progress.Describe(_run.Snapshot, note) : note;
        }

        return new RunOutcome(code is null ? RunPhase.Completed : RunPhase.Partial, code, text) { Facts = facts, Contents = contents, WorkingMemory = Memory.After(_run) };
    }

    /// <summary>Why the next answer is the last one.</summary>
    private sealed record Stop(string Reason, string? Notice = null, BudgetExhausted? Exhausted = null)
    {
        public static Stop No { get; } = new("no");

        public static Stop LastCall { get; } = new("last call");

        public static Stop Stalled { get; } = new(
            "no new information", "Your last steps brought nothing new. Do not call tools any more: answer now with what you know, and say what you could not find out.");

        public static Stop Budget(BudgetExhausted exhausted) =>
            new("budget", "A budget of this run is used up. Do not call tools any more: answer now, briefly, with what you know, and say what is open.", exhausted);
    }
}
