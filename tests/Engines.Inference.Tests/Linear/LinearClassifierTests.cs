using System.Text.Json;
using Steward.Engines.Inference.Linear;

namespace Steward.Engines.Inference.Tests.Linear;

public class LinearClassifierTests
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    [Fact]
    public void Score_GoldenTexts_EqualsTheTrainer()
    {
        var classifier = new LinearClassifier(File.ReadAllBytes(Golden("linear.bin")));
        var scores = new double[classifier.Classes];
        var cases = File.ReadAllLines(Golden("linear.jsonl")).Select(line => JsonSerializer.Deserialize<GoldenCase>(line, Format)!).ToList();

        Assert.Equal(14, cases.Count);
        Assert.All(cases, expected =>
        {
            classifier.Score(expected.Text, scores);
            Assert.All(expected.Scores.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 5));
        });
    }

    [Fact]
    public void Create_EveryCutFile_IsRefused()
    {
        var file = File.ReadAllBytes(Golden("linear.bin"));
        for (var length = 0; length < file.Length; length += 1 + (length / 7))
        {
            Assert.Throws<InvalidDataException>(() => new LinearClassifier(file.AsSpan(0, length)));
        }

        Assert.Throws<InvalidDataException>(() => new LinearClassifier([.. file, 0]));
    }

    private static string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "golden", file);

    private sealed record GoldenCase(string Text, double[] Scores);
}
