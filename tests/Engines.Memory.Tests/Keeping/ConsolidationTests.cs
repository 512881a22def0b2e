using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;
using Steward.Engines.Memory.Keeping;

namespace Steward.Engines.Memory.Tests.Keeping;

public class ConsolidationTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Plan_RetentionOfAKind_TakesOnlyThatKindAndCountsFromTheLastUse()
    {
        var rules = new KeepingRules { RetentionDays = new Dictionary<MemoryKind, int> { [MemoryKind.Fact] = 30 } };
        var plan = Consolidation.Plan(
            [Fact(1, "office", "Berlin", daysAgo: 31), Fact(2, "desk", "4.12", daysAgo: 31) with { LastUsed = Now.AddDays(-10) }, Fact(3, "likes", "tea", daysAgo: 31, kind: MemoryKind.Preference)], rules, Now);

        Assert.Equal([new RemovedFact(1, "retention")], plan.Removed);
        Assert.Equal(Now.AddDays(20), plan.NextAt);
    }

    [Fact]
    public void Plan_ConstraintThatIsOld_NeverFades()
    {
        var plan = Consolidation.Plan([Fact(1, "allergy", "nuts", daysAgo: 20_000, kind: MemoryKind.Constraint), Fact(2, "likes", "tea", daysAgo: 20_000, kind: MemoryKind.Preference)], new KeepingRules(), Now);

        Assert.Equal([new RemovedFact(2, "faded")], plan.Removed);
        Assert.Null(plan.NextAt);
    }

    [Fact]
    public void Plan_SupersededForLong_GoesAndTheOthersStay()
    {
        var old = Fact(1, "office", "Berlin", daysAgo: 200) with { SupersededBy = 2, ValidTo = Now.AddDays(-91) };
        var plan = Consolidation.Plan([old, Fact(2, "office", "Paris", daysAgo: 91)], new KeepingRules(), Now);

        Assert.Equal([new RemovedFact(1, "superseded")], plan.Removed);
    }

    [Fact]
    public void Plan_SupersededOfAKindWithRetention_GoesWithTheShorterOne()
    {
        var rules = new KeepingRules { RetentionDays = new Dictionary<MemoryKind, int> { [MemoryKind.Fact] = 30 } };
        var old = Fact(1, "office", "Berlin", daysAgo: 31) with { SupersededBy = 2, ValidTo = Now.AddDays(-1) };
        var lately = Fact(3, "desk", "1", daysAgo: 29) with { SupersededBy = 4, ValidTo = Now.AddDays(-1) };
        var plan = Consolidation.Plan([old, lately, Fact(2, "office", "Paris", daysAgo: 1)], rules, Now);

        Assert.Equal([new RemovedFact(1, "retention")], plan.Removed);
        Assert.Equal(Now.AddDays(1), plan.NextAt);
    }

    [Fact]
    public void Plan_SameInOtherWords_IsMergedIntoTheFirst()
    {
        var plan = Consolidation.Plan([Fact(1, "office", "Berlin", 1), Fact(2, "office", "the Berlin office", 1), Fact(3, "home", "Berlin", 1)], new KeepingRules(), Now);

        Assert.Equal([new MergedFact(1, 2)], plan.Merged);
    }

    [Fact]
    public void Plan_AppliedAndPlannedAgain_FindsNothingToDo() => Prop.ForAll(Ledgers.ToArbitrary(), facts =>
    {
        var ledger = new FactLedger(facts);
        var plan = Consolidation.Plan(ledger.Facts, new KeepingRules(), Now);
        foreach (var merged in plan.Merged)
        {
            ledger.Merge(merged.Into, merged.From);
        }

        foreach (var removed in plan.Removed)
        {
            ledger.Forget(removed.Id);
        }

        var again = Consolidation.Plan(ledger.Facts, new KeepingRules(), Now);
        return !again.IsNeeded && (again.NextAt is null || again.NextAt > Now) && ledger.Facts.All(fact => fact.SupersededBy is null or 0 || plan.Removed.Count > 0 || ledger.Facts.Any(by => by.Id == fact.SupersededBy));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void MarkOf_SameWordsInAnyOrder_IsTheSameAndOtherSaltsAreOthers()
    {
        byte[] salt = [1, 2, 3];
        var mark = Tombstone.MarkOf(salt, "self", "office", "the Berlin office");

        Assert.Equal(mark, Tombstone.MarkOf(salt, "self", "office", "office the berlin"));
        Assert.NotEqual(mark, Tombstone.MarkOf([9], "self", "office", "the Berlin office"));
        Assert.NotEqual(mark, Tombstone.MarkOf(salt, "self", "home", "the Berlin office"));
        Assert.NotEqual(mark, Tombstone.MarkOf(salt, "self", "office", "Paris"));
    }

    [Fact]
    public void Of_ValueInOtherWords_IsKnownByTheStone()
    {
        byte[] salt = [1, 2, 3];
        var stone = Tombstone.Of(salt, Fact(1, "office", "Berlin", 1), Now);

        Assert.True(IsOf(stone, "the Berlin office"));
        Assert.True(IsOf(stone, "BERLIN"));
        Assert.False(IsOf(stone, "Paris"));

        // A stone of an earlier release knows what it knew: journals that were folded with it are folded alike.
        Assert.True(IsOf(stone with { SameMark = null }, "berlin"));
        Assert.False(IsOf(stone with { SameMark = null }, "the Berlin office"));

        bool IsOf(Tombstone known, string value) => known.IsOf(Tombstone.MarkOf(salt, "self", "office", value), Tombstone.SameMarkOf(salt, "self", "office", value));
    }

    [Fact]
    public void Plan_Merges_WhatComparingEachWithEachWould() => Prop.ForAll(Ledgers.ToArbitrary(), facts =>
    {
        var expected = new List<MergedFact>();
        foreach (var slot in facts.GroupBy(fact => fact.Slot))
        {
            var kept = new List<MemoryFact>();
            foreach (var fact in slot)
            {
                if (kept.Find(other => FactLedger.IsSame(other.Value, fact.Value)) is { } same)
                {
                    expected.Add(new MergedFact(same.Id, fact.Id));
                }
                else
                {
                    kept.Add(fact);
                }
            }
        }

        return Consolidation.Plan(facts, Forever, Now).Merged.OrderBy(merged => merged.From).SequenceEqual(expected.OrderBy(merged => merged.From));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void KeyOf_ValuesThatSayTheSame_IsTheSameOrTheTextIs() => Prop.ForAll(Values.ToArbitrary(), Values.ToArbitrary(), (left, right) =>
        FactLedger.IsSame(left, right) == (string.Equals(left, right, StringComparison.OrdinalIgnoreCase) || FactLedger.KeyOf(left) == FactLedger.KeyOf(right))).QuickCheckThrowOnFailure();

    // Whoever compares each with each cuts values into terms 64 times as often for eight times as many.
    [Fact]
    public void Plan_ThousandsOfOneSlot_ComparesNoneWithEach()
    {
        var (few, many) = (Likes(500), Likes(4_000));
        Allocated(few);

        Assert.True(Allocated(many) < 16 * Allocated(few));

        static List<MemoryFact> Likes(int count) => [.. Enumerable.Range(1, count).Select(i => Fact(i, "likes", $"thing number {i}", 1, MemoryKind.Preference))];

        static long Allocated(List<MemoryFact> facts)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.False(Consolidation.Plan(facts, new KeepingRules(), Now).IsNeeded);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Plan_SaidAgain_CountsFromThen()
    {
        var rules = new KeepingRules { RetentionDays = new Dictionary<MemoryKind, int> { [MemoryKind.Fact] = 30 } };
        var ledger = new FactLedger();
        ledger.Apply(Jane, "m1", FactSource.Said, Now.AddDays(-31), Now.AddDays(-31));
        ledger.Apply(Jane, "m2", FactSource.Said, Now.AddDays(-2), Now.AddDays(-2));

        Assert.Equal(Now.AddDays(-2), Consolidation.UsedAt(ledger.Facts[0]));
        Assert.Equal(Now.AddDays(28), Consolidation.Plan(ledger.Facts, rules, Now).NextAt);

        // What was written down late was not said later; what was used since counts from its use.
        ledger.Use([1], Now.AddDays(-1));
        ledger.Apply(Jane, "m3", FactSource.Said, Now.AddDays(-3), Now.AddDays(-1.5));
        Assert.Equal(Now.AddDays(-1), Consolidation.UsedAt(ledger.Facts[0]));
    }

    [Fact]
    public void Plan_MergedOfWhatWasSaidLater_CountsFromThen()
    {
        var ledger = new FactLedger([Fact(1, "likes", "tea", 31), Fact(2, "likes", "the tea", 2)]);

        Assert.True(ledger.Merge(1, 2));
        Assert.Equal(Now.AddDays(-2), Consolidation.UsedAt(Assert.Single(ledger.Facts)));
    }

    private static Statement Jane { get; } = new() { Kind = MemoryKind.Fact, Subject = Statement.Speaker, Slot = "manager", Value = "Jane" };

    private static KeepingRules Forever { get; } = new() { HalfLife = TimeSpan.FromDays(100_000) };

    private static Gen<string> Values { get; } =
        from words in Gen.Elements("Berlin", "berlin", "BERLIN", "office", "the", "new", "team", "e-mail", "mail", "é", "E", "K", "-", " ", "straße", "STRASSE", "İ", "runs", "running").ListOf()
        select string.Join(' ', words.Take(4));

    private static Gen<List<MemoryFact>> Ledgers { get; } =
        from facts in (from slot in Gen.Elements("office", "likes", "allergy")
                       from value in Gen.OneOf(Gen.Elements("Berlin", "berlin office", "Paris", "nuts"), Values)
                       from days in Gen.Choose(0, 1500)
                       select (slot, value, days)).ListOf()
        select facts.Select((fact, i) => Fact(i + 1, fact.slot, fact.value, fact.days, fact.slot == "allergy" ? MemoryKind.Constraint : MemoryKind.Fact)).ToList();

    private static MemoryFact Fact(long id, string slot, string value, int daysAgo, MemoryKind kind = MemoryKind.Fact) => new()
    {
        Id = id,
        Kind = kind,
        Subject = "self",
        Slot = slot,
        Value = value,
        Source = FactSource.Said,
        MessageIds = [$"m{id}"],
        Confidence = 0.9,
        ValidFrom = Now.AddDays(-daysAgo),
        RecordedAt = Now.AddDays(-daysAgo),
    };
}
