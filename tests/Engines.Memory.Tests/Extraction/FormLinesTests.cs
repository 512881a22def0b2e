using Steward.Engines.Memory.Extraction;

namespace Steward.Engines.Memory.Tests.Extraction;

public class FormLinesTests
{
    [Theory]
    [InlineData("Please update Ben's record:\nManager: Anna Berg\nOffice: Porto")]
    [InlineData("Can you fix my colleague's details for me:\nManager: Anna Berg\nOffice: Porto")]
    [InlineData("Her new data are below.\nManager: Anna Berg\nDesk: 4.112")]
    [InlineData("These are his:\nManager: Anna Berg\nDesk: 4.112")]
    [InlineData("Changes for Ben Smith:\nManager: Anna Berg\nOffice: Porto")]
    [InlineData("Ben has moved.\nManager: Anna Berg\nOffice: Porto")]
    [InlineData("Ben Smith is now with us.\nManager: Anna Berg\nOffice: Porto")]
    [InlineData("The user's details:\nManager: Anna Berg\nOffice: Porto")]
    [InlineData("Manager: Anna Berg\nOffice: Porto\nThat is my sister's entry.")]
    [InlineData("We have a new person here, please enter\nManager: Anna Berg\nOffice: Porto")]
    [InlineData("Ben's data, new desk 4.112")]
    [InlineData("My intern needs access.\nManager: Anna Berg (was John Roe)")]
    public void Extract_FormOfSomebodyElse_IsNotTheAuthors(string text) => Assert.Empty(RuleExtractor.Extract(text));

    [Theory]
    [InlineData("Please update my record:\nManager: Anna Berg\nOffice: Porto")]
    [InlineData("Manager: Anna Berg\nOffice: Porto")]
    [InlineData("Changes for Monday:\nManager: Anna Berg\nOffice: Porto")]
    [InlineData("Update:\nManager: Anna Berg (was Ben)\nOffice: Porto")]
    public void Extract_OwnForm_IsTaken(string text) =>
        Assert.Equal([("manager", "Anna Berg"), ("office", "Porto")], RuleExtractor.Extract(text).Where(said => !said.IsRetraction).Select(said => (said.Slot, said.Value)));

    [Fact]
    public void Extract_FormInAQuotationAsLongAsOneCanBe_IsNotTheAuthors()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 34).Select(i => $"desk: {i}.11"));
        Assert.InRange(lines.Length, 380, 400);

        Assert.Empty(RuleExtractor.Extract($"\"{lines}\""));
    }

    [Fact]
    public void Extract_MessageOfAMegabyte_IsReadAsFarAsItsFirst8000Characters()
    {
        var text = string.Concat(Enumerable.Repeat("desk: 4.112 please would you be so kind, \"I'm in Porto\"\n", 18_000));
        var start = text[..8_000];
        var (expected, all) = (Worked(start), Worked(text));
        (expected, all) = (Worked(start), Worked(text));

        // What is looked at is copied: that says how much it was. All of it would be over a hundred times as much.
        Assert.InRange(all, 0, 2 * expected);
        Assert.Equal(RuleExtractor.Extract(start).Select(said => said.Value), RuleExtractor.Extract(text).Select(said => said.Value));
    }

    [Fact]
    public void Extract_QuotationOverTheEndOfWhatIsRead_IsNotTheAuthors() =>
        Assert.Empty(RuleExtractor.Extract(new string(' ', 7_950) + "\"My desk is 4.112. My manager is Anna Berg. I work in Porto these days, and so on.\""));

    private static long Worked(string text)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        RuleExtractor.Extract(text);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
