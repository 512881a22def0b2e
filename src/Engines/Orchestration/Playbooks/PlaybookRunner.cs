using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Dag;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>
/// Works a playbook off, for a run or for a hand-off inside one. Every decision follows from the pinned playbook and the journal alone, so that a resumed run decides the same.
/// </summary>
internal sealed class PlaybookRunner(RunContext run, Playbook playbook, StrategyChosen choice, ILogger logger, IRunBudget? budget = null, string? scope = null, string? task = null) : IDagWork
{
    private readonly ToolSteps _tools = new(run, new ActionLedger(run, logger));
    private readonly Dictionary<string, PlaybookStep> _byId = playbook.Steps.ToDictionary(step => InJournal(scope, step.Id), StringComparer.Ordinal);
    private readonly Dictionary<string, DagEnd> _ended = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _titles = new(StringComparer.Ordinal);
    private readonly JsonObject _steps = [];
    private Dictionary<string, JsonNode?>? _roots;
    private RunOutcome? _early;

    /// <inheritdoc/>
    public IReadOnlyList<DagStep> Steps { get; } =
    [
        .. playbook.Steps.Select(step => new DagStep
        {
            Id = InJournal(scope, step.Id),
            Needs = InJournal(scope, step.Needs),
            Inputs = InJournal(scope, step.Inputs),
            OnlyReads = playbook.HasSpeculation && run.FindOperation(step.Call)?.Effect == OperationEffect.Read,
            MayStartEarly = step.Speculative && run.FindOperation(step.Call)?.Effect == OperationEffect.Read,
        }),
    ];

    /// <inheritdoc/>
    public DagEnding Ending => _early is null ? DagEnding.None : DagEnding.Stop;

    /// <summary>Runs to the end, or to where it waits for people.</summary>
    /// <param name="before">Facts that go into the first append.</param>
    /// <returns>How the run ends; not yet recorded, together with the facts that belong into the same append.</returns>
    public async Task<RunOutcome> RunAsync(IReadOnlyList<RunFact> before)
    {
        var end = await new DagRunner(run, this, budget, scope, scope is null ? run.Options.ProgressDelay : default).RunAsync(before);
        if (end.Waits is not null)
        {
            return new RunOutcome(RunPhase.Waiting, null, "") { Waits = end.Waits, Facts = end.Facts, Contents = end.Contents };
        }

        return _early is null && end.Exhausted is { } exhausted
            ? new RunOutcome(RunPhase.Partial, "budget", Progress.Describe(run.Snapshot, $"I stopped: the budget of {exhausted.Budget} is used up.")) { WorkingMemory = Remember() }
            : (_early ?? Success()) with { Facts = end.Facts, Contents = end.Contents };
    }

    /// <inheritdoc/>
    public bool IsNeeded(DagStep step) => _byId[step.Id].When is not { } when || IsTrue(when, Roots());

    /// <inheritdoc/>
    public DagCall Prepare(DagStep step)
    {
        var definition = _byId[step.Id];
        var roots = Roots();
        string title;
        try
        {
            title = definition.Title.Render(roots);
        }
        catch (ExpressionException e)
        {
            return DagCall.Faulty(new StepStarted { StepId = step.Id, Title = step.Id, OperationId = definition.Call }, "invalid_argument", e.Message);
        }

        _titles[step.Id] = title;
        return _tools.Prepare(step.Id, title, definition.Call, () => Values.Element(definition.With.Evaluate(roots) ?? new JsonObject()), definition.Attempts, fault: Lost(step));
    }

    // One that had begun, but had sent nothing, must not go on with less than it began with.
    private (string Code, string Message)? Lost(DagStep step) =>
        step.Inputs.Any(input => _ended.GetValueOrDefault(input)?.Code == ReadResult.MissingCode) ? (ReadResult.MissingCode, ReadResult.LostInput) : null;

    /// <inheritdoc/>
    public void End(DagStep step, DagEnd end)
    {
        _ended[step.Id] = end;
        _steps[_byId[step.Id].Id] = end.ToNode();
        _early = Early();
    }

    // The first step, in the order of the playbook, that ends the run.
    private RunOutcome? Early()
    {
        foreach (var step in playbook.Steps)
        {
            if (!_ended.TryGetValue(InJournal(scope, step.Id), out var ended))
            {
                continue;
            }

            if (ended.IsFailed && !step.ContinueOnFailure)
            {
                return Failure(step, ended);
            }

            if (!ended.IsDone || step.Stop.Count == 0)
            {
                continue;
            }

            var roots = Roots();
            roots["result"] = _steps[step.Id]!["result"];
            if (step.Stop.FirstOrDefault(stop => IsTrue(stop.When, roots)) is { } rule)
            {
                var memory = Remember();
                if (rule.Ask is not null)
                {
                    var known = Slots();
                    known.Remove(rule.Ask);
                    memory[Pending.Key] = Pending.ForSlot(playbook.Id, rule.Ask, known, Text);
                }

                return new RunOutcome(RunPhase.Completed, null, Render(rule.Answer, roots)) { WorkingMemory = memory };
            }
        }

        return null;
    }

    private RunOutcome Failure(PlaybookStep step, DagEnd ended)
    {
        var code = ended.Code ?? "failed";
        var message = ended.Message ?? "It failed.";
        var roots = Roots();
        roots["result"] = null;
        var custom = step.OnFailure.GetValueOrDefault(code) ?? (code == ReadResult.MissingCode ? null : step.OnFailure.GetValueOrDefault("*"));
        var title = run.Snapshot.FindStep(InJournal(scope, step.Id))?.Title ?? _titles.GetValueOrDefault(InJournal(scope, step.Id)) ?? step.Id;
        var answer = custom is not null
            ? RenderText(custom, roots)
            : code switch
            {
                "forbidden" => message,
                "approval_needed" => $"{title}: an approval is needed before this can be done. Nothing was changed.",
                "approval_rejected" or "approval_expired" => $"{title}: {message} It was not done.",
                "outcome_unknown" => $"{title}: {message}",
                ReadResult.MissingCode => $"I could not finish this. {Sentence(title)}: {message}",
                _ => $"I could not finish this. {Sentence(title)} failed: {message}",
            };
        // Needing an approval, not getting it and not being allowed are answers, not errors.
        var phase = code is "forbidden" or "approval_needed" or "approval_rejected" or "approval_expired" ? RunPhase.Completed : RunPhase.Failed;
        return new RunOutcome(phase, code, answer) { WorkingMemory = Remember(), FailedSteps = FailedSteps() };
    }

    private List<string> FailedSteps() => [.. playbook.Steps.Where(step => !step.ContinueOnFailure && _ended.TryGetValue(InJournal(scope, step.Id), out var ended) && ended.IsFailed).Select(step => InJournal(scope, step.Id))];

    private RunOutcome Success()
    {
        var roots = Roots();
        var memory = Remember();
        foreach (var (name, template) in playbook.Remember)
        {
            if (Remembered(template, roots) is { } value)
            {
                memory[name] = value;
            }
        }

        return new RunOutcome(RunPhase.Completed, null, Render(playbook.Answer, roots)) { WorkingMemory = memory };
    }

    // An expression alone keeps the type of its value; a table is kept by the step whose result it is.
    private string? Remembered(Template template, Dictionary<string, JsonNode?> roots)
    {
        if (template.Only is null)
        {
            return SlotValue.Write(JsonValue.Create(RenderText(template, roots)), run.Input.RunId);
        }

        try
        {
            var value = template.Evaluate(roots);
            var step = value is not null && ReferenceEquals(value.Root, _steps) ? value.GetPath().Split('.', '[') is [_, var id, ..] ? id : null : null;
            return SlotValue.Write(value, run.Input.RunId, step);
        }
        catch (ExpressionException)
        {
            // What is not there is not remembered.
            return null;
        }
    }

    private Dictionary<string, string> Remember() => Pending.Clear(run.Input.WorkingMemory);

    private JsonObject Slots() => choice.Slots is { } slots ? JsonObject.Create(slots)!.DeepClone().AsObject() : [];

    /// <summary>What expressions see, for a caller that may add to it. Evaluating changes no node, so that all see the same ones.</summary>
    private Dictionary<string, JsonNode?> Roots() => new(_roots ??= SharedRoots(), StringComparer.Ordinal);

    private Dictionary<string, JsonNode?> SharedRoots() => new(StringComparer.Ordinal)
    {
        ["message"] = JsonValue.Create(Text),
        ["requester"] = new JsonObject
        {
            ["userId"] = run.Input.Requester.UserId,
            ["email"] = run.Input.Requester.Email,
            ["name"] = run.Input.Requester.Name,
            ["roles"] = new JsonArray([.. run.Input.Requester.Roles.Select(role => (JsonNode)JsonValue.Create(role))]),
        },
        ["memory"] = new JsonObject(run.Input.WorkingMemory.Select(entry => KeyValuePair.Create(entry.Key, SlotValue.Read(entry.Value)))),
        ["slots"] = Values.Node(choice.Slots),
        ["classified"] = Values.Node(choice.Classified),
        ["steps"] = _steps,
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

    private string Text => task ?? run.Input.Text;

    // Inside a hand-off the steps' names begin with its own.
    private static string InJournal(string? scope, string id) => scope is null ? id : $"{scope}/{id}";

    private static IReadOnlyList<string> InJournal(string? scope, IReadOnlyList<string> ids) => scope is null ? ids : [.. ids.Select(id => InJournal(scope, id))];

    private static string Sentence(string title) => $"“{title}”";
}
