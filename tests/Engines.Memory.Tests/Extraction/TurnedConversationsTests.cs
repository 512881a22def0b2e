using Xunit.Abstractions;

namespace Steward.Engines.Memory.Tests.Extraction;

public class TurnedConversationsTests(ITestOutputHelper output)
{
    // What must hold whatever the words are; how much is found in them is a figure, not a floor, until the rules have seen them.
    [Fact]
    public void Extract_TurnedConversations_InventsNothing()
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
        Assert.Equal(0, score.Leaked);
    }
}
