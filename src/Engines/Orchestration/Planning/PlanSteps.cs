using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>What the plans of a run, or of one hand-off inside it, have brought so far. Steps are named <c>p1_find</c>: the plan's revision, then the step's id.</summary>
internal sealed class PlanSteps
{
    private readonly RunContext _run;
    private readonly string _prefix;
    private readonly string _message;
    private readonly List<(int Revision, Plan Plan)> _accepted;
    private readonly Dictionary<string, JsonElement?> _results = new(StringComparer.Ordinal);
    private readonly HashSet<string> _missing = new(StringComparer.Ordinal);

    private PlanSteps(RunContext run, IReadOnlyList<PlanState> plans, string? scope, string? task)
    {
        (_run, _prefix, _message) = (run, Prefix(scope), task ?? run.Input.Text);
        _accepted = [.. plans.Where(plan => plan.IsAccepted).Select(plan => (plan.Revision, PlanValidator.Compile(plan.Plan)))];
    }

    /// <summary>Reads them from the journal.</summary>
    /// <param name="run">The run.</param>
    /// <param name="plans">The plans of the scope.</param>
    /// <param name="scope">The hand-off; null for the run itself.</param>
    /// <param name="task">What was handed over; null for the run itself.</param>
    public static async Task<PlanSteps> LoadAsync(RunContext run, IReadOnlyList<PlanState> plans, string? scope, string? task = null)
    {
        var steps = new PlanSteps(run, plans, scope, task);
        foreach (var (name, _, state) in steps.All.ToList())
        {
            if (state is { Status: StepStatus.Done })
            {
                var (result, isMissing) = await run.LoadResultAsync(state);
                steps._results[name] = result;
                if (isMissing)
                {
                    steps._missing.Add(name);
                }
            }
        }

        return steps;
    }

    /// <summary>What the journal's step ids begin with.</summary>
    public static string Prefix(string? scope) => scope is null ? "" : scope + "/";

    /// <summary>How a step of a plan is named in expressions of later ones.</summary>
    public static string NameOf(int revision, string id) => $"p{revision}_{id}";

    /// <summary>All steps of plans that are or were worked off, in order.</summary>
    public IEnumerable<(string Name, PlanStep Step, StepState? State)> All => Before(int.MaxValue);

    /// <summary>The steps that are done but whose results are not kept any more.</summary>
    public IReadOnlySet<string> Missing => _missing;

    /// <summary>The values that expressions may refer to: what is done, of plans before a revision.</summary>
    public Dictionary<string, JsonNode?> Roots(int revision)
    {
        var steps = new JsonObject();
        foreach (var (name, _, state) in Before(revision))
        {
            if (state is { Status: StepStatus.Done })
            {
                steps[name] = Dag.DagEnd.From(state, _results.GetValueOrDefault(name), _missing.Contains(name)).ToNode();
            }
        }

        var requester = _run.Input.Requester;
        return new(StringComparer.Ordinal)
        {
            ["message"] = JsonValue.Create(_message),
            ["requester"] = new JsonObject
            {
                ["userId"] = requester.UserId,
                ["email"] = requester.Email,
                ["name"] = requester.Name,
                ["roles"] = new JsonArray([.. requester.Roles.Select(role => (JsonNode)JsonValue.Create(role))]),
            },
            ["steps"] = steps,
        };
    }

    /// <summary>Calls of plans before a revision that must not be made again: their effect is there, may be there, or was refused for good.</summary>
    public IReadOnlyList<ClosedCall> Closed(int revision)
    {
        var closed = new List<ClosedCall>();
        var steps = Before(revision).Select(step => step.Name).ToList();
        foreach (var action in _run.Snapshot.Actions)
        {
            if (OwnerOf(action.StepId, steps) is not { } step)
            {
                continue;
            }

            var (code, message) = action.Status switch
            {
                ActionStatus.Confirmed => ("already_done", "was done by"),
                ActionStatus.Sent or ActionStatus.Unknown => ("outcome_unknown", "may have been done by"),
                _ => ("", ""),
            };
            if (code.Length > 0)
            {
                closed.Add(new ClosedCall(
                    action.OperationId, action.Arguments, code, $"'{action.OperationId}' with exactly these arguments {message} the step '{step}' already; leave it out, and refer to that step instead."));
            }
        }

        // An action that a person has refused was never planned; what was asked for stands in the request.
        foreach (var decision in _run.Snapshot.Decisions.Where(decision =>
            decision.Request is { Kind: DecisionKind.Approval, StepId: { } id, OperationId: not null, Subject: not null } && OwnerOf(id, steps) is not null && decision.Made is { Decision: not "approve" }))
        {
            closed.Add(new ClosedCall(
                decision.Request.OperationId!, decision.Request.Subject!.Value, "already_refused", $"'{decision.Request.OperationId}' with exactly these arguments was not approved; it must not be planned again."));
        }

        return closed;
    }

    private IEnumerable<(string Name, PlanStep Step, StepState? State)> Before(int revision) =>
        from plan in _accepted
        where plan.Revision < revision
        from step in plan.Plan.Steps
        let name = NameOf(plan.Revision, step.Id)
        select (name, step, _run.Snapshot.FindStep(_prefix + name));

    // The step of a plan to which a step of the journal belongs: itself, or the hand-off inside which it is.
    private string? OwnerOf(string stepId, List<string> names) => names.Find(name =>
        stepId == _prefix + name || stepId.StartsWith($"{_prefix}{name}/", StringComparison.Ordinal));
}
