using Steward.Engines.Memory.Extraction;
using Xunit.Abstractions;

namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>What is said of something else in the sentence beside ends nothing.</summary>
public class OrdinaryMessagesTests(ITestOutputHelper output)
{
    private static readonly HeldValue[] Held = [.. OrdinaryMessages.Held.Select(held => new HeldValue(held.Slot, held.Value))];

    [Fact]
    public void Read_EndingOfSomethingElse_ChangesNothing()
    {
        Assert.True(OrdinaryMessages.Known.Count >= 150);
        var changed = Changed(OrdinaryMessages.Known, Held);

        Assert.Empty(changed);
    }

    // Written before the mending and run once after it: two changed something then, one of them what must be kept to ("You may share the team calendar" ended "never share my calendar"). Only that was mended by it.
    [Fact]
    public void Read_EndingOfSomethingElseOfAnother_SeldomChangesAnything()
    {
        Assert.True(OrdinaryMessages.Fresh.Count >= 60);
        var changed = Changed(OrdinaryMessages.Fresh, [.. OrdinaryMessages.FreshHeld.Select(held => new HeldValue(held.Slot, held.Value))]);

        Assert.DoesNotContain(changed, said => said.Statement.Kind == MemoryKind.Constraint);
        Assert.InRange(changed.DistinctBy(said => said.Message).Count(), 0, 1);
    }

    [Theory]
    [InlineData("I changed my lunch order to no nuts. I pressed save and nothing happened.")]
    [InlineData("No nuts for me at the team lunch please. The fire alarm this morning was a false alarm.")]
    [InlineData("Please order lunch without nuts. My colleague Ben tested negative and will join us.")]
    [InlineData("I have not got the all clear for nuts.")]
    [InlineData("I'm still waiting to be cleared for nuts.")]
    [InlineData("I'm not desensitised to nuts yet.")]
    [InlineData("Our latex test came back negative, the batch is fine.")]
    [InlineData("The loud music started again. The new tool is great, I love it!")]
    public void Read_EndingInTheSentenceBeside_ChangesNothing(string message) => Assert.Empty(Added(message, Held));

    // What is said of it in the sentence beside still counts.
    [Theory]
    [InlineData("allergy", "nuts", "You have nuts down as my allergy. The allergy turned out to be a false alarm.")]
    [InlineData("allergy", "nuts", "You have nuts as my allergy. I'm not allergic any more.")]
    [InlineData("allergy", "nuts", "I used to be allergic to nuts. I've outgrown it.")]
    [InlineData("allergy", "nuts", "The allergist gave me the all clear for nuts.")]
    [InlineData("allergy", "penicillin", "You know of my allergy to penicillin. I tested negative for it.")]
    [InlineData("allergy", "bee stings", "I had an allergy to bee stings. I've been desensitised.")]
    [InlineData("dislikes", "video calls", "I used to complain about video calls. Now I love them.")]
    [InlineData("dislikes", "loud music", "I used to hate loud music. These days I enjoy it.")]
    [InlineData("never", "call me before nine", "I get up early now. You can ring me before nine.")]
    [InlineData("absent", "from 3 to 14 August", "Our trip fell through. I'm in the office after all.")]
    [InlineData("laptop", "EliteBook 840", "My EliteBook died on Friday. IT gave me a ThinkPad T14.")]
    [InlineData("manager", "Greta Holm", "Greta was promoted. Pedro Valdez took over the team.")]
    [InlineData("office", "Oslo", "Oslo was closed. I work in Bergen now.")]
    public void Read_SaidOfItInTheSentenceBeside_Ends(string slot, string value, string message) =>
        Assert.Contains(HeldReader.Read(message, [new HeldValue(slot, value)], RuleExtractor.Extract(message)), said => said.Slot == slot && (said.IsRetraction || MemorySlots.All[slot].IsSingle));

    private List<(string Message, Statement Statement)> Changed(IReadOnlyList<string> messages, IReadOnlyList<HeldValue> held)
    {
        var changed = messages.SelectMany(message => Added(message, held).Select(said => (message, said))).ToList();
        changed.ForEach(said => output.WriteLine($"{(said.said.IsRetraction ? "-" : "+")} {said.said.Slot}={said.said.Value}: {said.message}"));
        output.WriteLine($"{changed.Select(said => said.message).Distinct().Count()} of {messages.Count} messages change something, {changed.Where(said => said.said.Kind == MemoryKind.Constraint).Select(said => said.message).Distinct().Count()} what must be kept to");
        return changed;
    }

    private static IEnumerable<Statement> Added(string message, IReadOnlyList<HeldValue> held)
    {
        var found = RuleExtractor.Extract(message);
        return HeldReader.Read(message, held, found).Skip(found.Count);
    }
}
