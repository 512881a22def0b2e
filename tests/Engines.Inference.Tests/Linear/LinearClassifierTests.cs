using System.Buffers.Binary;
using System.Text.Json;
using Steward.Engines.Inference.Linear;

namespace Steward.Engines.Inference.Tests.Linear;

public class LinearClassifierTests
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    [Theory]
    [InlineData("linear")]
    [InlineData("linear-words")]
    public void Score_GoldenTexts_EqualsTheTrainer(string file)
    {
        var classifier = new LinearClassifier(File.ReadAllBytes(Golden(file + ".bin")));
        var scores = new double[classifier.Classes];
        var cases = File.ReadAllLines(Golden(file + ".jsonl")).Select(line => JsonSerializer.Deserialize<GoldenCase>(line, Format)!).ToList();

        Assert.Equal(14, cases.Count);
        Assert.All(cases, expected =>
        {
            classifier.Score(expected.Text, scores);
            Assert.All(expected.Scores.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 5));
        });
    }

    // Few n-grams are counted in a table, many by sorting: words that nobody knows change nothing but the way.
    [Fact]
    public void Score_ManyUnknownWordsBeside_IsTheSame()
    {
        var classifier = new LinearClassifier(Words(("vpn", 1, 0, 100), ("printer", 1, 1, 100), ("vpn vpn", 2, 0, 40)));
        var (few, many) = (new double[2], new double[2]);
        classifier.Score("vpn vpn printer", few);
        classifier.Score("vpn vpn printer " + string.Join(' ', Enumerable.Range(0, 390).Select(number => $"w{number}x")), many);

        Assert.True(few[0] > few[1] && few[1] > 0);
        Assert.All(few.Zip(many), pair => Assert.Equal(pair.First, pair.Second, 12));
    }

    [Fact]
    public void Score_OneReadingForTwoClassifiers_IsWhatEachReadsItself()
    {
        var (first, second) = (new LinearClassifier(File.ReadAllBytes(Golden("linear.bin"))), new LinearClassifier(File.ReadAllBytes(Golden("linear-words.bin"))));
        const string Text = "The VPN drops every 5 minutes, and Outlook asks for my password: please help! Größe, naïve.";
        using var read = new LinearText(Text, Math.Max(first.MaxWords, second.MaxWords));
        Assert.All([first, second, first], classifier =>
        {
            var (alone, shared) = (new double[classifier.Classes], new double[classifier.Classes]);
            classifier.Score(Text, alone);
            classifier.Score(read, shared);
            Assert.Equal(alone, shared);
        });
    }

    [Fact]
    public void Create_BlockOfMoreWordsThanTheTextMayHave_IsRefused()
    {
        var file = File.ReadAllBytes(Golden("linear-words.bin"));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(40), 401);

        Assert.Contains("in 401 words", Assert.Throws<InvalidDataException>(() => new LinearClassifier(file)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linear.bin")]
    [InlineData("linear-words.bin")]
    public void Create_EveryCutFile_IsRefused(string name)
    {
        var file = File.ReadAllBytes(Golden(name));
        for (var length = 0; length < file.Length; length += 1 + (length / 7))
        {
            Assert.Throws<InvalidDataException>(() => new LinearClassifier(file.AsSpan(0, length)));
        }

        Assert.Throws<InvalidDataException>(() => new LinearClassifier([.. file, 0]));
    }

    [Fact]
    public void Create_CountsThatNoFileHolds_IsRefused()
    {
        // Seven blocks of 2^22 buckets with 255 entries each: more entries than an int counts.
        var file = new byte[20 + (7 * 20) + (2 * 7 * (1 << 22)) + 8];
        "SLIN"u8.CopyTo(file);
        foreach (var (at, value) in new[] { 1, 1, 7, 100 }.Concat(Enumerable.Repeat(new[] { 1, 22, 1, 1, 0x3f800000 }, 7).SelectMany(block => block)).Index())
        {
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4 + (4 * at)), value);
        }

        file.AsSpan(file.Length - (7 * (1 << 22))).Fill(255);

        Assert.Equal("it ends too early", Assert.Throws<InvalidDataException>(() => new LinearClassifier(file)).Message);
    }

    [Fact]
    public void Explain_WordsAndARun_NamesWhatLiftsTheClassMostFirst()
    {
        // Class 0 has "vpn" twice as heavy as "tunnel down", class 1 has "printer".
        var classifier = new LinearClassifier(Words(("vpn", 1, 0, 100), ("tunnel down", 2, 0, 90), ("printer", 1, 1, 100)));

        Assert.Equal(["vpn", "down", "tunnel"], classifier.Explain("Printer?! VPN: tunnel down x.", 0, 5));
        Assert.Equal(["vpn"], classifier.Explain("printer vpn tunnel down", 0, 1));
        Assert.Equal(["printer"], classifier.Explain("printer vpn tunnel down", 1, 5));
        Assert.Empty(classifier.Explain("the of and", 0, 5));
        Assert.Empty(classifier.Explain("", 0, 5));
    }

    // A part of two classes with one block of words and runs of two, in which these alone count.
    private static byte[] Words(params (string Gram, uint Seed, byte Class, sbyte Level)[] entries)
    {
        const int bits = 12, buckets = 1 << bits;
        var known = entries.OrderBy(entry => Bucket(entry.Gram, entry.Seed)).ToList();
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("SLIN"u8);
        foreach (var number in new[] { 2, 2, 1, 400, 0, bits, 1, 2 })
        {
            writer.Write(number);
        }

        writer.Write(1f);
        writer.Write(400);
        var (idf, counts) = (new byte[buckets], new byte[buckets]);
        foreach (var entry in known)
        {
            (idf[Bucket(entry.Gram, entry.Seed)], counts[Bucket(entry.Gram, entry.Seed)]) = (16, 1);
        }

        writer.Write(idf);
        foreach (var scaleOrBias in new[] { 1f, 1f, 0f, 0f })
        {
            writer.Write(scaleOrBias);
        }

        writer.Write(counts);
        known.ForEach(entry => writer.Write(entry.Class));
        known.ForEach(entry => writer.Write(entry.Level));
        return file.ToArray();

        static int Bucket(string gram, uint seed) => (int)(MurmurHash.Compute(System.Text.Encoding.UTF8.GetBytes(gram), seed) & (buckets - 1));
    }

    private static string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "golden", file);

    private sealed record GoldenCase(string Text, double[] Scores);
}
