using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Grains.Tests.Sessions;

[Collection(GrainClusterGroup.Name)]
public class DoubleTextingTests
{
    private readonly GrainCluster _cluster;

    public DoubleTextingTests(GrainCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", "u-ada");
    }

    [Fact]
    public async Task Interrupt_ActiveAndWaiting_AreStoppedAndWhatWasShownStays()
    {
        var session = await _cluster.OpenAsync();
        var first = await session.SayAsync("hold interrupt-gate");
        await Conversing.UntilAsync(async () => (await _cluster.Run(first).GetStatus())!.Answer == "holding");
        var waiting = await session.SayAsync("say never");

        var last = await session.SayAsync("say anew", policy: DoubleTexting.Interrupt);
        await _cluster.Run(last).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);

        Assert.Equal((SubmitOutcome.Queued, 2), (last.Outcome, last.QueuePosition));
        Assert.Equal(RunState.Cancelled, (await _cluster.Run(first).GetStatus())!.State);
        Assert.Equal(RunState.Cancelled, (await _cluster.Run(waiting).GetStatus())!.State);
        Assert.Equal(RunState.Completed, (await _cluster.Run(last).GetStatus())!.State);
        var transcript = (await session.ReadTranscript(0, 20)).Messages;
        Assert.Equal(6, transcript.Count);
        Assert.DoesNotContain(transcript, message => message.RolledBack);
        Assert.StartsWith("holding", transcript.First(message => message.Role == "assistant" && message.RunId == first.RunId).Text, StringComparison.Ordinal);
        Assert.Contains(_cluster.Model.LastMessages, message => message.Text.StartsWith("holding", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Enqueue_MessagesThatWait_TheirRunsSayHowManyAreBeforeThem()
    {
        var session = await _cluster.OpenAsync();
        var first = await session.SayAsync("hold position-gate");
        await Conversing.UntilAsync(async () => (await _cluster.Run(first).GetStatus())!.Answer == "holding");
        var second = await session.SayAsync("say two");
        var third = await session.SayAsync("say three");

        Assert.Null((await _cluster.Run(first).GetStatus())!.QueuePosition);
        Assert.Equal((RunState.Queued, 1), await PositionAsync(second));
        Assert.Equal((RunState.Queued, 2), await PositionAsync(third));

        _cluster.Model.Release("position-gate");
        await _cluster.Run(third).WatchToEndAsync();
        Assert.Equal((RunState.Completed, null), await PositionAsync(second));
        Assert.Equal((RunState.Completed, null), await PositionAsync(third));

        async Task<(RunState, int?)> PositionAsync(SubmitResult submitted)
        {
            var status = (await _cluster.Run(submitted).GetStatus())!;
            return (status.State, status.QueuePosition);
        }
    }

    [Fact]
    public async Task GetQueuePosition_BySomebodyWhoIsNotThePlatform_IsRefused()
    {
        var session = await _cluster.OpenAsync();

        Assert.Equal(Steward.Errors.ErrorCodes.Forbidden, (await Assert.ThrowsAsync<Steward.Errors.StewardException>(() => session.GetQueuePosition("r-1"))).Code);
    }

    [Fact]
    public async Task Interrupt_ActionThatWasSent_IsFinishedOnceAndTold()
    {
        var session = await _cluster.OpenAsync();
        var text = Guid.NewGuid().ToString("n");
        var first = await session.SayAsync($$"""do desk_hold {"text":"{{text}}"} ; say never""");
        await Conversing.UntilAsync(() => Task.FromResult(_cluster.Desk.Effects.ContainsKey(text)));

        var last = await session.SayAsync("say anew", policy: DoubleTexting.Interrupt);
        _cluster.Desk.Release(text);
        await _cluster.Run(last).WatchToEndAsync();

        var status = await _cluster.Run(first).GetStatus();
        Assert.Equal(RunState.Cancelled, status!.State);
        Assert.Equal(1, _cluster.Desk.Effects[text]);
        Assert.Contains("This was done", status.Answer, StringComparison.Ordinal);
        Assert.Contains("hold", status.Answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task RollBack_UnfinishedTurn_LeavesTheConversationAndIsMarked()
    {
        var session = await _cluster.OpenAsync();
        await _cluster.Run(await session.SayAsync("say before")).WatchToEndAsync();
        var undone = await session.SayAsync("hold rollback-gate");
        await Conversing.UntilAsync(async () => (await _cluster.Run(undone).GetStatus())!.Answer == "holding");

        var last = await session.SayAsync("say anew", policy: DoubleTexting.RollBack);
        await _cluster.Run(last).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);

        Assert.DoesNotContain(_cluster.Model.LastMessages, message => message.Text.Contains("hold", StringComparison.Ordinal));
        Assert.Contains(_cluster.Model.LastMessages, message => message.Text == "say before");
        var transcript = (await session.ReadTranscript(0, 20)).Messages;
        Assert.Equal(2, transcript.Count(message => message.RolledBack));
        Assert.All(transcript, message => Assert.Equal(message.RunId == undone.RunId, message.RolledBack));
        var question = transcript.First(message => message.RolledBack);
        Assert.True((await session.ReadTranscript(question.Sequence - 1, 1)).Messages.Single().RolledBack, "a page that ends before the roll-back must know of it");
    }

    [Fact]
    public async Task RollBack_ActionThatWasDone_IsToldToTheConversation()
    {
        var session = await _cluster.OpenAsync();
        var text = Guid.NewGuid().ToString("n");
        var undone = await session.SayAsync($$"""do desk_note {"text":"{{text}}"} ; hold noted-gate""");
        await Conversing.UntilAsync(async () => (await _cluster.Run(undone).GetStatus())!.Answer.Contains("holding", StringComparison.Ordinal));

        var last = await session.SayAsync("say anew", policy: DoubleTexting.RollBack);
        await _cluster.Run(last).WatchToEndAsync();

        var told = (await session.AnswersAsync()).First(message => message.RunId == undone.RunId);
        Assert.False(told.RolledBack);
        Assert.Contains("note", told.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("not undone", told.Text, StringComparison.Ordinal);
        Assert.Contains(_cluster.Model.LastMessages, message => message.Text == told.Text);
        Assert.Equal(1, _cluster.Desk.Effects[text]);
    }

    [Fact]
    public async Task Interrupt_RunCannotBeStoppedAtOnce_IsStoppedLater()
    {
        var session = await _cluster.OpenAsync();
        var first = await session.SayAsync("hold unstoppable-gate");
        await Conversing.UntilAsync(async () => (await _cluster.Run(first).GetStatus())!.Answer == "holding");

        _cluster.Faults.Lose(GrainKeys.Run("t-acme", first.RunId!), appends: 1);
        var last = await session.SayAsync("say anew", policy: DoubleTexting.Interrupt);
        await _cluster.Run(last).WatchToEndAsync();

        Assert.Equal(RunState.Cancelled, (await _cluster.Run(first).GetStatus())!.State);
        Assert.Equal(RunState.Completed, (await _cluster.Run(last).GetStatus())!.State);
    }

    [Fact]
    public async Task Enqueue_MessageThatWaited_KnowsTheAnswerBeforeIt()
    {
        var session = await _cluster.OpenAsync();
        await session.SayAsync("hold known-gate");
        var second = await session.SayAsync("say second");

        _cluster.Model.Release("known-gate");
        await _cluster.Run(second).WatchToEndAsync();

        var texts = _cluster.Model.LastMessages.Select(message => message.Text).ToList();
        Assert.Equal(["hold known-gate", "holding released", "say second"], texts.TakeLast(3));
    }

    [Fact]
    public async Task Interrupt_DroppedMessageCannotBeStoppedAndIsRepeated_IsNotBroughtBack()
    {
        var session = await _cluster.OpenAsync();
        var first = await session.SayAsync("hold repeated-gate");
        await Conversing.UntilAsync(async () => (await _cluster.Run(first).GetStatus())!.Answer == "holding");
        var dropped = await session.SayAsync("say never", "dropped");
        var journal = GrainKeys.Run("t-acme", dropped.RunId!);

        // It cannot be told to stop for a while, and is the next one in the meantime.
        _cluster.Faults.Lose(journal, appends: 1000);
        var last = await session.SayAsync("say anew", policy: DoubleTexting.Interrupt);
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId == dropped.RunId);
        _cluster.Faults.Lose(journal, appends: 0);
        var repeated = await session.SayAsync("say never", "dropped");
        await _cluster.Run(last).WatchToEndAsync();

        Assert.Equal((SubmitOutcome.Duplicate, dropped.RunId), (repeated.Outcome, repeated.RunId));
        Assert.Equal(RunState.Cancelled, (await _cluster.Run(dropped).GetStatus())!.State);
        Assert.Equal(RunState.Completed, (await _cluster.Run(last).GetStatus())!.State);
    }
}
