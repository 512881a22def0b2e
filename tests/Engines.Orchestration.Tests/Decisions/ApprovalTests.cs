using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Tests.Decisions;

public sealed class ApprovalTests
{
    private const string Policy = """
        version: 1
        operations:
          a.things.write:
            approval: [anyone]
            approvers: [role:boss]
            expires: 2h
        """;

    private const string Write = """
        id: write
        version: 1
        title: Write
        description: Write.
        examples: [go]
        match:
          - { all: [[go]], score: 1 }
        steps:
          - { id: read, title: Read it, call: a.things.read }
          - { id: write, title: Write it, call: a.things.write, with: { seen: "${steps.read.result.value}" } }
        answer: "wrote ${steps.write.result.value}"
        """;

    private readonly ManualTimeProvider _time = new();
    private readonly FakeConnectors _connectors = Things();

    [Fact]
    public async Task Execute_ApprovalNeeded_AsksForExactlyTheArgumentsAndWaits()
    {
        var recorder = await RunAsync();

        Assert.Equal(RunPhase.Waiting, recorder.Snapshot.Phase);
        Assert.Equal(["action.planned", "decision.requested", "run.waiting"], recorder.Types.TakeLast(3));
        var request = Assert.Single(recorder.Snapshot.Decisions).Request;
        Assert.Equal((DecisionKind.Approval, "write", "a.things.write", "Write it"), (request.Kind, request.StepId, request.OperationId, request.Summary));
        Assert.Equal("""{"seen":"v"}""", request.Subject!.Value.GetRawText());
        Assert.Equal(CanonicalJson.SubjectHash("a.things.write", request.Subject.Value), request.SubjectHash);
        Assert.Equal(["role:boss"], request.Deciders);
        Assert.Equal(["approve", "reject"], request.Options);
        Assert.Equal(_time.GetUtcNow().AddHours(2), request.ExpiresAt);
        Assert.Equal("a-" + request.RequestId[2..], request.ApprovalId);
        Assert.Equal(("medium", "Part of the playbook \"Write\".\nAsked for: \"go\""), (request.Risk, request.Why));
        Assert.Equal((null, "I cannot go on before somebody decides:\n- Write it: waits for an approval."), (recorder.Snapshot.Waiting!.ExpiresAt, recorder.Snapshot.Waiting.Summary));
        Assert.Empty(_connectors.Effects);
    }

    [Fact]
    public async Task Execute_WaitingAndNothingDecided_AppendsNothing()
    {
        var recorder = await RunAsync();
        var before = recorder.Facts.Count;
        await ExecuteAsync(recorder);

        Assert.Equal(before, recorder.Facts.Count);
    }

    [Fact]
    public async Task Execute_Approved_UsesTheApprovalUpInTheAppendThatSends()
    {
        var recorder = await RunAsync();
        IReadOnlyList<RunFact>? sending = null;
        recorder.OnRecord = facts =>
        {
            sending = facts.Any(fact => fact is ActionSent) ? facts : sending;
            return Task.CompletedTask;
        };
        await DecideAsync(recorder, "approve");
        await ExecuteAsync(recorder);

        Assert.Equal((RunPhase.Completed, "wrote done"), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Equal(["action.approved", "action.sent"], sending!.Select(fact => fact.Type));
        Assert.Equal("""{"seen":"v"}""", _connectors.Calls.Single(call => call.OperationId == "a.things.write").Arguments.GetRawText());
        Assert.NotNull(Assert.Single(recorder.Snapshot.Decisions).UsedBy);
        Assert.Equal("u-boss", recorder.Facts.OfType<ActionApproved>().Single().By);
    }

    [Fact]
    public async Task Execute_ApprovedDaysLater_HasItsUsualTimeAgain()
    {
        var recorder = await RunAsync();
        _time.Advance(TimeSpan.FromHours(1));
        await DecideAsync(recorder, "approve");
        await ExecuteAsync(recorder);

        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
    }

    [Fact]
    public async Task Execute_Rejected_EndsWithTheReasonAndSendsNothing()
    {
        var recorder = await RunAsync();
        await DecideAsync(recorder, "reject", "Too expensive.");
        await ExecuteAsync(recorder);

        Assert.Equal((RunPhase.Completed, "approval_rejected"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Equal("Write it: It was not approved: Too expensive. It was not done.", recorder.Snapshot.Answer);
        Assert.False(recorder.Snapshot.IsTechnical);
        Assert.Empty(_connectors.Effects);
    }

    [Fact]
    public async Task Execute_NobodyApprovedInTime_EndsWithThat()
    {
        var recorder = await RunAsync();
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Empty(DecisionRules.ExpireDecisions(recorder.Snapshot, _time.GetUtcNow()));
        await DecideAsync(recorder, DecisionRules.Expired);
        await ExecuteAsync(recorder);

        Assert.Equal((RunPhase.Completed, "approval_expired"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Empty(_connectors.Effects);
    }

    [Fact]
    public async Task Execute_Withdrawn_EndsWithThat()
    {
        var recorder = await RunAsync();
        await DecideAsync(recorder, DecisionRules.Cancelled, "Not needed any more.");
        await ExecuteAsync(recorder);

        Assert.Equal((RunPhase.Completed, "approval_rejected"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Contains("was withdrawn: Not needed any more.", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Empty(_connectors.Effects);
    }

    [Fact]
    public async Task Execute_ApprovalNotUsedInItsTime_AsksAgainAndTakesTheNewOneOnly()
    {
        var recorder = await RunAsync();
        var first = recorder.Snapshot.Decisions[0].Request;
        await recorder.RecordAsync([new DecisionMade { RequestId = first.RequestId, Decision = "approve", By = "u-boss", ValidUntil = _time.GetUtcNow().AddMinutes(1) }], default);
        _time.Advance(TimeSpan.FromMinutes(1));
        await ExecuteAsync(recorder);

        Assert.Equal(RunPhase.Waiting, recorder.Snapshot.Phase);
        Assert.Empty(_connectors.Effects);
        var second = recorder.Snapshot.Decisions[1].Request;
        Assert.NotEqual((first.RequestId, first.ApprovalId), (second.RequestId, second.ApprovalId));
        Assert.Equal(first.SubjectHash, second.SubjectHash);

        await recorder.RecordAsync([new DecisionMade { RequestId = second.RequestId, Decision = "approve", By = "u-boss", ValidUntil = _time.GetUtcNow().AddHours(1) }], default);
        await ExecuteAsync(recorder);

        Assert.Equal("wrote done", recorder.Snapshot.Answer);
        Assert.Equal(second.RequestId, Assert.Single(recorder.Facts.OfType<ActionApproved>()).RequestId);
    }

    [Fact]
    public async Task Execute_SystemCanShowTheEffect_AsksItOnceWithoutSendingAndShowsIt()
    {
        var writes = new List<ActionRequest>();
        _connectors.OnRequest = request => writes.AddRange(request.OperationId == "a.things.write" ? [request] : []);
        _connectors.LetDryRun("a.things.write");
        var recorder = await RunAsync();

        Assert.True(Assert.Single(writes).DryRun);
        Assert.Equal("""{"value":"done"}""", recorder.Snapshot.Decisions[0].Request.Preview!.Value.GetRawText());
        Assert.Empty(_connectors.Effects);
    }

    [Fact]
    public async Task Execute_ChangeThatCanBeUndone_NotesHow()
    {
        _connectors.LetUndo("a.things.write", "a.things.erase");
        var recorder = await RunAsync();
        await DecideAsync(recorder, "approve");
        await ExecuteAsync(recorder);

        var confirmed = Assert.Single(recorder.Facts.OfType<ActionConfirmed>());
        Assert.Equal(("a.things.erase", """{"seen":"v"}"""), (confirmed.UndoneBy, confirmed.UndoArguments!.Value.GetRawText()));
    }

    [Fact]
    public async Task Execute_ChangeThatALookUpFinds_NotesHowItIsUndone()
    {
        _connectors.LetUndo("a.things.write", "a.things.erase");
        _connectors.OnFault = request => request.OperationId == "a.things.write" ? FakeConnectors.Fault.UnknownDone : FakeConnectors.Fault.None;
        var recorder = await RunAsync();
        await DecideAsync(recorder, "approve");
        await ExecuteAsync(recorder);

        var found = Assert.Single(recorder.Facts.OfType<ActionReconciled>());
        Assert.Equal(("done", "a.things.erase", """{"seen":"v"}"""), (found.Outcome, found.UndoneBy, found.UndoArguments!.Value.GetRawText()));
    }

    [Fact]
    public async Task Execute_SystemDoesNotShowTheEffectInTime_AsksWithout()
    {
        _connectors.LetDryRun("a.things.write");
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connectors.OnCall = (request, cancellationToken) =>
        {
            if (!request.DryRun)
            {
                return Task.CompletedTask;
            }

            asked.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        };
        var running = RunAsync();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(4));
        var recorder = await running;

        Assert.Equal(RunPhase.Waiting, recorder.Snapshot.Phase);
        Assert.Null(Assert.Single(recorder.Snapshot.Decisions).Request.Preview);
    }

    [Fact]
    public async Task Execute_ApprovedButForbiddenMeanwhile_SendsNothing()
    {
        var recorder = await RunAsync();
        await DecideAsync(recorder, "approve");
        await ExecuteAsync(recorder, "version: 1\noperations: {}\n");

        Assert.Equal((RunPhase.Completed, "forbidden"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Null(Assert.Single(recorder.Snapshot.Decisions).UsedBy);
        Assert.Empty(_connectors.Effects);
    }

    [Fact]
    public async Task Execute_ApprovalOfOtherArguments_IsNotUsedButAskedAgain()
    {
        var recorder = await RunAsync();
        var other = recorder.Snapshot.Decisions[0].Request with { RequestId = "d-other", SubjectHash = CanonicalJson.SubjectHash("a.things.write", JsonSerializer.SerializeToElement(new { seen = "w" })) };
        var forged = new FakeRecorder(_time);
        await forged.RecordAsync([.. recorder.Facts.Where(fact => fact is not (DecisionRequested or RunWaiting)), other, new DecisionMade { RequestId = "d-other", Decision = "approve", By = "u-boss" }], default);
        await ExecuteAsync(forged);

        Assert.Equal(RunPhase.Waiting, forged.Snapshot.Phase);
        Assert.Equal(2, forged.Snapshot.Decisions.Count);
        Assert.Empty(_connectors.Effects);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Execute_LossWhileTheApprovalIsUsedUp_SendsOnce(bool durable)
    {
        var recorder = await RunAsync();
        await DecideAsync(recorder, "approve");
        var dying = new FakeRecorder(_time, recorder) { DieAtAppend = 1, DieAfterwards = durable };
        await Assert.ThrowsAsync<JournalDiedException>(() => ExecuteAsync(dying));
        var resumed = new FakeRecorder(_time, dying);
        await ExecuteAsync(resumed);

        Assert.Equal("wrote done", resumed.Snapshot.Answer);
        Assert.Equal(1, Assert.Single(_connectors.Effects).Value);
        Assert.Single(resumed.Facts.OfType<ActionApproved>());
    }

    [Fact]
    public async Task Execute_CancelledWhileWaiting_EndsAndAsksNobodyAnyMore()
    {
        var recorder = await RunAsync();
        await recorder.RecordAsync([new CancelRequested()], default);
        await ExecuteAsync(recorder);

        Assert.Equal(RunPhase.Cancelled, recorder.Snapshot.Phase);
        Assert.Equal("expired", Assert.Single(recorder.Snapshot.Decisions).Made!.Decision);
        Assert.Empty(_connectors.Effects);
    }

    [Fact]
    public async Task Execute_DecidedWhileTheRunSettlesDownToWait_GoesOnAtOnce()
    {
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input, _time);
        recorder.OnRecord = async facts =>
        {
            if (facts.Any(fact => fact is RunWaiting))
            {
                recorder.OnRecord = _ => Task.CompletedTask;
                await DecideAsync(recorder, "approve");
            }
        };
        await ExecuteAsync(recorder);

        Assert.Equal("wrote done", recorder.Snapshot.Answer);
    }

    [Fact]
    public async Task Execute_DecidedAtAnyMomentAfterALoss_GoesOnQuietlyAndSendsOnce()
    {
        var asked = await RunAsync();
        var looks = 0;
        for (var at = 0; at <= looks; at++)
        {
            // The silo was lost between the question and run.waiting: the next execution has nothing to record before it waits.
            var connectors = Things();
            var recorder = new FakeRecorder(_time);
            recorder.Note([.. asked.Facts.Where(fact => fact is not RunWaiting)]);
            var decided = new DecidedWhileLooking(recorder, at, new DecisionMade { RequestId = recorder.Snapshot.Decisions[0].Request.RequestId, Decision = "approve", By = "u-boss" });
            await Engines.Create(connectors, Engines.Definitions(Policy, Write), time: _time).ExecuteAsync(recorder.Snapshot.Input!, decided, default, default);
            looks = Math.Max(looks, decided.LooksBeforeWaiting);

            if (decided.HasDecided)
            {
                Assert.Equal("wrote done", recorder.Snapshot.Answer);
                Assert.Equal(1, Assert.Single(connectors.Effects).Value);
            }
        }

        Assert.InRange(looks, 10, 500);
    }

    [Fact]
    public async Task Execute_AnotherStepFailsWhileOneWaits_EndsWithoutTheApproval()
    {
        var both = Write.Replace("with: { seen: \"${steps.read.result.value}\" } }", "needs: [] }\n  - { id: fail, title: Fail, call: a.things.fail }", StringComparison.Ordinal);
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input, _time);
        await Engines.Create(_connectors, Engines.Definitions(Policy, both), time: _time).ExecuteAsync(input, recorder, default, default);

        Assert.Equal((RunPhase.Failed, "rejected"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.All(recorder.Snapshot.Decisions, decision => Assert.False(decision.IsOpen));
        Assert.Empty(_connectors.Effects);
    }

    private async Task<FakeRecorder> RunAsync()
    {
        var recorder = FakeRecorder.For(Engines.Input("go"), _time);
        await ExecuteAsync(recorder);
        return recorder;
    }

    private Task ExecuteAsync(FakeRecorder recorder, string policy = Policy) =>
        Engines.Create(_connectors, Engines.Definitions(policy, Write), time: _time).ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);

    private static ValueTask DecideAsync(FakeRecorder recorder, string decision, string? comment = null) =>
        recorder.RecordAsync([new DecisionMade { RequestId = recorder.Snapshot.Decisions[^1].Request.RequestId, Decision = decision, By = "u-boss", Comment = comment }], default);

    /// <summary>A journal in which a decision appears at the n-th look at its state.</summary>
    private sealed class DecidedWhileLooking(FakeRecorder journal, int at, DecisionMade decision) : IRunRecorder
    {
        private int _looks;

        public bool HasDecided { get; private set; }

        /// <summary>How often it was looked at until the run waited.</summary>
        public int LooksBeforeWaiting { get; private set; }

        public RunSnapshot Snapshot
        {
            get
            {
                if (Interlocked.Increment(ref _looks) == at && journal.Snapshot.Phase != RunPhase.Waiting)
                {
                    HasDecided = true;
                    journal.Note(decision);
                }

                return journal.Snapshot;
            }
        }

        public ValueTask RecordAsync(IReadOnlyList<RunFact> facts, CancellationToken cancellationToken) => RecordAsync(facts, [], cancellationToken);

        public ValueTask RecordAsync(IReadOnlyList<RunFact> facts, IReadOnlyList<RunContent> contents, CancellationToken cancellationToken)
        {
            LooksBeforeWaiting = facts.Any(fact => fact is RunWaiting) ? _looks : LooksBeforeWaiting;
            return journal.RecordAsync(facts, contents, cancellationToken);
        }

        public ValueTask<ReadOnlyMemory<byte>?> LoadContentAsync(string hash, CancellationToken cancellationToken) => journal.LoadContentAsync(hash, cancellationToken);
    }

    private static FakeConnectors Things() => new FakeConnectors()
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" })
        .AddOutcome("a.things.fail", OperationEffect.Read, (_, _) => Task.FromResult<ActionOutcome>(new ActionFailed("rejected", "No.", false)))
        .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" });
}
