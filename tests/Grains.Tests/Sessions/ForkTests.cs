using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Sessions;

namespace Steward.Grains.Tests.Sessions;

[Collection(GrainClusterGroup.Name)]
public class ForkTests
{
    private readonly GrainCluster _cluster;

    public ForkTests(GrainCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", "u-ada");
    }

    [Fact]
    public async Task Fork_FromTheMiddle_KnowsWhatCameBeforeAndNothingElse()
    {
        var (source, messages) = await TalkAsync("one", "two", "three");
        var fork = _cluster.Grains.GetGrain<ISessionGrain>(Conversing.NewSession());

        var info = await fork.Fork(new ForkSession { SourceSessionId = source, ThroughSequence = messages[3].Sequence, Title = "another way" });
        var copies = (await fork.ReadTranscript(0, 20)).Messages;
        await _cluster.Run(await fork.SayAsync("say four")).WatchToEndAsync();

        Assert.Equal(("another way", source), (info.Title, info.ForkedFrom));
        Assert.Equal(messages.Take(4).Select(message => (message.Role, message.Text, message.RunId, message.At)), copies.Select(message => (message.Role, message.Text, message.RunId, message.At)));
        var texts = _cluster.Model.LastMessages.Select(message => message.Text).ToList();
        Assert.Contains("say two", texts);
        Assert.DoesNotContain("say three", texts);
    }

    [Fact]
    public async Task Fork_Again_ChangesNothingAndOtherwiseIsAConflict()
    {
        var (source, messages) = await TalkAsync("one", "two");
        var fork = _cluster.Grains.GetGrain<ISessionGrain>(Conversing.NewSession());
        var command = new ForkSession { SourceSessionId = source, ThroughSequence = messages[^1].Sequence };

        await fork.Fork(command);
        var again = await fork.Fork(command);
        var error = await Assert.ThrowsAsync<StewardException>(() => fork.Fork(command with { ThroughSequence = messages[0].Sequence }));

        Assert.Equal(4, (await fork.ReadTranscript(0, 20)).Messages.Count);
        Assert.Equal(source, again.ForkedFrom);
        Assert.Equal(ErrorCodes.Conflict, error.Code);
    }

    [Fact]
    public async Task Fork_BrokenOffInTheMiddle_IsCompletedByWhoeverComesNext()
    {
        var (source, messages) = await TalkAsync("one", "two");
        var key = Conversing.NewSession();
        var fork = _cluster.Grains.GetGrain<ISessionGrain>(key);
        var opened = new SessionOpened { ForkOf = new ForkOrigin(source, messages[^1].Sequence) };
        var copied = new MessageCopied { SourceSequence = messages[0].Sequence, Role = "user", Text = messages[0].Text, RunId = messages[0].RunId, At = messages[0].At };
        await _cluster.AppendAsync(key, open: true, (SessionRecordTypes.Opened, opened), (SessionRecordTypes.Copied, copied));

        await _cluster.Run(await fork.SayAsync("say three")).WatchToEndAsync();

        var transcript = (await fork.ReadTranscript(0, 20)).Messages;
        Assert.Equal(messages.Select(message => message.Text), transcript.Take(4).Select(message => message.Text));
        Assert.Equal("say three", transcript[4].Text);
    }

    [Fact]
    public async Task Fork_OfNothing_IsRefused()
    {
        var (source, messages) = await TalkAsync("one");
        var fork = _cluster.Grains.GetGrain<ISessionGrain>(Conversing.NewSession());

        var noSession = await Assert.ThrowsAsync<StewardException>(() => fork.Fork(new ForkSession { SourceSessionId = "s-none", ThroughSequence = 2 }));
        var noMessage = await Assert.ThrowsAsync<StewardException>(() => fork.Fork(new ForkSession { SourceSessionId = source, ThroughSequence = messages[^1].Sequence + 5 }));
        var badId = await Assert.ThrowsAsync<StewardException>(() => fork.Fork(new ForkSession { SourceSessionId = "../u-eve/s-1", ThroughSequence = 2 }));

        Assert.Equal(ErrorCodes.NotFound, noSession.Code);
        Assert.Equal((ErrorCodes.InvalidArgument, "throughSequence"), (noMessage.Code, noMessage.Field));
        Assert.Equal((ErrorCodes.InvalidArgument, "sessionId"), (badId.Code, badId.Field));
        Assert.Null(await fork.GetInfo());
    }

    [Fact]
    public async Task Fork_OfSomebodyElsesSession_LooksAsIfThereWereNothing()
    {
        var (source, messages) = await TalkAsync("secret");
        _cluster.SignIn("t-acme", "u-eve");
        var fork = _cluster.Grains.GetGrain<ISessionGrain>(Conversing.NewSession(user: "u-eve"));

        var error = await Assert.ThrowsAsync<StewardException>(() => fork.Fork(new ForkSession { SourceSessionId = source, ThroughSequence = messages[0].Sequence }));

        Assert.Equal(ErrorCodes.NotFound, error.Code);
    }

    private async Task<(string SessionId, IReadOnlyList<TranscriptMessage> Messages)> TalkAsync(params string[] words)
    {
        var key = Conversing.NewSession();
        var session = await _cluster.OpenAsync(key);
        foreach (var word in words)
        {
            await _cluster.Run(await session.SayAsync("say " + word)).WatchToEndAsync();
            await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);
        }

        return (GrainKeys.LastPart(key), (await session.ReadTranscript(0, 50)).Messages);
    }
}
