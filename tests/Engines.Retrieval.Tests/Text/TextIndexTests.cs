using Steward.Engines.Retrieval.Text;

namespace Steward.Engines.Retrieval.Tests.Text;

public class TextIndexTests
{
    // Words and stems of the algorithm's own description and of its author's list.
    [Theory]
    [InlineData("caresses", "caress")]
    [InlineData("ponies", "poni")]
    [InlineData("cats", "cat")]
    [InlineData("feed", "feed")]
    [InlineData("agreed", "agre")]
    [InlineData("plastered", "plaster")]
    [InlineData("motoring", "motor")]
    [InlineData("sing", "sing")]
    [InlineData("conflated", "conflat")]
    [InlineData("hopping", "hop")]
    [InlineData("falling", "fall")]
    [InlineData("filing", "file")]
    [InlineData("happy", "happi")]
    [InlineData("sky", "sky")]
    [InlineData("relational", "relat")]
    [InlineData("conditional", "condit")]
    [InlineData("vietnamization", "vietnam")]
    [InlineData("hopefulness", "hope")]
    [InlineData("triplicate", "triplic")]
    [InlineData("electrical", "electr")]
    [InlineData("revival", "reviv")]
    [InlineData("adjustment", "adjust")]
    [InlineData("adoption", "adopt")]
    [InlineData("probate", "probat")]
    [InlineData("controlling", "control")]
    [InlineData("generalizations", "gener")]
    [InlineData("oscillators", "oscil")]
    public void Stem_OfTheAlgorithmsExamples_IsTheirs(string word, string stem) => Assert.Equal(stem, PorterStemmer.Stem(word));

    [Theory]
    [InlineData("Anna's printer doesn't print!", "anna printer doesnt print")]
    [InlineData("Zugänge für MÜLLER", "zugang fur muller")]
    [InlineData("INC0012345, v2.1", "inc0012345 v2 1")]
    [InlineData("\ud800 broken \udc00", "broken")]
    [InlineData("", "")]
    public void Terms_OfText_AreFolded(string text, string terms) => Assert.Equal(terms, string.Join(' ', TextAnalyzer.Terms(text)));

    [Fact]
    public void Score_RareWordsAndShortTexts_CountMore()
    {
        var index = new TextIndex();
        index.Set(1, TextAnalyzer.Terms("the printer on floor three"));
        index.Set(2, TextAnalyzer.Terms("the printer prints and the scanner scans and much more happens in this long text about printers"));
        index.Set(3, TextAnalyzer.Terms("printer toner"));

        var scores = index.Score(new Dictionary<string, float> { ["printer"] = 1, ["toner"] = 1 });

        Assert.Equal(3, scores.Count);
        Assert.Equal(3, scores.MaxBy(score => score.Value).Key);
        Assert.True(index.Rarity("toner") > index.Rarity("printer"));
    }

    [Fact]
    public void Set_Replace_Remove_LikeAFreshIndex()
    {
        var random = new Random(3);
        var words = Enumerable.Range(0, 30).Select(i => $"w{i}").ToArray();
        var index = new TextIndex();
        var model = new Dictionary<long, string[]>();
        for (var step = 0; step < 3_000; step++)
        {
            var id = random.Next(200);
            if (random.Next(3) == 0)
            {
                Assert.Equal(model.Remove(id), index.Remove(id));
            }
            else
            {
                index.Set(id, model[id] = [.. Enumerable.Range(0, random.Next(8)).Select(_ => words[random.Next(words.Length)])]);
            }
        }

        var fresh = new TextIndex();
        foreach (var (id, terms) in model)
        {
            fresh.Set(id, terms);
        }

        var query = words.ToDictionary(word => word, _ => 1f);
        var (scores, expected) = (index.Score(query), fresh.Score(query));
        Assert.Equal(expected.Keys.Order(), scores.Keys.Order());
        Assert.All(expected, pair => Assert.Equal(pair.Value, scores[pair.Key], 1e-3f));
        Assert.Equal(fresh.Count, index.Count);
    }

    [Fact]
    public void Remove_LastTextOfAWord_ForgetsTheWord()
    {
        var index = new TextIndex();
        var slot = index.Set(1, ["blue", "folder"]);
        index.Set(2, ["blue", "door"]);

        Assert.True(index.Remove(1));

        Assert.Equal(0, index.Rarity("folder"));
        Assert.True(index.Rarity("blue") > 0);
        Assert.Equal(slot, index.Set(3, ["window"]));
        Assert.Equal([3L], index.Score(new Dictionary<string, float> { ["window"] = 1, ["folder"] = 1 }).Keys);
        Assert.Equal([("window", 1)], index.TermsOf(3));
    }

    [Fact]
    public void Score_BySlots_IsTheSumOfWhatIsAdded()
    {
        var index = new TextIndex();
        index.Set(1, ["blue", "folder"]);
        index.Set(2, ["door"]);
        using var scores = new TextScores(index.Slots);

        index.Score(new Dictionary<string, float> { ["blue"] = 1, ["door"] = 0 }, scores);
        index.Score(new Dictionary<string, float> { ["blue"] = 1 }, scores);

        Assert.Equal([index.SlotOf(1)!.Value], scores.Slots.ToArray());
        Assert.Equal(2 * index.Score(new Dictionary<string, float> { ["blue"] = 1 })[1], scores[scores.Slots[0]]);

        scores.Keep(_ => false);
        Assert.Equal((0, 0f), (scores.Count, scores[index.SlotOf(1)!.Value]));
    }

    [Fact]
    public void NumbersOf_TermsOfTheSubject_LeavesOutWhatTheTextDoesNotSay()
    {
        var index = new TextIndex();
        index.Set(1, ["ana", "tea", "ana", "tea"]);
        index.Set(2, ["ana", "tea"]);

        Assert.Equal(index.NumbersOf(1, ["ana"]), index.NumbersOf(2, []));
        Assert.Single(index.NumbersOf(2, ["ana"]));
    }
}
