using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Engine;

public sealed class DeadlineTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n";

    private const string Two = """
        id: two
        version: 1
        title: Two steps
        description: Two.
        examples: [go]
        match:
          - { all: [[go]], score: 1 }
        steps:
          - { id: write, title: Write it, call: a.things.write }
          - { id: read, title: Read it, call: a.things.read, needs: [write] }
        answer: "read ${steps.read.result.value}"
        """;

    private readonly ManualTimeProvider _time = new();
    private readonly FakeConnectors _connectors = new FakeConnectors()
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" })
        .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" });

    [Fact]
    public async Task Execute_MayGoOn_TellsWhatIsKnownAndFinishesInTheBackground()
    {
        var recorder = FakeRecorder.For(Input(), _time);
        string? told = null;
        PassDeadlineInRead(recorder, () => told = recorder.Snapshot.Answer);
        await ExecuteAsync(recorder);

        Assert.Equal(
            "This takes longer than you wanted to wait, so I go on in the background.\n\nThis is done:\n- Write it\n\nThis is still open:\n- Read it: still running.", told);
        var reached = recorder.Facts.OfType<DeadlineReached>().Single();
        Assert.Equal(["Read it: still running."], reached.Open);
        Assert.Equal(recorder.Snapshot.Input!.Deadline!.Value.AddHours(1), reached.Until);
        Assert.Equal((RunPhase.Completed, "read v"), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Null(recorder.Snapshot.NoteFrom);
    }

    [Fact]
    public async Task Execute_CallIsUnderWayAtTheDeadline_GoesOnInTheBackgroundToo()
    {
        var recorder = FakeRecorder.For(Input(), _time);
        _connectors.OnCall = async (request, cancellationToken) =>
        {
            if (request.OperationId == "a.things.read")
            {
                // As the connectors do: a call knows from its start when it is cut off.
                using var limit = new CancellationTokenSource(request.Deadline!.Value - _time.GetUtcNow(), _time);
                await AdvanceToBackgroundAsync(recorder);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
                either.Token.ThrowIfCancellationRequested();
            }
        };
        await ExecuteAsync(recorder);

        Assert.Equal((RunPhase.Completed, "read v"), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Single(_connectors.Calls, call => call.OperationId == "a.things.read");
    }

    [Fact]
    public async Task Execute_WriteIsUnderWayAtTheDeadline_IsNotCutOff()
    {
        var recorder = FakeRecorder.For(Input(), _time);
        _connectors.OnCall = async (request, cancellationToken) =>
        {
            if (request.OperationId == "a.things.write")
            {
                using var limit = new CancellationTokenSource(request.Deadline!.Value - _time.GetUtcNow(), _time);
                await AdvanceToBackgroundAsync(recorder);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
                either.Token.ThrowIfCancellationRequested();
            }
        };
        await ExecuteAsync(recorder);

        Assert.DoesNotContain("action.unknown", recorder.Types);
        Assert.Empty(_connectors.Reconciled);
        Assert.Equal((RunPhase.Completed, "read v"), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
    }

    [Fact]
    public async Task Execute_StoreDoesNotAnswer_EndsAtTheDeadline()
    {
        var input = Engines.Input("go", deadline: _time.GetUtcNow().AddSeconds(30));
        var recorder = FakeRecorder.For(input, _time);
        recorder.Note(new StrategyChosen { Strategy = "react", Agent = "assistant", AgentHash = "of-an-earlier-version", EngineRevision = RunEngine.Revision });
        recorder.OnLoad = () =>
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            return new TaskCompletionSource().Task;
        };
        var model = new FakeModel((_, _) => [FakeModel.Say("never"), FakeModel.End()]);
        await Engines.Create(_connectors, Engines.WithAgents(Policy, null, Engines.Assistant), model, time: _time).ExecuteAsync(input, recorder, default, default).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal((RunPhase.Partial, "deadline"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Empty(model.Requests);
    }

    [Theory]
    [InlineData(true, 5, "Found it.")]
    [InlineData(false, 3, "Not yet.")]
    public async Task Execute_ReasonsOnAfterTheDeadline_HasTheLimitsOfTheBackground(bool passes, int calls, string answer)
    {
        var input = Input();
        var recorder = FakeRecorder.For(input, _time);
        _connectors.OnCall = async (_, _) =>
        {
            if (passes && recorder.Snapshot.ModelCalls.Count == 2)
            {
                await AdvanceToBackgroundAsync(recorder);
            }
        };
        var model = new FakeModel((call, request) => call < 5 && request.AllowToolCalls
            ? [FakeModel.Call("a_things_read", $$"""{"n":{{call}}}"""), FakeModel.End("tool_calls")]
            : [FakeModel.Say(call == 5 ? "Found it." : "Not yet."), FakeModel.End()]);
        var engine = Engines.Create(_connectors, Engines.WithAgents(Policy, null, Engines.Assistant), model, time: _time, configure: options =>
        {
            (options.MaxModelSteps, options.MaxBackgroundModelSteps) = (3, 5);
            (options.InteractiveLimits, options.BackgroundLimits) = (new RunLimits { Steps = 2, ModelCalls = 3 }, new RunLimits { Steps = 10, ModelCalls = 10 });
        });
        await engine.ExecuteAsync(input, recorder, default, default);

        Assert.Equal((calls, answer), (recorder.Snapshot.ModelCalls.Count, recorder.Snapshot.Answer));

        // Once nobody waits, the model's queue may let others go first.
        Assert.Equal(Enumerable.Range(1, calls).Select(call => !passes || call <= 2), model.Requests.Select(request => request.Origin!.IsInteractive));
    }

    [Fact]
    public async Task Execute_BackgroundTimeIsUpToo_EndsPartial()
    {
        var recorder = FakeRecorder.For(Input(), _time);
        _connectors.OnCall = async (request, cancellationToken) =>
        {
            if (request.OperationId == "a.things.read")
            {
                await AdvanceToBackgroundAsync(recorder);
                _time.Advance(TimeSpan.FromHours(2));
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        };
        await ExecuteAsync(recorder);

        Assert.Equal((RunPhase.Partial, "deadline"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Equal("I ran out of time and stopped.\n\nThis was done:\n- Write it\n\nThis is open:\n- Read it: not finished.", recorder.Snapshot.Answer);
        Assert.False(recorder.Snapshot.IsTechnical);
    }

    [Fact]
    public async Task Execute_LossInTheBackground_GoesOnUnderTheSameLimit()
    {
        var recorder = FakeRecorder.For(Input(), _time);
        PassDeadlineInRead(recorder, () => recorder.DieAtAppend = 1);
        await Assert.ThrowsAsync<JournalDiedException>(() => ExecuteAsync(recorder));
        _time.Advance(TimeSpan.FromMinutes(30));
        _connectors.OnCall = (_, _) => Task.CompletedTask;
        var limits = new List<DateTimeOffset?>();
        _connectors.OnRequest = request => limits.Add(request.Deadline);
        var resumed = new FakeRecorder(_time, recorder);
        await ExecuteAsync(resumed);

        Assert.Equal("read v", resumed.Snapshot.Answer);
        Assert.Equal([resumed.Snapshot.BackgroundUntil], limits);
        Assert.Single(resumed.Facts.OfType<DeadlineReached>());
    }

    [Fact]
    public async Task Execute_ServerWasAwayAtTheDeadline_GoesOnInTheBackground()
    {
        var recorder = FakeRecorder.For(Input(), _time);
        _time.Advance(TimeSpan.FromMinutes(10));
        await ExecuteAsync(recorder);

        Assert.Equal((RunPhase.Completed, "read v"), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Single(recorder.Facts.OfType<DeadlineReached>());
    }

    [Theory]
    [InlineData(false, 26 * 60, 24 * 60)]
    [InlineData(false, null, 5)]
    [InlineData(true, null, 60)]
    [InlineData(true, 3, 3)]
    public async Task Execute_Deadline_IsThatOfTheCallerWithinBounds(bool background, int? minutes, int expected)
    {
        var begun = _time.GetUtcNow();
        var recorder = FakeRecorder.For(Engines.Input("go", deadline: minutes is null ? null : begun.AddMinutes(minutes.Value)) with { Background = background }, _time);
        var limits = new List<DateTimeOffset?>();
        _connectors.OnRequest = request => limits.Add(request.Deadline);
        await ExecuteAsync(recorder);

        Assert.All(limits, limit => Assert.Equal(begun.AddMinutes(expected), limit));
        Assert.Equal(2, limits.Count);
    }

    [Fact]
    public async Task Execute_DeadlineWhileOneStepWaitsForAPerson_WaitsInsteadOfEnding()
    {
        var both = Two.Replace(", needs: [write]", ", needs: []", StringComparison.Ordinal);
        const string approval = "version: 1\noperations:\n  a.things.write: { approval: [anyone] }\n";
        var recorder = FakeRecorder.For(Engines.Input("go", deadline: _time.GetUtcNow().AddSeconds(30)), _time);
        var engine = Engines.Create(_connectors, Engines.Definitions(approval, both), time: _time);
        var asked = new TaskCompletionSource();
        recorder.OnRecord = facts =>
        {
            if (facts.Any(fact => fact is DecisionRequested))
            {
                asked.SetResult();
            }

            return Task.CompletedTask;
        };
        _connectors.OnCall = async (_, cancellationToken) =>
        {
            await asked.Task;
            await Task.Yield();
            while (recorder.Snapshot.Decisions.Count == 0)
            {
                await Task.Yield();
            }

            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(Timeout.Infinite, cancellationToken);
        };
        await engine.ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);
        Assert.Equal(RunPhase.Waiting, recorder.Snapshot.Phase);

        _connectors.OnCall = (_, _) => Task.CompletedTask;
        await recorder.RecordAsync([new DecisionMade { RequestId = recorder.Snapshot.Decisions[0].Request.RequestId, Decision = "approve", By = "u-boss" }], default);
        await engine.ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);
        Assert.Equal("read v", recorder.Snapshot.Answer);
    }

    private RunInput Input() => Engines.Input("go", deadline: _time.GetUtcNow().AddSeconds(30)) with { ContinueAfterDeadline = true };

    private Task ExecuteAsync(FakeRecorder recorder) =>
        Engines.Create(_connectors, Engines.Definitions(Policy, Two), time: _time).ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);

    private void PassDeadlineInRead(FakeRecorder recorder, Action then) => _connectors.OnCall = async (request, cancellationToken) =>
    {
        if (request.OperationId == "a.things.read")
        {
            await AdvanceToBackgroundAsync(recorder);
            then();
            cancellationToken.ThrowIfCancellationRequested();
        }
    };

    private async Task AdvanceToBackgroundAsync(FakeRecorder recorder)
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        while (recorder.Snapshot.BackgroundUntil is null)
        {
            await Task.Yield();
        }
    }
}
