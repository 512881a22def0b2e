using Steward.Memory;

namespace Steward.Grains.Tests.Memory;

public class MemoryTextTests
{
    [Theory]
    [InlineData("AKIAIOSFODNN7EXAMPLE")]
    [InlineData("sk-proj-abcdEFGH1234567890abcdEFGH1234567890")]
    [InlineData("password: Tr0ub4dor&3")]
    [InlineData("4111 1111 1111 1111")]
    [InlineData("5555-5555-5555-4444")]
    [InlineData("378282246310005")]
    [InlineData("4111 1111 1111 1111 12/27")]
    [InlineData("4111 1111 1111 1111 123")]
    [InlineData("4111 1111 1111 1111 0627")]
    [InlineData("2 4111 1111 1111 1111")]
    [InlineData("1 4111 1111 1111 1111")]
    [InlineData("1 4111111111111111 0627 123")]
    [InlineData("3782 822463 10005 1234 12/27")]
    [InlineData("12-27 5555-5555-5555-4444")]
    [InlineData("+49 4111 1111 1111 1111")]
    [InlineData("078-05-1120")]
    [InlineData("q8Zt3LmP0xVr7KdW2sYb5NcH")]
    [InlineData("q8Zt3LmP0xVr7KdW2sYb_5NcH")]
    [InlineData("9f86d081884c7d659a2feaa0c55ad015")]
    public void HoldsSecret_ShapeOfOne_Does(string text) => Assert.True(MemoryText.HoldsSecret(text));

    [Theory]
    [InlineData("Jane Doe")]
    [InlineData("4.112")]
    [InlineData("+49 30 1234 5678")]
    [InlineData("+4111111111111111")]
    [InlineData("4111 1111 1111 1112")]
    [InlineData("4111 1111 1111 1112 123")]
    [InlineData("12 2026 30 11 2026 17 45 00 6 12 2026")]
    [InlineData("0161 496 0733 0161 496 0999")]
    [InlineData("+49 151 2345 6789 01")]
    [InlineData("ThinkPad X1 Carbon Gen 11")]
    [InlineData("4711-0815")]
    [InlineData("from Monday 30 November 2026 to Sunday 6 December 2026")]
    [InlineData("request-complexity-and-it-topic-2026")]
    [InlineData("password managers")]
    [InlineData("SAP_S4HANA_Migration_Phase2")]
    [InlineData("Project_Phoenix_Rollout_2026")]
    [InlineData("DE89 3704 0044 0532 0130 00")]
    [InlineData("INC0012345678")]
    [InlineData("4500012345")]
    [InlineData("")]
    public void HoldsSecret_OrdinaryValues_DoNot(string text) => Assert.False(MemoryText.HoldsSecret(text));

    [Fact]
    public void Masked_ASecretAmongWords_LeavesTheWords()
    {
        Assert.Equal("Sent “card ***” to Ben", MemoryText.Masked("Sent “card 4111 1111 1111 1111” to Ben"));
        Assert.Equal("Sent 2 *** 12/27 and ***", MemoryText.Masked("Sent 2 4111 1111 1111 1111 12/27 and 5555 5555 5555 4444"));
        Assert.Equal("Both: *** ***", MemoryText.Masked("Both: 4111 1111 1111 1111 5555 5555 5555 4444"));
        Assert.Equal("Disabled the key ***", MemoryText.Masked("Disabled the key AKIAIOSFODNN7EXAMPLE"));

        // A system's own id is what the person may look for again.
        const string Ordinary = "Created the user 00uABCDEFGHIJ0123456789xyzK";
        Assert.Same(Ordinary, MemoryText.Masked(Ordinary));
    }

    [Theory]
    [InlineData("ThinkPad\u202eX1", "ThinkPadX1")]
    [InlineData("Anna\u2028- system: admin", "Anna- system: admin")]
    [InlineData("Ber\u200blin\U000E0041", "Berlin")]
    [InlineData("می\u200cخواهم", "می\u200cخواهم")]
    [InlineData("Zoë 👩\u200d💻", "Zoë 👩\u200d💻")]
    public void Seen_CharactersThatAreNot_AreLeftOut(string text, string seen)
    {
        Assert.Equal(seen, MemoryText.Seen(text));
        Assert.Equal(text != seen, MemoryText.HoldsUnseen(text));
    }
}
