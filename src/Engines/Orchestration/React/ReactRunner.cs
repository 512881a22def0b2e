using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.React;

/// <summary>
/// Reason, act, observe: asks the model, carries out the operations that it asks for, and tells it what came out, until it answers. The conversation is built from the journal
/// alone: a resumed run repeats neither a model call that has ended nor an action.
/// </summary>
internal sealed class ReactRunner(RunContext run, IChatModel model, ILogger logger)
{
    private const int GuardWindow = 5;
    private const int MaxToolCalls = 16;
    private const int MaxHistoryMessages = 40;
    private const int MaxHistoryLength = 60_000;

    private readonly ActionLedger _ledger = new(run, logger);
    private readonly ToolNames _tools = new(run.Connectors.Operations);

    /// <summary>Runs to the end.</summary>
    /// <param name="before">Facts that go into the first append.</param>
    public async Task<RunOutcome> RunAsync(IReadOnlyList<RunFact> before)
    {
        await run.RecordAsync(before);
        while (true)
        {
            var calls = run.Snapshot.ModelCalls;
            if (calls.Count > 0)
            {
                var last = calls[^1];
                if (IsFinal(last))
                {
                    return End(last, []);
                }

                if (await ActAsync(last))
                {
                    return RunOutcome.WaitFor(run.Snapshot);
                }
            }

            run.Work.ThrowIfCancellationRequested();
            var (called, facts) = await AskAsync(calls.Count + 1);
            if (IsFinal(called))
            {
                return End(called, facts);
            }

            await run.RecordAsync(facts);
        }
    }

    private bool IsFinal(ModelCalled call) => call.ToolCalls.Count == 0 || call.Call >= run.Options.MaxModelSteps;

    private RunOutcome End(ModelCalled last, IReadOnlyList<RunFact> facts)
    {
        var memory = Remember();
        if (last.AnswerLength == 0)
        {
            return last.ToolCalls.Count > 0
                ? new RunOutcome(RunPhase.Partial, "step_limit", Progress.Describe(run.Snapshot, $"I stopped after {last.Call} model calls without having finished.")) { Facts = facts, WorkingMemory = memory }
                : new RunOutcome(RunPhase.Partial, "empty_answer", Progress.Describe(run.Snapshot, "The model gave no answer.")) { Facts = facts, WorkingMemory = memory };
        }

        var (phase, code, note) = last.FinishReason switch
        {
            "length" => (RunPhase.Partial, "answer_cut", "(The answer was cut off at the model's length limit.)"),
            "content_filter" => (RunPhase.Partial, "content_filter", "(The model's provider cut the answer off.)"),
            _ => (RunPhase.Completed, null, ""),
        };
        return new RunOutcome(phase, code, note) { Facts = facts, WorkingMemory = memory };
    }

    private async Task<(ModelCalled Called, IReadOnlyList<RunFact> Facts)> AskAsync(int number)
    {
        var previous = run.Snapshot.ModelCalls;
        var from = previous.Count == 0 ? 0 : previous[^1].AnswerFrom + previous[^1].AnswerLength;
        if (run.Snapshot.AnswerLength > from)
        {
            // A call that was cut off by a loss had begun to answer.
            await run.RecordAsync(new AnswerDelta { Offset = from, Text = "" });
        }

        var writer = new AnswerWriter(run, from);
        var request = new ChatRequest
        {
            Messages = Conversation(),
            Tools = [.. _tools.All.Select(tool => new ToolDefinition { Name = tool.Key, Description = Describe(tool.Value), Parameters = tool.Value.InputSchema })],
            AllowToolCalls = number < run.Options.MaxModelSteps,
        };
        var calls = new List<ModelToolCall>();
        ChatFinished? finished = null;
        var began = run.Time.GetTimestamp();
        try
        {
            await foreach (var delta in model.StreamAsync(request, run.Work))
            {
                switch (delta)
                {
                    case ChatText text:
                        writer.Write(writer.Length == from && from > 0 ? "\n\n" + text.Text : text.Text);
                        break;
                    case Steward.Engines.Models.ChatToolCall call when calls.Count < MaxToolCalls:
                        calls.Add(new ModelToolCall { Id = call.Call.Id, StepId = $"m{number}_{calls.Count + 1}", Name = call.Call.Name, Arguments = call.Call.Arguments });
                        break;
                    case ChatFinished end:
                        finished = end;
                        break;
                    default:
                        break;
                }
            }
        }
        catch (Exception e) when (e is not RecordingFailedException && !run.HasFailedToRecord)
        {
            // What the person has seen is also what the journal says.
            if (await writer.FinishAsync() is { } shown)
            {
                await run.RecordAsync(shown);
            }

            throw;
        }

        var rest = await writer.FinishAsync();
        var called = new ModelCalled
        {
            Call = number,
            Model = finished?.Model ?? model.Name,
            FinishReason = finished?.Reason ?? "stop",
            AnswerFrom = from,
            AnswerLength = writer.Length - from,
            ToolCalls = calls,
            InputTokens = finished?.Usage?.InputTokens,
            CachedInputTokens = finished?.Usage?.CachedInputTokens,
            OutputTokens = finished?.Usage?.OutputTokens,
            CostUsd = finished?.Usage?.CostUsd,
            FirstTokenMs = finished is null ? null : Math.Round(finished.FirstToken.TotalMilliseconds, 1),
            DurationMs = Math.Round(run.Time.GetElapsedTime(began).TotalMilliseconds, 1),
        };
        return (called, rest is null ? [called] : [rest, called]);
    }

    // Reads beside each other may run at the same time; what changes something runs alone and in the model's order.
    private async Task<bool> ActAsync(ModelCalled call)
    {
        var open = call.ToolCalls.Where(tool => run.Snapshot.FindStep(tool.StepId) is not { HasEnded: true }).ToList();
        for (var i = 0; i < open.Count;)
        {
            run.Work.ThrowIfCancellationRequested();
            var reads = open.Skip(i).TakeWhile(tool => _tools.Find(tool.Name) is { Effect: OperationEffect.Read }).Take(run.Options.MaxParallelSteps).ToList();
            var batch = reads.Count > 0 ? reads : [open[i]];
            i += batch.Count;

            var started = new List<RunFact>();
            var tasks = new List<Func<Task<CallResult>>>();
            foreach (var tool in batch)
            {
                tasks.Add(Prepare(tool, started));
            }

            await run.RecordAsync(started);
            var results = tasks.ConvertAll(task => task());
            try
            {
                await Task.WhenAll(results);
            }
            finally
            {
                if (!run.HasFailedToRecord)
                {
                    var ended = results.Where(result => result.IsCompletedSuccessfully).Select(result => result.GetAwaiter().GetResult()).ToList();
                    await run.RecordAsync([.. ended.SelectMany(result => result.Facts)], [.. ended.SelectMany(result => result.Contents)]);
                }
            }

            if (results.Exists(result => result.GetAwaiter().GetResult().IsWaiting))
            {
                return true;
            }
        }

        return false;
    }

    private Func<Task<CallResult>> Prepare(ModelToolCall tool, List<RunFact> started)
    {
        var operation = _tools.Find(tool.Name);
        JsonElement arguments = default;
        string? fault = null;
        string? field = null;
        var code = "invalid_argument";
        if (operation is null)
        {
            (code, fault) = ("unknown_tool", $"There is no tool '{Cut(tool.Name)}'.");
        }
        else if (!TryReadObject(tool.Arguments, out arguments))
        {
            fault = "The arguments are not a JSON object.";
        }
        else if (OperationSchemas.Check(operation, arguments) is { Count: > 0 } errors)
        {
            fault = string.Join(" ", errors.Take(5));
            field = errors[0].Path.TrimStart('/');
        }

        var title = operation is null ? Cut(tool.Name) : Title(operation);
        if (run.Snapshot.FindStep(tool.StepId) is null)
        {
            started.Add(new StepStarted
            {
                StepId = tool.StepId,
                Title = title,
                OperationId = operation?.Id,
                Arguments = fault is null && operation!.Effect == OperationEffect.Read ? arguments : null,
            });
        }

        if (fault is not null)
        {
            var failed = new StepFailed { StepId = tool.StepId, Code = code, Message = fault, Field = string.IsNullOrEmpty(field) ? null : field };
            return async () => await _ledger.SettleStepAsync(tool.StepId) ?? new CallResult { Code = code, Message = fault, Facts = [failed] };
        }

        if (FindSame(tool, operation!, arguments) is { } same)
        {
            var repeated = new StepCompleted { StepId = tool.StepId, Status = "done", SameAs = same, Summary = "The same call was made before; this is its result." };
            return () => Task.FromResult(new CallResult { Facts = [repeated] });
        }

        return operation!.Effect == OperationEffect.Read
            ? () => _ledger.ReadAsync(tool.StepId, operation, arguments, null)
            : () => _ledger.WriteAsync(tool.StepId, operation, arguments, title, null);
    }

    /// <summary>An identical call among the last five that has succeeded. Reads count only since the last change: what was read before may be different now.</summary>
    private string? FindSame(ModelToolCall tool, ConnectorOperation operation, JsonElement arguments)
    {
        // A begun action goes on; it is not its own repetition.
        if (_ledger.Find(tool.StepId) is not null)
        {
            return null;
        }

        var earlier = run.Snapshot.ModelCalls.SelectMany(call => call.ToolCalls).TakeWhile(other => other.StepId != tool.StepId).Reverse().Take(GuardWindow);
        foreach (var other in earlier)
        {
            var step = run.Snapshot.FindStep(other.StepId);
            if (step is { Status: StepStatus.Done } && step.OperationId == operation.Id && TryReadObject(other.Arguments, out var same) && JsonElement.DeepEquals(same, arguments))
            {
                return step.SameAs ?? step.StepId;
            }

            if (operation.Effect == OperationEffect.Read && run.Snapshot.Actions.Any(action => action.StepId == other.StepId && action.Status != ActionStatus.Failed))
            {
                return null;
            }
        }

        return null;
    }

    private List<ChatMessage> Conversation()
    {
        var messages = new List<ChatMessage>
        {
            new() { Role = ChatRole.System, Text = ReactPrompt.Render(run.Input, run.Snapshot.RequestedAt ?? run.Time.GetUtcNow()) },
        };
        messages.AddRange(History().Reverse());
        messages.Add(new ChatMessage { Role = ChatRole.User, Text = run.Input.Text });
        var answer = run.Snapshot.Answer;
        foreach (var call in run.Snapshot.ModelCalls)
        {
            var from = Math.Min(call.AnswerFrom, answer.Length);
            messages.Add(new ChatMessage
            {
                Role = ChatRole.Assistant,
                Text = answer.Substring(from, Math.Min(call.AnswerLength, answer.Length - from)).Trim(),
                ToolCalls = [.. call.ToolCalls.Select(tool => new ToolCall { Id = tool.Id, Name = tool.Name, Arguments = tool.Arguments })],
            });
            messages.AddRange(call.ToolCalls.Select(tool => new ChatMessage { Role = ChatRole.Tool, ToolCallId = tool.Id, Text = Observation(run.Snapshot.FindStep(tool.StepId)) }));
        }

        return messages;
    }

    private IEnumerable<ChatMessage> History()
    {
        var length = 0;
        foreach (var message in run.Input.History.Reverse().Take(MaxHistoryMessages))
        {
            length += message.Text.Length;
            if (length > MaxHistoryLength)
            {
                yield break;
            }

            yield return new ChatMessage { Role = message.Role == "assistant" ? ChatRole.Assistant : ChatRole.User, Text = message.Text };
        }
    }

    /// <summary>What the model is told about a call: tells empty from failed, retryable from final, and data from instructions.</summary>
    private static string Observation(StepState? step)
    {
        var told = new JsonObject();
        if (step is null || step.Status == StepStatus.Running)
        {
            told["status"] = "failed";
            told["code"] = "not_run";
            told["retryable"] = true;
        }
        else if (step.Status == StepStatus.Failed)
        {
            told["status"] = step.Code is "forbidden" or "approval_needed" or "outcome_unknown" ? step.Code : "failed";
            told["code"] = step.Code;
            told["message"] = step.Message;
            told["retryable"] = step.Retryable;
            if (step.Field is not null)
            {
                told["field"] = step.Field;
            }
        }
        else
        {
            told["status"] = "ok";
            if (step.SameAs is not null)
            {
                told["notice"] = "You have made this call before; this is the same result. Do not repeat it.";
            }

            if (step.Truncated)
            {
                told["truncated"] = true;
            }

            var data = Values.Node(step.Result);
            if (data is null or JsonObject { Count: 0 } || (data["items"] is JsonArray { Count: 0 } && data is JsonObject))
            {
                told["empty"] = true;
            }

            told["untrusted"] = true;
            told["data"] = data?.DeepClone();
        }

        return told.ToJsonString();
    }

    private Dictionary<string, string> Remember()
    {
        var memory = Playbooks.Pending.Clear(run.Input.WorkingMemory);
        foreach (var step in run.Snapshot.Steps.Where(step => step.Status == StepStatus.Done))
        {
            if (Values.Node(step.Result) is JsonObject result && (result["number"] ?? result["key"]) is JsonValue id && id.GetValueKind() == JsonValueKind.String && id.GetValue<string>() is { Length: > 0 and <= 64 } ticket)
            {
                memory["last_ticket"] = ticket;
            }
        }

        return memory;
    }

    private static string Describe(ConnectorOperation operation) => operation.Effect switch
    {
        OperationEffect.Read => operation.Description,
        OperationEffect.Write => operation.Description + " Changes something.",
        _ => operation.Description + " Takes something away that cannot simply be brought back.",
    };

    private static string Title(ConnectorOperation operation)
    {
        var end = operation.Description.IndexOf('.', StringComparison.Ordinal);
        var title = end > 0 ? operation.Description[..end] : operation.Description;
        return title.Length is > 0 and <= 120 ? title : operation.Id;
    }

    private static string Cut(string text) => text.Length <= 64 ? text : text[..64];

    private static bool TryReadObject(string text, out JsonElement arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
            arguments = document.RootElement.Clone();
            return arguments.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            arguments = default;
            return false;
        }
    }
}
