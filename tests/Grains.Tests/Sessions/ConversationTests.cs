using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Storage;

namespace Steward.Grains.Tests.Sessions;

public class ConversationTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private readonly Conversation _conversation = new(new SessionOptions());
    private long _sequence;

    [Fact]
    public void Apply_MessageWithoutEnd_IsActiveUntilItsEnd()
    {
        User("r-1", Start);
        User("r-2", Start);
        Assert.Equal("r-1", _conversation.Active?.Message.RunId);

        Assistant("r-1", Start);
        Assert.Equal("r-2", _conversation.Active?.Message.RunId);

        Assistant("r-2", Start);
        Assert.Null(_conversation.Active);
    }

    [Fact]
    public void Apply_EndOfAWaitingMessage_LeavesTheActiveOne()
    {
        User("r-1", Start);
        User("r-2", Start);

        Assistant("r-2", Start);

        Assert.Equal(["r-1"], _conversation.Pending.Select(pending => pending.Message.RunId));
    }

    [Theory]
    [InlineData(23.9, 1)]
    [InlineData(24.1, 0)]
    public void Recall_AfterHoursOfSilence_RemembersADay(double hours, int remembered)
    {
        User("r-1", Start);

        Assert.Equal(remembered, _conversation.Recall(Start.AddHours(hours), long.MaxValue).ShortTermMemory.Count);
    }

    [Fact]
    public void Recall_ConversationThatGoesOn_SlidesTheDay()
    {
        User("r-1", Start);
        Assistant("r-1", Start.AddHours(20));
        User("r-2", Start.AddHours(40));

        Assert.Equal(3, _conversation.Recall(Start.AddHours(60), long.MaxValue).ShortTermMemory.Count);
    }

    [Fact]
    public void Apply_AfterALongSilence_StartsANewConversation()
    {
        User("r-1", Start);
        User("r-2", Start.AddHours(30));

        var memory = _conversation.Recall(Start.AddHours(31), long.MaxValue).ShortTermMemory;

        Assert.Equal(["r-2"], memory.Select(message => message.RunId));
    }

    [Fact]
    public void Recall_Slots_LiveAnHourAfterTheyWereWritten()
    {
        User("r-1", Start);
        Assistant("r-1", Start, ("incident", "INC0010001"), ("person", "ada"));
        User("r-2", Start.AddMinutes(40));
        Assistant("r-2", Start.AddMinutes(40), ("person", "sam"));

        Assert.Equal(["incident", "person"], _conversation.Recall(Start.AddMinutes(59), long.MaxValue).WorkingMemory.Keys.Order());
        Assert.Equal(["person"], _conversation.Recall(Start.AddMinutes(61), long.MaxValue).WorkingMemory.Keys);
    }

    [Fact]
    public void Apply_EmptySlot_TakesItAway()
    {
        User("r-1", Start);
        Assistant("r-1", Start, ("incident", "INC0010001"));
        Assistant("r-1", Start, ("incident", ""));

        Assert.Empty(_conversation.Recall(Start, long.MaxValue).WorkingMemory);
    }

    [Fact]
    public void Recall_BeforeAMessage_LeavesItOut()
    {
        User("r-1", Start);
        Assistant("r-1", Start);
        User("r-2", Start);

        Assert.Equal([1L, 2L], _conversation.Recall(Start, beforeSequence: 3).ShortTermMemory.Select(message => message.Sequence));
    }

    [Fact]
    public void Recall_QuestionsThatWaited_StandWithTheirAnswers()
    {
        User("r-1", Start);
        User("r-2", Start);
        User("r-3", Start);
        Assistant("r-1", Start);
        Assistant("r-2", Start);

        var memory = _conversation.Recall(Start, beforeSequence: 3).ShortTermMemory;

        Assert.Equal([("user", "r-1"), ("assistant", "r-1"), ("user", "r-2"), ("assistant", "r-2")], memory.Select(message => (message.Role, message.RunId)));
    }

    [Fact]
    public void Recall_AnswerThatCameLate_StandsWhereItCame()
    {
        User("r-1", Start);
        User("r-2", Start);
        Assistant("r-2", Start);
        Assistant("r-1", Start);
        User("r-3", Start);

        var memory = _conversation.Recall(Start, beforeSequence: 5).ShortTermMemory;

        Assert.Equal([("user", "r-1"), ("user", "r-2"), ("assistant", "r-2"), ("assistant", "r-1")], memory.Select(message => (message.Role, message.RunId)));
    }

    [Fact]
    public void Apply_AnyOrderOfEnds_PendingIsWhatHasNoEnd() =>
        Prop.ForAll(Gen.Choose(0, 12).ListOf().ToArbitrary(), ends =>
        {
            var conversation = new Conversation(new SessionOptions());
            var sequence = 0L;
            for (var i = 0; i < 10; i++)
            {
                conversation.Apply(UserEntry(++sequence, $"r-{i}", Start));
            }

            foreach (var end in ends)
            {
                conversation.Apply(AssistantEntry(++sequence, $"r-{end}", Start));
            }

            var open = Enumerable.Range(0, 10).Except(ends).Select(number => $"r-{number}");
            return conversation.Pending.Select(pending => pending.Message.RunId).SequenceEqual(open);
        }).QuickCheckThrowOnFailure();

    private static JournalEntry UserEntry(long sequence, string run, DateTimeOffset at) => new()
    {
        Sequence = sequence,
        At = at,
        Type = SessionRecordTypes.UserMessage,
        Payload = JsonSerializer.SerializeToUtf8Bytes(
            new UserMessageAccepted
            {
                OperationId = "op-" + run,
                RunId = run,
                Text = "text",
                Requester = new CallerIdentity { TenantId = "t-acme", UserId = "u-ada" },
            },
            SessionJson.Default.UserMessageAccepted),
    };

    private static JournalEntry AssistantEntry(long sequence, string run, DateTimeOffset at, params (string Name, string Value)[] slots) => new()
    {
        Sequence = sequence,
        At = at,
        Type = SessionRecordTypes.AssistantMessage,
        Payload = JsonSerializer.SerializeToUtf8Bytes(
            new AssistantMessageRecorded
            {
                RunId = run,
                Text = "answer",
                State = RunState.Completed,
                WorkingMemory = slots.ToDictionary(slot => slot.Name, slot => slot.Value),
            },
            SessionJson.Default.AssistantMessageRecorded),
    };

    private void User(string run, DateTimeOffset at) => _conversation.Apply(UserEntry(++_sequence, run, at));

    private void Assistant(string run, DateTimeOffset at, params (string Name, string Value)[] slots) => _conversation.Apply(AssistantEntry(++_sequence, run, at, slots));
}
