namespace Steward.Engines.Retrieval.Tests;

public class TopScoresTests
{
    [Theory]
    [InlineData(1, 50)]
    [InlineData(7, 5)]
    [InlineData(40, 3_000)]
    [InlineData(200, 200)]
    public void Sort_AnyOrder_GivesWhatSortingAllGives(int capacity, int count)
    {
        var random = new Random(count);
        // Few different scores: ties are the rule.
        var all = Enumerable.Range(0, count).Select(key => (Score: (float)random.Next(20), Key: (long)key)).OrderBy(_ => random.Next()).ToList();
        using var top = new TopScores(capacity);
        foreach (var (score, key) in all)
        {
            top.Add(score, key);
        }

        top.Sort();

        var expected = all.OrderByDescending(pair => pair.Score).ThenBy(pair => pair.Key).Take(capacity).ToList();
        Assert.Equal(expected.Select(pair => pair.Key), top.Keys.ToArray());
        Assert.Equal(expected.Select(pair => pair.Score), top.Scores.ToArray());
    }

    [Fact]
    public void Threshold_OnceFull_IsTheLowestKept()
    {
        using var top = new TopScores(2);
        top.Add(1, 1);
        Assert.Equal(float.NegativeInfinity, top.Threshold);

        top.Add(3, 2);
        top.Add(2, 3);

        Assert.Equal(2, top.Threshold);
    }
}
