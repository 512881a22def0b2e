using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Prompts;

namespace Steward.Engines.Orchestration.Tests.Prompts;

public sealed class ContextBudgetTests
{
    private static readonly ChatMessage System = new() { Role = ChatRole.System, Text = "rules" };
    private static readonly ChatMessage Task = new() { Role = ChatRole.User, Text = "the task" };

    private static Gen<List<ChatMessage>> Works { get; } =
        from groups in (from tools in Gen.Choose(0, 3) from length in Gen.Choose(1, 400) select (tools, length)).ListOf()
        select (List<ChatMessage>)[System, Task, .. groups.SelectMany((work, i) => Group(i, work.tools, work.length))];

    [Fact]
    public void Fit_EverythingFits_IsToldAsItIs()
    {
        List<ChatMessage> messages = [System, Task, .. Group(0, 2, 10)];

        Assert.Equal(messages, new ContextBudget(250).Fit(messages, 2));
    }

    [Fact]
    public void Fit_GrowsOverTheBudget_TheOldestCallsGoWithTheirResultsAndTheBeginningStays()
    {
        List<ChatMessage> messages = [System, Task, .. Group(0, 1, 300), .. Group(1, 2, 300), .. Group(2, 1, 100)];

        var told = new ContextBudget(250).Fit(messages, 2);

        Assert.Equal([System, Task], told.Take(2));
        Assert.Equal(Group(2, 1, 100).Select(message => message.Text), told.Skip(3).Select(message => message.Text));
        Assert.StartsWith("(5 earlier messages", told[2].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_AnyWork_NeverPartsACallFromItsResultsAndKeepsTheLast() => Prop.ForAll(Works.ToArbitrary(), Gen.Choose(25, 500).ToArbitrary(), (messages, limit) =>
    {
        var budget = new ContextBudget(limit);
        var isWell = true;
        for (var count = 2; count <= messages.Count; count++)
        {
            // Asked only when all results of a call are there, as the runner does.
            if (count < messages.Count && messages[count].Role == ChatRole.Tool)
            {
                continue;
            }

            var told = budget.Fit(messages.Take(count).ToList(), 2);
            var calls = told.SelectMany(message => message.ToolCalls.Select(call => call.Id)).Order();
            var results = told.Where(message => message.Role == ChatRole.Tool).Select(message => message.ToolCallId!).Order();
            isWell &= calls.SequenceEqual(results) && told[0] == System && told[1] == Task && told[^1] == messages[count - 1];
        }

        return isWell;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Fit_ModelsTokensAreShorter_LessIsTold()
    {
        // 400 tokens for the definitions of tools, and two characters a token.
        List<ChatMessage> messages = [System, Task, .. Group(0, 1, 1_500)];
        var budget = new ContextBudget(2_000);
        var first = budget.Fit(messages[..2], 2);
        budget.Learn("short", first, 400 + (Length(first) / 2));
        var second = budget.Fit(messages, 2);
        Assert.Equal(messages, second);
        budget.Learn("short", second, 400 + (Length(second) / 2));
        messages.AddRange(Group(1, 1, 1_500));

        var third = budget.Fit(messages, 2);

        Assert.StartsWith("(2 earlier messages", third[2].Text, StringComparison.Ordinal);
        Assert.Equal(messages, new ContextBudget(2_000).Fit(messages, 2));
    }

    [Fact]
    public void Fit_AnotherModelAnswers_ItsOwnTokensCount()
    {
        List<ChatMessage> messages = [System, Task, .. Group(0, 1, 1_500), .. Group(1, 1, 1_500)];
        var budget = new ContextBudget(2_000);
        budget.Learn("short", messages[..2], 100);
        budget.Learn("short", messages[..4], 100 + ((Length(messages[..4]) - Length(messages[..2])) / 2));
        budget.Learn("other", messages[..4], null);

        Assert.Equal(messages, budget.Fit(messages, 2));
    }

    [Fact]
    public void Fit_SmallWindow_LeavesRoomForWhatIsToldEachTime()
    {
        List<ChatMessage> messages = [System, Task, .. Group(0, 1, 800), .. Group(1, 1, 800)];
        var budget = new ContextBudget(100_000, window: 1_000);
        Assert.Equal(messages, budget.Fit(messages, 2));

        budget.Learn("m", messages[..2], 700 + (Length(messages[..2]) / 4));

        Assert.StartsWith("(2 earlier messages", budget.Fit(messages, 2)[2].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Learn_CountsThatMakeNoSense_AreNotBelieved()
    {
        var tokens = new TokenLength();
        tokens.Learn("m", 1_000, 500);
        tokens.Learn("m", 9_000, 400);
        tokens.Learn("m", 9_000, 0);
        Assert.Equal(4, tokens.CharactersPerToken);

        tokens.Learn("m", 7_000, 2_500);
        Assert.Equal(3, tokens.CharactersPerToken);
    }

    private static int Length(IEnumerable<ChatMessage> messages) => messages.Sum(message => message.Text.Length + 16 + message.ToolCalls.Sum(call => call.Name.Length + call.Arguments.Length));

    [Fact]
    public void Summary_MoreThanFits_KeepsTheirOrderAndWhatNamesSomething()
    {
        ConversationMessage[] messages =
        [
            new() { Role = "user", Text = "Hello there. The printer INC0012345 is broken. It is so annoying, really." },
            new() { Role = "assistant", Text = "I see. I have opened a ticket for that printer." },
            new() { Role = "user", Text = "Thank you!" },
        ];

        var all = ExtractiveSummary.Of(null, messages, 1_000)!;
        var little = ExtractiveSummary.Of(null, messages, 60)!;

        Assert.StartsWith("user: Hello there.\nuser: The printer INC0012345 is broken.", all, StringComparison.Ordinal);
        Assert.Contains("INC0012345", little, StringComparison.Ordinal);
        Assert.True(little.Length <= 60);
        Assert.Null(ExtractiveSummary.Of(null, messages, 0));
        Assert.Null(ExtractiveSummary.Of(null, [], 100));
    }

    [Fact]
    public void Summary_SummedUpAgain_KeepsWhatItHadWhileThereIsRoom()
    {
        var first = ExtractiveSummary.Of(null, [new ConversationMessage { Role = "user", Text = "My badge is 4711." }], 200);
        var second = ExtractiveSummary.Of(first, [new ConversationMessage { Role = "user", Text = "The door 12 does not open.\nMy badge is 4711." }], 200);

        Assert.Equal("user: My badge is 4711.\nuser: The door 12 does not open.", second);
    }

    private static IEnumerable<ChatMessage> Group(int number, int tools, int length)
    {
        yield return new ChatMessage
        {
            Role = ChatRole.Assistant,
            Text = new string('a', length),
            ToolCalls = [.. Enumerable.Range(0, tools).Select(tool => new ToolCall { Id = $"c{number}_{tool}", Name = "n", Arguments = "{}" })],
        };
        for (var tool = 0; tool < tools; tool++)
        {
            yield return new ChatMessage { Role = ChatRole.Tool, ToolCallId = $"c{number}_{tool}", Text = new string('r', length) };
        }
    }
}
