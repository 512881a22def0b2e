using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;

namespace Steward.Engines.Memory.Tests.Facts;

public class FactLedgerTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private readonly FactLedger _ledger = new();

    [Fact]
    public void Apply_SaidAgainInOtherWords_IsOneFactThatIsSurer()
    {
        Say("office", "Berlin", 0);
        var first = Assert.Single(_ledger.Facts);
        Say("office", "the Berlin office", 1);

        var second = Assert.Single(_ledger.Facts);
        Assert.True(second.Confidence > first.Confidence);
        Assert.Equal(["m0", "m1"], second.MessageIds);
    }

    [Fact]
    public void Apply_FromADayOn_OrdersByWhenItWasSaidAndTheOldOneHoldsUntilThen()
    {
        var monday = Start.AddDays(3);
        Statement In(string value, DateTimeOffset? from = null) => new() { Kind = MemoryKind.Fact, Subject = Statement.Speaker, Slot = "office", Value = value, From = from };
        _ledger.Apply(In("Berlin"), "m0", FactSource.Said, Start, Start);
        _ledger.Apply(In("Porto", monday), "m1", FactSource.Said, Start.AddHours(1), Start);
        Assert.Equal((monday, monday), (_ledger.Facts[0].ValidTo, Assert.Single(_ledger.Current).HoldsFrom));

        // Said later, and before that day comes.
        _ledger.Apply(In("Dublin"), "m2", FactSource.Said, Start.AddHours(2), Start);
        Assert.Equal(("Dublin", null), (Assert.Single(_ledger.Current).Value, Assert.Single(_ledger.Current).HoldsFrom));

        // The same again, with the day.
        _ledger.Apply(In("Dublin", Start.AddDays(-30)), "m3", FactSource.Said, Start.AddHours(3), Start);
        Assert.Equal(Start.AddDays(-30), Assert.Single(_ledger.Current).HoldsFrom);
    }

    [Fact]
    public void HoldsAt_FromADayOn_WhatHeldBeforeHoldsUntilThatDay()
    {
        var (december, january) = (Start.AddDays(11), Start.AddDays(42));
        Manager("Ben", 0);
        Manager("Anna", 1, december);
        Assert.Equal(["Ben", "Anna"], At(Start.AddDays(10)));
        Assert.Equal(["Anna"], At(december));

        // The same at another time, then something before it, then at once.
        Manager("Anna", 2, january);
        Assert.Equal(["Ben", "Anna"], At(december));
        Assert.Equal(["Anna"], At(january));
        Manager("Carl", 3, december);
        Assert.Equal(["Ben", "Carl"], At(Start.AddDays(10)));
        Assert.Equal(["Carl"], At(december));
        Manager("Dora", 4);
        Assert.Equal(["Dora"], At(Start.AddDays(1)));
    }

    [Fact]
    public void Apply_TakenBackBeforeItEnds_DoesNotHoldUntilThen()
    {
        Manager("Ben", 0);
        Manager("Anna", 1, Start.AddDays(11));
        _ledger.Apply(new Statement { Kind = MemoryKind.Fact, Subject = Statement.Speaker, Slot = "manager", Value = "Ben", IsRetraction = true }, "m2", FactSource.Said, Start.AddHours(2), Start);

        Assert.Equal(["Anna"], At(Start.AddHours(3)));
    }

    [Fact]
    public void Correct_WhatEndsLater_TheNewValueEndsThen()
    {
        var december = Start.AddDays(11);
        Manager("Ben", 0);
        Manager("Anna", 1, december);

        _ledger.Correct(1, "Benjamin", "o-1", Start.AddHours(2));

        Assert.Equal(["Anna", "Benjamin"], At(Start.AddDays(1)));
        Assert.Equal(["Anna"], At(december));
        Assert.Empty(_ledger.Correct(3, "Bob", "o-2", december));
    }

    [Fact]
    public void Correct_WhatIsToCome_BeginsOnItsDayAndWhatHoldsEndsThen()
    {
        var december = Start.AddDays(11);
        Manager("Ingrid", 0);
        Manager("Ana", 1, december);

        _ledger.Correct(2, "Anna", "o-1", Start.AddHours(2), december);

        Assert.Equal(["Anna", "Ingrid"], At(Start.AddDays(1)).Order());
        Assert.Equal(["Anna"], At(december));
        Assert.Equal((december, 3L), (_ledger.Facts.Single(fact => fact.Id == 3).HoldsFrom, _ledger.Facts.Single(fact => fact.Id == 1).SupersededBy));
        Assert.Equal([(1, null, null)], _ledger.Continuing(new HashSet<long> { 3 }, Start.AddDays(1)));
    }

    [Theory]
    [InlineData(new long[] { 2 }, 1, 3L, 30)]
    [InlineData(new long[] { 3 }, 2, null, null)]
    [InlineData(new long[] { 2, 3 }, 1, null, null)]
    public void Continuing_WithoutWhatIsToCome_LastsUntilWhatComesNext(long[] forgotten, long id, long? by, int? days)
    {
        Manager("Ben", 0);
        Manager("Anna", 1, Start.AddDays(11));
        Manager("Carl", 2, Start.AddDays(30));

        Assert.Equal([(id, by, days is { } until ? Start.AddDays(until) : null)], _ledger.Continuing(forgotten.ToHashSet(), Start.AddDays(1)));
    }

    [Fact]
    public void Continuing_WhatHasTakenThePlaceAlready_BringsNothingBack()
    {
        Manager("Ben", 0);
        Manager("Anna", 1, Start.AddDays(11));

        Assert.Empty(_ledger.Continuing(new HashSet<long> { 2 }, Start.AddDays(11)));
        Assert.False(_ledger.Continue(2, null, null));
        Assert.True(_ledger.Continue(1, null, null));
        Assert.Equal((true, null, null), (_ledger.Facts[0].Holds, _ledger.Facts[0].ValidTo, _ledger.Facts[0].HoldsUntil));
    }

    private void Manager(string value, int hours, DateTimeOffset? from = null) =>
        _ledger.Apply(new Statement { Kind = MemoryKind.Fact, Subject = Statement.Speaker, Slot = "manager", Value = value, From = from }, $"m{hours}", FactSource.Said, Start.AddHours(hours), Start);

    private IEnumerable<string> At(DateTimeOffset now) => _ledger.Facts.Where(fact => fact.HoldsAt(now)).Select(fact => fact.Value);

    // Journals of every release refer to facts by their ids: how statements are folded must not change.
    [Fact]
    public void Apply_LikedAndDislikedAsEarlierReleasesWroteIt_GivesTheSameIds()
    {
        Say("likes", "coffee", 0);
        Say("dislikes", "coffee", 1);
        Say("likes", "coffee", 2);
        Say("manager", "Anna", 3);

        Assert.Equal([(1, "likes"), (2, "dislikes"), (3, "manager")], _ledger.Current.Select(fact => (fact.Id, fact.Slot)));
    }

    [Fact]
    public void Apply_SameMessageTwice_ChangesNothing()
    {
        Say("office", "Berlin", 0);
        var before = _ledger.Facts.ToList();

        Assert.Empty(Say("office", "Berlin", 0));
        Assert.Equal(before, _ledger.Facts);
    }

    [Fact]
    public void Apply_NewerValue_TakesThePlaceAndMayBeUndone()
    {
        Say("office", "Berlin", 0);
        Say("office", "Porto", 1);

        Assert.Equal("Porto", Assert.Single(_ledger.Current).Value);
        var old = _ledger.Facts[0];
        Assert.Equal((_ledger.Facts[1].Id, Start.AddMinutes(1)), (old.SupersededBy, old.ValidTo));

        _ledger.Undo(old.Id, Start.AddMinutes(2));

        Assert.Equal("Berlin", Assert.Single(_ledger.Current).Value);
        // What was corrected by hand is not displaced by what is only heard again.
        Say("office", "Porto", 3);
        Assert.Equal("Berlin", Assert.Single(_ledger.Current).Value);
    }

    [Fact]
    public void Apply_WhatIsTrustedLessOrCameLate_DoesNotDisplace()
    {
        Say("manager", "Anna", 5);
        Say("manager", "Ben", 9, FactSource.System);
        Say("manager", "Cem", 1);

        Assert.Equal("Anna", Assert.Single(_ledger.Current).Value);
        Assert.Equal(3, _ledger.Facts.Count);
    }

    [Fact]
    public void Apply_SlotOfSeveral_KeepsAll()
    {
        Say("allergy", "peanuts", 0);
        Say("allergy", "latex", 1);
        Retract("allergy", "peanuts", 2);

        Assert.Equal("latex", Assert.Single(_ledger.Current).Value);
    }

    [Fact]
    public void Forget_ASuperseded_LeavesNothingOfIt()
    {
        Say("office", "Berlin", 0);
        Say("office", "Porto", 1);

        Assert.True(_ledger.Forget(_ledger.Facts[1].Id));

        Assert.DoesNotContain(_ledger.Facts, fact => fact.Value == "Porto");
        Assert.Empty(_ledger.Current);
        Assert.False(_ledger.Forget(99));
    }

    // Whatever is said in whichever order: a single slot holds one value at most, no statement is lost, equal input gives equal facts.
    [Fact]
    public void Apply_AnyStatements_KeepTheRules()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var (one, two) = (Random(seed), Random(seed));

            Assert.Equal(one.Facts.Select(fact => fact with { MessageIds = [] }), two.Facts.Select(fact => fact with { MessageIds = [] }));
            Assert.All(one.Current.GroupBy(fact => (fact.Subject, fact.Slot)), slot =>
            {
                Assert.True(!MemorySlots.All[slot.Key.Slot].IsSingle || slot.Count() == 1);
                Assert.Equal(slot.Count(), slot.Select(fact => fact.Value).Distinct().Count());
            });
            Assert.All(one.Facts.Where(fact => !fact.Holds), fact => Assert.NotNull(fact.ValidTo));
            Assert.Equal(one.Facts.Count, one.Facts.Select(fact => fact.Id).Distinct().Count());
        }
    }

    private static FactLedger Random(int seed)
    {
        var random = new Random(seed);
        var ledger = new FactLedger();
        for (var i = 0; i < 40; i++)
        {
            var slot = random.Next(2) == 0 ? "office" : "allergy";
            var statement = new Statement { Kind = MemorySlots.All[slot].Kind, Subject = "self", Slot = slot, Value = $"value{random.Next(4)}", IsRetraction = random.Next(5) == 0 };
            ledger.Apply(statement, $"m{random.Next(30)}", (FactSource)random.Next(4), Start.AddMinutes(random.Next(60)), Start.AddMinutes(i));
            if (random.Next(10) == 0 && ledger.Facts.Count > 0)
            {
                ledger.Undo(ledger.Facts[random.Next(ledger.Facts.Count)].Id, Start.AddMinutes(i));
            }
        }

        return ledger;
    }

    private IReadOnlyList<MemoryFact> Say(string slot, string value, int minute, FactSource source = FactSource.Said) =>
        _ledger.Apply(new Statement { Kind = MemorySlots.All[slot].Kind, Subject = Statement.Speaker, Slot = slot, Value = value }, $"m{minute}", source, Start.AddMinutes(minute), Start.AddMinutes(minute));

    private void Retract(string slot, string value, int minute) =>
        _ledger.Apply(new Statement { Kind = MemorySlots.All[slot].Kind, Subject = Statement.Speaker, Slot = slot, Value = value, IsRetraction = true }, $"m{minute}", FactSource.Said, Start.AddMinutes(minute), Start.AddMinutes(minute));
}
