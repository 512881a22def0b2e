using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Steward.Engines.Models.Caching;
using Steward.Memory;
using Steward.Storage;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

public class MemoryIndexTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 22, 6, 0, 0, TimeSpan.Zero);

    private readonly UserMemoryState _state = new();
    private readonly OneEmbedder _embedder = new();

    public MemoryIndexTests()
    {
        var noted = new MemoryNoted { MessageId = "m", SaidAt = At, Source = MemorySource.Said, Statements = [Said("manager", "Jane Doe"), Said("likes", "tea")] };
        _state.Apply(new JournalEntry { Sequence = 1, Type = MemoryRecordTypes.Noted, At = At, Payload = JsonSerializer.SerializeToUtf8Bytes(noted, MemoryJson.Default.MemoryNoted) });
    }

    [Fact]
    public void Recall_WithAVector_FindsByMeaningOnceMemoriesAreEmbedded()
    {
        var index = new MemoryIndex(MemoryEmbedders.Of(_embedder), "t-acme", "u-7", NullLogger.Instance);
        var query = new RecallMemories { Text = "infusions", Vector = OneEmbedder.Of("tea"), VectorVersion = "v1" };

        var first = index.Recall(() => _state, query, At);
        var second = index.Recall(() => _state, query, At);

        Assert.Equal(("words", 0), (first.Mode, first.Found.Count));
        Assert.Equal(("words and meaning", 2L, "meaning"), (second.Mode, second.Found[0].Entry.Id, second.Found[0].Reason));
        Assert.Equal(2, _embedder.Calls);
    }

    // A person's own search, and what a run asks before it embeds its message, have no vector.
    [Fact]
    public void Recall_WithoutAVectorWhereMemoriesAreEmbedded_FindsByWords()
    {
        var index = new MemoryIndex(MemoryEmbedders.Of(_embedder), "t-acme", "u-7", NullLogger.Instance);
        var byMeaning = new RecallMemories { Text = "infusions", Vector = OneEmbedder.Of("tea"), VectorVersion = "v1" };
        index.Recall(() => _state, byMeaning, At);
        Assert.Equal("words and meaning", index.Recall(() => _state, byMeaning, At).Mode);

        var (found, mode) = index.Recall(() => _state, new RecallMemories { Text = "who is my manager" }, At);

        Assert.Equal(("words", 1L), (mode, Assert.Single(found).Entry.Id));
    }

    [Fact]
    public void Recall_OnTheDayThatSomethingTakesAPlace_FindsOnlyThatWithoutAnEntry()
    {
        var index = new MemoryIndex(MemoryEmbedders.Of(null), "t-acme", "u-7", NullLogger.Instance);
        var noted = new MemoryNoted { MessageId = "m2", SaidAt = At.AddMinutes(1), Source = MemorySource.Said, Statements = [Said("manager", "Anna Berg") with { ValidFrom = At.AddDays(9) }] };
        _state.Apply(new JournalEntry { Sequence = 2, Type = MemoryRecordTypes.Noted, At = At.AddMinutes(1), Payload = JsonSerializer.SerializeToUtf8Bytes(noted, MemoryJson.Default.MemoryNoted) });
        var query = new RecallMemories { Text = "who is my manager" };

        Assert.Equal([1L, 3], index.Recall(() => _state, query, At.AddDays(8)).Found.Select(found => found.Entry.Id).Order());
        Assert.Equal([3L], index.Recall(() => _state, query, At.AddDays(9)).Found.Select(found => found.Entry.Id));
    }

    // Said on 22 November: from 1 December on, where the person is.
    [Theory]
    [InlineData("Berlin", "2026-11-30T23:00:00")]
    [InlineData("New York", "2026-12-01T05:00:00")]
    [InlineData(null, "2026-12-01T00:00:00")]
    public void Told_FromADayOn_NamesThatDayOfThePersons(string? place, string begins)
    {
        var zone = Engines.Memory.Days.StatementDates.ZoneOf(place);
        var from = DateTimeOffset.Parse(begins + "Z", System.Globalization.CultureInfo.InvariantCulture);
        var noted = new MemoryNoted { MessageId = "m2", SaidAt = At.AddMinutes(1), Source = MemorySource.Said, Statements = [Said("manager", "Anna Berg") with { ValidFrom = from }] };
        _state.Apply(new JournalEntry { Sequence = 2, Type = MemoryRecordTypes.Noted, At = At.AddMinutes(1), Payload = JsonSerializer.SerializeToUtf8Bytes(noted, MemoryJson.Default.MemoryNoted) });
        string Told(long id, DateTimeOffset now) => MemoryChat.Told(MemoryItems.Of(_state.Find(id)!, now, zone), now);

        Assert.Equal(("Jane Doe (until 30 November 2026)", "Anna Berg (from 1 December 2026)"), (Told(1, At.AddHours(1)), Told(3, At.AddHours(1))));
        Assert.Equal("Anna Berg", Told(3, from));
    }

    [Fact]
    public void Recall_EmbedderOfAnotherVersion_IsServedByWordsUntilAllIsEmbeddedAgain()
    {
        var index = new MemoryIndex(MemoryEmbedders.Of(_embedder), "t-acme", "u-7", NullLogger.Instance);
        var query = new RecallMemories { Text = "tea", Vector = OneEmbedder.Of("tea"), VectorVersion = "v1" };
        index.Recall(() => _state, query, At);
        index.Recall(() => _state, query, At);

        _embedder.Version = "v2";
        var first = index.Recall(() => _state, query with { VectorVersion = "v2" }, At);
        var second = index.Recall(() => _state, query with { VectorVersion = "v2" }, At);

        Assert.Equal(("words", 2L), (first.Mode, first.Found[0].Entry.Id));
        Assert.Equal("words and meaning", second.Mode);
        Assert.Equal(4, _embedder.Calls);
    }

    // Another object takes the place of the state when the journal gets a snapshot.
    [Fact]
    public void Recall_SomethingIsForgottenWhileVectorsAreComputed_IsGivenToNoEmbedder()
    {
        var (before, after) = (new UserMemoryState(), new UserMemoryState());
        for (var i = 0; i < MemoryEmbedder.MaxTexts; i++)
        {
            Apply(i, $"project {i}", before, after);
        }

        Apply(MemoryEmbedder.MaxTexts, "a secret street", before);
        var current = before;
        _embedder.OnCall = () => current = after;

        new MemoryIndex(MemoryEmbedders.Of(_embedder), "t-acme", "u-7", NullLogger.Instance).Recall(() => current, new RecallMemories { Text = "tea", Vector = OneEmbedder.Of("tea"), VectorVersion = "v1" }, At);

        Assert.Equal(MemoryEmbedder.MaxTexts, _embedder.Texts.Count);
        Assert.DoesNotContain(_embedder.Texts, text => text.Contains("secret", StringComparison.Ordinal));

        static void Apply(int number, string value, params UserMemoryState[] states)
        {
            var noted = new MemoryNoted { MessageId = $"m-{number}", SaidAt = At, Source = MemorySource.Said, Statements = [Said("project", value)] };
            foreach (var state in states)
            {
                state.Apply(new JournalEntry { Sequence = number + 1, Type = MemoryRecordTypes.Noted, At = At, Payload = JsonSerializer.SerializeToUtf8Bytes(noted, MemoryJson.Default.MemoryNoted) });
            }
        }
    }

    [Fact]
    public void Recall_NoEmbedder_SaysThatItLooksByWords()
    {
        var (found, mode) = new MemoryIndex(MemoryEmbedders.Of(null), "t-acme", "u-7", NullLogger.Instance).Recall(() => _state, new RecallMemories { Text = "who is my boss" }, At);

        Assert.Equal(("words", 1L), (mode, found.Single().Entry.Id));
    }

    private sealed class OneEmbedder : ITextEmbedder
    {
        public string Version { get; set; } = "v1";

        public int Calls => Texts.Count;

        public List<string> Texts { get; } = [];

        public Action OnCall { get; set; } = static () => { };

        public string Summary => "in memory";

        public static float[] Of(string text) => text.Contains("tea", StringComparison.Ordinal) ? [1, 0, 0, 0, 0, 0, 0, 0] : [0, 0, 0, 0, 0, 0, 0, 1];

        public ValueTask<TextVector?> EmbedAsync(string tenantId, string text, bool isInteractive, CancellationToken cancellationToken)
        {
            Texts.Add(text);
            OnCall();
            return ValueTask.FromResult<TextVector?>(new TextVector(Of(text), Version));
        }
    }
}
