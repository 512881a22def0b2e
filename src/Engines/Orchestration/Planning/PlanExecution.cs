using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Dag;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>One accepted plan as a graph of steps.</summary>
internal sealed class PlanExecution : IDagWork
{
    private readonly string _prefix;
    private readonly string? _scope;
    private readonly IReadOnlyDictionary<string, ConnectorOperation> _allowed;
    private readonly IReadOnlyList<ClosedCall> _closed;
    private readonly IHandoffs? _handoffs;
    private readonly ToolSteps _tools;
    private readonly Dictionary<string, PlanStep> _byId;
    private readonly Dictionary<string, DagEnd> _ended = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonNode?> _roots;
    private readonly JsonObject _results;
    private readonly IReadOnlyList<PlanStep> _plan;
    private readonly IReadOnlySet<string> _missing;

    /// <summary>Creates it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="ledger">Carries calls out.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="earlier">What earlier plans have brought.</param>
    /// <param name="tools">The operations that may be used.</param>
    /// <param name="handoffs">Hands steps over; null when there is nobody.</param>
    /// <param name="scope">The hand-off in which this happens; null for the run itself.</param>
    public PlanExecution(
        RunContext run, ActionLedger ledger, Plan plan, int revision, PlanSteps earlier, IReadOnlyDictionary<string, ConnectorOperation> tools, IHandoffs? handoffs, string? scope)
    {
        _scope = scope;
        _prefix = PlanSteps.Prefix(scope) + PlanSteps.NameOf(revision, "");
        _plan = plan.Steps;
        _allowed = tools;
        _closed = earlier.Closed(revision);
        _handoffs = handoffs;
        _missing = earlier.Missing;
        _tools = new ToolSteps(run, ledger);
        _byId = plan.Steps.ToDictionary(step => _prefix + step.Id, StringComparer.Ordinal);
        _roots = earlier.Roots(revision);
        _results = (JsonObject)_roots["steps"]!;
        Steps =
        [
            .. plan.Steps.Select(step =>
            {
                var reads = step.Tool is { } tool && tools.TryGetValue(tool, out var operation) && operation.Effect == OperationEffect.Read;
                return new DagStep
                {
                    Id = _prefix + step.Id,
                    Needs = [.. step.Needs.Select(need => _prefix + need)],
                    Inputs = [.. step.Inputs.Select(input => _prefix + input)],
                    OnlyReads = reads,
                    MayStartEarly = reads,
                };
            }),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<DagStep> Steps { get; }

    /// <summary>What keeps the plan from being worked off to its end: the first in the plan's order, stops before new plans; null when nothing does.</summary>
    public PlanProblem? Problem { get; private set; }

    /// <inheritdoc/>
    public DagEnding Ending => Problem switch
    {
        null => DagEnding.None,
        { DemandsPlan: true } => DagEnding.Finish,
        _ => DagEnding.Stop,
    };

    /// <inheritdoc/>
    public bool IsNeeded(DagStep step)
    {
        var planned = _byId[step.Id];
        if (step.Needs.Count > 0 && step.Needs.All(need => _ended[need].Status == "skipped"))
        {
            return false;
        }

        try
        {
            return planned.When is null || WantsMissing([planned.When]) || Values.IsTrue(planned.When.Evaluate(_roots));
        }
        catch (ExpressionException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public DagCall Prepare(DagStep step)
    {
        var planned = _byId[step.Id];
        if (planned.Tool is { } tool)
        {
            // People who approve a change see which operation it is, whatever the planner calls it.
            var title = step.OnlyReads ? planned.Title : $"{planned.Title} ({tool})";
            return _tools.Prepare(step.Id, title, tool, () => Values.Element(planned.Arguments!.Evaluate(_roots) ?? new JsonObject()), null, Refuse, WantsMissing(step, planned) ? (ReadResult.MissingCode, ReadResult.LostInput) : null);
        }

        var started = new StepStarted { StepId = step.Id, Title = planned.Title, Agent = planned.Agent };
        if (_handoffs is null)
        {
            return DagCall.Faulty(started, "not_configured", $"There is no agent '{planned.Agent}' to hand this over to.");
        }

        if (WantsMissing(step, planned))
        {
            return new DagCall(started) { Call = _ => _handoffs.StopAsync(step.Id, ReadResult.MissingCode, ReadResult.LostInput) };
        }

        try
        {
            var task = planned.Task!.Render(_roots);
            return new DagCall(started) { Call = _ => _handoffs.HandOffAsync(step.Id, planned.Agent!, task, _scope) };
        }
        catch (ExpressionException e)
        {
            return DagCall.Faulty(started, "invalid_argument", e.Message);
        }
    }

    /// <inheritdoc/>
    public void End(DagStep step, DagEnd end)
    {
        _ended[step.Id] = end;
        _results[_byId[step.Id].Id] = end.ToNode();
        var problems = _plan.Select(ProblemOf).OfType<PlanProblem>().ToList();
        Problem = problems.Find(problem => !problem.DemandsPlan) ?? problems.FirstOrDefault();
    }

    private PlanProblem? ProblemOf(PlanStep step)
    {
        if (step.OnFailure == PlanFailure.Continue || !_ended.TryGetValue(_prefix + step.Id, out var end))
        {
            return null;
        }

        var demandsPlan = step.OnFailure == PlanFailure.Replan;
        if (end.IsFailed)
        {
            return new PlanProblem(step, end.Code ?? "failed", end.Message ?? "It failed.", demandsPlan);
        }

        return end.IsDone && step.Expect is { } expect && !IsAsExpected(expect, step)
            ? new PlanProblem(step, "contradicted", $"Its result is not as expected: {expect.Source} is not true.", demandsPlan)
            : null;
    }

    // What an earlier plan brought and nobody has any more must not be taken for nothing.
    private bool WantsMissing(DagStep inGraph, PlanStep step) =>
        inGraph.Inputs.Any(input => _ended.GetValueOrDefault(input)?.Code == ReadResult.MissingCode) || WantsMissing(step);

    private bool WantsMissing(PlanStep step) =>
        _missing.Count > 0 && WantsMissing([.. step.Arguments?.Expressions ?? [], .. step.Task?.Expressions ?? [], .. step.When is null ? Array.Empty<Expression>() : [step.When], .. step.Expect is null ? Array.Empty<Expression>() : [step.Expect]]);

    private bool WantsMissing(IReadOnlyList<Expression> expressions) =>
        _missing.Count > 0 && expressions.Any(expression => expression.References.Any(reference => reference.Root == "steps" && reference.Member is { } member && _missing.Contains(member)));

    private bool IsAsExpected(Expression expect, PlanStep step)
    {
        try
        {
            return Values.IsTrue(expect.Evaluate(new Dictionary<string, JsonNode?>(_roots, StringComparer.Ordinal) { ["result"] = _results[step.Id]!["result"] }));
        }
        catch (ExpressionException)
        {
            return false;
        }
    }

    // The validator has seen this already where it could; arguments that come from results are known only now, and rights may have changed.
    private (string Code, string Message)? Refuse(ConnectorOperation operation, JsonElement arguments)
    {
        if (!_allowed.ContainsKey(operation.Id))
        {
            return ("forbidden", $"This agent may not use '{operation.Id}'.");
        }

        return operation.Effect != OperationEffect.Read && PlanValidator.Find(_closed, operation.Id, arguments) is { } closed ? (closed.Code, closed.Message) : null;
    }
}

/// <summary>Why a plan cannot be worked off to its end.</summary>
/// <param name="Step">The step.</param>
/// <param name="Code">A stable code: the step's, or <c>contradicted</c>.</param>
/// <param name="Message">Why, safe to show.</param>
/// <param name="DemandsPlan">Whether a new plan is to be made; else the run ends with what is known.</param>
internal sealed record PlanProblem(PlanStep Step, string Code, string Message, bool DemandsPlan);
