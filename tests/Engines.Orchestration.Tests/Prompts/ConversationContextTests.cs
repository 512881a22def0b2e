using System.Text;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Prompts;

public sealed class ConversationContextTests
{
    private static readonly ConversationMessage Short = new() { Role = "user", Text = "hello" };
    private static readonly ConversationMessage Long = new() { Role = "assistant", Text = new string('y', 1_000) };

    [Fact]
    public async Task Execute_History_IsRecordedOnceLongMessagesByHash()
    {
        var recorder = FakeRecorder.For(Engines.Input("find it"));
        await Engines.Create(new FakeConnectors(), model: Model()).ExecuteAsync(Engines.Input("find it") with { History = [Short, Long] }, recorder, default, default);

        var conversation = Assert.Single(recorder.Facts.OfType<ContextGathered>()).Conversation;
        Assert.Equal([("user", "hello", false, 5), ("assistant", null, true, 1_000)], conversation.Select(message => (message.Role, message.Text, message.Hash is not null, message.Length)));
        Assert.Equal(Long.Text, Encoding.UTF8.GetString(recorder.Contents[conversation[1].Hash!].Span));
        Assert.True(recorder.Types.ToList().IndexOf("context.gathered") < recorder.Types.ToList().IndexOf("run.strategy"));
    }

    [Fact]
    public async Task Execute_NoHistory_RecordsNoContext()
    {
        var recorder = await Engines.Create(new FakeConnectors(), model: Model()).RunAsync(Engines.Input("find it"));

        Assert.DoesNotContain("context.gathered", recorder.Types);
    }

    [Fact]
    public async Task Execute_ResumedRun_TellsTheModelTheSameConversation()
    {
        var input = Engines.Input("find it");
        var first = FakeRecorder.For(input);
        first.DieAtAppend = 2;
        var before = Model();
        await Assert.ThrowsAsync<JournalDiedException>(() => Engines.Create(new FakeConnectors(), model: before).ExecuteAsync(input with { History = [Short, Long] }, first, default, default));

        var after = Model();
        await Engines.Create(new FakeConnectors(), model: after).ExecuteAsync(input, new FakeRecorder(before: first), default, default);

        Assert.Equal(before.Requests[0].Messages.Select(message => (message.Role, message.Text)), after.Requests[0].Messages.Select(message => (message.Role, message.Text)));
        Assert.Equal([ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.User], after.Requests[0].Messages.Select(message => message.Role));
    }

    [Fact]
    public async Task Execute_JournalOfTheFirstRelease_UsesTheHistoryInItsInput()
    {
        var input = Engines.Input("find it") with { History = [Short, Long] };
        var recorder = FakeRecorder.For(input);
        await recorder.RecordAsync([new StrategyChosen { Strategy = "react" }], default);
        var model = Model();
        await Engines.Create(new FakeConnectors(), model: model).ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);

        Assert.Equal(Long.Text, model.Requests[0].Messages[^2].Text);
    }

    [Fact]
    public async Task Execute_LongHistory_TellsTheLatestThatFit()
    {
        var recorder = FakeRecorder.For(Engines.Input("find it"));
        var model = Model();
        await Engines.Create(new FakeConnectors(), model: model, configure: options => (options.MaxHistoryMessages, options.MaxHistoryLength) = (10, 2_100))
            .ExecuteAsync(Engines.Input("find it") with { History = [Short, Long, Long, Short, Long] }, recorder, default, default);

        Assert.Equal([1_000, 5, 1_000], recorder.Snapshot.Context!.Conversation.Select(message => message.Length));
        Assert.Equal(6, model.Requests[0].Messages.Count);
        Assert.Contains("\nuser: hello\nassistant: yyy", model.Requests[0].Messages[1].Text, StringComparison.Ordinal);
        Assert.Equal(ChatRole.User, model.Requests[0].Messages[1].Role);
    }

    private static FakeModel Model() => new((_, _) => [FakeModel.Say("done"), FakeModel.End()]);
}
