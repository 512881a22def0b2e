using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>
/// Works a playbook off. One loop owns the plan: it starts what is free, waits for whatever ends first, and records ends and new starts in one append. Every
/// decision follows from the pinned playbook and the journal alone, so that a resumed run decides the same.
/// </summary>
internal sealed class PlaybookRunner(RunContext run, Playbook playbook, StrategyChosen choice, ILogger logger)
{
    private readonly ActionLedger _ledger = new(run, logger);
    private readonly Dictionary<string, JsonObject> _ended = new(StringComparer.Ordinal);
    private readonly JsonObject _steps = [];
    private Dictionary<string, JsonNode?>? _roots;
    private readonly Dictionary<string, Task<CallResult>> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _waiting = new(StringComparer.Ordinal);

    /// <summary>Runs to the end.</summary>
    /// <param name="before">Facts that go into the first append.</param>
    /// <returns>How the run ends; not yet recorded, together with the facts that belong into the same append.</returns>
    public async Task<RunOutcome> RunAsync(IReadOnlyList<RunFact> before)
    {
        foreach (var step in playbook.Steps)
        {
            if (run.Snapshot.FindStep(step.Id) is { HasEnded: true } state)
            {
                End(step.Id, Describe(state, await run.LoadResultAsync(state)));
            }
        }

        var facts = new List<RunFact>(before);
        var contents = new List<RunContent>();
        try
        {
            while (true)
            {
                var end = Early();
                var starts = Start(end is not null, facts);
                if (_running.Count == 0 && starts.Count == 0)
                {
                    var outcome = MustWait(end) ? RunOutcome.WaitFor(run.Snapshot) : end ?? Success();
                    return outcome with { Facts = facts, Contents = contents };
                }

                run.Work.ThrowIfCancellationRequested();
                await run.RecordAsync(facts.ToArray(), contents.ToArray());
                facts.Clear();
                contents.Clear();
                foreach (var start in starts)
                {
                    _running[start.Step.Id] = CallAsync(start);
                }

                var first = await Task.WhenAny(_running.Values);
                foreach (var (id, task) in _running.Where(entry => entry.Value.IsCompleted).ToList())
                {
                    var result = await task;
                    _running.Remove(id);
                    facts.AddRange(result.Facts);
                    contents.AddRange(result.Contents);
                    if (result.IsWaiting)
                    {
                        _waiting.Add(id);
                    }
                    else
                    {
                        End(id, Describe(result));
                    }
                }
            }
        }
        catch
        {
            await DrainAsync(facts, contents);
            throw;
        }
    }

    // Whatever ends the loop: wait for what is under way (its tokens have fired or will), and keep the outcomes that are known.
    private async Task DrainAsync(List<RunFact> facts, List<RunContent> contents)
    {
        foreach (var task in _running.Values)
        {
            try
            {
                var result = await task;
                facts.AddRange(result.Facts);
                contents.AddRange(result.Contents);
            }
#pragma warning disable CA1031 // What ends the loop is on its way already; the others are only waited for.
            catch (Exception)
#pragma warning restore CA1031
            {
                // It said what there is to say in the journal.
            }
        }

        if (!run.HasFailedToRecord)
        {
            var ends = facts.Where(fact => fact is not (StepStarted or StrategyChosen)).ToList();
            await run.RecordAsync(run.Snapshot.Choice is null ? [choice, .. ends] : ends, contents);
        }
    }

    // A run that is ending asks for no approval any more, but it does not end while nobody knows what it did.
    private bool MustWait(RunOutcome? end) => end is null
        ? _waiting.Count > 0
        : _waiting.Any(id => _ledger.Find(id)?.Status is ActionStatus.Sent or ActionStatus.Unknown);

    private List<Prepared> Start(bool ending, List<RunFact> facts)
    {
        var starts = new List<Prepared>();
        bool changed;
        do
        {
            changed = false;
            foreach (var step in playbook.Steps)
            {
                if (_ended.ContainsKey(step.Id) || _waiting.Contains(step.Id) || _running.ContainsKey(step.Id) || starts.Exists(start => start.Step == step) || !step.Needs.All(_ended.ContainsKey))
                {
                    continue;
                }

                // When the run is ending, only what was begun before is brought to its end.
                var begun = run.Snapshot.FindStep(step.Id) is not null;
                if (ending && begun && _ledger.Find(step.Id) is { Status: ActionStatus.Planned })
                {
                    continue;
                }

                if ((ending && !begun) || _running.Count + starts.Count >= run.Options.MaxParallelSteps)
                {
                    continue;
                }

                if (!begun && step.When is not null && !IsTrue(step.When, Roots()))
                {
                    facts.Add(new StepCompleted { StepId = step.Id, Status = "skipped" });
                    End(step.Id, new JsonObject { ["status"] = "skipped" });
                    changed = true;
                    continue;
                }

                var prepared = Prepare(step);
                if (!begun)
                {
                    facts.Add(new StepStarted
                    {
                        StepId = step.Id,
                        Title = prepared.Title,
                        OperationId = step.Call,
                        Arguments = prepared.Operation?.Effect == OperationEffect.Read ? prepared.Arguments : null,
                    });
                }

                if (prepared.Fault is { } fault && _ledger.Find(step.Id) is null)
                {
                    facts.AddRange(fault.Facts);
                    End(step.Id, Describe(fault));
                    changed = true;
                    ending |= !step.ContinueOnFailure;
                }
                else
                {
                    starts.Add(prepared);
                }
            }
        }
        while (changed);
        return starts;
    }

    private Prepared Prepare(PlaybookStep step)
    {
        var roots = Roots();
        var title = step.Id;
        try
        {
            title = step.Title.Render(roots);
            var operation = run.FindOperation(step.Call);
            if (operation is null)
            {
                return Faulty("not_configured", $"'{step.Call}' is not available: its connector is not configured.");
            }

            var arguments = Values.Element(step.With.Evaluate(roots) ?? new JsonObject());
            var errors = OperationSchemas.Check(operation, arguments);
            return errors.Count > 0
                ? Faulty("invalid_argument", errors[0].ToString(), errors[0].Path.TrimStart('/'))
                : new Prepared(step, title, operation, arguments, null);
        }
        catch (ExpressionException e)
        {
            return Faulty("invalid_argument", e.Message);
        }

        Prepared Faulty(string code, string message, string? field = null) => new(step, title, null, default, new CallResult
        {
            Code = code,
            Message = message,
            Facts = [new StepFailed { StepId = step.Id, Code = code, Message = message, Field = string.IsNullOrEmpty(field) ? null : field }],
        });
    }

    // An action that was sent is not forgotten because its step cannot go on.
    private async Task<CallResult> CallAsync(Prepared start) => start.Fault is { } fault
        ? await _ledger.SettleStepAsync(start.Step.Id) ?? fault
        : start.Operation!.Effect == OperationEffect.Read
        ? await _ledger.ReadAsync(start.Step.Id, start.Operation, start.Arguments, start.Step.Attempts)
        : await _ledger.WriteAsync(start.Step.Id, start.Operation, start.Arguments, start.Title, start.Step.Attempts);

    // The first step, in the order of the playbook, that ends the run.
    private RunOutcome? Early()
    {
        foreach (var step in playbook.Steps)
        {
            if (!_ended.TryGetValue(step.Id, out var ended))
            {
                continue;
            }

            var status = ended["status"]!.GetValue<string>();
            if (status == "failed" && !step.ContinueOnFailure)
            {
                return Failure(step, ended);
            }

            if (status != "done")
            {
                continue;
            }

            var roots = Roots();
            roots["result"] = ended["result"];
            if (step.Stop.FirstOrDefault(stop => IsTrue(stop.When, roots)) is { } rule)
            {
                var memory = Remember();
                if (rule.Ask is not null)
                {
                    var known = Slots();
                    known.Remove(rule.Ask);
                    memory[Pending.Key] = Pending.ForSlot(playbook.Id, rule.Ask, known, run.Input.Text);
                }

                return new RunOutcome(RunPhase.Completed, null, Render(rule.Answer, roots)) { WorkingMemory = memory };
            }
        }

        return null;
    }

    private RunOutcome Failure(PlaybookStep step, JsonObject ended)
    {
        var code = ended["code"]?.GetValue<string>() ?? "failed";
        var message = ended["message"]?.GetValue<string>() ?? "It failed.";
        var roots = Roots();
        roots["result"] = null;
        var custom = step.OnFailure.GetValueOrDefault(code) ?? step.OnFailure.GetValueOrDefault("*");
        var title = run.Snapshot.FindStep(step.Id)?.Title ?? step.Id;
        var answer = custom is not null
            ? RenderText(custom, roots)
            : code switch
            {
                "forbidden" => message,
                "approval_needed" => $"{title}: an approval is needed before this can be done. Nothing was changed.",
                "approval_rejected" or "approval_expired" => $"{title}: {message} It was not done.",
                "outcome_unknown" => $"{title}: {message}",
                _ => $"I could not finish this. {Sentence(title)} failed: {message}",
            };
        // Needing an approval, not getting it and not being allowed are answers, not errors.
        var phase = code is "forbidden" or "approval_needed" or "approval_rejected" or "approval_expired" ? RunPhase.Completed : RunPhase.Failed;
        return new RunOutcome(phase, code, answer) { WorkingMemory = Remember(), FailedSteps = FailedSteps() };
    }

    private List<string> FailedSteps() =>
        [.. playbook.Steps.Where(step => !step.ContinueOnFailure && _ended.TryGetValue(step.Id, out var ended) && ended["status"]!.GetValue<string>() == "failed").Select(step => step.Id)];

    private RunOutcome Success()
    {
        var roots = Roots();
        var memory = Remember();
        foreach (var (name, template) in playbook.Remember)
        {
            var value = RenderText(template, roots);
            if (value.Length is > 0 and <= 500)
            {
                memory[name] = value;
            }
        }

        return new RunOutcome(RunPhase.Completed, null, Render(playbook.Answer, roots)) { WorkingMemory = memory };
    }

    private Dictionary<string, string> Remember() => Pending.Clear(run.Input.WorkingMemory);

    private JsonObject Slots() => choice.Slots is { } slots ? JsonObject.Create(slots)!.DeepClone().AsObject() : [];

    private void End(string stepId, JsonObject outcome)
    {
        _ended[stepId] = outcome;
        _steps[stepId] = outcome;
    }

    /// <summary>What expressions see, for a caller that may add to it. Evaluating changes no node, so that all see the same ones.</summary>
    private Dictionary<string, JsonNode?> Roots() => new(_roots ??= SharedRoots(), StringComparer.Ordinal);

    private Dictionary<string, JsonNode?> SharedRoots() => new(StringComparer.Ordinal)
    {
        ["message"] = JsonValue.Create(run.Input.Text),
        ["requester"] = new JsonObject
        {
            ["userId"] = run.Input.Requester.UserId,
            ["email"] = run.Input.Requester.Email,
            ["name"] = run.Input.Requester.Name,
            ["roles"] = new JsonArray([.. run.Input.Requester.Roles.Select(role => (JsonNode)JsonValue.Create(role))]),
        },
        ["memory"] = new JsonObject(run.Input.WorkingMemory.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)JsonValue.Create(entry.Value)))),
        ["slots"] = Values.Node(choice.Slots),
        ["classified"] = Values.Node(choice.Classified),
        ["steps"] = _steps,
    };

    private static JsonObject Describe(StepState state, JsonElement? result) => new()
    {
        ["status"] = state.Status switch
        {
            StepStatus.Done => "done",
            StepStatus.Skipped => "skipped",
            _ => "failed",
        },
        ["result"] = Values.Node(result),
        ["code"] = state.Code,
        ["message"] = state.Message,
    };

    private static JsonObject Describe(CallResult result) => new()
    {
        ["status"] = result.Succeeded ? "done" : "failed",
        ["result"] = Values.Node(result.Result),
        ["code"] = result.Code,
        ["message"] = result.Message,
    };

    private static bool IsTrue(Expression expression, Dictionary<string, JsonNode?> roots)
    {
        try
        {
            return Values.IsTrue(expression.Evaluate(roots));
        }
        catch (ExpressionException)
        {
            return false;
        }
    }

    private static string Render(IReadOnlyList<AnswerBlock> blocks, Dictionary<string, JsonNode?> roots)
    {
        var lines = new List<string>();
        foreach (var block in blocks)
        {
            if (block.When is not null && !IsTrue(block.When, roots))
            {
                continue;
            }

            if (block.Each is null)
            {
                lines.Add(RenderText(block.Text, roots));
                continue;
            }

            foreach (var item in Items(block.Each, roots).Take(50))
            {
                lines.Add(RenderText(block.Text, new Dictionary<string, JsonNode?>(roots, StringComparer.Ordinal) { ["item"] = item }));
            }
        }

        return string.Join('\n', lines.Where(line => line.Length > 0)).Trim();
    }

    private static IEnumerable<JsonNode?> Items(Expression list, Dictionary<string, JsonNode?> roots)
    {
        try
        {
            return list.Evaluate(roots) as JsonArray ?? [];
        }
        catch (ExpressionException)
        {
            return [];
        }
    }

    private static string RenderText(Template template, Dictionary<string, JsonNode?> roots)
    {
        try
        {
            return template.Render(roots).Trim();
        }
        catch (ExpressionException e)
        {
            return $"(This part of the answer could not be shown: {e.Message})";
        }
    }

    private static string Sentence(string title) => $"“{title}”";

    private sealed record Prepared(PlaybookStep Step, string Title, ConnectorOperation? Operation, JsonElement Arguments, CallResult? Fault);
}
