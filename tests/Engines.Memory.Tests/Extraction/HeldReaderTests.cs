using Xunit.Abstractions;

namespace Steward.Engines.Memory.Tests.Extraction;

public partial class HeldReaderTests(ITestOutputHelper output)
{
    [Fact]
    public void Read_SeenSets_Prints()
    {
        foreach (var (name, set) in (( string, IReadOnlyList<FreshConversation>)[])[("turned", TurnedConversations.All), ("fresh", FreshConversations.All), ("office", OfficeConversations.All)])
        {
            var (score, old) = (new ConversationScore(), new ConversationScore());
            foreach (var conversation in set)
            {
                var before = old.Add(conversation, ConversationScore.Read(conversation.Messages));
                var after = score.Add(conversation, ConversationScore.ReadHeld(conversation.Messages));
                if (after != before || name == "turned")
                {
                    output.WriteLine($"{conversation.Name}: [{before}] => [{after}]: {string.Join(" | ", conversation.Messages)}");
                }
            }

            output.WriteLine($"{name} before: {old}");
            output.WriteLine($"{name} held: {score}");
        }
    }
}
