using System.Text;
using Steward.Memory;
using Steward.Storage;

namespace Steward.Grains.Tests.Memory;

/// <summary>Journals as earlier releases wrote them.</summary>
public class UserMemoryStateTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    // Written before it was decided that nobody likes and dislikes the same: the third statement is the first one said again, and the correction means the manager.
    [Fact]
    public void Apply_AJournalOfAnEarlierRelease_RefersToTheSameFacts()
    {
        (string Type, string Payload)[] entries =
        [
            ("memory.noted", """{"messageId":"s-1/1","saidAt":"2026-11-20T09:00:00+00:00","source":"said","statements":[{"kind":"preference","subject":"self","slot":"likes","value":"coffee","isRetraction":false,"confidence":0.9}]}"""),
            ("memory.noted", """{"messageId":"s-1/2","saidAt":"2026-11-20T09:01:00+00:00","source":"said","statements":[{"kind":"preference","subject":"self","slot":"dislikes","value":"coffee","isRetraction":false,"confidence":0.9}]}"""),
            ("memory.noted", """{"messageId":"s-1/3","saidAt":"2026-11-20T09:02:00+00:00","source":"said","statements":[{"kind":"preference","subject":"self","slot":"likes","value":"coffee","isRetraction":false,"confidence":0.9}]}"""),
            ("memory.noted", """{"messageId":"s-1/4","saidAt":"2026-11-20T09:03:00+00:00","source":"said","statements":[{"kind":"fact","subject":"self","slot":"manager","value":"Anna","isRetraction":false,"confidence":0.9}]}"""),
            ("memory.corrected", """{"id":3,"value":"Anna Smith","operationId":"correction:o-1"}"""),
            ("memory.restored", """{"id":3}"""),
            ("memory.corrected", """{"id":3,"value":"Anna Smith-Roe","operationId":"correction:o-2"}"""),
        ];
        var state = new UserMemoryState();
        foreach (var (index, entry) in entries.Index())
        {
            state.Apply(new JournalEntry { Sequence = index + 1, Type = entry.Type, Payload = Encoding.UTF8.GetBytes(entry.Payload), At = At.AddMinutes(index) });
        }

        Assert.Equal(
            [(1, "likes", "coffee"), (2, "dislikes", "coffee"), (5, "manager", "Anna Smith-Roe")],
            state.Facts.Where(fact => fact.Holds).Select(fact => (fact.Id, fact.Slot, fact.Value)));
    }

    // Written before a plan that is put right stayed one, and before what was said while a kind was off was not taken when it is on again.
    [Fact]
    public void Apply_ACorrectedPlanAndAKindThatIsOnAgainOfAnEarlierRelease_MeanWhatTheyMeantThen()
    {
        (string Type, string Payload)[] entries =
        [
            ("memory.noted", """{"messageId":"s-1/1","saidAt":"2026-11-20T09:00:00+00:00","source":"said","statements":[{"kind":"fact","subject":"self","slot":"manager","value":"Ben","isRetraction":false,"confidence":0.9}]}"""),
            ("memory.noted", """{"messageId":"s-1/2","saidAt":"2026-11-20T09:01:00+00:00","source":"said","statements":[{"kind":"fact","subject":"self","slot":"manager","value":"Ana","isRetraction":false,"confidence":0.9,"validFrom":"2026-12-01T00:00:00+00:00"}]}"""),
            ("memory.corrected", """{"id":2,"value":"Anna","operationId":"correction:o-1"}"""),
            ("memory.settings", """{"settings":{"kinds":[{"kind":"preference","isKept":false},{"kind":"fact","isKept":true}],"sharePatterns":false}}"""),
            ("memory.settings", """{"settings":{"kinds":[{"kind":"preference","isKept":true},{"kind":"fact","isKept":true}],"sharePatterns":false}}"""),
            ("memory.noted", """{"messageId":"s-1/3","saidAt":"2026-11-20T09:03:30+00:00","source":"said","statements":[{"kind":"preference","subject":"self","slot":"likes","value":"tea","isRetraction":false,"confidence":0.9}]}"""),
        ];
        var state = new UserMemoryState();
        foreach (var (index, entry) in entries.Index())
        {
            state.Apply(new JournalEntry { Sequence = index + 1, Type = entry.Type, Payload = Encoding.UTF8.GetBytes(entry.Payload), At = At.AddMinutes(index) });
        }

        state.Apply(new JournalEntry { Sequence = 7, Type = "memory.consolidated", At = At.AddHours(1), Payload = """{"removed":[],"merged":[]}"""u8.ToArray() });
        state.Apply(new JournalEntry { Sequence = 8, Type = "memory.forgotten", At = At.AddHours(1), Payload = """{"ids":[9],"tombstones":[],"salt":"AAAA","operationId":"forget:o-2"}"""u8.ToArray() });
        Assert.Equal((2L, null), (state.Find(1)!.SupersededBy, state.Find(3)!.HoldsFrom));
        Assert.Equal("tea", state.Find(4)?.Value);
    }

    [Fact]
    public void Apply_ErasureWhileOneGoesOn_HasItsWorkAndIsNotDoneByWhatTheOtherFinds()
    {
        var state = new UserMemoryState();
        var sequence = 0;
        void Apply(string type, string payload) => state.Apply(new JournalEntry { Sequence = ++sequence, Type = type, Payload = Encoding.UTF8.GetBytes(payload), At = At.AddMinutes(sequence) });
        const string Noted = """{"messageId":"s-1/1","saidAt":"2026-12-20T09:00:00+00:00","source":"said","statements":[{"kind":"fact","subject":"self","slot":"manager","value":"Anna","isRetraction":false,"confidence":0.9}]}""";
        Apply(MemoryRecordTypes.Noted, Noted);
        Apply(MemoryRecordTypes.EraseBegun, """{"operationId":"e-1","includeConversations":true}""");
        Apply(MemoryRecordTypes.EraseStep, """{"sessionId":"s-1","runs":2}""");
        Apply(MemoryRecordTypes.EraseVectorsStep, """{"count":5,"isTotal":true,"hasMore":true,"operationId":"e-1"}""");
        Apply(MemoryRecordTypes.Noted, Noted);
        Apply(MemoryRecordTypes.EraseBegun, """{"operationId":"e-2","includeConversations":false}""");

        Assert.Empty(state.Facts);
        Apply(MemoryRecordTypes.EraseVectors, """{"count":9,"isTotal":true,"operationId":"e-1"}""");
        Apply(MemoryRecordTypes.EraseAnswers, """{"operationId":"e-1"}""");
        Apply(MemoryRecordTypes.Erased, """{"remains":[],"operationId":"e-1"}""");
        Assert.Equal((true, true, false, null), (state.IsErasing, state.ErasesConversations, state.HasErasedVectors, state.Erasure!.AnswersForgottenAt));
        Apply(MemoryRecordTypes.EraseVectorsStep, """{"count":2,"isTotal":true,"hasMore":true,"operationId":"e-2"}""");
        Apply(MemoryRecordTypes.EraseVectors, """{"count":3,"isTotal":true,"operationId":"e-2"}""");
        Apply(MemoryRecordTypes.EraseStep, """{"sessionId":"s-1","runs":2}""");
        Apply(MemoryRecordTypes.Erased, """{"remains":[],"operationId":"e-2"}""");

        Assert.Equal(("e-2", false), (state.Erasure.OperationId, state.IsErasing));
        Assert.Equal([("conversations", 1), ("memories", 2), ("requests and proposals", 0), ("runs", 2), ("tombstones", 0), ("vectors", 8)], state.Erasure.Removed.Select(part => (part.Place, part.Count)).Order());
    }
}
