using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Limits;

namespace Steward.Engines.Orchestration.React;

/// <summary>
/// Carries out the tools that one answer of the model asks for. Reads beside each other run at the same time; what changes something, and hand-offs, run alone and in the model's order.
/// </summary>
internal sealed class ToolCalls(RunContext run, ReactTools tools, StoredResults results, IHandoffs? handoffs, IRunBudget budget, string? scope, ILogger logger)
{
    private readonly ActionLedger _ledger = new(run, logger);
    private readonly RepeatedCalls _repeated = new(run, tools, scope);

    /// <summary>Carries out what is still open, from wherever the journal says that it is.</summary>
    /// <param name="call">The answer.</param>
    /// <param name="calls">All answers in the scope, this one last.</param>
    public async Task<Acted> ActAsync(ModelCalled call, IReadOnlyList<ModelCalled> calls)
    {
        var open = call.ToolCalls.Where(tool => run.Snapshot.FindStep(tool.StepId) is not { HasEnded: true }).ToList();
        BudgetExhausted? exhausted = null;
        for (var i = 0; i < open.Count;)
        {
            run.Work.ThrowIfCancellationRequested();
            var batch = Batch(open, i);
            i += batch.Count;

            var started = new List<RunFact>();
            var tasks = new List<Func<Task<CallResult>>>();
            foreach (var tool in batch)
            {
                var isNew = run.Snapshot.FindStep(tool.StepId) is null;
                if (isNew && exhausted is null)
                {
                    exhausted = budget.TryTakeStep(scope);
                    if (exhausted is not null && !run.Snapshot.Exhausted.Any(known => known.Budget == exhausted.Budget && known.Scope == exhausted.Scope))
                    {
                        started.Add(exhausted);
                    }
                }

                tasks.Add(isNew && exhausted is not null ? Refused(tool, started) : Prepare(tool, calls, started));
            }

            await run.RecordAsync(started);
            var awaits = await CarryOutAsync(tasks);
            if (awaits.Count > 0)
            {
                return new Acted(awaits, exhausted);
            }
        }

        return new Acted([], exhausted);
    }

    // Identical reads are not made at the same time: the second one is answered from the first.
    private List<ModelToolCall> Batch(List<ModelToolCall> open, int from)
    {
        var batch = new List<ModelToolCall>();
        foreach (var tool in open.Skip(from).Take(run.Options.MaxParallelSteps))
        {
            if (tools.Find(tool.Name) is not { IsParallel: true } || batch.Exists(other => RepeatedCalls.AreSame(other, tool)))
            {
                break;
            }

            batch.Add(tool);
        }

        return batch.Count > 0 ? batch : [open[from]];
    }

    private async Task<IReadOnlyList<string>> CarryOutAsync(List<Func<Task<CallResult>>> calls)
    {
        var pending = calls.ConvertAll(call => call());
        var ended = new List<CallResult>();
        try
        {
            await Task.WhenAll(pending);
        }
        finally
        {
            foreach (var task in pending.Where(task => task.IsCompletedSuccessfully))
            {
                ended.Add(await task);
            }

            if (!run.HasFailedToRecord)
            {
                await run.RecordAsync([.. ended.SelectMany(result => result.Facts)], [.. ended.SelectMany(result => result.Contents)]);
            }
        }

        return [.. ended.SelectMany(result => result.Awaits).Distinct(StringComparer.Ordinal)];
    }

    private Func<Task<CallResult>> Refused(ModelToolCall call, List<RunFact> started)
    {
        Start(call, tools.Find(call.Name), null, started);
        return Failure(call, "budget", "The budget of this run is used up; this was not done.", null);
    }

    private Func<Task<CallResult>> Prepare(ModelToolCall call, IReadOnlyList<ModelCalled> calls, List<RunFact> started)
    {
        var tool = tools.Find(call.Name);
        if (tool is null)
        {
            Start(call, null, null, started);
            return Failure(call, "unknown_tool", $"There is no tool '{RepeatedCalls.Short(call.Name)}'.", null);
        }

        if (!RepeatedCalls.TryRead(call.Arguments, out var arguments))
        {
            Start(call, tool, null, started);
            return Failure(call, "invalid_argument", "The arguments are not a JSON object.", null);
        }

        if (OperationSchemas.Check(tool.Operation, arguments) is { Count: > 0 } errors)
        {
            Start(call, tool, null, started);
            return Failure(call, "invalid_argument", string.Join(" ", errors.Take(5)), errors[0].Path.TrimStart('/'));
        }

        Start(call, tool, arguments, started);
        if (tool.Agent is null && !tool.IsBuiltIn && CallbackGuard.Refusal(run, tool.Operation, arguments) is { } refusal)
        {
            return Failure(call, CallbackGuard.Code, refusal, null, Tripped(CallbackGuard.Code, call.StepId, refusal));
        }

        // A begun action goes on; it is not its own repetition.
        if (_ledger.Find(call.StepId) is null && _repeated.Find(call, tool, arguments, calls) is { } same)
        {
            return Repeated(call, same);
        }

        if (tool.Agent is { } agent)
        {
            return () => handoffs!.HandOffAsync(call.StepId, agent.Id, arguments.GetProperty("task").GetString()!, scope);
        }

        if (tool.ReadsResults)
        {
            return () => results.ReadAsync(call.StepId, arguments);
        }

        if (tool.SearchesTools)
        {
            return () =>
            {
                var result = tools.Search(arguments.GetProperty("query").GetString()!);
                return Task.FromResult(new CallResult { Result = result, Facts = [new StepCompleted { StepId = call.StepId, Status = "done", Result = result }] });
            };
        }

        return tool.Operation.Effect == OperationEffect.Read
            ? () => _ledger.ReadAsync(call.StepId, tool.Operation, arguments, null, run.Work)
            : () => _ledger.WriteAsync(call.StepId, tool.Operation, arguments, tool.Title, null);
    }

    private Func<Task<CallResult>> Repeated(ModelToolCall call, StepState same)
    {
        var first = same.SameAs ?? same.StepId;
        var tripped = Tripped("repeated_call", call.StepId, $"The same call was made in step {first}; its result is used again.");
        return same.Status == StepStatus.Failed
            ? Failure(call, same.Code ?? "failed", same.Message ?? "It failed.", same.Field, tripped)
            : () => Task.FromResult(new CallResult
            {
                Facts = [tripped, new StepCompleted { StepId = call.StepId, Status = "done", SameAs = first, Summary = "The same call was made before; this is its result." }],
            });
    }

    private void Start(ModelToolCall call, ReactTool? tool, JsonElement? arguments, List<RunFact> started)
    {
        if (run.Snapshot.FindStep(call.StepId) is null)
        {
            started.Add(new StepStarted
            {
                StepId = call.StepId,
                Title = tool?.Title ?? RepeatedCalls.Short(call.Name),
                OperationId = tool?.Operation.Id,
                Arguments = tool?.Operation.Effect == OperationEffect.Read ? arguments : null,
                Agent = tool?.Agent?.Id,
            });
        }
    }

    private GuardTripped Tripped(string guard, string stepId, string message) => new() { Guard = guard, StepId = stepId, Message = message, Scope = scope };

    // A step that is refused now may have begun under other rules: what became of its action is settled first.
    private Func<Task<CallResult>> Failure(ModelToolCall call, string code, string message, string? field, params IReadOnlyList<RunFact> before) => async () =>
        await _ledger.SettleStepAsync(call.StepId) ?? new CallResult
        {
            Code = code,
            Message = message,
            Facts = [.. before, new StepFailed { StepId = call.StepId, Code = code, Message = message, Field = string.IsNullOrEmpty(field) ? null : field }],
        };
}

/// <summary>What became of the tools of one answer.</summary>
/// <param name="Awaits">The requests that people have to decide first; none when all are done.</param>
/// <param name="Exhausted">What was used up, so that the rest was not done; null when nothing was.</param>
internal sealed record Acted(IReadOnlyList<string> Awaits, BudgetExhausted? Exhausted);
