using Xunit.Abstractions;

namespace Steward.Engines.Memory.Tests.Extraction;

public class SealedConversationsTests(ITestOutputHelper output)
{
    // Nothing has been mended by what this set says: what it gives is held out. Only what must never happen is demanded of it.
    [Fact]
    public void Read_SealedConversations_AgainstWhatHolds_LetsNothingGoAndTakesNothingFromOthers()
    {
        var (alone, score) = (new ConversationScore(), new ConversationScore());
        foreach (var conversation in SealedConversations.All)
        {
            alone.Add(conversation, ConversationScore.Read(conversation.Messages));
            score.Add(conversation, ConversationScore.ReadHeld(conversation.Messages));
        }

        output.WriteLine($"{SealedConversations.All.Count} conversations, each message by itself: {alone}");
        output.WriteLine($"{SealedConversations.All.Count} conversations, against what holds: {score}");
        Assert.True(score.LetGo <= 0.02, score.ToString());
        Assert.True(score.Stale < alone.Stale, score.ToString());
        Assert.Equal(0, score.FromOthers);
        Assert.Equal(0, score.Leaked);
    }
}
