using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Tests.Engine;

/// <summary>A random run: its steps, what its systems and its people do, and how it must end.</summary>
internal sealed class RunScenario
{
    private readonly Dictionary<string, StepPlan> _steps;
    private readonly Dictionary<string, Queue<FakeConnectors.Fault>> _faults = [];
    private readonly Lock _gate = new();
    private bool _isRepaired;

    public RunScenario(int seed, int count, bool isChain, Disturbance disturbance)
    {
        var random = new System.Random(seed);
        Disturbance = disturbance;
        IsChain = isChain;
        _steps = Enumerable.Range(0, count).Select(index => StepPlan.Create(random, index, isChain)).ToDictionary(step => step.Id);
        MayReplay = random.Next(3) > 0;
        DisturbAt = random.Next(1, 14);
        foreach (var step in _steps.Values)
        {
            _faults[step.Id] = new Queue<FakeConnectors.Fault>(step.Faults);
        }

        Definitions = Engines.Definitions(
            "version: 1\noperations:\n  fake.things.write: { allow: [anyone] }\n  fake.things.guarded: { approval: [anyone], approvers: [role:boss] }\n", Yaml());
        Connectors = new FakeConnectors()
            .AddOutcome("fake.things.read", OperationEffect.Read, AnswerAsync)
            .AddOutcome("fake.things.write", OperationEffect.Write, AnswerAsync)
            .AddOutcome("fake.things.guarded", OperationEffect.Write, AnswerAsync);
        Connectors.OnFault = request =>
        {
            lock (_gate)
            {
                return _faults[Step(request.Arguments)].TryDequeue(out var fault) ? fault : FakeConnectors.Fault.None;
            }
        };
        Connectors.OnReconcile = request => _steps[Step(request.Arguments)].IsBlind ? new ReconcileUnknown("nobody can tell.") : null;
    }

    public Disturbance Disturbance { get; }

    public bool IsChain { get; }

    public bool MayReplay { get; }

    /// <summary>At which call of the systems, or append of the journal, the disturbance comes.</summary>
    public int DisturbAt { get; }

    public FakeConnectors Connectors { get; }

    public OrchestrationDefinitions Definitions { get; }

    /// <summary>Whether a decision of a person may have stood in for a result, so that the answer lacks it.</summary>
    public bool HasBlindSteps => _steps.Values.Any(step => step.IsBlind);

    /// <summary>Whether some step can come to nothing.</summary>
    public bool CanFail => _steps.Values.Any(step => step.IsDown || step.GivesUp || (step.IsGuarded && step.Approval != "approve"));

    public string Answer => string.Join(", ", _steps.Keys.Select(id => $"{id}=({id})"));

    public int Writes => _steps.Values.Count(step => step.IsWrite);

    public string Yaml()
    {
        var yaml = new StringBuilder("id: random\nversion: 1\ntitle: Random\ndescription: Random.\nexamples: [go]\nmatch:\n  - { all: [[go]], score: 1 }\nsteps:\n");
        foreach (var step in _steps.Values)
        {
            yaml.Append($"  - {{ id: {step.Id}, title: Step {step.Id}, call: fake.things.{(step.IsGuarded ? "guarded" : step.IsWrite ? "write" : "read")}, needs: [{string.Join(", ", step.Needs)}], with: {{ step: {step.Id} }} }}\n");
        }

        return yaml.Append($"answer: \"{string.Join(", ", _steps.Keys.Select(id => $"{id}=${{steps.{id}.result.value}}"))}\"\n").ToString();
    }

    /// <summary>The systems are back.</summary>
    public void Repair() => _isRepaired = true;

    /// <summary>What the person who is asked says: the truth, or what the plan has for approvals.</summary>
    public string Decide(DecisionRequested request)
    {
        var step = _steps[request.StepId!];
        return request.Kind == DecisionKind.Approval ? step.Approval
            : step.GivesUp ? "give_up"
            : Connectors.Effects.ContainsKey(request.ActionId!) ? "done" : "not_done";
    }

    /// <summary>How a chain must end when nobody disturbs it: steps are worked off one after the other, and the first that comes to nothing ends the run.</summary>
    public (RunPhase Phase, string? Code, int Effects) Expected()
    {
        var isRepaired = false;
        var effects = 0;
        foreach (var step in _steps.Values)
        {
            if (step.IsGuarded && step.Approval != "approve")
            {
                return (RunPhase.Completed, step.Approval == "reject" ? "approval_rejected" : "approval_expired", effects);
            }

            if (step.GivesUp)
            {
                return (RunPhase.Failed, "outcome_unknown", effects);
            }

            if (step.IsDown && !isRepaired)
            {
                if (!MayReplay)
                {
                    return (RunPhase.Failed, "unavailable", effects);
                }

                isRepaired = true;
            }

            effects += step.IsWrite ? 1 : 0;
        }

        return (RunPhase.Completed, null, effects);
    }

    private Task<ActionOutcome> AnswerAsync(JsonElement arguments, CancellationToken cancellationToken)
    {
        var step = _steps[Step(arguments)];
        return Task.FromResult<ActionOutcome>(step.IsDown && !_isRepaired
            ? new ActionFailed("unavailable", "Down.", false)
            : new ActionSucceeded(JsonSerializer.SerializeToElement(new JsonObject { ["value"] = $"({step.Id})" })));
    }

    private static string Step(JsonElement arguments) => arguments.GetProperty("step").GetString()!;

    private sealed record StepPlan(string Id, IReadOnlyList<string> Needs, bool IsWrite, bool IsGuarded, bool IsBlind, bool IsDown, bool GivesUp, string Approval, IReadOnlyList<FakeConnectors.Fault> Faults)
    {
        public static StepPlan Create(System.Random random, int index, bool isChain)
        {
            var isWrite = random.Next(3) > 0;
            var givesUp = isWrite && random.Next(12) == 0;
            var isBlind = givesUp || (isWrite && random.Next(4) == 0);
            var faults = Enumerable.Range(0, random.Next(3))
                .Select(_ => isWrite ? (FakeConnectors.Fault)random.Next(1, 5) : FakeConnectors.Fault.Busy)
                .ToList();
            if (givesUp)
            {
                faults.Insert(0, random.Next(2) == 0 ? FakeConnectors.Fault.UnknownDone : FakeConnectors.Fault.UnknownNotDone);
            }

            return new StepPlan(
                $"s{index}",
                [.. Enumerable.Range(0, index).Where(other => isChain ? other == index - 1 : random.Next(3) == 0).Select(other => $"s{other}")],
                isWrite,
                isWrite && random.Next(3) == 0,
                isBlind,
                !givesUp && random.Next(6) == 0,
                givesUp,
                random.Next(5) switch { 0 => "reject", 1 => "expired", _ => "approve" },
                faults);
        }
    }
}

/// <summary>What comes in between.</summary>
internal enum Disturbance
{
    None,
    Cancel,
    Deadline,
    DeadlineInBackground,
}
