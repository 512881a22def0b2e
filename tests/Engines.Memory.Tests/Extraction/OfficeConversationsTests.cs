using Xunit.Abstractions;

namespace Steward.Engines.Memory.Tests.Extraction;

public class OfficeConversationsTests(ITestOutputHelper output)
{
    [Fact]
    public void Extract_OfficeConversations_StaysAboveItsFloors()
    {
        var score = new ConversationScore();
        foreach (var conversation in OfficeConversations.All)
        {
            var line = score.Add(conversation, ConversationScore.Read(conversation.Messages));
            if (line.Length > 0)
            {
                output.WriteLine($"{conversation.Name}: {line}: {string.Join(" | ", conversation.Messages)}");
            }
        }

        output.WriteLine($"{OfficeConversations.All.Count} conversations: {score}");
        Assert.True(OfficeConversations.All.Count >= 200);
    }
}
