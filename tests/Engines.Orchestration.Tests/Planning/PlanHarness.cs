using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Planning;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration.Tests.Planning;

/// <summary>Runs plans the way the engine does: whatever the runner says of the end goes into the journal.</summary>
internal sealed class PlanHarness
{
    public required FakeConnectors Connectors { get; init; }

    /// <summary>What the planner answers, by the number of the call; the last one is repeated.</summary>
    public required IReadOnlyList<string> Plans { get; init; }

    public ActionPolicy Policy { get; init; } = ActionPolicy.Compile("version: 1\noperations:\n  fake.things.write: { allow: [anyone] }\n", "policy.yaml");

    public AgentDefinition Agent { get; init; } = new()
    {
        Id = "planner", Version = 1, Title = "Planner", Description = "Plans.", Instructions = "", Hash = "h", Handoffs = ["helper"],
    };

    public RunInput Input { get; init; } = Engines.Input("go");

    public IHandoffs? Handoffs { get; init; }

    public FakeBudget Budget { get; init; } = new();

    public Func<IReadOnlyList<ConnectorOperation>, IReadOnlyList<ConnectorOperation>> Tools { get; init; } =
        operations => [.. operations.Where(operation => operation.Id != PlanSamples.Hidden)];

    public bool ReviewWrites { get; init; }

    public string? Scope { get; init; }

    public int MaxParallelSteps { get; init; } = 4;

    public string Answer { get; init; } = "Here it is.";

    /// <summary>All questions to the model in order, of all executions.</summary>
    public List<ModelQuestion> Questions { get; } = [];

    public async Task<FakeRecorder> RunAsync(FakeRecorder? before = null)
    {
        var recorder = before ?? FakeRecorder.For(Input);
        var options = new OrchestrationOptions
        {
            RetryBaseDelay = TimeSpan.Zero, RetryMaxDelay = TimeSpan.Zero, MaxParallelSteps = MaxParallelSteps, MaxAttempts = 6, MaxReconcileAttempts = 6,
        };
        await using var run = new RunContext(Input, recorder, Connectors, Policy, options, TimeProvider.System, new RandomSource(1), default, default);
        try
        {
            var runner = new PlanRunner(run, Agent, Tools(Connectors.Operations), new Model(this, recorder), Handoffs, Budget, NullLogger.Instance, Scope) 
            {
                ReviewWrites = ReviewWrites,
                Others = [Agent with { Id = "helper", Description = "Helps." }],
            };
            var outcome = await runner.RunAsync(recorder.Snapshot.Choice is null ? [new StrategyChosen { Strategy = "plan" }] : []);
            IReadOnlyList<RunFact> facts = outcome.Waits is { } waits
                ? [.. outcome.Facts, waits]
                : [
                    .. outcome.Facts,
                    .. outcome.Answer.Length > 0 ? new[] { new AnswerDelta { Offset = recorder.Snapshot.AnswerLength + outcome.Facts.OfType<AnswerDelta>().Sum(delta => delta.Text.Length), Text = outcome.Answer } } : [],
                    new RunEnded { Phase = outcome.Phase, ErrorCode = outcome.ErrorCode, IsTechnical = outcome.FailedSteps is not null, FailedSteps = outcome.FailedSteps },
                ];
            await run.RecordAsync(facts, outcome.Contents);
        }
        catch (Exception) when (run.HasFailedToRecord)
        {
            run.RecordingFailure!.Throw();
        }

        return recorder;
    }

    /// <summary>Decides the open request and runs on.</summary>
    public async Task<FakeRecorder> DecideAsync(FakeRecorder recorder, string decision, JsonNode? content = null)
    {
        var request = recorder.Snapshot.Decisions.Single(candidate => candidate.IsOpen).Request;
        await recorder.RecordAsync([new DecisionMade { RequestId = request.RequestId, Decision = decision, By = "u-ada", Content = content is null ? null : PlanSamples.Element(content) }], default);
        return await RunAsync(recorder);
    }

    public static string Json(params JsonObject[] steps) => new JsonObject { ["goal"] = "Do it", ["steps"] = new JsonArray(steps), ["answer"] = "Say it." }.ToJsonString();

    public static JsonObject Read(string id, params string[] needs) => Step(id, PlanSamples.Read, needs);

    public static JsonObject Write(string id, params string[] needs) => Step(id, PlanSamples.Write, needs);

    public static JsonObject With(JsonObject step, string name, JsonNode value)
    {
        step[name] = value;
        return step;
    }

    private static JsonObject Step(string id, string tool, string[] needs) => new()
    {
        ["id"] = id,
        ["title"] = $"Do {id}",
        ["tool"] = tool,
        ["arguments"] = new JsonObject { ["step"] = id },
        ["needs"] = new JsonArray([.. needs.Select(need => (JsonNode)JsonValue.Create(need))]),
    };

    private sealed class Model(PlanHarness harness, FakeRecorder recorder) : IModelCaller
    {
        public Task<ModelAnswer> AskAsync(ModelQuestion question)
        {
            harness.Questions.Add(question);
            var number = recorder.Snapshot.ModelCalls.Count + 1;
            var isPlan = question.Purpose == "plan";
            var text = isPlan ? harness.Plans[Math.Min(recorder.Snapshot.ModelCalls.Count(call => call.Purpose == "plan"), harness.Plans.Count - 1)] : harness.Answer;
            var isShown = !isPlan && question.Scope is null;
            var called = new ModelCalled
            {
                Call = number,
                Model = "fake",
                FinishReason = "stop",
                AnswerFrom = recorder.Snapshot.AnswerLength,
                AnswerLength = isShown ? text.Length : 0,
                ToolCalls = [],
                Purpose = isPlan ? "plan" : null,
                Scope = question.Scope,
                Text = isShown ? null : text,
            };
            var content = RunContent.Of(System.Text.Encoding.UTF8.GetBytes($"prompt {number}"));
            IReadOnlyList<RunFact> facts = isShown ? [new AnswerDelta { Offset = recorder.Snapshot.AnswerLength, Text = text }, called] : [called];
            return Task.FromResult(new ModelAnswer(called, text, facts, [content]));
        }
    }
}

/// <summary>A budget of steps.</summary>
internal sealed class FakeBudget : IRunBudget
{
    public int Limit { get; init; } = int.MaxValue;

    public int Taken { get; private set; }

    public BudgetExhausted? TryTakeStep(string? scope) =>
        Taken < Limit && ++Taken > 0 ? null : new BudgetExhausted { Budget = "steps", Limit = Limit, Used = Taken, Needed = 1, Scope = scope };
}

/// <summary>An agent that does what the test says.</summary>
internal sealed class FakeHandoffs(Func<string, string, CallResult> answer) : IHandoffs
{
    public List<(string StepId, string Agent, string Task)> Calls { get; } = [];

    public Task<CallResult> HandOffAsync(string stepId, string agentId, string task, string? scope)
    {
        Calls.Add((stepId, agentId, task));
        return Task.FromResult(answer(stepId, task));
    }

    public Task<CallResult> StopAsync(string stepId, string code, string message, params IReadOnlyList<RunFact> before) =>
        Task.FromResult(new CallResult { Code = code, Message = message, Facts = [.. before, new StepFailed { StepId = stepId, Code = code, Message = message }] });
}
