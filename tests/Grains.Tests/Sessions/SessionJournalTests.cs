using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Grains.Tests.Sessions;

[Collection(GrainClusterGroup.Name)]
public class SessionJournalTests(GrainCluster cluster)
{
    [Fact]
    public async Task Load_MessageOlderThanTheTail_IsStillKnownToHaveNoEnd()
    {
        var key = Conversing.NewSession();
        var journal = Journal(key);
        await journal.AppendAsync(open: false, (SessionRecordTypes.Opened, new SessionOpened { Title = "long" }, null));
        await journal.AppendAsync(open: true, (SessionRecordTypes.UserMessage, User("r-0"), null));
        for (var i = 1; i <= 300; i++)
        {
            await journal.AppendAsync(open: true, (SessionRecordTypes.AssistantMessage, new AssistantMessageRecorded { RunId = $"r-{i}", Text = "late", State = RunState.Completed }, null));
        }

        var loaded = Journal(key);
        await loaded.LoadAsync(CancellationToken.None);

        Assert.Equal("r-0", loaded.Conversation.Active?.Message.RunId);
        Assert.Equal(("long", 302L), (loaded.Conversation.Title, loaded.Conversation.Sequence));
    }

    [Fact]
    public async Task Append_ByAnActivationThatIsOutOfDate_IsRefused()
    {
        var key = Conversing.NewSession();
        var (first, second) = (Journal(key), Journal(key));
        await first.AppendAsync(open: false, (SessionRecordTypes.Opened, new SessionOpened(), null));

        await Assert.ThrowsAsync<SessionMovedException>(() => second.AppendAsync(open: false, (SessionRecordTypes.Opened, new SessionOpened(), null)));
    }

    private static UserMessageAccepted User(string run) =>
        new() { OperationId = run, RunId = run, Text = "text", Requester = new CallerIdentity { TenantId = "t-acme", UserId = "u-ada" } };

    private SessionJournal Journal(string key) => new(cluster.Journals, key, new SessionOptions(), TimeProvider.System);
}
