using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Steward.Engines.Inference.Tokenization;

namespace Steward.Engines.Inference.Tests.Tokenization;

public class WordPieceTokenizerTests
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    [Theory]
    [InlineData("uncased", 886)]
    [InlineData("cased", 486)]
    public void Encode_GoldenTexts_EqualsTheRustTokenizers(string name, int cases)
    {
        var tokenizer = Tokenizer(name);
        var lines = File.ReadAllLines(Golden($"{name}.jsonl"));
        var differing = new List<string>();
        foreach (var line in lines)
        {
            var expected = JsonSerializer.Deserialize<GoldenCase>(line, Format)!;
            var ids = new int[expected.Max ?? 4096];
            var encoded = expected.Pair is { } pair ? tokenizer.Encode(expected.Text, pair, ids) : tokenizer.Encode(expected.Text, ids);
            var isEqual = ids.AsSpan(0, encoded.Length).SequenceEqual(expected.Ids) && (expected.Second is null or -1 || expected.Second == encoded.SecondAt);
            if (!isEqual)
            {
                differing.Add($"{line}\n  got {string.Join(',', ids.Take(encoded.Length))}");
            }
        }

        Assert.Equal(cases, lines.Length);
        Assert.True(differing.Count == 0, $"{differing.Count} differ:\n{string.Join('\n', differing.Take(5))}");
    }

    [Fact]
    public void Encode_LoneSurrogates_AreDropped()
    {
        Assert.Equal(Encode("reset"), Encode("re\ud800set"));
        Assert.Equal(Encode("reset"), Encode("\udc00reset\ud83d"));
    }

    [Fact]
    public void Encode_SpecialTokensInText_AreNoSpecialTokens()
    {
        var ids = Encode("[SEP] [CLS] [MASK] [PAD] [UNK]");

        Assert.Equal(2, ids[0]);
        Assert.Equal(3, ids[^1]);
        Assert.DoesNotContain(ids[1..^1], id => id is 0 or 2 or 3 or 4);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("x")]
    [InlineData("reset ")]
    [InlineData("\u0301")]
    [InlineData("漢")]
    public void Encode_HundredKilobytes_FillsItsRoomAndNoMore(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length));
        var ids = new int[128];

        var encoded = Tokenizer("uncased").Encode(text, ids);

        Assert.InRange(encoded.Length, 2, 128);
        Assert.Equal(3, ids[encoded.Length - 1]);
        Assert.Equal(unit is "reset " or "漢", encoded.IsTruncated);
    }

    [Fact]
    [SuppressMessage("Security", "CA5394", Justification = "Random bytes of a seed.")]
    public void Encode_BinaryGarbage_WritesOnlyIdsOfTheVocabulary()
    {
        var tokenizer = Tokenizer("uncased");
        var random = new Random(7);
        var ids = new int[64];
        for (var i = 0; i < 500; i++)
        {
            var units = new char[random.Next(300)];
            for (var j = 0; j < units.Length; j++)
            {
                units[j] = (char)random.Next(0x10000);
            }

            var encoded = random.Next(2) == 0 ? tokenizer.Encode(units, ids) : tokenizer.Encode(units, "reset", ids);

            Assert.All(ids[..encoded.Length], id => Assert.InRange(id, 0, tokenizer.Vocabulary.Count - 1));
        }
    }

    [Fact]
    public void Encode_ManyTexts_AllocatesNothing()
    {
        var tokenizer = Tokenizer("uncased");
        var ids = new int[128];
        const string text = "Please RESET my password: the VPN-server says \"Zugriff verweigert\" — naïve 한국어 漢字 👩‍👩‍👧";
        tokenizer.Encode(text, text, ids);
        tokenizer.Encode(text, ids);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            tokenizer.Encode(text, ids);
            tokenizer.Encode(text, text, ids);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
    }

    [Fact]
    public void Vocabulary_MissingSpecialToken_NamesIt()
    {
        var error = Assert.Throws<InvalidDataException>(() => new Vocabulary(["[UNK]", "[CLS]", "[PAD]", "word"]));

        Assert.Contains("[SEP]", error.Message, StringComparison.Ordinal);
    }

    private static int[] Encode(string text)
    {
        var ids = new int[512];
        var encoded = Tokenizer("uncased").Encode(text, ids);
        return ids[..encoded.Length];
    }

    private static WordPieceTokenizer Tokenizer(string name) => new(Vocabulary.Read(File.OpenRead(Golden($"vocab-{name}.txt"))), lowercase: name == "uncased");

    private static string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "golden", file);

    private sealed record GoldenCase(string Text, int[] Ids, string? Pair, int? Second, int? Max);
}
