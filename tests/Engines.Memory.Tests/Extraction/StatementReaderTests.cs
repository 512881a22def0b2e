using Steward.Engines.Memory.Extraction;

namespace Steward.Engines.Memory.Tests.Extraction;

public class StatementReaderTests
{
    private const string Message = "My manager is Jane Doe, and I no longer like green tea.";

    [Fact]
    public void Read_WhatTheMessageSays_IsTaken()
    {
        var read = StatementReader.Read("""{"statements":[{"slot":"manager","value":"Jane Doe","retracts":false},{"slot":"likes","value":"green tea","retracts":true}]}""", Message)!;

        Assert.Equal([("manager", "Jane Doe", false, MemoryKind.Fact), ("likes", "green tea", true, MemoryKind.Preference)], read.Select(said => (said.Slot, said.Value, said.IsRetraction, said.Kind)));
    }

    [Theory]
    [InlineData("""{"statements":[{"slot":"manager","value":"John Roe","retracts":false}]}""")]
    [InlineData("""{"statements":[{"slot":"password","value":"Jane","retracts":false}]}""")]
    [InlineData("""{"statements":[{"slot":"manager","value":"","retracts":true},null,{"slot":null,"value":"Jane","retracts":false}]}""")]
    [InlineData("""{"statements":[{"slot":"manager","value":"Jane\nDoe","retracts":false}]}""")]
    [InlineData("""{"statements":[]}""")]
    public void Read_WhatItDoesNotSay_IsLeftOut(string answer) => Assert.Empty(StatementReader.Read(answer, Message)!);

    [Theory]
    [InlineData("")]
    [InlineData("Jane Doe is the manager.")]
    [InlineData("{}")]
    [InlineData("""{"statements":"none"}""")]
    public void Read_NotOfTheForm_IsNothing(string answer) => Assert.Null(StatementReader.Read(answer, Message));
}
