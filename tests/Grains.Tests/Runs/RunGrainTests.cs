using System.Text.Json;
using Steward.Engines.Orchestration;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Storage;

namespace Steward.Grains.Tests.Runs;

[Collection(GrainClusterGroup.Name)]
public class RunGrainTests
{
    private readonly GrainCluster _cluster;

    public RunGrainTests(GrainCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", "u-ada");
    }

    [Fact]
    public async Task Watch_ByManyFromAnywhere_GivesEachTheSameEventsWithoutGaps()
    {
        var session = await _cluster.OpenAsync();
        var run = _cluster.Run(await session.SayAsync("hold watch-gate"));
        var watchers = Enumerable.Range(0, 10).Select(_ => run.WatchToEndAsync()).ToList();
        await Conversing.UntilAsync(async () => (await run.GetStatus())!.Answer == "holding");
        watchers.Add(run.WatchToEndAsync());
        _cluster.Model.Release("watch-gate");

        var seen = await Task.WhenAll(watchers);
        var fromTheMiddle = await run.WatchToEndAsync(after: 2);

        var expected = Enumerable.Range(1, seen[0].Count).Select(number => (long)number).ToList();
        Assert.All(seen, events => Assert.Equal(expected, events.Select(runEvent => runEvent.Sequence)));
        Assert.Equal(expected.Skip(2), fromTheMiddle.Select(runEvent => runEvent.Sequence));
        Assert.Equal("run.ended", seen[0][^1].Type);
    }

    [Fact]
    public async Task Watch_MoreEventsThanAreBuffered_ReadsTheRestFromTheJournal()
    {
        var session = await _cluster.OpenAsync();
        var run = _cluster.Run(await session.SayAsync("say " + string.Join(' ', Enumerable.Range(0, 3000))));

        var events = await run.WatchToEndAsync();
        var again = await run.WatchToEndAsync();

        Assert.True(events.Count > GrainCluster.BufferedEvents, $"only {events.Count} events");
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(runEvent => runEvent.Sequence));
        Assert.Equal(events.Select(runEvent => runEvent.Sequence), again.Select(runEvent => runEvent.Sequence));
        Assert.Equal(3000, (await run.GetStatus())!.Answer.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task WatchBatches_OfAnEndedRun_BringsItsEventsInOneElement()
    {
        var session = await _cluster.OpenAsync();
        var run = _cluster.Run(await session.SayAsync("say hello"));
        var events = await run.WatchToEndAsync();

        Assert.Equal(events, Assert.Single(await BatchesAsync(run)).Events);
    }

    [Fact]
    public async Task WatchBatches_MoreEventsThanABatchMayHold_GivesAllInOrderInBatchesOfThatSize()
    {
        var key = GrainKeys.Run("t-acme", "r-" + Guid.NewGuid().ToString("n"));
        var origin = new RunOrigin { SessionKey = Conversing.NewSession(), UserId = "u-ada" };
        var input = new RunInput { RunId = GrainKeys.LastPart(key), TenantId = "t-acme", Requester = new Requester { UserId = "u-ada" }, Text = "say much" };
        List<RunFact> facts = [new RunRequested { Input = input }, new StrategyChosen { Strategy = "direct" }];
        facts.AddRange(Enumerable.Range(0, 2 * RunEventBatch.MaxEvents).Select(i => new AnswerDelta { Offset = i, Text = "x" }));
        facts.Add(new RunEnded { Phase = RunPhase.Completed });
        await _cluster.Journals.AppendAsync(new JournalAppend
        {
            Journal = key,
            ExpectedSequence = 0,
            Open = false,
            Records =
            [
                Record(RunOrigin.Type, JsonSerializer.SerializeToUtf8Bytes(origin, RunRecordJson.Default.RunOrigin)),
                .. facts.Select(fact => Record(RunFacts.Serialize(fact).Type, RunFacts.Serialize(fact).Utf8Json)),
            ],
        });

        var batches = await BatchesAsync(_cluster.Grains.GetGrain<IRunGrain>(key));

        Assert.Equal(Enumerable.Range(1, facts.Count + 1).Select(number => (long)number), batches.SelectMany(batch => batch.Events).Select(runEvent => runEvent.Sequence));
        Assert.All(batches, batch => Assert.InRange(batch.Events.Count, 1, RunEventBatch.MaxEvents));
    }

    [Fact]
    public async Task Cancel_WhileRunning_KeepsWhatWasSaid()
    {
        var session = await _cluster.OpenAsync();
        var run = _cluster.Run(await session.SayAsync("hold cancel-gate"));
        await Conversing.UntilAsync(async () => (await run.GetStatus())!.Answer == "holding");

        await run.Cancel(new CancelRun { Reason = "enough" });
        await run.Cancel(new CancelRun { Reason = "again" });
        var events = await run.WatchToEndAsync();
        var status = await run.GetStatus();

        Assert.Equal(RunState.Cancelled, status!.State);
        Assert.StartsWith("holding", status.Answer, StringComparison.Ordinal);
        Assert.Single(events, runEvent => runEvent.Type == "run.cancel_requested");
    }

    [Fact]
    public async Task UnexpectedFailure_EndsAsFailedAndFreesTheSession()
    {
        var session = await _cluster.OpenAsync();
        var run = _cluster.Run(await session.SayAsync("break it"));

        await run.WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);

        var status = await run.GetStatus();
        Assert.Equal(RunState.Failed, status!.State);
        Assert.DoesNotContain("nobody foresaw", status.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnexpectedJournalFailure_AlsoWhileRecovering_DoesNotStrandTheRun()
    {
        var session = await _cluster.OpenAsync();
        var submitted = await session.SayAsync("hold fault-gate");
        var run = _cluster.Run(submitted);
        await Conversing.UntilAsync(async () => (await run.GetStatus())!.Answer == "holding");

        _cluster.Faults.Break(GrainKeys.Run("t-acme", submitted.RunId!), appends: 1, reads: 1);
        _cluster.Model.Release("fault-gate");
        var events = await run.WatchToEndAsync();

        Assert.Equal(RunState.Completed, (await run.GetStatus())!.State);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(runEvent => runEvent.Sequence));
    }

    [Fact]
    public async Task Usage_OfTheModel_IsRecorded()
    {
        var session = await _cluster.OpenAsync();
        var run = _cluster.Run(await session.SayAsync("say figures"));
        await run.WatchToEndAsync();

        var usage = (await run.GetStatus())!.Usage;

        Assert.Equal((1, 10L, 5L, 0.001m), (usage.ModelCalls, usage.InputTokens, usage.OutputTokens, usage.CostUsd));
    }

    [Fact]
    public async Task Run_OfAnotherPerson_CannotBeSeen()
    {
        var session = await _cluster.OpenAsync();
        var run = _cluster.Run(await session.SayAsync("say secret"));
        await run.WatchToEndAsync();

        _cluster.SignIn("t-acme", "u-eve");

        Assert.Null(await run.GetStatus());
        Assert.Null(await run.Cancel(new CancelRun()));
        var error = await Assert.ThrowsAsync<StewardException>(() => run.WatchToEndAsync());
        Assert.Equal(ErrorCodes.NotFound, error.Code);
    }

    [Fact]
    public async Task Start_ByAPerson_IsForbidden()
    {
        var run = _cluster.Grains.GetGrain<IRunGrain>(GrainKeys.Run("t-acme", "r-forged"));

        var error = await Assert.ThrowsAsync<StewardException>(() => run.Start(new StartRun
        {
            SessionKey = Conversing.NewSession(),
            Text = "reset everything",
            Requester = new CallerIdentity { TenantId = "t-acme", UserId = "u-ceo", Roles = ["admin"] },
            Context = new SessionContext { ShortTermMemory = [], WorkingMemory = new Dictionary<string, string>() },
        }));

        Assert.Equal(ErrorCodes.Forbidden, error.Code);
    }

    [Fact]
    public async Task Resume_BegunByANewerServer_IsLeftAsItIs()
    {
        var key = GrainKeys.Run("t-acme", "r-" + Guid.NewGuid().ToString("n"));
        var origin = new RunOrigin { SessionKey = Conversing.NewSession(), UserId = "u-ada" };
        var input = new RunInput { RunId = GrainKeys.LastPart(key), TenantId = "t-acme", Requester = new Requester { UserId = "u-ada" }, Text = "say too new" };
        RunFact[] facts = [new RunRequested { Input = input }, new StrategyChosen { Strategy = "react", EngineRevision = 1_000_000 }];
        await _cluster.Journals.AppendAsync(new JournalAppend
        {
            Journal = key,
            ExpectedSequence = 0,
            Open = true,
            Records =
            [
                Record(RunOrigin.Type, JsonSerializer.SerializeToUtf8Bytes(origin, RunRecordJson.Default.RunOrigin)),
                .. facts.Select(fact => Record(RunFacts.Serialize(fact).Type, RunFacts.Serialize(fact).Utf8Json)),
            ],
        });
        var run = _cluster.Grains.GetGrain<IRunGrain>(key);

        var first = await run.GetStatus();
        await _cluster.DeactivatedAsync(run);

        Assert.Equal(RunState.Running, first!.State);
        Assert.Equal((true, 3L), ((await _cluster.Journals.GetHeadAsync(key))!.Open, (await _cluster.Journals.GetHeadAsync(key))!.Sequence));
    }

    private static JournalRecord Record(string type, byte[] json) => new() { Type = type, Payload = json, At = DateTimeOffset.UtcNow };

    private static async Task<List<RunEventBatch>> BatchesAsync(IRunGrain run)
    {
        var batches = new List<RunEventBatch>();
        await foreach (var batch in run.WatchBatches(0))
        {
            batches.Add(batch);
        }

        return batches;
    }
}
