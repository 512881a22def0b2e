using System.Collections.Concurrent;
using System.Text.Json;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Dag;
using Steward.Engines.Orchestration.Policies;
using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Tests.Dag;

/// <summary>A graph whose steps end when and how the test says.</summary>
internal sealed class FakeWork(params DagStep[] steps) : IDagWork
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<CallResult>> _calls = new();
    private readonly SemaphoreSlim _changed = new(0);

    public IReadOnlyList<DagStep> Steps
    {
        get
        {
            OnLook();
            return steps;
        }
    }

    /// <summary>Runs whenever the runner begins to look through the steps.</summary>
    public Action OnLook { get; set; } = () => { };

    public DagEnding Ending { get; private set; }

    /// <summary>How the work ends once a step of this id has ended.</summary>
    public Dictionary<string, DagEnding> EndsAfter { get; } = [];

    /// <summary>Steps that turn out not to be needed.</summary>
    public HashSet<string> NotNeeded { get; } = [];

    public Dictionary<string, DagEnd> Ended { get; } = [];

    /// <summary>What stops each call.</summary>
    public ConcurrentDictionary<string, CancellationToken> Tokens { get; } = new();

    /// <summary>All calls in order.</summary>
    public ConcurrentQueue<string> Called { get; } = new();

    public static DagStep Read(string id, params string[] needs) => new() { Id = id, Needs = needs, Inputs = needs, OnlyReads = true };

    public static DagStep Guess(string id, params string[] needs) => new() { Id = id, Needs = needs, OnlyReads = true, MayStartEarly = true };

    public static DagStep Write(string id, params string[] needs) => new() { Id = id, Needs = needs, Inputs = needs };

    public bool IsNeeded(DagStep step) => !NotNeeded.Contains(step.Id);

    public DagCall Prepare(DagStep step) => new(new StepStarted { StepId = step.Id, Title = step.Id })
    {
        Operation = new ConnectorOperation { Id = $"fake.things.{step.Id}", Connector = "fake", Description = step.Id, Effect = step.OnlyReads ? OperationEffect.Read : OperationEffect.Write, InputSchema = default },
        Call = token =>
        {
            Tokens[step.Id] = token;
            var source = _calls[step.Id] = new TaskCompletionSource<CallResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            Called.Enqueue(step.Id);
            _changed.Release();
            return source.Task;
        },
    };

    public void End(DagStep step, DagEnd end)
    {
        Assert.DoesNotContain(step.Id, Ended.Keys);
        Assert.All(step.Needs, need => Assert.Contains(need, Ended.Keys));
        Ended[step.Id] = end;
        Ending = EndsAfter.GetValueOrDefault(step.Id, Ending);
    }

    /// <summary>Waits until so many calls have been made in all.</summary>
    public async Task CallsAsync(int count)
    {
        while (Called.Count < count)
        {
            Assert.True(await _changed.WaitAsync(TimeSpan.FromSeconds(10)), $"only {string.Join(", ", Called)} were called");
        }
    }

    public void Finish(string id, string result = "{}") => _calls[id].SetResult(new CallResult
    {
        Result = JsonDocument.Parse(result).RootElement,
        Facts = [new StepCompleted { StepId = id, Status = "done", Result = JsonDocument.Parse(result).RootElement }],
    });

    public void FinishWith(string id, params RunFact[] facts) => _calls[id].SetResult(new CallResult { Facts = facts });

    public void Fail(string id) => _calls[id].SetResult(new CallResult { Code = "rejected", Message = "No.", Facts = [new StepFailed { StepId = id, Code = "rejected", Message = "No." }] });

    public void Wait(string id, string requestId) => _calls[id].SetResult(new CallResult
    {
        Awaits = [requestId],
        Facts = [new DecisionRequested { RequestId = requestId, Kind = DecisionKind.Approval, StepId = id, Summary = $"May {id}?", SubjectHash = "h", Options = ["approve"], Deciders = ["requester"] }],
    });

    /// <summary>Waits for a request that the step has recorded itself.</summary>
    public void WaitFor(string id, string requestId) => _calls[id].SetResult(new CallResult { Awaits = [requestId], Facts = [] });

    /// <summary>Runs it; what is left to be recorded is recorded.</summary>
    public async Task<DagOutcome> RunAsync(FakeRecorder recorder, int parallel = 4, ActionPolicy? policy = null, IRunBudget? budget = null, TimeSpan patience = default, TimeProvider? time = null, CancellationToken cancel = default)
    {
        var options = new OrchestrationOptions { MaxParallelSteps = parallel };
        await using var run = new RunContext(Engines.Input("go"), recorder, new FakeConnectors(), policy ?? ActionPolicy.ReadOnly, options, time ?? TimeProvider.System, new RandomSource(1), cancel, default);
        var outcome = await new DagRunner(run, this, budget, patience: patience).RunAsync([]);
        IReadOnlyList<RunFact> facts = outcome.Waits is { } waits ? [.. outcome.Facts, waits] : outcome.Facts;
        await run.RecordAsync(facts, outcome.Contents);
        return outcome;
    }
}
