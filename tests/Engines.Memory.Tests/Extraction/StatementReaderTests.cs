using System.Globalization;
using Steward.Engines.Memory.Days;
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

    // Said on Friday 27 November 2026.
    [Theory]
    [InlineData("My manager is Jane Doe until March.", "Jane Doe", null)]
    [InlineData("My manager is Jane Doe until March.", "Jane Doe until March", null)]
    [InlineData("Jane Doe writes well. My manager is Jane Doe until the end of March.", "Jane Doe", null)]
    [InlineData("My manager is Jane Doe from next month.", "Jane Doe", "2026-12-01")]
    [InlineData("From Monday on, my manager is Jane Doe.", "Jane Doe", "2026-11-30")]
    [InlineData("I'm on holiday until March, and my manager is Jane Doe.", "Jane Doe", "at once")]
    public void Read_SentenceThatSaysWhen_HoldsThen(string message, string value, string? from)
    {
        var read = StatementReader.Read($$"""{"statements":[{"slot":"manager","value":"{{value}}","retracts":false}]}""", message)!;
        var resolved = StatementDates.Resolve(Assert.Single(read), new DateTimeOffset(2026, 11, 27, 9, 0, 0, TimeSpan.Zero), TimeZoneInfo.Utc);

        Assert.Equal(from, resolved is null ? null : resolved.From?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "at once");
        Assert.True(resolved is null or { Value: "Jane Doe", When: null });
    }

    [Theory]
    [InlineData("")]
    [InlineData("Jane Doe is the manager.")]
    [InlineData("{}")]
    [InlineData("""{"statements":"none"}""")]
    public void Read_NotOfTheForm_IsNothing(string answer) => Assert.Null(StatementReader.Read(answer, Message));
}
