using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Tests;

public class TenantHeadTests
{
    private static readonly string[][] Words =
    [
        ["mail", "outlook", "inbox", "calendar", "attachment"],
        ["vpn", "network", "wifi", "router", "cable"],
        ["password", "login", "account", "locked", "token"],
    ];

    private static readonly string[] Filler = ["please", "help", "the", "is", "broken", "today", "again", "urgent", "user", "cannot"];

    [Fact]
    public void Train_WordsTellTheLabel_LearnsThemAndSaysWhich()
    {
        var trained = TenantHeadTrainer.Train(Tickets(600, 1));
        var ticket = new Ticket { ShortDescription = "please help the wifi router is broken" };

        var answer = trained.Head.Classify(TicketFeatures.Of(ticket));

        Assert.Equal(["L0", "L1", "L2"], trained.Head.Labels);
        Assert.Equal(1, answer.Label);
        Assert.True(answer.Confidence > 0.9, $"{answer}");
        Assert.Contains("router", string.Join(' ', trained.Head.Reasons(ticket, 1)), StringComparison.Ordinal);
        Assert.DoesNotContain("please", trained.Head.Reasons(ticket, 1));
        Assert.InRange(trained.Judged.Count(answer => answer.IsRight) / (double)trained.Judged.Count, 0.95, 1);
        Assert.Equal(600, trained.Judged.Count);
    }

    [Fact]
    public void Train_OnlyAttributesTell_LearnsThem()
    {
        var tickets = Enumerable.Range(0, 300).Select(i => Ticket(new Ticket { ShortDescription = $"ticket {i % 5}", Department = i % 2 == 0 ? "Sales" : "Plant 7" }, i % 2 == 0 ? "crm" : "mes", $"{i}")).ToList();

        var head = TenantHeadTrainer.Train(tickets).Head;

        Assert.True(head.Classify(TicketFeatures.Of(new Ticket { ShortDescription = "ticket 3", Department = "plant 7" })).Probabilities[1] > 0.8);
    }

    [Fact]
    public void Train_OnlyTheEmbeddingTells_LearnsIt()
    {
        var random = new Random(2);
        var tickets = Enumerable.Range(0, 400).Select(i => new TrainingTicket(
            TicketFeatures.Of(new Ticket { ShortDescription = "same words" }, Vector(random, i % 2)), i % 2 == 0 ? "a" : "b", 1, $"{i}")).ToList();

        var head = TenantHeadTrainer.Train(tickets).Head;

        Assert.Equal(16, head.Dimensions);
        Assert.True(head.Classify(TicketFeatures.Of(new Ticket { ShortDescription = "other words" }, Vector(random, 1))).Probabilities[1] > 0.7);
        Assert.Throws<ArgumentException>(() => head.Classify(TicketFeatures.Of(new Ticket())));

        static float[] Vector(Random random, int label) => [.. Enumerable.Range(0, 16).Select(i => ((float)random.NextDouble() - 0.5f) / 4 + (i % 2 == label ? 0.25f : -0.25f))];
    }

    [Fact]
    public void Train_Weights_DecideWhereLabelsContradict()
    {
        var features = TicketFeatures.Of(new Ticket { ShortDescription = "printer jam" });
        List<TrainingTicket> tickets =
        [
            .. Enumerable.Range(0, 20).Select(i => new TrainingTicket(features, "right", 1, $"r{i}")),
            .. Enumerable.Range(0, 60).Select(i => new TrainingTicket(features, "poisoned", 0.05f, $"p{i}")),
            .. Enumerable.Range(0, 20).Select(i => Ticket(new Ticket { ShortDescription = "something else" }, "other", $"o{i}")),
        ];

        var head = TenantHeadTrainer.Train(tickets, new TenantHeadOptions { Folds = 0 }).Head;

        var probabilities = head.Classify(features).Probabilities;
        Assert.True(probabilities[2] > probabilities[1], string.Join(' ', probabilities));
    }

    [Fact]
    public void Train_Twice_IsTheSame() => Assert.Equal(TenantHeadTrainer.Train(Tickets(200, 4)).Head.ToBytes(), TenantHeadTrainer.Train(Tickets(200, 4)).Head.ToBytes());

    [Fact]
    public void Train_LabelsWithTooFewTickets_AreLeftOutAndNamed()
    {
        List<TrainingTicket> tickets = [.. Tickets(100, 5), Ticket(new Ticket { ShortDescription = "alone" }, "rare", "k")];

        var trained = TenantHeadTrainer.Train(tickets);

        Assert.Equal(["rare"], trained.LeftOut);
        Assert.DoesNotContain("rare", trained.Head.Labels);
        Assert.Throws<ArgumentException>(() => TenantHeadTrainer.Train([tickets[^1]]));
    }

    [Fact]
    public void Train_MoreLabelsThanAHeadHas_LearnsThoseWithMostTickets()
    {
        var tickets = Enumerable.Range(0, TenantHead.MostLabels + 5).SelectMany(label => Enumerable.Range(0, label < 5 ? 2 : 3)
            .Select(i => Ticket(new Ticket { ShortDescription = $"word{label} of {i}" }, $"L{label:0000}", $"{label}-{i}"))).ToList();

        var trained = TenantHeadTrainer.Train(tickets, new TenantHeadOptions { Folds = 0, Passes = 1 });

        Assert.Equal(TenantHead.MostLabels, trained.Head.Labels.Count);
        Assert.Equal(["L0000", "L0001", "L0002", "L0003", "L0004"], trained.LeftOut);
    }

    [Fact]
    public void Train_MoreWeightsThanMayBe_KeepsTheFeaturesThatOccurMost()
    {
        var all = TenantHeadTrainer.Train(Tickets(300, 7), new TenantHeadOptions { Folds = 0 }).Head;
        var few = TenantHeadTrainer.Train(Tickets(300, 7), new TenantHeadOptions { Folds = 0, MostWeights = 3 * 40 }).Head;

        Assert.True(few.ToBytes().Length < all.ToBytes().Length / 2, $"{few.ToBytes().Length} of {all.ToBytes().Length}");
        Assert.True(few.Classify(TicketFeatures.Of(new Ticket { ShortDescription = "the wifi router" })).Probabilities[1] > 0.5);
    }

    [Fact]
    public void Train_MoreBytesThanMayBe_KeepsTheFeaturesThatOccurMost()
    {
        var all = TenantHeadTrainer.Train(Tickets(600, 7)).Head.ToBytes().Length;
        var head = TenantHeadTrainer.Train(Tickets(600, 7), new TenantHeadOptions { MostBytes = all / 2 }).Head;

        Assert.InRange(head.ToBytes().Length, (all / 2) - 100, all / 2);
        Assert.True(head.Classify(TicketFeatures.Of(new Ticket { ShortDescription = "the wifi router" })).Probabilities[1] > 0.5);
    }

    [Fact]
    public async Task Train_IsStopped_EndsAtOnce()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        Assert.Throws<OperationCanceledException>(() => TenantHeadTrainer.Train(Tickets(100, 6), cancellationToken: stop.Token));
    }

    [Fact]
    public void FromBytes_WhatWasWritten_AnswersTheSame()
    {
        var head = TenantHeadTrainer.Train(Tickets(300, 8)).Head;

        var again = TenantHead.FromBytes(head.ToBytes());

        foreach (var ticket in Tickets(50, 9))
        {
            Assert.Equal(head.Classify(ticket.Features).Probabilities, again.Classify(ticket.Features).Probabilities);
            Assert.Equal(head.Classify(ticket.Features).Confidence, again.Classify(ticket.Features).Confidence);
        }
    }

    [Fact]
    public void FromBytes_Damaged_IsRefused()
    {
        var bytes = TenantHeadTrainer.Train(Tickets(60, 8)).Head.ToBytes();
        var random = new Random(11);

        Assert.All(Enumerable.Range(0, 200), _ => Assert.Throws<InvalidDataException>(() => TenantHead.FromBytes(bytes[..random.Next(bytes.Length)])));
        Assert.Throws<InvalidDataException>(() => TenantHead.FromBytes([1, 2, 3]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\u0001\uFFFF\uD800 \u0301\u0301")]
    public void Classify_NothingToRead_IsTheBiasAndNoFault(string text)
    {
        var head = TenantHeadTrainer.Train(Tickets(100, 3)).Head;

        var answer = head.Classify(TicketFeatures.Of(new Ticket { Description = text }));

        Assert.Equal(1, answer.Probabilities.Sum(), 9);
        Assert.Empty(head.Reasons(new Ticket { Description = text }, 0));
    }

    [Fact]
    public void Of_LongText_IsBounded()
    {
        var text = string.Join(' ', Enumerable.Range(0, 100_000).Select(i => $"word{i}"));

        // Each word by itself and by its place, and pairs.
        Assert.InRange(TicketFeatures.Of(new Ticket { Description = text }).Keys.Length, 1, 3 * TicketFeatures.MostWords);
    }

    private static List<TrainingTicket> Tickets(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var label = random.Next(3);
            var words = Enumerable.Range(0, 6).Select(_ => Filler[random.Next(Filler.Length)]).Append(Words[label][random.Next(5)]).Append(Words[label][random.Next(5)]).ToArray();
            random.Shuffle(words);
            return Ticket(new Ticket { ShortDescription = string.Join(' ', words) }, $"L{label}", string.Join(' ', words));
        })];
    }

    private static TrainingTicket Ticket(Ticket ticket, string label, string key) => new(TicketFeatures.Of(ticket), label, 1, key);
}
