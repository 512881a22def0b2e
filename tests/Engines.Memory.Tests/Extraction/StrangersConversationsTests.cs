using Xunit.Abstractions;

namespace Steward.Engines.Memory.Tests.Extraction;

public class StrangersConversationsTests(ITestOutputHelper output)
{
    [Fact]
    public void Extract_StrangersConversations_StaysAboveItsFloors()
    {
        var (alone, score) = (new ConversationScore(), new ConversationScore());
        foreach (var conversation in StrangersConversations.All)
        {
            var before = alone.Add(conversation, ConversationScore.Read(conversation.Messages));
            var line = score.Add(conversation, ConversationScore.ReadHeld(conversation.Messages));
            if (line.Length > 0)
            {
                output.WriteLine($"{conversation.Name}: [{before}] => [{line}]: {string.Join(" | ", conversation.Messages)}");
            }
        }

        output.WriteLine($"{StrangersConversations.All.Count} conversations, by forms alone: {alone}");
        output.WriteLine($"{StrangersConversations.All.Count} conversations, against what holds: {score}");
    }
}
