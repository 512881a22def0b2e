using System.Text;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Learning;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Tests.Learning;

public class HeadTrainingTests
{
    [Fact]
    public void Train_WordsAlone_TunesTheThresholdToTheWantedPrecision()
    {
        var split = FrozenSet.Split(LabelGuard.Guard(new Desk(21).Honest(2000)).Tickets);

        var challenger = HeadTraining.Train(split.Training, null, 0.97, [.. split.Frozen.Select(ticket => (ticket, (float[]?)null))]);

        Assert.Equal(3, challenger.Scores.Count);
        Assert.Equal(0, challenger.Trained.Head.Dimensions);
        var routed = Enumerable.Range(0, 2000).Select(i => (Group: i % 4, Answer: challenger.Trained.Head.Classify(TicketFeatures.Of(new Desk(i + 1000).Ticket(i % 4)))))
            .Where(one => one.Answer.Confidence >= challenger.AutoRouteAt).ToList();
        Assert.True(routed.Count > 400, $"{routed.Count}");
        Assert.True(routed.Count(one => challenger.Trained.Head.Labels[one.Answer.Label] == Desk.Groups[one.Group]) >= 0.955 * routed.Count);
    }

    [Fact]
    public void Train_OnlyEmbeddingsTell_ChoosesThem()
    {
        var random = new Random(3);
        var tickets = Enumerable.Range(0, 300).Select(i => new BelievedTicket($"sim:{i}", new Ticket { ShortDescription = $"words {(char)('a' + random.Next(26))}{(char)('a' + random.Next(26))}" }, i % 2 == 0 ? "a" : "b", 1, "u-ada", Desk.Begin, i)).ToList();
        List<float[]> vectors = [.. Enumerable.Range(0, 300).Select(i => new[] { i % 2 == 0 ? 0.8f : -0.8f, 0.6f })];

        var challenger = HeadTraining.Train(tickets, vectors, 0.95, []);

        Assert.True(challenger.Scores[0].Candidate.UsesEmbedding);
        Assert.Equal(2, challenger.Trained.Head.Dimensions);
    }

    [Fact]
    public void Train_EmbeddingsTellNothing_ChoosesWords()
    {
        var random = new Random(4);
        var tickets = LabelGuard.Guard(new Desk(22).Honest(400)).Tickets;
        List<float[]> vectors = [.. tickets.Select(_ => new[] { (float)random.NextDouble(), (float)random.NextDouble() })];

        Assert.False(HeadTraining.Train(tickets, vectors, 0.95, []).Scores[0].Candidate.UsesEmbedding);
    }

    [Fact]
    public void Train_Twice_IsTheSameAndPausesInBetween()
    {
        var tickets = LabelGuard.Guard(new Desk(23).Honest(300)).Tickets;
        var pauses = 0;

        var first = HeadTraining.Train(tickets, null, 0.95, [], () => pauses++).Trained.Head.ToBytes();

        Assert.Equal(first, HeadTraining.Train(tickets, null, 0.95, []).Trained.Head.ToBytes());
        Assert.True(pauses >= 9);
    }

    [Fact]
    public void Train_Head_HoldsNoWordOfATicket()
    {
        var tickets = LabelGuard.Guard(new Desk(24).Honest(500)).Tickets;

        var bytes = HeadTraining.Train(tickets, null, 0.95, []).Trained.Head.ToBytes();

        var text = Encoding.Latin1.GetString(bytes);
        var wide = Encoding.Unicode.GetString(bytes);
        Assert.Contains("accounts", text, StringComparison.Ordinal);

        // Shorter ones stand in any bytes by chance.
        foreach (var word in tickets.SelectMany(ticket => ticket.Ticket.Text.Split(' ')).Concat(tickets.Select(ticket => ticket.TicketId)).Where(word => word.Length > 3).Distinct())
        {
            Assert.DoesNotContain(word, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(word, wide, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void Cache_WrittenAndRead_HoldsTheVectorsThatWereAskedForAndNoText()
    {
        var cache = new EmbeddingCache();
        cache.Add("v1", "outlook does not start", [0.5f, -0.25f]);
        var read = EmbeddingCache.FromBytes(cache.ToBytes());

        Assert.Equal([0.5f, -0.25f], read.Find("outlook does not start")!);
        Assert.Null(read.Find("outlook starts"));
        Assert.DoesNotContain("outlook", Encoding.Latin1.GetString(cache.ToBytes()), StringComparison.Ordinal);
        read.Add("v2", "another", [1]);
        Assert.Null(read.Find("outlook does not start"));
        Assert.Equal(0, EmbeddingCache.FromBytes(cache.ToBytes().AsMemory(0, 30)).Count);
        Assert.Equal(0, EmbeddingCache.FromBytes(EmbeddingCache.FromBytes(cache.ToBytes()).ToBytes()).Count);
    }
}
