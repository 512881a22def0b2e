using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Tracing;

/// <content>What each kind of fact adds to the trace.</content>
public sealed partial class RunTraceBuilder
{
    private void Take(long sequence, DateTimeOffset at, RunFact fact)
    {
        if (fact is StrategyChosen or StepStarted or StepCompleted or ModelCalled or ActionSent)
        {
            EndWait(at);
        }

        switch (fact)
        {
            case UnknownFact { Type: "run.accepted" } accepted:
                TakeAccepted(sequence, at, accepted.Data);
                break;
            case UnknownFact { Type: "run.settled" or "run.told" }:
                _root!.Took(sequence);
                break;
            case UnknownFact { Type: "run.retired" } retired:
                TakeRetired(sequence, at, retired.Data);
                break;
            case RunRequested requested:
                TakeRequested(sequence, at, requested.Input);
                break;
            case ContextGathered context:
                TakeContext(sequence, at, context);
                break;
            case MemoryRecalled recalled:
                TakeMemories(sequence, at, recalled);
                break;
            case StrategyChosen choice:
                TakeStrategy(sequence, at, choice);
                break;
            case PlanProposed or PlanRejected or PlanAccepted:
                TakePlan(sequence, at, fact);
                break;
            case ModelCalled called:
                TakeModelCall(sequence, at, called);
                break;
            case ModelFailed failed:
                TakeModelFailure(sequence, at, failed);
                break;
            case StepStarted or StepCompleted or StepFailed or StepDropped:
                TakeStep(sequence, at, fact);
                break;
            case ActionPlanned or ActionApproved or ActionSent or ActionConfirmed or ActionRejected or ActionOutcomeUnknown or ActionReconciled:
                TakeAction(sequence, at, fact);
                break;
            case DecisionRequested or DecisionMade:
                TakeDecision(sequence, at, fact);
                break;
            case RunWaiting waiting:
                TakeWaiting(sequence, at, waiting);
                break;
            case AnswerDelta delta:
                _firstAnswerAt ??= delta.Text.Length > 0 ? at : null;
                Begin();
                break;
            case RunEnded ended:
                TakeEnd(sequence, at, ended);
                break;
            default:
                TakeNote(sequence, at, fact);
                break;
        }
    }

    private void TakeAccepted(long sequence, DateTimeOffset at, JsonElement origin)
    {
        _root!.Took(sequence);
        BeginQueue(at);
        NoteSession(origin);
    }

    // From acceptance to the first thing that was done: behind other messages of the session, and until the tenant's turn came.
    private void BeginQueue(DateTimeOffset at)
    {
        if (Find("queue") is null)
        {
            var queue = Register(new TraceDraft("queue", "queue", "Until its turn came", at));
            queue.Status = "waiting";
            _loose.Add((queue, null));
        }
    }

    // What is left when the details are gone: when it was, how it ended, and which actions there were.
    private void TakeRetired(long sequence, DateTimeOffset at, JsonElement receipt)
    {
        _isRetired = true;
        _root!.Took(sequence);
        NoteSession(receipt);
        if (receipt.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        _root.StartedAt = Time(receipt, "requestedAt") ?? _root.StartedAt;
        _root.End(Time(receipt, "endedAt") ?? at, "ok");
        _root.With("receipt", TraceMask.Of(receipt)).With("retiredAt", JsonValue.Create(at));
    }

    private static DateTimeOffset? Time(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) ? time : null;

    private void NoteSession(JsonElement origin)
    {
        if (_sessionId is null && origin.ValueKind == JsonValueKind.Object && origin.TryGetProperty("sessionKey", out var key) && key.ValueKind == JsonValueKind.String)
        {
            var text = key.GetString()!;
            _sessionId = text[(text.LastIndexOf('/') + 1)..];
        }
    }

    private void TakeRequested(long sequence, DateTimeOffset at, RunInput input)
    {
        _root!.Took(sequence);
        if (_requestedAt is not null)
        {
            return;
        }

        _requestedAt = at;
        _state = "requested";
        BeginQueue(at);
        _root.Input = new JsonObject { ["text"] = TraceMask.Text(input.Text) };
        _root.With("userId", input.Requester.UserId)
            .With("roles", new JsonArray([.. input.Requester.Roles.Select(role => JsonValue.Create(role))]))
            .With("deadline", input.Deadline is { } deadline ? JsonValue.Create(deadline) : null)
            .With("agent", input.Agent)
            .With("demandedStrategy", input.Strategy)
            .With("background", input.Background ? true : null)
            .With("continueAfterDeadline", input.ContinueAfterDeadline ? true : null)
            .With("reviewPlan", input.ReviewPlan ? true : null)
            .With("limits", input.Limits is { } limits ? Limits(limits) : null)
            .With("historyMessages", input.History.Count > 0 ? input.History.Count : null);
    }

    private static JsonObject Limits(RunLimits limits)
    {
        var node = new JsonObject();
        void Set(string name, JsonNode? value)
        {
            if (value is not null)
            {
                node[name] = value;
            }
        }

        Set("steps", limits.Steps);
        Set("modelCalls", limits.ModelCalls);
        Set("tokens", limits.Tokens);
        Set("costUsd", limits.CostUsd);
        Set("seconds", limits.Seconds);
        return node;
    }

    private void TakeContext(long sequence, DateTimeOffset at, ContextGathered context)
    {
        Begin();
        Add(sequence, "context", "context", "What it knew at the start", at).End(at, "ok")
            .With("messages", context.Conversation.Count)
            .With("summaryCharacters", context.Summary?.Length)
            .With("characters", context.Conversation.Sum(message => (long)message.Length))
            .With("storedByHash", context.Conversation.Count(message => message.Hash is not null));
    }

    private void TakeMemories(long sequence, DateTimeOffset at, MemoryRecalled recalled)
    {
        Begin();
        Add(sequence, "memory", "memory", "What it remembered of the person", at).End(at, "ok")
            .With("mode", recalled.Mode)
            .With("memories", recalled.Memories.Count)
            .WithOwn("ids", string.Join(' ', recalled.Memories.Select(memory => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"m{memory.Id}:{memory.Slot}:{memory.Reason}"))));
    }

    private void TakeStrategy(long sequence, DateTimeOffset at, StrategyChosen choice)
    {
        Begin();
        var node = Add(sequence, "strategy", "strategy", choice.Title is { } title ? $"{choice.Strategy}: {title}" : choice.Strategy, Find("context")?.EndedAt ?? at).End(at, "ok");
        node.Reason = choice.Reason;
        node.With("strategy", choice.Strategy)
            .With("playbook", choice.Playbook).With("playbookVersion", choice.PlaybookVersion).With("playbookHash", choice.PlaybookHash)
            .With("intent", choice.Intent).With("intentConfidence", choice.IntentConfidence).With("intentVersion", choice.IntentVersion)
            .With("model", choice.Model).With("promptVersion", choice.PromptVersion).With("instructionsHash", choice.InstructionsHash)
            .With("agent", choice.Agent).With("agentVersion", choice.AgentVersion).With("agentHash", choice.AgentHash)
            .With("engineRevision", choice.EngineRevision).With("codeVersion", choice.CodeVersion)
            .With("slots", TraceMask.Of(choice.Slots)).With("classified", TraceMask.Of(choice.Classified));
        _root!.With("strategy", choice.Strategy).With("agent", choice.Agent);
        if (choice.Playbook is { } playbook && Find("playbook") is null)
        {
            var container = Register(new TraceDraft("playbook", "playbook", choice.Title ?? playbook, at)).With("playbook", playbook).With("version", choice.PlaybookVersion);
            _loose.Add((container, null));
        }
    }

    private void TakePlan(long sequence, DateTimeOffset at, RunFact fact)
    {
        Begin();
        switch (fact)
        {
            case PlanProposed proposed:
                var node = PlanNode(sequence, proposed.Revision, proposed.Scope, at);
                node.Status = "proposed";
                node.Reason = proposed.Reason;
                node.Input = TraceMask.Of(proposed.Plan);
                node.With("planHash", proposed.PlanHash);
                break;
            case PlanRejected rejected:
                var refused = PlanNode(sequence, rejected.Revision, rejected.Scope, at).End(at, "rejected");
                refused.Message = string.Join(" ", rejected.Faults.Take(5).Select(fault => fault.Message));
                refused.With("faults", new JsonArray([.. rejected.Faults.Select(fault => new JsonObject { ["code"] = fault.Code, ["path"] = fault.Path, ["message"] = TraceMask.Text(fault.Message) })]));
                break;
            case PlanAccepted accepted:
                if (_plans.GetValueOrDefault(accepted.Scope ?? "") is { IsOpen: true } before)
                {
                    before.End(at, "superseded");
                }

                var plan = PlanNode(sequence, accepted.Revision, accepted.Scope, at);
                plan.Status = "running";
                plan.EndedAt = null;
                plan.With("acceptedBy", accepted.By);
                _plans[accepted.Scope ?? ""] = plan;
                break;
            default:
                break;
        }
    }

    private TraceDraft PlanNode(long sequence, int revision, string? scope, DateTimeOffset at)
    {
        var id = string.IsNullOrEmpty(scope) ? $"plan:{revision}" : $"plan:{scope}:{revision}";
        return Find(id)?.Took(sequence) ?? Add(sequence, id, "plan", $"Plan {revision}", at, ScopeNode(scope)).With("revision", revision).With("scope", scope);
    }

    private void TakeModelCall(long sequence, DateTimeOffset at, ModelCalled called)
    {
        Begin();
        var began = called.DurationMs is > 0 and < 86_400_000 and { } duration ? at - TimeSpan.FromMilliseconds(duration) : at;
        var node = Add(sequence, $"model:{called.Call}", "model", "chat " + called.Model, began, ScopeNode(called.Scope)).End(at, "ok");
        node.Usage = new TraceUsage
        {
            InputTokens = called.InputTokens,
            CachedInputTokens = called.CachedInputTokens,
            OutputTokens = called.OutputTokens,
            CostUsd = called.CostUsd,
            FirstTokenMs = called.FirstTokenMs,
        };
        var text = called.Text ?? PartOfAnswer(called.AnswerFrom, called.AnswerLength);
        var output = new JsonObject();
        if (text.Length > 0)
        {
            output["text"] = TraceMask.Text(text);
        }

        if (called.ToolCalls.Count > 0)
        {
            output["toolCalls"] = new JsonArray([.. called.ToolCalls.Select(call => new JsonObject { ["step"] = "step:" + call.StepId, ["name"] = call.Name, ["arguments"] = TraceMask.OfJson(call.Arguments) })]);
        }

        node.Output = output;
        node.With("call", called.Call).With("model", called.Model).With("purpose", called.Purpose ?? "answer").With("finishReason", called.FinishReason)
            .With("attempts", called.Attempts).With("provider", called.Provider).With("scope", called.Scope).With("prompt", called.PromptHash).With("promptVersion", called.PromptVersion)
            .With("variants", called.Variants is { Count: > 0 } variants ? string.Join(", ", variants) : null).With("degradation", called.Degradation);
        _retries += Math.Max(0, (called.Attempts ?? 1) - 1);
        NotePrompt(called.PromptHash);
    }

    private void NotePrompt(string? hash)
    {
        if (hash is not null && !_promptHashes.Contains(hash))
        {
            _promptHashes.Add(hash);
        }
    }

    private string PartOfAnswer(int from, int length)
    {
        var answer = _snapshot.Answer;
        from = Math.Clamp(from, 0, answer.Length);
        return answer.Substring(from, Math.Clamp(length, 0, answer.Length - from));
    }

    private void TakeModelFailure(long sequence, DateTimeOffset at, ModelFailed failed)
    {
        Begin();
        var node = Add(sequence, $"model:{failed.Call}:failed:{sequence}", "model", "chat " + failed.Model, at, ScopeNode(failed.Scope)).End(at, "failed");
        (node.Code, node.Message) = (failed.Code, failed.Message);
        node.Usage = failed.InputTokens is null ? null : new TraceUsage { InputTokens = failed.InputTokens, OutputTokens = failed.OutputTokens, CostUsd = failed.CostUsd };
        node.With("call", failed.Call).With("model", failed.Model).With("scope", failed.Scope).With("prompt", failed.PromptHash);
        NotePrompt(failed.PromptHash);
    }

    private void TakeStep(long sequence, DateTimeOffset at, RunFact fact)
    {
        Begin();
        switch (fact)
        {
            case StepStarted started:
                var node = Find("step:" + started.StepId);
                if (node is null)
                {
                    node = StepNode(sequence, started.StepId, at);
                }
                else
                {
                    node.Took(sequence).Count("restarts");
                    node.EndedAt = null;
                    node.Status = "running";
                    _restarts++;
                }

                node.Name = started.Title;
                node.Input ??= TraceMask.Of(started.Arguments);
                node.With("operation", started.OperationId).With("agent", started.Agent).With("speculative", started.Speculative ? true : null);
                break;
            case StepCompleted completed:
                var done = StepNode(sequence, completed.StepId, at).End(at, completed.Status == "skipped" ? "skipped" : "ok");
                done.Output = TraceMask.Of(completed.Result);
                done.Reason = completed.Summary ?? done.Reason;
                done.With("truncated", completed.Truncated ? true : null).With("sameAs", completed.SameAs is { } same ? "step:" + same : null)
                    .With("resultHash", completed.ResultHash).With("resultLength", completed.ResultLength).With("vendorRequestId", completed.VendorRequestId).With("attempts", completed.Attempts);
                _retries += Math.Max(0, (completed.Attempts ?? 1) - 1);
                break;
            case StepFailed failed:
                var broken = StepNode(sequence, failed.StepId, at).End(at, "failed");
                (broken.Code, broken.Message) = (failed.Code, failed.Message);
                broken.With("retryable", failed.Retryable ? true : null).With("field", failed.Field).With("vendorRequestId", failed.VendorRequestId).With("attempts", failed.Attempts);
                _retries += Math.Max(0, (failed.Attempts ?? 1) - 1);
                break;
            case StepDropped dropped:
                StepNode(sequence, dropped.StepId, at).End(at, "dropped").Reason = dropped.Reason;
                break;
            default:
                break;
        }
    }

    private TraceDraft StepNode(long sequence, string stepId, DateTimeOffset at) =>
        Find("step:" + stepId)?.Took(sequence) ?? Add(sequence, "step:" + stepId, "step", stepId, at, PlaceOf(stepId));

    private void TakeWaiting(long sequence, DateTimeOffset at, RunWaiting waiting)
    {
        _wait?.End(at, "ok");
        _state = "waiting";
        _wait = Add(sequence, $"wait:{sequence}", "wait", waiting.Summary, at);
        _wait.Status = "waiting";
        _wait.With("decisions", new JsonArray([.. waiting.RequestIds.Select(id => JsonValue.Create("decision:" + id))]))
            .With("expiresAt", waiting.ExpiresAt is { } expires ? JsonValue.Create(expires) : null);
    }

    private void Begin()
    {
        if (Find("queue") is { IsOpen: true } queue)
        {
            queue.End(_lastAt, "ok");
        }

        if (_root!.IsOpen && _wait is null)
        {
            _state = "running";
        }
    }

    private void EndWait(DateTimeOffset at)
    {
        _wait?.End(at, "ok");
        _wait = null;
        if (_state == "waiting")
        {
            _state = "running";
        }
    }

    private void TakeEnd(long sequence, DateTimeOffset at, RunEnded ended)
    {
        _root!.Took(sequence);
        EndWait(at);
        var phase = JsonNamingPolicy.CamelCase.ConvertName(ended.Phase.ToString());
        _state = phase;
        _root.End(at, phase switch { "completed" => "ok", "partial" or "failed" or "cancelled" => phase, _ => "ok" });
        _root.Code = ended.ErrorCode;
        _root.With("open", ended.Open.Count > 0 ? new JsonArray([.. ended.Open.Select(line => JsonValue.Create(TraceMask.Text(line)))]) : null)
            .With("isTechnical", ended.IsTechnical ? true : null);
    }

    private void TakeNote(long sequence, DateTimeOffset at, RunFact fact)
    {
        switch (fact)
        {
            case BudgetExhausted budget:
                Begin();
                var spent = Add(sequence, $"budget:{sequence}", "budget", $"The budget of {budget.Budget} is used up", at, ScopeNode(budget.Scope)).End(at, "ok");
                spent.With("budget", budget.Budget).With("limit", budget.Limit).With("used", budget.Used).With("needed", budget.Needed);
                break;
            case GuardTripped guard:
                Begin();
                var tripped = Add(sequence, $"guard:{sequence}", "guard", guard.Guard, at, guard.StepId is { } step ? "step:" + step : ScopeNode(guard.Scope)).End(at, "ok");
                tripped.Reason = guard.Message;
                break;
            case DeadlineReached deadline:
                Add(sequence, $"deadline:{sequence}", "deadline", "The deadline has passed; it goes on in the background", at).End(at, "ok")
                    .With("until", JsonValue.Create(deadline.Until)).With("open", new JsonArray([.. deadline.Open.Select(line => JsonValue.Create(TraceMask.Text(line)))]));
                break;
            case CancelRequested cancel:
                Add(sequence, $"cancel:{sequence}", "cancel", "The user wants it to stop", at).End(at, "ok").Reason = cancel.Reason;
                break;
            case RunDeadLettered dead:
                var letter = Add(sequence, $"dead_letter:{sequence}", "dead_letter", "Put on the dead-letter list", at, dead.StepId is { } failedStep ? "step:" + failedStep : null).End(at, "ok");
                letter.Code = dead.Code;
                break;
            case RunReplayed replayed:
                _replays++;
                var replay = Add(sequence, $"replay:{replayed.Attempt}", "replay", $"Replayed, attempt {replayed.Attempt}", _root!.EndedAt ?? at).End(at, "ok");
                replay.Reason = "asked for by " + replayed.By;
                replay.With("by", replayed.By).With("attempt", replayed.Attempt);
                _root.EndedAt = null;
                (_root.Status, _root.Code, _state) = ("running", null, "running");
                break;
            case UnknownFact unknown:
                AddEvent(sequence, unknown.Type, at, TraceMask.Of(unknown.Data));
                break;
            default:
                AddEvent(sequence, fact.Type, at, null);
                break;
        }
    }
}
