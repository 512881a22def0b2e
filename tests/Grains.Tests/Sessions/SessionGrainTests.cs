using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Grains.Tests.Sessions;

[Collection(GrainClusterGroup.Name)]
public class SessionGrainTests
{
    private readonly GrainCluster _cluster;

    public SessionGrainTests(GrainCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", "u-ada");
    }

    [Fact]
    public async Task Submit_SessionNeverOpened_IsNotFound()
    {
        var session = _cluster.Grains.GetGrain<ISessionGrain>(Conversing.NewSession());

        var error = await Assert.ThrowsAsync<StewardException>(() => session.SayAsync("say hello"));

        Assert.Equal(ErrorCodes.NotFound, error.Code);
        Assert.Null(await session.GetInfo());
    }

    [Fact]
    public async Task Submit_MessageCannotBeMadeDurable_ItsRunNeverWasAndTheSameMessageWorksAgain()
    {
        var key = Conversing.NewSession();
        var session = await _cluster.OpenAsync(key);
        _cluster.Faults.Lose(key, appends: 1);
        var error = await Assert.ThrowsAsync<StewardException>(() => session.SayAsync("say hello", "lost-once"));
        var run = GrainKeys.Run("t-acme", SessionGrain.RunIdFor(key, "lost-once"));
        Assert.Equal((ErrorCodes.Unavailable, true), (error.Code, error.OutcomeUnknown));
        Assert.Null(await _cluster.Journals.GetHeadAsync(run));

        // The same operation may now be meant differently, since the first message never stood.
        var again = await session.SayAsync("say something else", "lost-once");
        var events = await _cluster.Run(again).WatchToEndAsync();

        Assert.Equal(SubmitOutcome.Started, again.Outcome);
        Assert.Equal("run.ended", events[^1].Type);
        Assert.Equal("something else", (await _cluster.Run(again).GetStatus())!.Answer.TrimEnd());
        Assert.Single((await session.ReadTranscript(0, 50)).Messages, message => message.Role == "user");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Submit_RunsBeginningIsNotDurableYet_OnlyAWatcherIsAnswered(bool watches)
    {
        var key = Conversing.NewSession();
        var session = await _cluster.OpenAsync(key);
        var runId = SessionGrain.RunIdFor(key, "held");
        _cluster.Faults.Hold(GrainKeys.Run("t-acme", runId));

        var submitting = session.Submit(new SubmitMessage { Text = "say hello", OperationId = "held", Watches = watches });
        // The message itself stands soon, whoever asks.
        await Conversing.UntilAsync(async () => await _cluster.Journals.FindAsync(key, "op:held") is not null);
        var soon = await Task.WhenAny(submitting, Task.Delay(watches ? 10_000 : 200));
        var watching = watches ? _cluster.Run(await submitting).WatchToEndAsync() : null;
        var early = (Answered: soon == submitting, Shown: watching?.IsCompleted ?? false);
        _cluster.Faults.Release(GrainKeys.Run("t-acme", runId));
        var events = await (watching ?? _cluster.Run(await submitting).WatchToEndAsync());

        Assert.Equal((watches, false), early);
        Assert.Equal(1, events[0].Sequence);
        Assert.Equal("run.ended", events[^1].Type);
    }

    [Fact]
    public async Task Submit_RunIsLostAfterItsWatcherWasAnswered_IsBroughtBackByItsSession()
    {
        var key = Conversing.NewSession();
        var session = await _cluster.OpenAsync(key);
        var run = GrainKeys.Run("t-acme", SessionGrain.RunIdFor(key, "lost-early"));
        _cluster.Faults.Lose(run, appends: 1);

        var submitted = await session.Submit(new SubmitMessage { Text = "say hello", OperationId = "lost-early", Watches = true });
        await Conversing.UntilAsync(async () => await _cluster.Run(submitted).GetStatus() is { HasEnded: true });

        Assert.Equal("hello", (await _cluster.Run(submitted).GetStatus())!.Answer.TrimEnd());
        Assert.Single((await session.ReadTranscript(0, 50)).Messages, message => message.Role == "user");
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public async Task Submit_BlankText_IsRefusedNamingTheField(string text)
    {
        var session = await _cluster.OpenAsync();

        var error = await Assert.ThrowsAsync<StewardException>(() => session.SayAsync(text));

        Assert.Equal((ErrorCodes.InvalidArgument, "text"), (error.Code, error.Field));
    }

    [Fact]
    public async Task Submit_Message_IsAnsweredInTheTranscript()
    {
        var session = await _cluster.OpenAsync();

        var submitted = await session.SayAsync("say hello there");
        await _cluster.Run(submitted).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.ReadTranscript(0, 10)).Messages.Count == 2);

        var messages = (await session.ReadTranscript(0, 10)).Messages;
        Assert.Equal(SubmitOutcome.Started, submitted.Outcome);
        Assert.Equal([("user", "say hello there"), ("assistant", "hello there")], messages.Select(message => (message.Role, message.Text.TrimEnd())));
        Assert.Equal(RunState.Completed, messages[1].RunState);
        Assert.Null((await session.GetInfo())!.ActiveRunId);
    }

    [Fact]
    public async Task Submit_SameOperationIdFromManyAtOnce_IsOneMessageAndOneRun()
    {
        var session = await _cluster.OpenAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => session.SayAsync("say once", "the-operation")));
        await _cluster.Run(results[0]).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);
        var later = await session.SayAsync("say once", "the-operation");

        Assert.Single(results.Select(result => result.RunId).Distinct());
        Assert.Single(results, result => result.Outcome == SubmitOutcome.Started);
        Assert.Equal((SubmitOutcome.Duplicate, results[0].RunId), (later.Outcome, later.RunId));
        Assert.Equal(2, (await session.ReadTranscript(0, 10)).Messages.Count);
    }

    [Fact]
    public async Task Submit_WhileBusy_QueuesInOrder()
    {
        var session = await _cluster.OpenAsync();
        var first = await session.SayAsync("hold queue-gate");
        var second = await session.SayAsync("say second");
        var third = await session.SayAsync("say third");

        var info = await session.GetInfo();
        Assert.Equal([SubmitOutcome.Started, SubmitOutcome.Queued, SubmitOutcome.Queued], new[] { first, second, third }.Select(result => result.Outcome));
        Assert.Equal((first.RunId, 2), (info!.ActiveRunId, info.WaitingMessages));
        Assert.Equal(RunState.Queued, (await _cluster.Run(second).GetStatus())!.State);

        _cluster.Model.Release("queue-gate");
        await _cluster.Run(third).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);

        var answers = (await session.ReadTranscript(0, 20)).Messages.Where(message => message.Role == "assistant").Select(message => message.RunId);
        Assert.Equal([first.RunId!, second.RunId!, third.RunId!], answers);
    }

    [Fact]
    public async Task Submit_RunCannotBeTold_SaysSoAndBeginsItLater()
    {
        var key = Conversing.NewSession();
        var session = await _cluster.OpenAsync(key);
        var runId = SessionGrain.RunIdFor(key, "untold");
        _cluster.Faults.Lose(GrainKeys.Run("t-acme", runId), appends: 2);

        var first = await session.SayAsync("say one", "untold");
        var repeated = await session.SayAsync("say one", "untold");

        Assert.Equal((SubmitOutcome.Started, runId, true), (first.Outcome, first.RunId, first.StartsLater));
        Assert.Equal((SubmitOutcome.Duplicate, runId), (repeated.Outcome, repeated.RunId));
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count == 1);
        Assert.False((await session.SayAsync("say one", "untold")).StartsLater);
    }

    [Fact]
    public async Task Submit_WhileBusyWithReject_AnswersBusyAndKeepsNothing()
    {
        var session = await _cluster.OpenAsync();
        var first = await session.SayAsync("hold reject-gate", "first");

        var rejected = await session.SayAsync("say no", "second", DoubleTexting.Reject);
        var repeated = await session.SayAsync("hold reject-gate", "first", DoubleTexting.Reject);

        Assert.Equal((SubmitOutcome.Busy, null), (rejected.Outcome, rejected.RunId));
        Assert.False(string.IsNullOrEmpty(rejected.Reason));
        Assert.Equal((SubmitOutcome.Duplicate, first.RunId), (repeated.Outcome, repeated.RunId));
        Assert.Equal(0, (await session.GetInfo())!.WaitingMessages);
        _cluster.Model.Release("reject-gate");
    }

    [Fact]
    public async Task Submit_TooManyWaiting_AnswersBusy()
    {
        var session = await _cluster.OpenAsync();
        await session.SayAsync("hold limit-gate");
        for (var i = 0; i < 16; i++)
        {
            Assert.Equal(SubmitOutcome.Queued, (await session.SayAsync("say more")).Outcome);
        }

        Assert.Equal(SubmitOutcome.Busy, (await session.SayAsync("say too much")).Outcome);
        _cluster.Model.Release("limit-gate");
    }

    [Fact]
    public async Task Cancel_QueuedRun_TakesItOutOfTheQueue()
    {
        var session = await _cluster.OpenAsync();
        var first = await session.SayAsync("hold cancel-queue-gate");
        var second = await session.SayAsync("say never");

        var status = await _cluster.Run(second).Cancel(new CancelRun { Reason = "changed my mind" });
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.WaitingMessages == 0);
        _cluster.Model.Release("cancel-queue-gate");
        await _cluster.Run(first).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);

        Assert.Equal(RunState.Cancelled, status!.State);
        Assert.Equal(RunState.Cancelled, (await _cluster.Run(second).GetStatus())!.State);
        Assert.DoesNotContain("never", (await _cluster.Run(second).GetStatus())!.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_ManyQueuedAndCancelledWhileOneIsWorkedOn_IsRefusedBeforeThatOneIsForgotten()
    {
        var key = Conversing.NewSession();
        var session = await _cluster.OpenAsync(key);
        var first = await session.SayAsync("hold churn-gate");
        SubmitResult next;
        var accepted = 0;
        while ((next = await session.SayAsync("say never")).Outcome == SubmitOutcome.Queued && accepted < 200)
        {
            accepted++;
            await _cluster.Run(next).Cancel(new CancelRun());
            await Conversing.UntilAsync(async () => (await session.GetInfo())!.WaitingMessages == 0);
        }

        // What an activation that comes back reads.
        var tail = await _cluster.Journals.ReadTailAsync(key, 256);

        Assert.Equal(SubmitOutcome.Busy, next.Outcome);
        Assert.InRange(accepted, 100, 128);
        Assert.Contains(tail, entry => entry.Type == "message.user" && System.Text.Encoding.UTF8.GetString(entry.Payload.Span).Contains(first.RunId!, StringComparison.Ordinal));
        _cluster.Model.Release("churn-gate");
    }

    [Fact]
    public async Task ReadTranscript_InPages_GivesEveryMessageOnce()
    {
        var session = await _cluster.OpenAsync();
        for (var i = 0; i < 5; i++)
        {
            await _cluster.Run(await session.SayAsync($"say {i}")).WatchToEndAsync();
            await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);
        }

        var seen = new List<long>();
        long? after = 0;
        while (after is { } next)
        {
            var page = await session.ReadTranscript(next, 3);
            Assert.InRange(page.Messages.Count, 1, 3);
            seen.AddRange(page.Messages.Select(message => message.Sequence));
            after = page.NextAfterSequence;
        }

        Assert.Equal(10, seen.Count);
        Assert.Equal(seen.Order().Distinct(), seen);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    public async Task ReadTranscript_BadLimit_IsRefused(int limit)
    {
        var session = await _cluster.OpenAsync();

        var error = await Assert.ThrowsAsync<StewardException>(() => session.ReadTranscript(0, limit));

        Assert.Equal("limit", error.Field);
    }

    [Fact]
    public async Task RunEnded_ByAPerson_IsForbidden()
    {
        var session = await _cluster.OpenAsync();

        var error = await Assert.ThrowsAsync<StewardException>(() => session.RunEnded(new RunReport { RunId = "r-1", State = RunState.Completed, Answer = "forged" }));

        Assert.Equal(ErrorCodes.Forbidden, error.Code);
    }
}
