using Steward.Engines.Memory.Recall;

namespace Steward.Engines.Memory.Tests.Recall;

public class RecallIndexTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Recall_WhatStandsBesideTheWords_IsFoundToo()
    {
        var index = new RecallIndex();
        Add(index, "s1", "Ben: When do you move into the new office in Porto?", "Ana: Next Friday, if the boxes arrive.", "Ben: Fine.");
        Add(index, "s2", "Ana: The coffee machine is broken.", "Ben: I will call somebody.", "Ana: Thanks.");

        var found = index.Recall(new RecallQuery { Text = "when is the move to Porto", Top = 2 });

        Assert.Equal(["Ben: When do you move into the new office in Porto?", "Ana: Next Friday, if the boxes arrive."], found.Select(recalled => recalled.Entry.Text));
    }

    [Fact]
    public void Recall_NamedSubject_CountsMore()
    {
        var index = new RecallIndex();
        index.Set(new RecallEntry { Id = 1, Text = "likes tea", Subject = "Ana" });
        index.Set(new RecallEntry { Id = 2, Text = "likes tea", Subject = "Ben" });

        Assert.Equal(2, index.Recall(new RecallQuery { Text = "what tea does Ben like" })[0].Entry.Id);
        Assert.Equal(1, index.Recall(new RecallQuery { Text = "what tea does Ana like" })[0].Entry.Id);
    }

    [Fact]
    public void Recall_Constraints_AreAlwaysThereAndFirst()
    {
        var index = new RecallIndex();
        index.Set(new RecallEntry { Id = 1, Text = "Never contact by phone", Kind = MemoryKind.Constraint, LastUsed = Now.AddYears(-9) });
        index.Set(new RecallEntry { Id = 2, Text = "Uses a laptop of type X" });

        var found = index.Recall(new RecallQuery { Text = "which laptop", Now = Now });

        Assert.Equal([(1, "constraint"), (2, "words")], found.Select(recalled => (recalled.Entry.Id, recalled.Reason)));
    }

    [Fact]
    public void Recall_Unused_FallsBehindAndStaysThere()
    {
        var index = new RecallIndex();
        index.Set(new RecallEntry { Id = 1, Text = "office in Lyon", LastUsed = Now.AddYears(-3) });
        index.Set(new RecallEntry { Id = 2, Text = "office in Porto", LastUsed = Now.AddDays(-2) });

        Assert.Equal([2, 1], index.Recall(new RecallQuery { Text = "office", Now = Now }).Select(recalled => recalled.Entry.Id));
    }

    [Fact]
    public void Recall_SameWordsAgain_LeavePlaceForOthers()
    {
        var index = new RecallIndex();
        for (var i = 1; i <= 6; i++)
        {
            index.Set(new RecallEntry { Id = i, Text = "The printer in room four is jammed again" });
        }

        index.Set(new RecallEntry { Id = 7, Text = "Printer drivers come from the software portal of the company and take an hour" });

        Assert.Contains(index.Recall(new RecallQuery { Text = "printer", Top = 3 }), recalled => recalled.Entry.Id == 7);
    }

    [Fact]
    public void Recall_Budget_IsKept()
    {
        var index = new RecallIndex();
        for (var i = 1; i <= 20; i++)
        {
            index.Set(new RecallEntry { Id = i, Text = $"note {i} about the server in rack {i} with many words behind it" });
        }

        var found = index.Recall(new RecallQuery { Text = "server", MaxTokens = 50 });

        Assert.NotEmpty(found);
        Assert.True(found.Sum(recalled => (recalled.Entry.Text.Length / 4) + 1) <= 50);
    }

    [Fact]
    public void Recall_Meaning_FindsWhatSharesNoWord()
    {
        var index = new RecallIndex(3);
        index.Set(new RecallEntry { Id = 1, Text = "sofa", Vector = new float[] { 1, 0, 0 } });
        index.Set(new RecallEntry { Id = 2, Text = "server", Vector = new float[] { 0, 1, 0 } });

        var found = index.Recall(new RecallQuery { Text = "couch", Vector = new float[] { 0.9f, 0.1f, 0 }, Top = 1 });

        Assert.Equal((1, "meaning"), (found[0].Entry.Id, found[0].Reason));
    }

    // Whatever is filtered out never comes, not as a neighbour, not by feedback, not as a constraint, not by meaning.
    [Fact]
    public void Recall_Filtered_NeverComes()
    {
        var random = new Random(17);
        var words = new[] { "vpn", "printer", "laptop", "salary", "office", "porto", "budget", "phone" };
        var index = new RecallIndex(4);
        for (var i = 0; i < 400; i++)
        {
            index.Set(new RecallEntry
            {
                Id = i,
                Text = string.Join(' ', Enumerable.Range(0, 5).Select(_ => words[random.Next(words.Length)])),
                Kind = i % 40 == 0 ? MemoryKind.Constraint : MemoryKind.Fact,
                Subject = words[random.Next(words.Length)],
                Group = $"g{i / 10}",
                Position = i,
                Vector = new[] { random.NextSingle() + 0.1f, random.NextSingle(), random.NextSingle(), random.NextSingle() },
            });
        }

        for (var i = 0; i < 100; i++)
        {
            var found = index.Recall(new RecallQuery { Text = words[random.Next(words.Length)], Vector = new[] { random.NextSingle() + 0.1f, random.NextSingle(), 0, 0 }, Filter = id => id % 3 == 0, Top = 30 });
            Assert.NotEmpty(found);
            Assert.All(found, recalled => Assert.Equal(0, recalled.Entry.Id % 3));
        }
    }

    [Fact]
    public void Remove_Forgotten_LeavesNothing()
    {
        var index = new RecallIndex(2);
        Add(index, "s1", "Ana: The secret is in the blue folder.", "Ben: The blue one, then.");
        var before = index.Count;
        index.Set(new RecallEntry { Id = 99, Text = "zebra", Group = "s1", Position = 7, Vector = new float[] { 1, 1 }, Kind = MemoryKind.Constraint });

        Assert.True(index.Remove(99));

        Assert.Equal(before, index.Count);
        Assert.Empty(index.Recall(new RecallQuery { Text = "zebra", Vector = new float[] { 1, 1 } }));
    }

    // Slots and places are used again: an index that has been changed often finds what a fresh one finds.
    [Fact]
    public void Recall_AfterManyChanges_IsThatOfAFreshIndex()
    {
        var random = new Random(29);
        var words = new[] { "vpn", "printer", "laptop", "salary", "office", "porto", "budget", "phone", "anna", "ben" };
        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => words[random.Next(words.Length)]));
        var index = new RecallIndex();
        var model = new SortedDictionary<long, RecallEntry>();
        for (var step = 0; step < 1_500; step++)
        {
            var id = random.Next(150);
            if (random.Next(3) == 0)
            {
                Assert.Equal(model.Remove(id), index.Remove(id));
            }
            else
            {
                index.Set(model[id] = new RecallEntry { Id = id, Text = Words(6), Subject = random.Next(2) == 0 ? Words(1) : null, Group = random.Next(4) == 0 ? null : $"g{random.Next(9)}", Position = random.Next(40) });
            }

            if (step % 50 == 0)
            {
                index.Recall(new RecallQuery { Text = Words(2) });
            }
        }

        var fresh = new RecallIndex();
        foreach (var entry in model.Values)
        {
            fresh.Set(entry);
        }

        Assert.Equal(fresh.Count, index.Count);
        for (var i = 0; i < 40; i++)
        {
            // With room for all and without their order: sums of floats in another order differ in the last digit, and places with them.
            var query = new RecallQuery { Text = Words(3), Top = 150, Filter = i % 2 == 0 ? null : id => id % 3 != 0 };
            var (found, expected) = (index.Recall(query), fresh.Recall(query));
            Assert.Equal(expected.Select(recalled => recalled.Entry.Id).Order(), found.Select(recalled => recalled.Entry.Id).Order());
        }
    }

    private static void Add(RecallIndex index, string group, params string[] lines)
    {
        foreach (var line in lines)
        {
            index.Set(new RecallEntry { Id = index.Count + 1, Text = line, Subject = line[..line.IndexOf(':', StringComparison.Ordinal)], Group = group, Position = index.Count });
        }
    }
}
