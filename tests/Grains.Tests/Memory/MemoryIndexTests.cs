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
        var index = new MemoryIndex(_embedder, "t-acme", NullLogger.Instance);
        var query = new RecallMemories { Text = "infusions", Vector = OneEmbedder.Of("tea"), VectorVersion = "v1" };

        var first = index.Recall(_state, query, At);
        var second = index.Recall(_state, query, At);

        Assert.Equal(("words", 0), (first.Mode, first.Found.Count));
        Assert.Equal(("words and meaning", 2L, "meaning"), (second.Mode, second.Found[0].Entry.Id, second.Found[0].Reason));
        Assert.Equal(2, _embedder.Calls);
    }

    [Fact]
    public void Recall_EmbedderOfAnotherVersion_IsServedByWordsUntilAllIsEmbeddedAgain()
    {
        var index = new MemoryIndex(_embedder, "t-acme", NullLogger.Instance);
        var query = new RecallMemories { Text = "tea", Vector = OneEmbedder.Of("tea"), VectorVersion = "v1" };
        index.Recall(_state, query, At);
        index.Recall(_state, query, At);

        _embedder.Version = "v2";
        var first = index.Recall(_state, query with { VectorVersion = "v2" }, At);
        var second = index.Recall(_state, query with { VectorVersion = "v2" }, At);

        Assert.Equal(("words", 2L), (first.Mode, first.Found[0].Entry.Id));
        Assert.Equal("words and meaning", second.Mode);
        Assert.Equal(4, _embedder.Calls);
    }

    [Fact]
    public void Recall_NoEmbedder_SaysThatItLooksByWords()
    {
        var (found, mode) = new MemoryIndex(null, "t-acme", NullLogger.Instance).Recall(_state, new RecallMemories { Text = "who is my boss" }, At);

        Assert.Equal(("words", 1L), (mode, found.Single().Entry.Id));
    }

    private sealed class OneEmbedder : ITextEmbedder
    {
        public string Version { get; set; } = "v1";

        public int Calls { get; private set; }

        public string Summary => "in memory";

        public static float[] Of(string text) => text.Contains("tea", StringComparison.Ordinal) ? [1, 0, 0, 0, 0, 0, 0, 0] : [0, 0, 0, 0, 0, 0, 0, 1];

        public ValueTask<TextVector?> EmbedAsync(string tenantId, string text, bool isInteractive, CancellationToken cancellationToken)
        {
            Calls++;
            return ValueTask.FromResult<TextVector?>(new TextVector(Of(text), Version));
        }
    }
}
