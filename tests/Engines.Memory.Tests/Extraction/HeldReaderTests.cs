using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;
using Xunit.Abstractions;

namespace Steward.Engines.Memory.Tests.Extraction;

public partial class HeldReaderTests(ITestOutputHelper output)
{
    [Fact]
    public void Read_Cases_Prints()
    {
        var bad = 0;
        foreach (var (slot, before, message, after) in HeldCases.Changes)
        {
            var read = HeldReader.Read(message, [new HeldValue(slot, before)], RuleExtractor.Extract(message));
            var isOver = read.Any(said => said.Slot == slot && ((said.IsRetraction && (said.Value.Length == 0 || FactLedger.IsSame(said.Value, before))) || (!said.IsRetraction && MemorySlots.All[slot].IsSingle && !FactLedger.IsSame(said.Value, before))));
            var isNew = after.Length == 0 ? !read.Any(said => said.Slot == slot && !said.IsRetraction) : read.Any(said => said.Slot == slot && !said.IsRetraction && FactLedger.IsSame(said.Value, after));
            if (!isOver || !isNew)
            {
                bad++;
                output.WriteLine($"{(isOver ? "value" : "OVER ")} {slot}={before}: {message} [{after}] -> {string.Join(", ", read.Select(said => $"{(said.IsRetraction ? "-" : "")}{said.Slot}={said.Value}"))}");
            }
        }

        output.WriteLine($"{bad} of {HeldCases.Changes.Count} changes");
        bad = 0;
        foreach (var (slot, value, message) in HeldCases.Traps)
        {
            var read = HeldReader.Read(message, [new HeldValue(slot, value)], RuleExtractor.Extract(message));
            if (read.Count > 0)
            {
                bad++;
                output.WriteLine($"TRAP {slot}={value}: {message} -> {string.Join(", ", read.Select(said => $"{(said.IsRetraction ? "-" : "")}{said.Slot}={said.Value}"))} (forms: {RuleExtractor.Extract(message).Count})");
            }
        }

        output.WriteLine($"{bad} of {HeldCases.Traps.Count} traps");
    }

    private static readonly (string Slot, string Value)[] Profile =
    [
        ("name", "Maxi"), ("role", "test engineer"), ("team", "Logistics"), ("manager", "Greta Holm"), ("deputy", "Yusuf Demir"), ("office", "Oslo"), ("home", "Bonn"), ("desk", "C-17"), ("laptop", "EliteBook 840"), ("phone", "0161 496 0733"), ("system", "Windows 10"),
        ("software", "Tableau"), ("project", "Tideway"), ("hours", "8 to 4"), ("time zone", "GMT"), ("cost centre", "CC-8812"), ("language", "Polish"), ("contact", "WhatsApp"), ("style", "numbered steps"), ("likes", "green tea"), ("dislikes", "loud music"), ("diet", "halal"),
        ("allergy", "pollen"), ("never", "forward my payslip"),
    ];

    [Fact]
    public void Read_OthersBeside_Prints()
    {
        var bad = 0;
        foreach (var (slot, before, message, _) in HeldCases.Changes)
        {
            HeldValue[] held = [new(slot, before), .. Profile.Where(other => other.Slot != slot).Select(other => new HeldValue(other.Slot, other.Value))];
            var found = RuleExtractor.Extract(message);
            foreach (var said in HeldReader.Read(message, held, found).Where(said => said.Slot != slot && !found.Contains(said)))
            {
                bad++;
                output.WriteLine($"BESIDE {slot}: {message} -> {(said.IsRetraction ? "-" : "")}{said.Slot}={said.Value}");
            }
        }

        output.WriteLine($"{bad} beside");
    }

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
                if (after != before || (name == "turned" && after.Length > 0))
                {
                    output.WriteLine($"{conversation.Name}: [{before}] => [{after}]: {string.Join(" | ", conversation.Messages)}");
                }
            }

            output.WriteLine($"{name} before: {old}");
            output.WriteLine($"{name} held: {score}");
        }
    }
}
