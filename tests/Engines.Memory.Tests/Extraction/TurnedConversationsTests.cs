using Xunit.Abstractions;

namespace Steward.Engines.Memory.Tests.Extraction;

public class TurnedConversationsTests(ITestOutputHelper output)
{
    // The floors are a little under what the rules do since they were generalised and mended by what this set says. What they did before is in benchmarks/README.md.
    [Fact]
    public void Read_TurnedConversations_AgainstWhatHolds_StaysAboveItsFloors()
    {
        var score = new ConversationScore();
        foreach (var conversation in TurnedConversations.All)
        {
            var line = score.Add(conversation, ConversationScore.ReadHeld(conversation.Messages));
            if (line.Length > 0)
            {
                output.WriteLine($"{conversation.Name}: {line}: {string.Join(" | ", conversation.Messages)}");
            }
        }

        output.WriteLine($"{TurnedConversations.All.Count} conversations, against what holds: {score}");
        Assert.True(score.Precision >= 0.93, score.ToString());
        Assert.True(score.Recall >= 0.82, score.ToString());
        Assert.True(score.LetGo <= 0.02, score.ToString());
        Assert.True(score.Stale <= 0.06, score.ToString());
        Assert.Equal(0, score.FromOthers);
        Assert.Equal(0, score.Leaked);
    }

    [Fact]
    public void Extract_TurnedConversations_StaysAboveItsFloors()
    {
        var score = new ConversationScore();
        foreach (var conversation in TurnedConversations.All)
        {
            var line = score.Add(conversation, ConversationScore.Read(conversation.Messages));
            if (line.Length > 0)
            {
                output.WriteLine($"{conversation.Name}: {line}: {string.Join(" | ", conversation.Messages)}");
            }
        }

        output.WriteLine($"{TurnedConversations.All.Count} conversations: {score}");
        Assert.True(TurnedConversations.All.Count >= 60);
        Assert.True(score.Precision >= 0.83, score.ToString());
        Assert.True(score.Recall >= 0.74, score.ToString());
        Assert.True(score.LetGo <= 0.02, score.ToString());
        Assert.True(score.Stale <= 0.3, score.ToString());
        Assert.Equal(0, score.FromOthers);
        Assert.Equal(0, score.Leaked);
    }
}
